"""Stumbles and falls, real and simulated, told by a detector alone: counted by tests and bench."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from coach.balance import StumbleDetector
from coach.events import Event
from coach.samples import FRAME_N, Block, Floats, Frame, Resampler
from coach.settings import StumbleSettings
from hardware.simulated.walker import BeltChange, Knock, Segment, Stand, Stumble, Walk, Walker
from tests.support.recordings import Row, manifest

LSB = np.array([2048.0] * 3 + [16.4] * 3)

NOISE = np.array([0.004] * 3 + [0.1] * 3)
"""Rms noise (g, deg/s) of an MPU-6050 behind its 44 Hz low-pass."""

CAUGHT_WITHIN_S = 0.5


def detect(
    frames: Iterable[Frame], sensitivity: float = 1.0, *, cadence_told_s: float = math.inf
) -> list[Event]:
    """Everything that a fresh detector says about a run without gaps.

    From `cadence_told_s` on a cadence is told, as the gait analysis would.
    """
    detector = StumbleDetector(StumbleSettings(sensitivity))
    return [
        event
        for frame in frames
        for event in detector.detect(frame, cadence_told=frame.t >= cadence_told_s)
    ]


def detected(
    block: Block, detector: StumbleDetector, *, told: Callable[[float], bool]
) -> list[Event]:
    """What a fresh detector says, gaps and all; `told`: whether a cadence is, at an instant (s)."""
    events: list[Event] = []
    for part in Resampler().resample(block):
        if isinstance(part, Frame):
            events += detector.detect(part, cadence_told=told(part.t))
        else:
            detector.gap(part.missing_s)
    return events


def frames_of(x: Floats) -> list[Frame]:
    """Cut samples (n, 6) of the 100 Hz raster into frames; an incomplete last one is left out."""
    return [Frame(end, x[max(end - FRAME_N + 1, 0) : end + 1]) for end in range(0, len(x), FRAME_N)]


def alarms(events: list[Event]) -> list[Event]:
    """The stumbles and falls."""
    return [event for event in events if event.type in ("stumble", "fall")]


# Real recordings.


def group(row: Row) -> str:
    """What a recording counts as; empty: nothing that a figure is asked of here."""
    dataset, activity = row["dataset"], row["activity"]
    kind = "walking"
    if dataset == "hapt" or (dataset == "felius" and not activity.startswith("walking")):
        kind = ""  # hapt is labelled piece by piece: see `tests.bench.bench_augmented`
    elif dataset == "smartfallmm" and activity != "walking":
        kind = "soft fall" if activity.startswith("fall") else "other"
    elif dataset == "sisfall":
        kinds = {"D01": "walking", "D02": "walking", "D03": "jogging", "D04": "jogging"}
        kinds |= {"D05": "stairs", "D06": "stairs", "D18": "D18", "D19": ""}
        kind = kinds.get(activity, "fall" if activity.startswith("F") else "other")
    elif dataset == "sfu":
        where, code = activity.split("/")
        if where == "ADLs":
            kind = "walking" if code == "NW" else "other"
        elif where == "Near_Falls":
            kind = "trip, slip" if code in ("trip", "slip") else ""
        else:
            kind = "fall" if code in ("trip", "slip", "HB") else ""
    return kind


@dataclass
class Tally:
    """One group's figures: alarms per recording, hours, latencies (s) to the largest |acc|."""

    alarms: list[int] = field(default_factory=list)
    falls: list[bool] = field(default_factory=list)
    hours: float = 0.0
    latency: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Share of the recordings with an alarm."""
        return float(np.mean([n > 0 for n in self.alarms]))

    @property
    def per_hour(self) -> float:
        """Alarms per hour."""
        return sum(self.alarms) / self.hours


def tally(
    data: Path, wanted: Callable[[int, Row], bool], sensitivity: float = 1.0
) -> dict[str, Tally]:
    """Run the detector over the wanted recordings (by index within the manifest and row)."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    arrays: dict[str, dict[str, np.ndarray]] = {}
    for i, row in enumerate(manifest(data)):
        if not group(row) or not wanted(i, row):
            continue
        if row["dataset"] not in arrays:
            with np.load(data / f"{row['dataset']}.npz") as file:
                arrays[row["dataset"]] = dict(file)
        x = (arrays[row["dataset"]][row["recording"]] / LSB).astype(np.float64)
        period = 1.0 / float(row["rate_hz"])
        parts = Resampler().resample(
            Block(period * np.arange(len(x), dtype=np.float64), x[:, :3], x[:, 3:])
        )
        found = alarms(detect((part for part in parts if isinstance(part, Frame)), sensitivity))
        result = tallies[group(row)]
        result.alarms.append(len(found))
        result.falls.append(any(event.type == "fall" for event in found))
        result.hours += len(x) * period / 3600
        if found:
            peak = float(np.argmax((x[:, :3] ** 2).sum(axis=1))) * period
            result.latency.append(min((e.t - peak for e in found), key=abs))
    return tallies


