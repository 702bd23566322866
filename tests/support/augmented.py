"""Real walks with something done to them: what no recording has, but a walk at home will.

Every function takes samples (n, 6) at 100 Hz (acceleration in g, rotation in deg/s) and gives such
samples; whatever is random comes from the generator that is handed in. Gravity is the mean of the
acceleration over two seconds, rounded to the body's slow movement.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coach.samples import G_MPS2, Floats

HZ = 100
GRAVITY_SAMPLES = 201
SHARE_LOST = 0.005
TORN_EVERY = 400, 1600
"""Samples from one loss of many to the next."""
CLIP_SLIPS_S, CLIP_SLIPS_DEG = (0.3, 1.0), (20.0, 60.0)
ELSEWHERE_M = (0.10, 0.20)
"""From the small of the back to the hip, and to the front of the waistband, of a small and a large
person."""
TURNING_SAMPLES = 7
"""A Hann window of 0.08 s (half of the power at 9 Hz) before rotation is differentiated: bone turns
no quicker, skin and cloth do."""

ROTATION_DPS_PER_G = 105.0
"""Rotation of the trunk in a stumble of 1 g, by its 0.7th power: 79 real ones, median, turned
it by 96 (D18 of sisfall) and 118 (trips and slips of sfu)."""


def unit(rng: np.random.Generator) -> Floats:
    """A random direction (3,)."""
    v = rng.standard_normal(3)
    return v / np.linalg.norm(v)


def turned(axis: Floats, angle_rad: Floats) -> Floats:
    """The rotation matrices (n, 3, 3) about a unit `axis` by each angle (Rodrigues)."""
    x, y, z = axis
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    a = np.asarray(angle_rad)[:, None, None]
    return np.eye(3) + np.sin(a) * k + (1 - np.cos(a)) * (k @ k)


def body_axes(up: Floats, beside: Floats) -> Floats:
    """The body's axes in the sensor's, columns (3, 3): forward (across `beside`), left, up."""
    up = up / np.linalg.norm(up)
    ahead = np.cross(up, beside)
    ahead /= np.linalg.norm(ahead)
    return np.stack([ahead, np.cross(up, ahead), up], axis=1)


def gravity(x: Floats) -> Floats:
    """The slow part (n, 3) of the acceleration."""
    half = min(GRAVITY_SAMPLES, len(x) // 2 * 2 - 1) // 2
    padded = np.pad(x[:, :3], ((half + 1, half), (0, 0)), mode="edge")
    total = np.cumsum(padded, axis=0)
    return (total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)


def scaled(x: Floats, share: float | Floats) -> Floats:
    """A walk that moves the waist `share` (one, or (n, 1)) as much, gravity kept: on the rails."""
    g = gravity(x)
    return np.hstack([g + share * (x[:, :3] - g), share * x[:, 3:]])


def belt_changes(x: Floats, at_s: float, over_s: float, to: float) -> tuple[Floats, Floats]:
    """From `at_s` on, within `over_s`, the belt takes the walker to `to` times the tempo.

    The samples, and of each the instant (s) in `x` that it was taken from. The body goes the same
    ways in another time: its acceleration changes with the square.
    """
    rate = np.interp(np.arange(2 * len(x)) / HZ, [at_s, at_s + over_s], [1.0, to])
    from_s = np.cumsum(rate) / HZ
    from_s = from_s[from_s < (len(x) - 1) / HZ]
    rate = rate[: len(from_s), None]
    drawn = np.column_stack([np.interp(from_s, np.arange(len(x)) / HZ, each) for each in x.T])
    g = gravity(drawn)
    return np.hstack([g + rate**2 * (drawn[:, :3] - g), rate * drawn[:, 3:]]), from_s


def rails_held(x: Floats, from_s: float, to_s: float, *, lets_go_s: float, share: float) -> Floats:
    """The hands take the rails within 2 s, and let go from `to_s` on, within `lets_go_s`."""
    at = [from_s, from_s + 2.0, to_s, to_s + lets_go_s]
    size = np.interp(np.arange(len(x)) / HZ, at, [1.0, share, share, 1.0])[:, None]
    return scaled(x, size)


def clip_slips(
    x: Floats,
    rng: np.random.Generator,
    at_s: float,
    *,
    axis: Floats | None = None,
    within_s: tuple[float, float] = CLIP_SLIPS_S,
) -> Floats:
    """The device turns within its clip by 20 to 60 degrees within a second, and stays so."""
    seconds, angle = rng.uniform(*within_s), np.radians(rng.uniform(*CLIP_SLIPS_DEG))
    axis = unit(rng) if axis is None else axis
    part = np.clip((np.arange(len(x)) / HZ - at_s) / seconds, 0, 1)
    turn = angle * (1 - np.cos(np.pi * part)) / 2
    back = turned(axis, -turn)  # what the sensor sees turns the other way
    acc, gyro = (np.einsum("nij,nj->ni", back, x[:, c : c + 3]) for c in (0, 3))
    return np.hstack([acc, gyro + np.degrees(np.gradient(turn) * HZ)[:, None] * axis])


def elsewhere(rng: np.random.Generator) -> Floats:
    """Another place on the waistband (2,), metres along two horizontal axes from where it was."""
    angle = rng.uniform(0.0, 2.0 * np.pi)
    return rng.uniform(*ELSEWHERE_M) * np.array([np.cos(angle), np.sin(angle)])


def worn_at(x: Floats, place_m: Floats) -> Floats:
    """The same walk, felt at another place (2,) of the pelvis, metres along two horizontal axes.

    A pelvis is a rigid body: it turns alike everywhere, and r away the acceleration is more by
    d(omega)/dt x r + omega x (omega x r) (Goldstein, Classical Mechanics, section 4.9). So at the
    hip the bounce has the pelvis' list in it, which alternates with the feet.
    """
    up = np.median(x[:, :3], axis=0)
    place = body_axes(up, np.eye(3)[np.argmin(np.abs(up))])[:, :2] @ place_m
    half = TURNING_SAMPLES // 2
    window = np.hanning(TURNING_SAMPLES + 2)[1:-1]
    turning = np.radians(x[:, 3:] - np.median(x[:, 3:], axis=0))
    padded = np.pad(turning, ((half, half), (0, 0)), mode="edge")
    smooth = [np.convolve(each, window / window.sum(), "valid") for each in padded.T]
    turning = np.stack(smooth, axis=1)
    more = np.cross(np.gradient(turning, 1.0 / HZ, axis=0), place)
    more += np.cross(turning, np.cross(turning, place))
    return np.hstack([x[:, :3] + more / G_MPS2, x[:, 3:]])


def dead_gyroscope(x: Floats) -> Floats:
    """The gyroscope says the same for ever."""
    y = x.copy()
    y[:, 3:] = (1.0, -2.0, 0.5)
    return y


def other_frame(x: Floats, rng: np.random.Generator) -> Floats:
    """A clone whose gyroscope's axes are not the accelerometer's: swapped and with other signs."""
    y = x.copy()
    y[:, 3:] = x[:, 3 + rng.permutation(3)] * rng.choice([-1.0, 1.0], 3)
    return y


def vibration(x: Floats, rng: np.random.Generator, hz: float, size_g: float) -> Floats:
    """The belt's motor: a steady sine, with 5 deg/s of rotation for each 0.1 g."""
    wave = np.sin(2 * np.pi * (hz * np.arange(len(x)) / HZ + rng.random()))[:, None]
    return x + wave * np.concatenate([size_g * unit(rng), 50.0 * size_g * unit(rng)])


