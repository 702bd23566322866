"""How strongly the trunk moves, in numbers that no mounting and no single bad sample changes.

Each hop of 50 ms becomes one acceleration and one rotation: the mean of its samples without the
one furthest from the rest. That drops a glitch of the bus whatever its size, and takes the edge
off a knock on the device, while the body, which cannot jump for 10 ms, loses nothing. From these
follow three strengths over the last 0.3 s, the length of a stumble's first jolt:

- *shaking*: acceleration about gravity. A foot that is caught or slides brakes the whole trunk.
- *jerk*: change of acceleration from hop to hop. Recovery steps are abrupt, a turn is not.
- *tilting*: rotation about horizontal axes, slower than 3 Hz. A trunk that loses its balance
  pitches or rolls for half a second; a knock and a cough only shake, a turn goes about gravity.

Gravity is a running mean of acceleration. All three are lengths of vectors, or taken along and
across gravity, so that a rotation of the sensor leaves them as they are.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from coach.samples import GRID_HZ, HOP, Floats

HOP_S: Final = HOP / GRID_HZ

NOW_HOPS: Final = 6
"""0.3 s: long enough for one jolt to fill it, short enough to act on."""

GRAVITY_S: Final = 1.0
"""Time constant of gravity: a step or two, so that it follows a change of posture within 2 s."""

OFFSET_S: Final = 5.0
"""Time constant of the gyroscope's offset: longer than any turn or stumble."""

TILT_HOPS: Final = 3
"""0.15 s of mean rotation: passes the half second of a lost balance, not the ringing of a knock."""

ACC_MAX_G, GYRO_MAX_DPS = 64.0, 8000.0
"""No sensor of this kind delivers more; larger numbers are cut off so that no square overflows."""


def hop_mean(x: Floats) -> Floats:
    """Return the mean (3,) of the samples `x` (n, 3) without the one furthest from their mean.

    With fewer than three samples nobody can tell which is wrong: their plain mean.
    """
    mean: Floats = x.mean(axis=0)
    n = len(x)
    if n < 3:
        return mean
    off = x - mean
    worst = int(np.einsum("ij,ij->i", off, off).argmax())
    trimmed: Floats = mean - off[worst] / (n - 1)
    return trimmed


class Movement:
    """Follows gravity and the strengths of movement, hop by hop.

    After `feed`: `acc` (3,) g and `gyro` (3,) deg/s of the hop; `strength` (3,): shaking (g, rms),
    jerk (g per hop, rms), tilting (deg/s, rms); `shake_g`: | |acc| - |gravity| |; `turn_dps`: the
    hop's |rotation|, offset removed.
    """

    def __init__(self) -> None:
        self.acc: Floats = np.zeros(3)
        self.gyro: Floats = np.zeros(3)
        self.strength: Floats = np.zeros(3)
        self.shake_g = 0.0
        self.turn_dps = 0.0
        self._gravity: Floats | None = None
        self._offset: Floats | None = None
        self._turns: Floats = np.zeros((TILT_HOPS, 3))
        self._squares: Floats = np.zeros((NOW_HOPS, 3))
        self._hops = 0

    def gap(self) -> None:
        """Samples are missing: posture and movement begin anew, the gyroscope's offset stays."""
        self._gravity = None
        self._squares[:] = 0.0

    def feed(self, acc: Floats, gyro: Floats) -> None:
        """Take in one hop: `acc` (n, 3) g, `gyro` (n, 3) deg/s."""
        last, self.acc, self.gyro = self.acc, hop_mean(acc), hop_mean(gyro)
        if self._gravity is None:
            self._gravity = last = self.acc
        if self._offset is None:
            self._offset = self.gyro
        self._gravity = self._gravity + HOP_S / GRAVITY_S * (self.acc - self._gravity)
        self._offset = self._offset + HOP_S / OFFSET_S * (self.gyro - self._offset)
        self._hops += 1
        turn = self.gyro - self._offset
        self._turns[self._hops % TILT_HOPS] = turn
        slow = self._turns.sum(axis=0) / TILT_HOPS
        weight = float(np.sqrt(self._gravity.dot(self._gravity)))
        upward = float(slow.dot(self._gravity)) / max(weight, 0.2)  # weightless: no direction
        swing, change = self.acc - self._gravity, self.acc - last
        self._squares[self._hops % NOW_HOPS] = (
            swing.dot(swing),
            change.dot(change),
            max(float(slow.dot(slow)) - upward * upward, 0.0),
        )
        self.strength = np.sqrt(self._squares.sum(axis=0) / NOW_HOPS)
        self.shake_g = abs(float(np.sqrt(self.acc.dot(self.acc))) - weight)
        self.turn_dps = float(np.sqrt(turn.dot(turn)))
