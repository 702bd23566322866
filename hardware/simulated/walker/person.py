"""The simulated person: plays a plan, segment after segment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from hardware.simulated.walker.body import LIE_S, RISE_S, SEATED, SIT_S, UPRIGHT, Body
from hardware.simulated.walker.bout import Walking
from hardware.simulated.walker.disturbances import handling
from hardware.simulated.walker.falling import LYING
from hardware.simulated.walker.gait import Stride
from hardware.simulated.walker.motion import Move, Part
from hardware.simulated.walker.plan import (
    ClipOff,
    ClipOn,
    Lie,
    Segment,
    SideRails,
    Sit,
    Stand,
    Turn,
    Walk,
)

RAILS_STRIDE, TURN_STRIDE = Stride(0.15, 0.75), Stride(0.15, 0.6)
"""A careful step onto the side rails; one of the small steps of a turn."""

RAILS_STEPS_S = 2.7
"""Two or three steps take a walker from the belt onto the rails."""


def play(body: Body, plan: Sequence[Segment]) -> Iterator[float]:
    """Play the segments one after the other, then stand for ever.

    Each `yield` gives the instant (s) up to which all is decided.
    """
    end = 0.0
    for segment in plan:
        end += segment.seconds
        if isinstance(segment, Walk):
            yield from Walking(body, segment, end).play()
        elif isinstance(segment, ClipOn):
            yield from _handle(body, end, segment.pace)
        elif isinstance(segment, ClipOff):
            yield from _take_off(body, segment, end)
        elif isinstance(segment, Turn):
            body.tape.add(Move(body.t, segment.seconds, (0.0, 0.0, segment.angle_deg)))
            yield from body.shuffle(TURN_STRIDE, end)
        else:
            yield from _take_posture(body, segment, end)
        yield from body.idle(end, fidget=not isinstance(segment, ClipOn | ClipOff | Lie))
    yield from body.idle(math.inf)


def _take_posture(
    body: Body, segment: Stand | Sit | Lie | SideRails, end: float
) -> Iterator[float]:
    for event in segment.events:
        body.happen(event, body.t + event.at)
    if isinstance(segment, Sit):
        body.pose(SEATED, SIT_S)
    elif isinstance(segment, Lie):
        body.pose(LYING[segment.side], LIE_S)
    else:
        body.pose(UPRIGHT, RISE_S)
    if isinstance(segment, SideRails):
        yield from body.shuffle(RAILS_STRIDE, min(end, body.t + RAILS_STEPS_S))


def _handle(body: Body, end: float, pace: float) -> Iterator[float]:
    body.put_on()
    yield from _play_parts(body, handling(body.mishaps, body.t, end, body.turned, pace))


def _take_off(body: Body, segment: ClipOff, end: float) -> Iterator[float]:
    laid = min(body.t + segment.handled_s, end)
    parts = handling(body.mishaps, body.t, laid, body.turned, segment.pace, laid=True)
    body.take_off(laid)
    yield from _play_parts(body, parts)


def _play_parts(body: Body, parts: Iterator[tuple[float, Part]]) -> Iterator[float]:
    for at, part in parts:
        yield at
        body.t = at
        body.tape.add(part)
