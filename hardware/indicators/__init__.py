"""The buzzer and the LED: pins, patterns, and who may speak."""
