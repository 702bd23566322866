"""Tells a sensor that measures from one that only answers.

A chip may answer every transfer and yet give nonsense: one sample for ever, an axis at the end of
its range, nothing at all, a gravity that is none, a gyroscope that sees no turn. To everything
behind it that looks like a walker who has stopped, or fallen. What a real chip gives obeys this:

- It carries noise. By the product specification (PS-MPU-6000A-00 6.1, 6.2) the noise after the
  low-pass is 7 counts rms on each axis of acceleration and 0.7 on each of rotation: neighbours are
  then equal with a probability of about 0.04 and 0.4 an axis. Of clones, one ten times as quiet is
  allowed for: 0.4 an axis of acceleration, and a gyroscope that at rest does not change at all.
- It does not stay at the end of its range: the hardest impact of a fall is over in 50 ms.
- At rest it shows gravity: 1 g, to within 0.13 g by offset and scale (PS 6.2: 50 to 80 mg, 3 %).
- Who moves by tenths of a g also turns, if only by a degree a second.

Where samples are doubtful they are held back until it is clear what they are: should they turn out
to be nonsense, they were never handed out. A sound chip is never held back for longer than the
allowances below, most of them a sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.errors import (
    AccelerometerError,
    FrozenDataError,
    GravityError,
    GyroscopeError,
    SensorError,
)
from hardware.mpu6050.i2c import Device
from hardware.mpu6050.readings import ACCEL, COUNTS, GYRO, Burst

FULL = 32767
"""The end of a channel's range, in counts of either sign."""

_ENDS = frozenset((FULL, -FULL, -FULL - 1))


@dataclass(frozen=True, slots=True)
class Limits:
    """After how many samples in a row doubt begins (`_from`), and after how many it is certain.

    The largest of 2,500 real recordings, several of other chips than this, stand beside each.
    """

    repeats_from: int = 2  # acceleration, all axes: a sound chip does it once in 15,000 samples
    repeats: int = 30  # recordings: 10. The quietest clone: once in 0.06**30
    axis_from: int = 9  # acceleration, one axis: 0.04**9; the quietest clone 0.4**9
    axis: int = 90  # recordings: 28, and coarse ones that were scaled once more 50
    void_from: int = 1  # acceleration at the end of its range on an axis, or 0 on all of them
    void: int = 5  # recordings: 1. What is left of the hardest impact is over sooner
    turn_from: int = 6  # rotation, all axes, while it turns and acceleration changes
    turn: int = 30  # the same; recordings: 18
    turn_moves_g: float = 0.06  # so much must acceleration have changed meanwhile: ten times noise
    turn_full: int = 30  # rotation at the end of its range: 600 degrees at 2000 deg/s
    thawed: int = 5  # samples that differ, after a start or a fault, until they count as real


@dataclass(frozen=True, slots=True)
class Piece:
    """What a piece of `samples` must show of gravity, and two in a row of rotation."""

    samples: int = 50
    calm_g: float = 0.1  # no axis changes by more: rest. Then gravity must be ...
    gravity_g: tuple[float, float] = (0.7, 1.3)  # recordings: 0.82 to 1.18; PS: 0.87 to 1.13
    moving_g: tuple[float, float] = (0.7, 1.5)  # the mean of |a| of somebody who moves
    moving_pieces: int = 2  # so many of those in a row prove gravity as well as rest does
    shaken_g: float = 0.4  # where an axis of acceleration changes by so much in both ...
    still_dps: float = 1.0  # ... and none of rotation by this, it is dead; recordings: 2
    moved_g: float = 0.1  # one axis is dead where acceleration changes by so much, ...
    others_dps: float = 5.0  # ... another axis of rotation by this, and it not at all
    alive_dps: float = 1.0  # and it lives again when in a piece each axis changes by so much


LIMITS, PIECE = Limits(), Piece()

Counts = NDArray[np.int16]


