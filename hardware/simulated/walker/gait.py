"""How one person walks: the shape of the steps, and their rhythm.

A step is a smooth swing of the whole body plus the impact of the foot. The swing is a sum of
harmonics of the stride (two steps). Vertical and fore-aft movement repeat with every step (even
harmonics); sway to the side, roll and yaw of the pelvis go one way with the left and the other
way with the right foot (odd harmonics): that is what tells stride from step. The impact is a
ringing of fixed duration, so that it is a larger part of a slow step.

Sizes are what was measured on the recordings of the real walkers (medians; A is the vertical
amplitude, half of the peak-to-peak within a step):

| what | movingreality, voisard | backward | here |
| --- | --- | --- | --- |
| vertical, step frequency | 0.6 A at 90-125 spm, 0.2 A at 57 | 0.6-0.95 A | `IMPACT_SHARE` |
| vertical, its harmonics 2-5 | 0.15-0.3 A each | 0.2-0.4, then 0.05 | `SWING_*`, `IMPACT_*` |
| second peak after contact | 0.12 s after the first: 8 Hz | none above 8 Hz | `IMPACT_HZ` |
| across gravity, rms | 0.15 g at A = 0.3, 0.39 g at 0.8 | 0.15 + 0.4 A | `FORE_AFT_G` |
| yaw rate at stride frequency | 20 deg/s at A = 0.3, 50 at 0.6 | 10-68 | `TURN_DPS` |
| roll and pitch rate, rms | 20 deg/s at A = 0.3, 50 at 0.8 | 12-50 | `TURN_DPS` |
| variation of stride time | 0.03-0.08 | 0.02-0.06 (short) | `Rhythm` |
| its autocorrelation, next stride but none shared | 0.1-0.6, median 0.4 | | `Rhythm` |
| variation of A from step to step | 0.11-0.25 | 0.07-0.22 | `Walk` |
| variation of a step's fastest rotation | 0.13 | | `DEVIATION_RATE` |
| excess kurtosis of either's logarithm | 0.0, -0.1 | | log-normal gains |

Backward walking is nearly forward walking run backward in time (Thorstensson, Acta Physiol
Scand 127, 1986; Winter and others, J Mot Behav 21, 1989), with a landing on the toes that
the ankle softens: phases are mirrored and the impact is smaller and slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.simulated.walker.motion import ACC, ANGLE, RATE, Floats, Ring, Vector
from hardware.simulated.walker.plan import Direction

HARMONICS = 6
"""Of the stride; above the third step harmonic the impact carries the spectrum."""

SWING_VERTICAL = (0.0, 1.0, 0.0, 0.22, 0.0, 0.12)
SWING_FORE_AFT = (0.12, 1.0, 0.08, 0.35, 0.0, 0.12)
SWING_SIDEWAYS = (1.0, 0.1, 0.45, 0.0, 0.25, 0.0)
"""Relative sizes of the harmonics 1 to 6 of the stride."""

FORE_AFT_G, SIDEWAYS_G = 0.14, 0.08
"""Largest harmonic of movement across gravity, at the reference amplitude."""

REFERENCE_G = 0.3
SWAY: dict[Direction, tuple[float, float]] = {"forward": (1.0, 0.7), "backward": (1.3, 0.5)}
"""Sway and rotation: factor, and power of (A / 0.3 g). They shrink less than the vertical when
steps get soft, least so backward, where balance is the work."""

TURN_DPS = (
    (13.0, 4.0, 11.0, 3.0, 5.0, 0.0),  # roll
    (3.0, 11.0, 2.0, 6.0, 1.0, 3.0),  # pitch
    (22.0, 4.0, 9.0, 2.5, 5.0, 2.0),  # yaw
)
"""Rates (deg/s) of the harmonics 1 to 6 of the stride, at the reference amplitude."""

PERSON_SPREAD = 0.25
"""Persons differ: standard deviation of the logarithm of every size (a factor of 0.8 to 1.3)."""

PHASE_SPREAD = 0.4
"""... and of every phase, in radians."""

DEVIATIONS = 8
DEVIATION_ACC, DEVIATION_RATE = 0.12, 0.2
"""No step is like the other: half sines over the step, their total standard deviation as a share
of the walker's amplitude and of the rotation (real: 0.05 g at 0.3 g; 10 deg/s at 20-45)."""

