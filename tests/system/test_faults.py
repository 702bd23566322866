"""Each simulated fault during a walk: noticed, shown, recovered, the gap true, the walk goes on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from firmware.log import sessions
from hardware.indicators import patterns
from hardware.simulated import Fault
from hardware.simulated.walker import Fall as Falls
from hardware.simulated.walker import Lie, Segment, Stand, Walk
from tests.support.device import Device
from tests.support.endurance import FAULTS
from tests.support.logbook import read_raw
from tests.support.truesamples import TrueSamples

T = TypeVar("T")

BEGINS_S = 40.0

CASES: list[tuple[Fault, float | None]] = [
    *FAULTS,
    (Fault.BROWN_OUT, 1.0),
    (Fault.DIVIDER_LOST, None),
    (Fault.RANGE_FLIPPED, None),
    (Fault.GYRO_RANGE_FLIPPED, None),
    (Fault.BYTES_LOST, None),
    (Fault.AXIS_STUCK, None),
    (Fault.ACCEL_ZERO, 2.0),
    (Fault.ACCEL_FULL, 2.0),
]

AT_THE_HIT = [
    Fault.NACK,
    Fault.STUCK,
    Fault.SHORT_READ,
    Fault.BROWN_OUT,
    Fault.SILENT,
    Fault.FROZEN,
    Fault.AXIS_STUCK,
    Fault.RANGE_FLIPPED,
]


def watch(device: Device, every_s: float, what: Callable[[], T]) -> list[tuple[float, T]]:
    """What is to be seen so often, and when."""
    seen: list[tuple[float, T]] = []

    def look() -> None:
        seen.append((device.clock.now(), what()))
        device.clock.call_at(device.clock.now() + every_s, look)

    device.clock.call_at(0.0, look)
    return seen


def played(device: Device) -> str:
    """The name of the pattern that plays; empty where there is none."""
    pattern = device.simulation.indicators.playing
    return pattern.name if pattern else ""


def too_fast(seconds: float) -> tuple[Segment, ...]:
    """Somebody who ignores the cue, and walks so evenly that it never pauses by itself."""
    return Stand(4.0), Walk(seconds, spm=108.0, amplitude_g=0.2, variability=0.01)


def watch_pattern(device: Device, *at: float) -> list[str]:
    """The pattern that is played at each of these times (s); empty where there is none."""
    names = list[str]()
    for t in at:
        device.clock.call_at(t, lambda: names.append(played(device)))
    return names


@pytest.fixture(scope="module")
def table() -> Iterator[list[str]]:
    """The rows that the tests of this module fill in; printed when they are done."""
    rows = [f"{'fault':<18}{'noticed':>9}{'shown':>7}{'back':>8}{'gap':>9}{'true':>9}{'walks':>8}"]
    yield rows
    print("\n" + "\n".join(rows))


@pytest.mark.parametrize(("fault", "lasting"), CASES, ids=[f"{f.name}-{s}" for f, s in CASES])
def test_a_fault_during_a_walk(
    tmp_path: Path, table: list[str], fault: Fault, lasting: float | None
) -> None:
    """Noticed within 1 s, shown on the LED, recovered; the gap true to 20 ms; the walk goes on."""
    device = Device((Stand(4.0), Walk(76.0, spm=80.0, amplitude_g=0.15)), tmp_path)
    true = TrueSamples(device.simulation.walker)
    led = watch(device, 0.02, lambda: device.simulation.led_on)
    device.clock.call_at(BEGINS_S, lambda: device.simulation.chip.inject(fault, lasting))
    device.run()

    session = sessions.read_one(device.log, "last")
    origin = session.mono_start_us / 1e6
    begins, blocked = BEGINS_S - origin, (lasting or 0.0) if fault is Fault.STALL else 0.0
    told = device.of_type("fault")[0]
    back = device.of_type("recovered")[-1]
    gaps = device.of_type("gap")  # one, except where single samples come through in between
    t_us, raw = read_raw(device.log, "last")
    before = int(np.searchsorted(t_us, round(gaps[0]["start"] * 1e6))) + 1
    after = int(np.searchsorted(t_us, round(gaps[-1]["t"] * 1e6)))
    start = true.instant(raw[before - TrueSamples.MATCHED : before], -1)
    end = true.instant(raw[after : after + TrueSamples.MATCHED], 0)
    length, true_length = gaps[-1]["t"] - gaps[0]["start"], end - start
    walks = next(
        r["t"] for r in device.of_type("cadence") if r["t"] > back["t"] and r["spm"] is not None
    )
    lit = [t - origin for (t, on), (_, was) in zip(led[1:], led, strict=False) if on > was]
    shown = [t for t in lit if told["t"] <= t <= back["t"] + 0.05]
    table.append(
        f"{fault.name.lower() + ' ' + str(lasting or ''):<18}{told['t'] - begins:>7.2f} s"
        f"{len(shown):>6}x{back['t'] - begins:>6.2f} s{length:>7.3f} s"
        f"{true_length:>7.3f} s{walks - back['t']:>6.1f} s"
    )

    assert 0 <= told["t"] - begins - blocked < 1.0
    assert shown or back["t"] - told["t"] < 0.1
    assert back["t"] - begins < (lasting or 0.0) + 1.5
    assert len(gaps) == 1 or fault is Fault.SHORT_READ
    assert length == pytest.approx(true_length, abs=0.02)
    assert walks - back["t"] < 8.0
    assert device.of_type("stumble", "fall") == []
    assert [r["state"] for r in device.of_type("session")] == ["started"]
    logged = {e.type for e in session.events}
    assert {"fault", "recovered", "gap"} <= logged


def test_a_walker_hears_that_nothing_is_felt_and_a_device_put_away_is_silent(
    tmp_path: Path,
) -> None:
    """In a session the LED at the back is seen by nobody: five beeps, for a minute at most."""
    plan = (Stand(4.0), Walk(200.0, spm=80.0, amplitude_g=0.15))
    device = Device(plan, tmp_path)
    chip, clock = device.simulation.chip, device.clock
    heard = watch(device, 0.1, lambda: played(device))
    clock.call_at(6.0, lambda: chip.inject(Fault.NACK, 5.0))  # nobody is coached yet
    clock.call_at(60.0, lambda: chip.inject(Fault.NACK, 1.0))  # a short one
    clock.call_at(80.0, lambda: chip.inject(Fault.NACK, 100.0))
    device.run()

    fives = [
        t
        for (_, before), (t, name) in itertools.pairwise(heard)
        if name == patterns.FAULT_HEARD.name != before
    ]
    assert fives[0] == pytest.approx(82.6, abs=0.3)
    assert np.diff(fives) == pytest.approx(10.0, abs=0.2)
    assert len(fives) == 6


@pytest.mark.parametrize("fault", AT_THE_HIT, ids=[fault.name for fault in AT_THE_HIT])
@pytest.mark.parametrize("after_s", [-0.15, 0.3])
def test_a_fall_that_shakes_the_wires_is_told(tmp_path: Path, fault: Fault, after_s: float) -> None:
    """Whatever the hit does to bus and chip for a fifth of a second: the alarm sounds."""
    walk = Walk(17.0, spm=80.0, amplitude_g=0.15, events=(Falls(at=12.0),))
    device = Device((Stand(3.0), walk, Lie(9.0)), tmp_path)
    hits = device.simulation.walker.truth.falls

    def aim() -> None:
        shaken = hits[0].impact + after_s
        device.clock.call_at(shaken, lambda: device.simulation.chip.inject(fault, 0.2))

    device.clock.call_at(15.3, aim)  # it has begun
    device.run()
    hit = hits[0].impact
    assert ("fall", "on") in {(cue["cue"], cue["state"]) for cue in device.of_type("cue")}
    (told,) = device.of_type("fall")
    assert hit < told["t"] < hit + 3.0


def test_who_is_not_seen_is_not_told_to_slow_down(tmp_path: Path) -> None:
    """The sensor is lost under the cue: that is heard, and the fault is on the LED; then
    the cue returns."""
    device = Device(too_fast(76.0), tmp_path)
    names = watch_pattern(device, 29.0, 33.5, 38.0, 43.0)
    device.clock.call_at(30.0, lambda: device.simulation.chip.inject(Fault.SILENT, 15.0))
    device.run()
    assert names == ["slow_down_firm", "fault_heard", "fault", "fault_heard"]
    cues = [(r["cue"], r["state"]) for r in device.of_type("cue")]
    assert cues[3:5] == [("slow_down_firm", "off"), ("slow_down", "on")]


def test_a_moment_without_samples_does_not_silence_a_cue(tmp_path: Path) -> None:
    """The walker still walks too fast, as far as anybody knows: the beep goes on after it."""
    device = Device(too_fast(36.0), tmp_path)
    names = watch_pattern(device, 29.0, 34.0)
    device.clock.call_at(30.0, lambda: device.simulation.chip.inject(Fault.SILENT, 0.5))
    device.run()
    assert names == ["slow_down_firm", "slow_down_firm"]
