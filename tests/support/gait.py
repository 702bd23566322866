"""What the gait tests share: walkers through a sensor's noise, and the tracker's answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coach.events import Cadence
from coach.gait import GaitEvent, GaitTracker
from coach.samples import Block, Floats, Frame, Resampler
from hardware.simulated.walker import Segment, Truth, Walker

ACC_LSB, GYRO_LSB = 1 / 2048, 1 / 16.4  # g, deg/s
ACC_NOISE_G, GYRO_NOISE_DPS, GYRO_BIAS_DPS = 0.004, 0.08, 1.0  # an MPU-6050 at 44 Hz


def worn(plan: Sequence[Segment], seed: int) -> tuple[Floats, Truth]:
    """The plan at 100 Hz as an MPU-6050 in some mounting gives it, (n, 6), and what was true."""
    walker = Walker(plan, seed=seed)
    x = walker.signal(np.arange(int(walker.plan_s * 100)) / 100)
    rng = np.random.default_rng(seed)
    x[:, :3] += rng.normal(0.0, ACC_NOISE_G, (len(x), 3))
    x[:, 3:] += rng.normal(0.0, GYRO_NOISE_DPS, (len(x), 3)) + rng.normal(0.0, GYRO_BIAS_DPS, 3)
    x[:, :3] = np.round(x[:, :3] / ACC_LSB) * ACC_LSB
    x[:, 3:] = np.round(x[:, 3:] / GYRO_LSB) * GYRO_LSB
    return x, walker.truth


def sampled(x: Floats, rate_hz: float = 100.0) -> Block:
    """Samples (n, 6) at `rate_hz`, from 0 on."""
    return Block(np.arange(len(x)) / rate_hz, x[:, :3], x[:, 3:])


def track(x: Floats, rate_hz: float = 100.0) -> list[GaitEvent]:
    """What the tracker says to samples (n, 6) at `rate_hz`."""
    return tracked(sampled(x, rate_hz), GaitTracker())


def tracked(block: Block, tracker: GaitTracker) -> list[GaitEvent]:
    """What a fresh tracker says, gaps and all."""
    events = []
    for part in Resampler().resample(block):
        if isinstance(part, Frame):
            events += tracker.track(part)
        else:
            tracker.gap(part.missing_s, part.end)
    return events


def cadences(events: list[GaitEvent]) -> dict[float, float | None]:
    """Steps/min by second."""
    return {e.t: e.spm for e in events if isinstance(e, Cadence)}