IMPACT_HZ: dict[Direction, float] = {"forward": 9.0, "backward": 5.5}
IMPACT_DECAY_S: dict[Direction, float] = {"forward": 0.08, "backward": 0.05}
IMPACT_RISE_S: dict[Direction, float] = {"forward": 0.015, "backward": 0.04}
"""Backward, the toes and the ankle take the landing: no more above 8 Hz."""

IMPACT_SHARE: dict[Direction, tuple[float, float]] = {
    "forward": (0.85, 0.65),
    "backward": (0.5, 0.25),
}
IMPACT_SPM = (55.0, 110.0)
"""The impact's share of the vertical amplitude at these two tempos; linear between and beyond."""

HARDNESS_SPREAD: dict[Direction, float] = {"forward": 0.25, "backward": 0.5}
"""Persons differ in it, backward more: of the seven real clips some are all swing, and in some the
higher harmonics are half as large as the first."""

SHARE_LIMITS = (0.05, 0.9)
"""There is always some impact, and always some swing."""

IMPACT_ACROSS: Vector = (-0.5, 0.35, 1.0)
"""Direction of the impact, right foot: braking, and to the outside."""

IMPACT_SPREAD = 0.5
"""No landing is like the other: relative standard deviation of its parts across gravity."""

IMPACT_TILT: Vector = (0.5, 0.35, 0.3)
"""Degrees by which the landing shakes the pelvis at the reference amplitude: 15-25 deg/s."""


_ORDER = np.arange(1, HARMONICS + 1)
_SECOND = ((-1.0) ** _ORDER)[:, None]
"""What the stride's harmonics are multiplied with in its second step: half a turn later."""

_OWN = np.arange(1, DEVIATIONS + 1)[:, None]
_SLOPE = 1j * np.pi * _OWN

_DEVIATION_SIZES = np.sqrt(2 / (1 / _OWN).sum() / _OWN)
"""Of the half sines: the shorter the smaller, and one in all."""

_ANGLE_SIZES = DEVIATION_RATE / np.pi / _OWN**0.75


class Stride(NamedTuple):
    """What the walker is at: vertical amplitude (g) and usual time of a step (s)."""

    amplitude_g: float
    step_s: float


class Gains(NamedTuple):
    """How large the movement is against `Stride`, at the step's two ends."""

    start: float
    end: float


class Span(NamedTuple):
    """One step in time: from one foot contact (`start`) to the next, `seconds` later.

    The phase runs through the contacts with a continuous speed (`speeds`: steps/s at the two
    ends), so that steps of different length join without a jerk. `odd`: the stride's second step.
    """

    start: float
    seconds: float
    speeds: tuple[float, float]
    odd: bool


@dataclass(frozen=True, slots=True)
class Swing:
    """One step's smooth movement.

    `sizes` (6, 6) complex: the stride's harmonics (rows) of three accelerations and three angles;
    `deviations` (5, 6): what is particular to this step.
    """

    span: Span
    gains: Gains
    sizes: NDArray[np.complex128]
    deviations: Floats

    @property
    def start(self) -> float:
        """The foot contact that begins it."""
        return self.span.start

    @property
    def end(self) -> float:
        """The next foot contact."""
        return self.span.start + self.span.seconds

    def add(self, t: Floats, out: Floats) -> None:
        """See `motion.Part`."""
        u, speed = self._phase((t - self.start) / self.span.seconds)
        gain, gain_slope = self._gain(u)
        waves = np.empty((DEVIATIONS, len(u)), np.complex128)
        waves[0] = np.exp(1j * np.pi * u)
        for order in range(1, DEVIATIONS):  # its powers: sine and cosine of each half wave
            np.multiply(waves[order - 1], waves[0], out=waves[order])
        every = (self._waves().T @ waves).real
        every, slope = every[:6], every[6:]
        slope = (gain_slope * every[3:] + gain * slope) * speed
        every *= gain
        out[:, ACC] += every[:3].T
        out[:, ANGLE] += every[3:].T
        out[:, RATE] += slope.T

    def _waves(self) -> NDArray[np.complex128]:
        """By half waves of the step (rows): what moves, and the slopes of the three angles."""
        sizes = -1j * self.deviations
        sizes[:HARMONICS] += self.sizes * _SECOND if self.span.odd else self.sizes
        return np.concatenate([sizes, _SLOPE * sizes[:, 3:]], axis=1)

    def _phase(self, x: Floats) -> tuple[Floats, Floats]:
        """Share of the step (0 to 1) and its speed (1/s): a cubic Hermite curve."""
        first, last = (speed * self.span.seconds for speed in self.span.speeds)
        a, b = first + last - 2, 3 - 2 * first - last
        u = ((a * x + b) * x + first) * x
        return u, ((3 * a * x + 2 * b) * x + first) / self.span.seconds

    def _gain(self, u: Floats) -> tuple[Floats, Floats]:
        change = self.gains.end - self.gains.start
        return (self.gains.start + change * u**2 * (3 - 2 * u), change * 6 * u * (1 - u))


