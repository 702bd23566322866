"""Measures how good the coach is, and gathers the logs of many devices. Never on the device."""
