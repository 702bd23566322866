"""How somebody walks: whether, how fast, each step, and how evenly, blind to the mounting."""

from coach.gait.parameters import GAIT, GaitParameters
from coach.gait.tracker import GaitEvent, GaitTracker
from coach.gait.variability import SPAN_S

__all__ = ["GAIT", "SPAN_S", "GaitEvent", "GaitParameters", "GaitTracker"]