class Rhythm:
    """Relative deviations of step times, with the long memory that real walkers' have.

    White noise plus three first-order processes that remember for 3, 15 and 80 steps: the sum's
    autocorrelation falls slowly like that of real stride times (Hausdorff and others, J Appl
    Physiol 80, 1996: scaling exponent about 0.75), 0.4 from one stride to the next but one.
    """

    MEMORY_STEPS = np.array([3.0, 15.0, 80.0])
    SHARES = np.array([0.2, 0.15, 0.15])  # of the variance; the rest is white

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._keep = np.exp(-1 / self.MEMORY_STEPS)
        self._state = rng.standard_normal(3)

    def next(self) -> float:
        """The next step's deviation: mean 0, standard deviation 1."""
        noise = self._rng.standard_normal(4)
        self._state = self._keep * self._state + np.sqrt(1 - self._keep**2) * noise[:3]
        slow = float(np.sqrt(self.SHARES) @ self._state)
        return slow + float(np.sqrt(1 - self.SHARES.sum()) * noise[3])


class Wander:
    """How the size of the steps wanders: two first-order processes of 15 and 80 steps' memory.

    Of the real walkers' amplitudes (movingreality), a quarter of the variance is slow: correlated
    by 0.2 from one step to the eighth after it, in the median.
    """

    MEMORY_STEPS = np.array([15.0, 80.0])

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._keep = np.exp(-1 / self.MEMORY_STEPS)
        self._state = rng.standard_normal(2)

    def next(self) -> float:
        """The next step's deviation: mean 0, standard deviation 1."""
        noise = np.sqrt(1 - self._keep**2) * self._rng.standard_normal(2)
        self._state = self._keep * self._state + noise
        return float(self._state.sum() / np.sqrt(2.0))


