"""Touches. The MPU-6050, the buzzer and the LED, and their simulated twins."""