class Plausibility:
    """Lets samples through that can be real. `error` says why there are none.

    While there is a `limitation`, the samples' rotation is exactly 0 on all axes: there is none
    that could be told.
    """

    def __init__(self) -> None:
        self._nonsense = ""
        self._weightless = False  # the nonsense is in gravity, not in single samples
        self._gyroscope = ""
        self._last = [2 * FULL] * 6  # unlike any sample
        self._same = [0, 0, 0]  # samples up to the newest that equal the one before, by axis
        self._repeats = 0  # ... on all three axes of acceleration
        self._turn = 0  # ... on all three of rotation
        self._void = 0  # samples up to the newest that are at the end of the range, or nothing
        self._turn_full = 0
        self._low, self._high = [0, 0, 0], [0, 0, 0]  # acceleration since rotation repeats
        self._counting = False  # one of these counts is not 0
        self._held: Burst | None = None
        self._changes = 0  # samples up to the newest that differ from the one before them
        self._suspect = False  # it has started, or gave nonsense, and has not shown otherwise
        self._pieces = _Pieces()

    def error(self, device: Device) -> SensorError | None:
        """Why what comes is no measurement."""
        if not self._nonsense:
            return None
        again = "it is reset; take its power off for a second if this comes again"
        if self._repeats >= LIMITS.repeats <= self._turn + 1:
            return FrozenDataError(f"The chip at {device} repeats one sample: {again}.")
        said = f"The accelerometer of the chip at {device} {self._nonsense}: {again}, and replace "
        kind = GravityError if self._weightless else AccelerometerError
        return kind(f"{said}the board if that does not help.")

    def limitation(self, device: Device) -> GyroscopeError | None:
        """What is wrong with the gyroscope."""
        if not self._gyroscope:
            return None
        return GyroscopeError(
            f"The gyroscope of the chip at {device} {self._gyroscope}: steps and stumbles are "
            "judged by acceleration alone, and small stumbles may be missed; take its power off "
            "for a second, and replace the board if that does not help."
        )

    def drop(self) -> None:
        """Forget what is held back. What the chip last gave is remembered beyond a reset."""
        self._held = None

    def distrust(self) -> None:
        """Let nothing through until the chip has shown that it measures: it starts anew."""
        self._suspect = True
        self._changes = 0
        self._pieces.begin()

    def sift(self, burst: Burst, settling: int) -> Burst:
        """What can be handed out of `burst` and of what was held back before.

        Its first `settling` samples are looked at and dropped.
        """
        suspect = self._suspect
        if burst:
            burst = burst[: self._look(burst.raw)]
            self._suspect = bool(self._nonsense) or (suspect and not self._is_sound())
        burst = burst[settling:] if settling else burst
        if suspect:
            return self._told(burst[:0] if self._suspect else burst[-self._changes :])
        if self._weightless:
            return burst[:0]
        if self._held is not None:
            burst, self._held = self._held + burst, None
        sure = len(burst) - self._doubtful()
        if sure >= len(burst):
            return self._told(burst)
        if not self._nonsense:
            self._held = burst[max(sure, 0) :]
        return self._told(burst[: max(sure, 0)])

    def _told(self, burst: Burst) -> Burst:
        if not self._gyroscope or not burst:
            return burst
        raw = burst.raw.copy()
        raw[:, 3:] = 0
        return Burst(burst.t_us, raw)

    def _is_sound(self) -> bool:
        enough = LIMITS.thawed
        changing = self._changes >= enough and max(self._same) < enough
        return changing and not self._void and not self._pieces.doubtful

    def _doubtful(self) -> int:
        """How many of the newest samples may be nonsense."""
        if not self._counting:
            return 0
        doubt = max(
            self._repeats + 1 - LIMITS.repeats_from,
            max(self._same) + 1 - LIMITS.axis_from,
            self._void + 1 - LIMITS.void_from,
            0,
        )
        if self._gyroscope:
            return doubt
        if self._turn >= LIMITS.turn_from and self._turns() and self._moved_g() > _NOISE_G:
            doubt = max(doubt, self._turn + 1 - LIMITS.turn_from)
        return max(doubt, self._turn_full)

    # --- One sample after the other

    def _look(self, raw: Counts) -> int:
        """How many were looked at: what follows nonsense is not, as the chip is reset for it."""
        last, counting, changes, seen = self._last, self._counting, self._changes, 0
        for row in raw.tolist():  # as lists: five samples are too few for array operations
            seen += 1
            before, last = last, row
            ax, ay, az, gx, gy, gz = row
            if (
                counting
                or ax == before[0]
                or ay == before[1]
                or az == before[2]
                or (gx == before[3] and gy == before[4] and gz == before[5])
                or not (ax or ay or az)
                or _full(row)
            ):
                counting = self._count(row, before)
                changes = 0 if self._repeats else changes + 1
                if not self._suspect and self._is_certain():
                    break
            else:
                changes += 1
        self._last, self._counting, self._changes = last, counting, changes
        if self._pieces.take(raw[:seen]) or counting or self._nonsense or self._gyroscope:
            self._judge_acceleration()
            self._judge_rotation()
        return seen

    def _is_certain(self) -> bool:
        """Whether the newest samples are, with those before them, nonsense."""
        repeats, longest = self._repeats >= LIMITS.repeats, max(self._same) >= LIMITS.axis
        return self._void >= LIMITS.void or repeats or longest

    def _count(self, row: list[int], last: list[int]) -> bool:
        """Bring all counts to `row`, which came after `last`; whether any is left."""
        acc, rotation = row[:3], row[3:]
        ax, ay, az = self._same
        self._same = [
            ax + 1 if row[0] == last[0] else 0,
            ay + 1 if row[1] == last[1] else 0,
            az + 1 if row[2] == last[2] else 0,
        ]
        self._repeats = self._repeats + 1 if all(self._same) else 0
        if rotation == last[3:]:
            if not self._turn:
                self._low = self._high = last[:3]
            self._turn += 1
            self._low = list(map(min, self._low, acc))
            self._high = list(map(max, self._high, acc))
        else:
            self._turn = 0
        self._void = self._void + 1 if _full(acc) or not any(acc) else 0
        self._turn_full = self._turn_full + 1 if _full(rotation) else 0
        return any(self._same) or bool(self._turn or self._void or self._turn_full)

    def _turns(self) -> bool:
        """Whether the rotation that repeats is more than a bias."""
        return max(map(abs, self._last[3:])) > _BIAS

    def _moved_g(self) -> float:
        """How much acceleration has changed since rotation repeats."""
        change = max(high - low for high, low in zip(self._high, self._low, strict=True))
        return change / ACCEL.counts

    def _judge_acceleration(self) -> None:
        longest = max(self._same)
        self._weightless = False
        if self._void >= LIMITS.void:
            there = ", ".join(f"{value / ACCEL.counts:+.1f}" for value in self._last[:3])
            self._nonsense = f"gives nothing but {there} g"
        elif self._repeats >= LIMITS.repeats:
            self._nonsense = "repeats one sample"
        elif longest >= LIMITS.axis:
            axis = self._same.index(longest)
            value = self._last[axis] / ACCEL.counts
            self._nonsense = f"does not move on its {'xyz'[axis]} axis ({value:+.2f} g)"
        else:
            self._nonsense = self._pieces.weightless
            self._weightless = bool(self._nonsense)

    def _judge_rotation(self) -> None:
        if self._turn_full >= LIMITS.turn_full:
            nonsense = "stays at the end of its range"
        elif self._turn >= LIMITS.turn and self._moved_g() > LIMITS.turn_moves_g:
            nonsense = "gives nothing but one value, although the sensor moves"
        else:
            nonsense = self._pieces.turnless
        if nonsense and not self._gyroscope:
            self._pieces.begin()  # only what comes from now on can show that it lives
            self._gyroscope = nonsense
        elif not nonsense and self._pieces.turns and not self._turn_full:
            self._gyroscope = ""


