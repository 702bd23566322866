"""Each room of the hardware says at its door what it is for and what it hands out."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

ROOMS = (
    "hardware",
    "hardware.indicators",
    "hardware.mpu6050",
    "hardware.simulated",
    "hardware.simulated.walker",
)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_a_face(room):
    """It says what it is for, and all that it promises is there."""
    face = importlib.import_module(room)
    assert face.__doc__
    assert face.__all__ == sorted(face.__all__, key=_as_ruff)
    assert all(hasattr(face, name) for name in face.__all__)


def _as_ruff(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def test_a_table_of_signals_loads_no_pins():
    """Whoever only needs the names and rhythms of the signals does not load gpiozero."""
    look = "import sys, hardware.indicators, firmware.signals; print('gpiozero' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