# Simulated walkers with the hands on the rails.


def sense(plan: Sequence[Segment], seed: int, noise: Floats = NOISE) -> tuple[Floats, Walker]:
    """What a sensor (its noise and offset included) reads on a walker, on the 100 Hz raster."""
    walker = Walker(plan, seed=seed)
    rng = np.random.default_rng(seed)
    t = np.arange(int(walker.plan_s * 20) * FRAME_N + 1) / 100
    return walker.signal(t) + noise * rng.standard_normal((len(t), 6)), walker


def on_rails(rng: np.random.Generator, seconds: float, events: tuple[object, ...]) -> Walk:
    """A slow walker who hardly moves the waist: 40-100 steps/min, 0.04-0.15 g."""
    return Walk(
        seconds,
        spm=rng.uniform(40, 100),
        amplitude_g=float(np.exp(rng.uniform(np.log(0.04), np.log(0.15)))),
        asymmetry=rng.uniform(0, 0.15),
        variability=rng.uniform(0.02, 0.04),
        events=events,  # type: ignore[arg-type]
    )


def small_stumbles(walkers: int, sensitivity: float = 1.0) -> tuple[int, int, int]:
    """Five stumbles of 0.2 g a walker: how many there were, were caught, and other alarms."""
    there = caught = others = 0
    for seed in range(walkers):
        rng = np.random.default_rng(5000 + seed)
        kinds = rng.choice(["trip", "slip"], 5)
        events = tuple(Stumble(25 + 20.0 * i, 0.2, kind) for i, kind in enumerate(kinds))
        x, walker = sense([Stand(4), on_rails(rng, 130, events)], 500 + seed)
        times = [
            event.t for event in alarms(detect(frames_of(x), sensitivity, cadence_told_s=12.0))
        ]
        for true in walker.truth.stumbles:
            there += 1
            caught += any(true.onset <= t <= true.peak + CAUGHT_WITHIN_S for t in times)
            times = [t for t in times if not true.onset - 0.1 <= t <= true.peak + 4]
        others += len(times)
    return there, caught, others


def calm_walk(seed: int, seconds: float) -> list[Segment]:
    """Walks of some minutes with changes of the belt and knocks, with standing in between."""
    rng = np.random.default_rng(9000 + seed)
    plan: list[Segment] = [Stand(8)]
    while sum(segment.seconds for segment in plan) < seconds:
        length = rng.uniform(60, 240)
        spm, events = rng.uniform(40, 100), list[object]()
        at = rng.uniform(8, 20)
        while at < length - 5:
            if rng.random() < 0.5:
                events.append(
                    BeltChange(at, spm * rng.uniform(0.8, 1.25), float(rng.choice([0, 2, 5])))
                )
            else:
                events.append(Knock(at, rng.uniform(0.3, 1.5)))
            at += rng.uniform(8, 30)
        plan.append(replace(on_rails(rng, length, tuple(events)), spm=spm))
        plan.append(Stand(rng.uniform(4, 15), events=(Knock(2.0),)))
    return plan


def calm_alarms(walkers: int, sensitivity: float = 1.0) -> tuple[float, int]:
    """Hours walked by `walkers` of a quarter of an hour each, and the (false) alarms in them."""
    hours, count = 0.0, 0
    for seed in range(walkers):
        x, _ = sense(calm_walk(seed, 900), seed)
        hours += len(x) / 360000
        count += len(alarms(detect(frames_of(x), sensitivity)))
    return hours, count
