"""How strongly the trunk moves, in numbers that no mounting and no single bad sample changes.

Each hop of 50 ms becomes one acceleration and one rotation: the mean of its samples without the
one furthest from the rest. That drops a glitch of the bus whatever its size, and takes the edge
off a knock on the device, while the body, which cannot jump for 10 ms, loses nothing. From these
follow three strengths over the last 0.3 s, the length of a stumble's first jolt:

- *shaking*: acceleration about gravity. A foot that is caught or slides brakes the whole trunk.
- *jerk*: change of acceleration from hop to hop. Recovery steps are abrupt, a turn is not.
- *tilting*: mean rotation over as long, about horizontal axes. A trunk that loses its balance
  pitches or rolls for half a second; a cough or a knock swings it back at once, and a turn goes
  about gravity.

A fourth quantity is for walkers who hardly move: the *load* on the feet, which is the length of
the acceleration alone. The sway of the hands that hold the rails leaves it still, while a foot
that slips takes weight off and the next lands hard.

Gravity is a running mean of acceleration. All are lengths of vectors, or taken along and
across gravity, so that a rotation of the sensor leaves them as they are.
"""

from __future__ import annotations

import math
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

_PART: Final = np.repeat(np.eye(2), 3, axis=0)  # (6, 2): sums the squares of acc and of gyro


def hop_mean(x: Floats) -> Floats:
    """Return the mean (6,) of the samples `x` (n, 6), acc and gyro each without its worst sample.

    The worst is the one furthest from the mean. With fewer than three samples nobody can tell
    which is wrong: their plain mean.
    """
    n = len(x)
    mean: Floats = np.add.reduce(x) / n
    if n < 3:
        return mean
    off = x - mean
    worst_acc, worst_gyro = ((off * off) @ _PART).argmax(axis=0).tolist()
    mean[:3] -= off[worst_acc, :3] / (n - 1)
    mean[3:] -= off[worst_gyro, 3:] / (n - 1)
    return mean


class Movement:
    """Follows gravity and the strengths of movement, hop by hop.

    After `feed`: `acc` (3,) g and `gyro` (3,) deg/s of the hop; `strength` (3,): shaking (g, rms),
    jerk (g per hop, rms), tilting (deg/s, rms); `size_g`: |acc|; `load_g`: it less
    |gravity|, of which a knock is left out; `step_g`: the size of the same, with knocks;
    `load_strength` (2,): its largest size in 0.3 s (g), its jerk (g per hop, rms); `turn_dps`: the
    hop's |rotation|, offset removed.
    """

    def __init__(self) -> None:
        self.acc: Floats = np.zeros(3)
        self.gyro: Floats = np.zeros(3)
        self.strength: Floats = np.zeros(3)
        self.load_g = self.step_g = 0.0
        self.load_strength = (0.0, 0.0)
        self.turn_dps = 0.0
        self._gravity: Floats | None = None
        self._offset: Floats | None = None
        self._turns: Floats = np.zeros((NOW_HOPS, 3))
        self._squares: Floats = np.zeros((NOW_HOPS, 3))
        self._loads = [0.0] * NOW_HOPS
        self._load_squares = [0.0] * NOW_HOPS
        self.size_g = 0.0
        self._hops = 0

    def gap(self) -> None:
        """Samples are missing: posture and movement begin anew, the gyroscope's offset stays."""
        self._gravity = None
        self._squares[:] = 0.0
        self._loads = [0.0] * NOW_HOPS
        self._load_squares = [0.0] * NOW_HOPS

    def feed(self, x: Floats) -> None:
        """Take in the samples (n, 6) of one hop: acc in g, gyro in deg/s."""
        mean, last, last_size = hop_mean(x), self.acc, self.size_g
        whole = np.add.reduce(x[:, :3]) / len(x)
        self.acc, self.gyro = mean[:3], mean[3:]
        sizes = math.sqrt(self.acc.dot(self.acc)), math.sqrt(whole.dot(whole))
        if self._gravity is None:
            self._gravity = last = self.acc
            last_size = sizes[0]
        if self._offset is None:
            self._offset = self.gyro
        self._gravity = self._gravity + HOP_S / GRAVITY_S * (self.acc - self._gravity)
        self._offset = self._offset + HOP_S / OFFSET_S * (self.gyro - self._offset)
        self._hops += 1
        turn = self.gyro - self._offset
        self._turns[self._hops % NOW_HOPS] = turn
        slow = np.add.reduce(self._turns) / NOW_HOPS
        weight = math.sqrt(self._gravity.dot(self._gravity))
        upward = float(slow.dot(self._gravity)) / max(weight, 0.2)  # weightless: no direction
        swing, change = self.acc - self._gravity, self.acc - last
        self._squares[self._hops % NOW_HOPS] = (
            swing.dot(swing),
            change.dot(change),
            max(float(slow.dot(slow)) - upward * upward, 0.0),
        )
        self.strength = np.sqrt(np.add.reduce(self._squares) / NOW_HOPS)
        # A glitch is in the whole mean only, half a swing of a knock in the trimmed one only.
        self.size_g = min(sizes, key=lambda size: abs(size - weight))
        self.load_g = self.size_g - weight
        self.step_g = abs(sizes[0] - weight)
        self._loads[self._hops % NOW_HOPS] = abs(self.load_g)
        self._load_squares[self._hops % NOW_HOPS] = (self.size_g - last_size) ** 2
        self.load_strength = (max(self._loads), math.sqrt(sum(self._load_squares) / NOW_HOPS))
        self.turn_dps = math.sqrt(turn.dot(turn))
