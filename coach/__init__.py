"""Decides. Samples in, events out: numpy only, no clock, no file, no thread, no hardware.

    engine = Engine(CoachSettings())
    events = engine.feed(Block(t, acc, gyro))

What it says: `coach.events`. What may be set: `coach.settings`. How: the rooms `coach.gait`,
`coach.balance` and `coach.guidance`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coach.engine import Engine
    from coach.samples import Block
    from coach.settings import CoachSettings

__all__ = ["Block", "CoachSettings", "Engine"]


def __getattr__(name: str) -> object:
    """The face, made when it is looked at: a command that only reads settings needs no numpy."""
    rooms = {"Block": "samples", "CoachSettings": "settings", "Engine": "engine"}
    if name not in rooms:
        raise AttributeError(f"module 'coach' has no attribute '{name}'")
    return getattr(importlib.import_module(f"coach.{rooms[name]}"), name)
