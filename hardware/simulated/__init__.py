"""Simulated twins: a register-level MPU-6050, the walker who wears it, and a clock that obeys."""
