"""Buzzer, motor and LED: `Indicators` plays a `Pattern` and never keeps its caller waiting.

All patterns are constants of `hardware.indicators.patterns`. gpiozero is loaded when pins are
opened, not before: tables of signals cost nothing.
"""

from hardware.indicators import patterns
from hardware.indicators.patterns import PATTERNS, Pattern, Priority
from hardware.indicators.pins import BUZZER_PIN, LED_PIN, MOTOR_HZ, PASSIVE_HZ, Hearing, Indicators
from hardware.indicators.voice import PAUSE_S

__all__ = [
    "BUZZER_PIN",
    "LED_PIN",
    "MOTOR_HZ",
    "PASSIVE_HZ",
    "PATTERNS",
    "PAUSE_S",
    "Hearing",
    "Indicators",
    "Pattern",
    "Priority",
    "patterns",
]