_NOISE_G = 0.03
"""Between neighbours of a sound chip at rest, acceleration changes by less."""

_BIAS = 10.0 * GYRO.counts
"""A gyroscope may show so much at rest, and a clone's may then not change."""


def _full(values: list[int]) -> bool:
    return not _ENDS.isdisjoint(values)


class _Pieces:
    """What half seconds of samples show: gravity, and rotation with movement."""

    def __init__(self) -> None:
        self.weightless = ""  # why there is no gravity in it
        self.doubtful = False  # there was none, and it has not been proved since
        self.turnless = ""  # why it cannot be the rotation of what moves
        self.turns = False  # the newest whole piece shows rotation on every axis
        self.begin()

    def begin(self) -> None:
        """Samples begin anew."""
        self.weightless = self.turnless = ""
        self.turns = False
        self._moving = 0
        self._count = 0
        self._rows: list[Counts] = []
        # Of the piece before: its extremes, and how much each channel changed.
        self._before: tuple[list[int], list[int], list[float]] | None = None

    def take(self, raw: Counts) -> bool:
        """Look at some more samples; whether a piece is complete with them."""
        self._count += len(raw)
        self._rows.append(raw)
        if self._count < PIECE.samples:
            return False
        x = np.concatenate(self._rows)
        self._count, self._rows = 0, []
        low, high = np.minimum.reduce(x).tolist(), np.maximum.reduce(x).tolist()
        change = _change(low, high)
        self._weigh(x[:, :3], change[:3])
        self._compare(low, high, change)
        return True

    def _weigh(self, acc: Counts, change: list[float]) -> None:
        if not all(change):
            return  # an axis that does not move at all is told by the counts
        if max(change) < PIECE.calm_g:
            low, high = PIECE.gravity_g
            g = math.hypot(*np.add.reduce(acc).tolist()) / len(acc) / ACCEL.counts
            sound = low <= g <= high
            self.weightless = "" if sound else f"shows {g:.2f} g at rest, where gravity is 1 g"
            self.doubtful = not sound
            return
        low, high = PIECE.moving_g
        x = acc / ACCEL.counts
        g = float(np.add.reduce(np.sqrt(np.einsum("ij,ij->i", x, x)))) / len(x)
        sound = low <= g <= high
        self._moving = self._moving + 1 if sound else 0
        if self._moving >= PIECE.moving_pieces:
            self.weightless, self.doubtful = "", False

    def _compare(self, low: list[int], high: list[int], newest: list[float]) -> None:
        self.turns = min(newest[3:]) > PIECE.alive_dps
        before, self._before = self._before, (low, high, newest)
        if before is None:
            return
        lower, higher, earlier = before
        change = _change(list(map(min, low, lower)), list(map(max, high, higher)))
        moved, turned = max(change[:3]), max(change[3:])
        shaken = min(max(earlier[:3]), max(newest[:3]))
        self.turnless = ""
        if shaken > PIECE.shaken_g and turned < PIECE.still_dps:
            self.turnless = "sees no turn, although the sensor is shaken"
        elif moved > PIECE.moved_g and turned > PIECE.others_dps and not all(change[3:]):
            axis = "xyz"[change.index(0.0, 3) - 3]
            self.turnless = f"does not move on its {axis} axis"


def _change(low: list[int], high: list[int]) -> list[float]:
    """From counts to how much each channel changed, g and deg/s."""
    return [(most - least) / counts for least, most, counts in zip(low, high, _COUNTS, strict=True)]


_COUNTS: list[float] = COUNTS.tolist()
