"""Touches the world: the sensor, the buzzer and the LED, the clock, and a simulation of them all.

It knows nothing of coaching. Each room below has its own face; here stands what all of them and
their callers share: time, the power supply, the header's lines, and the errors by name.
"""

from hardware import lines, supply
from hardware.clock import Clock, SystemClock, since_boot
from hardware.errors import HardwareError, PinError, SensorError

__all__ = [
    "Clock",
    "HardwareError",
    "PinError",
    "SensorError",
    "SystemClock",
    "lines",
    "since_boot",
    "supply",
]