class Gait:
    """One person's way of walking in one direction, drawn from `rng`."""

    def __init__(self, rng: np.random.Generator, direction: Direction) -> None:
        self._direction = direction
        self._forward = 1.0 if direction == "forward" else -1.0
        spread = np.exp(PERSON_SPREAD * rng.standard_normal((6, HARMONICS)))
        phase = PHASE_SPREAD * rng.standard_normal((6, HARMONICS)) + self._typical_phase()
        turns = np.exp(1j * phase)
        self._vertical = np.array(SWING_VERTICAL) * spread[2] * turns[2]
        self._across = np.array(
            [
                FORE_AFT_G * np.array(SWING_FORE_AFT) * spread[0] * turns[0],
                SIDEWAYS_G * np.array(SWING_SIDEWAYS) * spread[1] * turns[1],
            ]
        )
        self._turns = np.array(TURN_DPS) * spread[3:] * turns[3:]
        if direction == "backward":  # mirrored in time
            self._across, self._turns = self._across.conj(), self._turns.conj()
        self._angles = self._turns / (np.pi * _ORDER)  # the angle of a rate
        self._deviating = _ANGLE_SIZES * np.sqrt((np.abs(self._turns) ** 2).sum(1) / 2)
        feet = np.exp(PERSON_SPREAD * rng.standard_normal((2, 3)))
        feet[:, 2] = 1.0
        self._impact = np.array(IMPACT_ACROSS) * feet
        self._hardness = float(np.exp(HARDNESS_SPREAD[direction] * rng.standard_normal()))
        self._hz = IMPACT_HZ[direction] * float(np.exp(0.5 * PERSON_SPREAD * rng.standard_normal()))
        self._scales: dict[int, float] = {}
        self._rng = rng

    @staticmethod
    def _typical_phase() -> Floats:
        """The body is pushed up most 0.2 of a step after contact, and braked before that."""
        phase = np.zeros((6, HARMONICS))
        phase[2] = -np.pi * _ORDER * 0.2
        phase[0] = np.pi - np.pi * _ORDER * 0.05
        phase[1] = -np.pi * _ORDER * 0.3
        return phase

    def swing(self, stride: Stride, span: Span, gains: Gains) -> Swing:
        """The smooth part of one step."""
        amplitude_g, usual_s = stride.amplitude_g, stride.step_s
        sway = self._sway(amplitude_g)
        vertical = self._vertical * amplitude_g * self._scale(usual_s) * (1 - self._share(usual_s))
        angles = self._angles * (sway * usual_s)
        sizes = np.concatenate([self._across * sway, vertical[None], angles]).T
        noise = self._rng.standard_normal((DEVIATIONS, 6)) * _DEVIATION_SIZES
        noise[:, :2] *= DEVIATION_ACC * sway * REFERENCE_G
        noise[:, 2] *= DEVIATION_ACC * amplitude_g
        noise[:, 3:] *= self._deviating * (sway * usual_s)
        return Swing(span, gains, sizes, noise)

    def impact(self, stride: Stride, at: float, gain: float, *, left: bool) -> Ring:
        """The landing of a foot at `at`, `gain` times as hard as usual."""
        share = self._share(stride.step_s)
        size = gain * stride.amplitude_g * self._scale(stride.step_s) * share
        tilt = gain * share * self._sway(stride.amplitude_g)
        side = -1.0 if left else 1.0
        own = 1 + IMPACT_SPREAD * self._rng.standard_normal((2, 3))
        own[0, 2] = 1.0  # what varies upward is the gain
        ahead, across, up = (float(x) for x in size * self._impact[int(left)] * own[0])
        roll, pitch, yaw = (float(x) for x in tilt * np.array(IMPACT_TILT) * own[1])
        return Ring(
            at,
            self._hz,
            IMPACT_DECAY_S[self._direction],
            (self._forward * ahead, side * across, up),
            (side * roll, self._forward * pitch, side * yaw),
            IMPACT_RISE_S[self._direction],
        )

    def _share(self, seconds: float) -> float:
        slow, quick = IMPACT_SHARE[self._direction]
        low, high = IMPACT_SPM
        share = slow + (quick - slow) * (60 / seconds - low) / (high - low)
        least, most = SHARE_LIMITS
        return min(max(share * self._hardness, least), most)

    def _sway(self, amplitude_g: float) -> float:
        factor, power = SWAY[self._direction]
        return float(factor * (amplitude_g / REFERENCE_G) ** power)

    def _scale(self, seconds: float) -> float:
        """Makes the vertical peak-to-peak within a step 2 x amplitude, swing and impact together.

        Remembered by step time in tens of milliseconds.
        """
        key = round(seconds * 100)
        if key not in self._scales:
            t = np.linspace(0, seconds, 100)
            waves = np.exp(1j * np.pi * t / seconds)[:, None] ** _ORDER
            self._scales[key] = 1.0  # for the impact below
            share = self._share(seconds)
            out = np.zeros((200, 10))
            landing = self.impact(Stride(1.0, seconds), 0.0, 1.0, left=True)
            landing.add(np.concatenate([t, t + seconds]), out)
            vertical = (waves @ self._vertical).real * (1 - share)
            vertical += out[:100, 2] + out[100:, 2]  # this landing and the tail of the last
            self._scales[key] = 2 / float(np.ptp(vertical))
        return self._scales[key]
