"""Buzzer, motor and LED as the settings have them."""

from __future__ import annotations

from typing import Any

from firmware.settings.catalogue import Settings
from hardware import Clock
from hardware.indicators import Hearing, Indicators


def indicators(
    settings: Settings,
    clock: Clock,
    *,
    pin_factory: Any = None,  # noqa: ANN401 - gpiozero has no types
    make_do: bool = False,
) -> Indicators:
    """On their pins, and as the walker wants to hear them. Raises `PinError`, by name."""
    made = Indicators(
        clock,
        buzzer_pin=settings.buzzer.pin,
        led_pin=settings.led.pin,
        motor_pin=settings.motor.pin or None,
        passive=settings.buzzer.passive,
        buzzer_active_high=settings.buzzer.active_high,
        led_active_high=settings.led.active_high,
        motor_active_high=settings.motor.active_high,
        pin_factory=pin_factory,
        make_do=make_do,
    )
    made.hear(hearing(settings))
    return made


def hearing(settings: Settings) -> Hearing:
    """How this walker hears."""
    wanted = settings.hearing
    return Hearing(
        sound=wanted.output != "vibration",
        vibration=wanted.output != "sound",
        volume=wanted.volume_percent / 100,
        strength=wanted.strength_percent / 100,
    )
