"""Stumbles, told by comparing the walker with the walker's own last seconds.

The strength of the movement in a fifth of a second, in acceleration and in rotation, is held
against the largest that the same walker showed in the last four seconds. The newest 0.6 s are
left out, so that the stumble is not its own measure. Both ratios multiply: a knock shakes the
device without turning it, a turn rotates it without shaking. Armed by some steps of walking.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from coach.events import Event, Fall, Stumble
from coach.fall import Posture
from coach.samples import Hop
from coach.settings import setting


@dataclass(frozen=True, slots=True)
class StumbleSettings:
    """What a person may set."""

    sensitivity: float = setting(
        1.0,
        "How little beyond the usual counts as a stumble: 1 is normal, 1.25 catches smaller ones "
        "at more false alarms, 0.8 the reverse.",
        low=0.5,
        high=2.0,
    )


USUAL_TIMES = 1.8
"""A stumble moves the trunk this many times as strongly as the walker's usual, at sensitivity 1."""

NOW_HOPS = 4
"""0.2 s: the length of a stumble's first jolt."""

NEWEST_HOPS, OLDEST_HOPS = 12, 80
"""The usual is the largest of 4 s to 0.6 s ago: several steps, none of them the present one."""

ACC_FLOOR_G, GYRO_FLOOR_DPS = 0.1, 15.0
"""A usual below this counts as this: standing still must not make a shuffle a stumble."""

MOVING_G = 0.08
"""Dynamic acceleration that a step, however soft, exceeds in every second."""

ARMED_HOPS = 32
"""1.6 s of movement: three steps of a brisk walk."""

GRAVITY_S, BIAS_S = 1.0, 5.0
"""Time constants of gravity (longer than a step) and of the gyroscope's offset (than a turn)."""

INCIDENT_HOPS = 40
"""2 s without a new excess end an incident: what follows sooner belongs to the same stumble."""


class StumbleDetector:
    """Feed it hops, get `Stumble` and `Fall` events.

    `settings` is all that a person may change.
    """

    def __init__(self, settings: StumbleSettings | None = None) -> None:
        self._line = USUAL_TIMES / (settings or StumbleSettings()).sensitivity
        self._posture = Posture()
        self._restart()

    def _restart(self) -> None:
        self._gravity: np.ndarray[tuple[int], np.dtype[np.float64]] | None = None
        self._bias = np.zeros(3)
        self._acc: deque[float] = deque(maxlen=NOW_HOPS)
        self._rot: deque[float] = deque(maxlen=NOW_HOPS)
        self._acc_past: deque[float] = deque(maxlen=OLDEST_HOPS)
        self._rot_past: deque[float] = deque(maxlen=OLDEST_HOPS)
        self._still = 0
        self._moving = 0
        self._quiet = INCIDENT_HOPS

    @property
    def armed(self) -> bool:
        """Whether enough steps were seen to know this walker's usual."""
        return self._moving >= ARMED_HOPS

    @property
    def upright(self) -> bool:
        """Whether the walker stands as before the last fall (True where there was none)."""
        return self._posture.upright

    def gap(self, missing_s: float) -> None:  # noqa: ARG002
        """Samples are missing for `missing_s` seconds: begin anew."""
        self._posture.gap()
        self._restart()

    def feed(self, hop: Hop) -> list[Event]:
        """Take the next hop; return what it decides."""
        acc, gyro = hop.x[:, :3], hop.x[:, 3:]
        events: list[Event] = []
        squares = np.einsum("ij,ij->i", acc, acc)
        if self._posture.feed(hop, math.sqrt(float(squares.max()))):
            events.append(Fall(t=hop.t, onset=hop.t))
        excess = self._excess(acc, gyro)
        self._quiet += 1
        if excess > self._line and self.armed:
            if self._quiet > INCIDENT_HOPS:
                onset = hop.t - NOW_HOPS * 0.05
                events.insert(0, Stumble(t=hop.t, onset=onset, severity=excess / self._line))
            self._quiet = 0
        return events

    def _excess(
        self,
        acc: np.ndarray[tuple[int, int], np.dtype[np.float64]],
        gyro: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    ) -> float:
        """Return how many times its usual the present movement is (geometric mean)."""
        mean_acc, mean_gyro = acc.mean(axis=0), gyro.mean(axis=0)
        seconds = len(acc) / 100
        if self._gravity is None:
            self._gravity, self._bias = mean_acc, mean_gyro
        self._gravity = self._gravity + seconds / GRAVITY_S * (mean_acc - self._gravity)
        self._bias = self._bias + seconds / BIAS_S * (mean_gyro - self._bias)
        a, w = acc - self._gravity, gyro - self._bias
        self._acc.append(float(np.vdot(a, a)) / len(a))
        self._rot.append(float(np.vdot(w, w)) / len(w))
        acc_now = math.sqrt(sum(self._acc) / len(self._acc))
        rot_now = math.sqrt(sum(self._rot) / len(self._rot))
        self._still = 0 if acc_now > MOVING_G else self._still + 1
        self._moving = self._moving + 1 if self._still < NEWEST_HOPS else 0
        past = len(self._acc_past) - NEWEST_HOPS
        excess = 0.0
        if past > 0:
            usual_acc = max(ACC_FLOOR_G, *list(self._acc_past)[:past], 0.0)
            usual_rot = max(GYRO_FLOOR_DPS, *list(self._rot_past)[:past], 0.0)
            excess = math.sqrt(acc_now / usual_acc * rot_now / usual_rot)
        self._acc_past.append(acc_now)
        self._rot_past.append(rot_now)
        return excess
