"""How somebody walks: whether, how fast, each step, and how evenly, blind to the mounting."""

from coach.gait.movement import PIECE_N
from coach.gait.parameters import GaitParameters
from coach.gait.tracker import GaitEvent, GaitTracker
from coach.gait.variability import SPAN_S

__all__ = ["PIECE_N", "SPAN_S", "GaitEvent", "GaitParameters", "GaitTracker"]