def seam(x: Floats, rng: np.random.Generator, every_s: float, size_g: float) -> Floats:
    """The belt's seam under the feet: a vertical thump of 12 Hz at each turn of the belt."""
    t = np.arange(len(x)) / HZ
    since = (t + rng.uniform(0, every_s)) % every_s
    up = gravity(x)
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    ring = size_g * np.sin(2 * np.pi * 12 * since) * np.exp(-since / 0.06)
    return np.hstack([x[:, :3] + ring[:, None] * up, x[:, 3:]])


def lost(x: Floats, rng: np.random.Generator, share: float = SHARE_LOST) -> tuple[Floats, Floats]:
    """Instants and samples with single ones missing, this share of them."""
    kept = rng.random(len(x)) >= share
    kept[:2] = True
    return np.flatnonzero(kept) / HZ, x[kept]


def torn(x: Floats, rng: np.random.Generator, at_once: tuple[int, int]) -> tuple[Floats, Floats]:
    """The same with so many (from, to) missing at once, again and again: a wire that is loose."""
    kept, at = np.ones(len(x), bool), int(rng.integers(*TORN_EVERY))
    while at < len(x):
        kept[at : at + int(rng.integers(*at_once))] = False
        at += int(rng.integers(*TORN_EVERY))
    return np.flatnonzero(kept) / HZ, x[kept]


# Stumbles that are put into a walk: (m, 6) in body axes, forward, left, up; the largest
# acceleration is 1 g.


def _bump(t: Floats, at: float, seconds: float) -> Floats:
    part = (t - at) / seconds
    return np.where((part > 0) & (part < 1), np.sin(np.pi * np.clip(part, 0, 1)) ** 2, 0.0)


def _ring(t: Floats, at: float, hz: float, decay_s: float) -> Floats:
    s = np.maximum(t - at, 0.0)
    return np.sin(2 * np.pi * hz * s) * np.exp(-s / decay_s) * 1.6


def _caught(rng: np.random.Generator, forward: float) -> Floats:
    """A foot is caught: the trunk is braked and tips over it, the other foot lands hard."""
    t = np.arange(120) / HZ
    lands = rng.uniform(0.26, 0.42)
    acc = np.zeros((len(t), 3))
    acc[:, 0] = -forward * (_bump(t, 0.0, rng.uniform(0.14, 0.24)) + 0.4 * _ring(t, lands, 7, 0.06))
    acc[:, 1] = rng.uniform(-0.3, 0.3) * _bump(t, 0.02, 0.25)
    acc[:, 2] = -0.5 * _bump(t, 0.05, lands - 0.02) + rng.uniform(0.6, 1.0) * _ring(
        t, lands, 7, 0.06
    )
    rate = np.outer(_bump(t, 0.02, rng.uniform(0.5, 0.8)), [rng.uniform(-0.4, 0.4), forward, 0.2])
    return np.hstack([acc, rate])


def toe_caught(rng: np.random.Generator) -> Floats:
    """Walking forward, a toe is caught."""
    return _caught(rng, 1.0)


def heel_caught(rng: np.random.Generator) -> Floats:
    """Walking backward, a heel is caught."""
    return _caught(rng, -1.0)


def step_missed(rng: np.random.Generator) -> Floats:
    """The foot finds no ground: the trunk drops, and lands hard to one side."""
    t = np.arange(120) / HZ
    drop, side = rng.uniform(0.16, 0.3), rng.choice([-1.0, 1.0])
    acc = np.zeros((len(t), 3))
    acc[:, 2] = -0.8 * _bump(t, 0.0, drop) + _ring(t, 0.85 * drop, rng.uniform(6, 9), 0.07)
    acc[:, 1] = side * 0.5 * _bump(t, 0.05, 0.3)
    acc[:, 0] = rng.uniform(-0.3, 0.3) * _bump(t, 0.03, 0.3)
    rate = np.outer(_bump(t, 0.02, rng.uniform(0.4, 0.6)), [side, rng.uniform(-0.6, 0.6), 0.3])
    return np.hstack([acc, rate])


STUMBLES: dict[str, Callable[[np.random.Generator], Floats]] = {
    "toe caught": toe_caught,
    "heel caught": heel_caught,
    "step missed": step_missed,
}


def stumble_added(
    x: Floats, rng: np.random.Generator, at_s: float, size_g: float, shape: Floats
) -> Floats:
    """`shape` (body axes, largest acceleration about 1) put into the walk at `at_s`, of `size_g`.

    The trunk's rotation turns gravity in the sensor's axes, as it would.
    """
    shape = shape.copy()
    shape[:, :3] *= size_g / np.linalg.norm(shape[:, :3], axis=1).max()
    rate = ROTATION_DPS_PER_G * size_g**0.7 * rng.uniform(0.7, 1.3)
    shape[:, 3:] *= rate / max(np.linalg.norm(shape[:, 3:], axis=1).max(), 1e-9)
    first = round(at_s * HZ)
    part = slice(first, first + len(shape))
    shape = shape[: len(x[part])]
    body = body_axes(gravity(x)[first], unit(rng))
    y = x.copy()
    rate = shape[:, 3:] @ body.T
    tilt = np.cumsum(np.radians(rate), axis=0) / HZ
    tilt *= (np.linspace(1, 0, len(tilt)) ** 0.5)[:, None]  # and back upright by the end
    y[part, :3] += shape[:, :3] @ body.T - np.cross(tilt, body[:, 2])
    y[part, 3:] += rate
    return y


def residual(x: Floats, onset_s: float, seconds: float = 0.7) -> Floats | None:
    """What a real stumble adds to its walk, (m, 6) in body axes; None where no gait precedes it.

    The gait is the stretch before, repeated with the stride that fits it best.
    """
    first = round(onset_s * HZ)
    if first < 320 or first + round(seconds * HZ) > len(x):
        return None
    scale = np.array([1.0] * 3 + [100.0] * 3)
    lags = range(70, 170)
    ends = [x[first - 150 - lag : first - lag] for lag in (0, *lags)]
    fits = [float((((ends[0] - end) / scale) ** 2).sum()) for end in ends[1:]]
    stride = lags[int(np.argmin(fits))]
    n = round(seconds * HZ)
    model = x[first - stride + np.arange(n) % stride]
    body = body_axes(x[first - 200 : first, :3].mean(axis=0), np.array([0.3, 0.5, 0.8]))
    extra = x[first : first + n] - model
    extra *= np.minimum(1.0, np.minimum(np.arange(n) + 1, n - np.arange(n)) / 5)[:, None]
    return np.hstack([extra[:, :3] @ body, extra[:, 3:] @ body])


def with_pauses(x: Floats, rng: np.random.Generator) -> Floats:
    """A walk with pauses and slow passages: the movement sinks to 2-60 %, and rises within 1 s."""
    t = np.arange(len(x)) / HZ
    size, at = np.ones(len(t)), rng.uniform(5, 15)
    while at < t[-1]:
        low, seconds = np.exp(rng.uniform(np.log(0.02), np.log(0.6))), rng.uniform(1.5, 14)
        down, up = rng.uniform(0.4, 1.5), rng.uniform(0.3, 1.0)
        dip = np.interp(
            t, [at, at + down, at + down + seconds, at + down + seconds + up], [1, low, low, 1]
        )
        size = np.minimum(size, dip)
        at += down + seconds + up + rng.uniform(5, 20)
    g = gravity(x)
    return np.hstack([g + size[:, None] * (x[:, :3] - g), size[:, None] * x[:, 3:]])
