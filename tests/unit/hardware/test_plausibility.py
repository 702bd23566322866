"""A sensor that answers and measures nonsense is told from one that measures."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from hardware.mpu6050 import Burst, Device
from hardware.mpu6050.plausibility import Plausibility
from hardware.simulated import SimulatedMpu6050, VirtualClock
from hardware.simulated.walker import Stand, Walk, Walker
from tests.support.rig import Fault, Rig

BURST, AT_REST = 12, 49  # samples of a burst: somebody walks, nobody does


def walking(*plan):
    return Walker(plan).signal


def still(t):
    return np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], (len(t), 1))


def told(source, seconds=12.0, **chip):
    """(name, when it was told) of every fault of a chip that measures `source`."""
    rig = Rig(source=source, **{"noise": 1.0} | chip).run(seconds)
    return [(e.name, e.t_us / 1e6) for e in rig.events if e.kind == "fault"]


def no_device():
    """What a sentence is told of."""
    return Device(SimulatedMpu6050(still, VirtualClock()).bus, 0x68, "a bus")


def counts(x):
    """What a sound chip, its noise included, makes of a signal (n, 6)."""
    noise = np.random.default_rng(1).normal(0, [7] * 3 + [0.7] * 3, x.shape)
    return np.rint(x * ([2048.0] * 3 + [16.4] * 3) + noise).astype(np.int16)


def looked_at(raw, burst=BURST):
    """(samples handed out, first error, first limitation) of `raw` (n, 6) in bursts."""
    device = no_device()
    guard, out = Plausibility(), 0
    guard.distrust()
    t_us = 10_000 * np.arange(len(raw), dtype=np.int64)
    for i in range(0, len(raw), burst):
        out += len(guard.sift(Burst(t_us[i : i + burst], raw[i : i + burst]), 0))
        error, limitation = guard.error(device), guard.limitation(device)
        if error or limitation:
            return out, error, limitation
    return out, None, None


@pytest.mark.parametrize("every_s", [0.05, 0.493], ids=["in a walk", "at rest"])
@pytest.mark.parametrize("fault", [Fault.ACCEL_FULL, Fault.AXIS_STUCK, Fault.ACCEL_ZERO])
def test_what_lasted_for_a_part_of_a_burst_is_told_and_not_handed_out(fault, every_s):
    """A tenth of a second of nonsense, over when it is read: half a second may lie in a burst."""
    rig = Rig(source=still, noise=1.0).run(6 * 0.493, every_s)
    rig.chip.inject(fault, 0.1, delay=0.05)
    rig.run(3.0, every_s)
    assert rig.faults() == [(kind, "accelerometer_stuck") for kind in ("fault", "recovered")]
    assert np.abs(rig.acc - [0.0, 0.0, 1.0]).max() < 0.1


def test_after_a_start_that_begins_with_nonsense_only_what_follows_it_is_handed_out():
    """Both are in the first burst: half a second may lie in it."""
    raw = counts(still(np.zeros(50)))
    raw[:20, :3] = 0
    guard = Plausibility()
    guard.distrust()
    out = guard.sift(Burst(10_000 * np.arange(50, dtype=np.int64), raw), 5)
    assert len(out) > 20
    assert out.raw[:, 2].min() > 1500


def test_what_was_held_back_when_a_fault_came_is_not_handed_out_behind_it():
    """It would be older than what was handed out meanwhile: time would run backward."""
    raw, t_us = counts(still(np.zeros(200))), 10_000 * np.arange(200, dtype=np.int64)
    raw[40:50, 0] = raw[40, 0]  # an axis that repeats is doubtful after some samples
    guard = Plausibility()
    before = guard.sift(Burst(t_us[:50], raw[:50]), 0)
    assert 0 < len(before) < 50
    guard.drop()
    guard.distrust()
    parts = (slice(at, at + 50) for at in (50, 100, 150))
    after = [guard.sift(Burst(t_us[part], raw[part]), 0).t_us for part in parts]
    told = np.concatenate(after)
    assert told[0] >= t_us[50]
    assert (np.diff(told) > 0).all()


@pytest.mark.parametrize("size", [0.0, 0.5, 1.5])
def test_a_gravity_that_is_none_is_told_at_rest(size):
    """At rest an acceleration that is not about 1 g is a fault within 1.2 s, with its size."""
    rig = Rig(source=lambda t: still(t) * size, noise=1.0).run(5.0)
    first = rig.events[0]
    assert (first.kind, first.name) == ("fault", "gravity")
    assert first.t_us / 1e6 < 1.2
    assert f"{size:.2f} g at rest" in first.message
    assert rig.run(3.0).events[-1].kind == "fault"  # it does not come and go


def test_gravity_is_trusted_again_in_a_walk():
    """After a fault of gravity nobody has to stand still: movement about 1 g will do."""
    walk = walking(Walk(60.0, spm=90.0))

    def source(t):
        return np.where((t < 3.0)[:, None], 0.4 * still(t), walk(t))

    rig = Rig(source=source, noise=1.0).run(8.0)
    assert rig.faults() == [("fault", "gravity"), ("recovered", "gravity")]
    assert 3.0 < rig.events[-1].t_us / 1e6 < 5.5


def test_a_gravity_that_is_none_stays_so_when_it_is_knocked_now_and_then():
    """Half a second about 1 g proves nothing, nor does another one after rest that showed none."""

    def knocked(t):
        shakes = (t > 3.0) & (t % 2.1 < 0.4)
        return still(t) * np.where(shakes, 1.0 + 0.3 * np.sin(60.0 * t), 0.4)[:, None]

    rig = Rig(source=knocked, noise=1.0).run(20.0)
    assert rig.faults()[0] == ("fault", "gravity")
    assert ("recovered", "gravity") not in rig.faults()


@pytest.mark.parametrize("off", [-1.0, 1.0])
def test_a_chip_at_the_ends_of_its_tolerances_is_sound(off):
    """60 mg, 3 % and 20 deg/s are within the datasheet; so is a chip that warms up by 20 C."""
    chip = {
        "accel_offset": [0.06 * off] * 3,
        "scale_error": [0.03 * off] * 6,
        "gyro_bias": [20.0 * off] * 3,
        "warming_c": 20.0 * off,
    }
    assert told(walking(Stand(4.0), Walk(20.0)), 24.0, **chip) == []
    assert told(still, 10.0, **chip) == []


def test_a_quiet_clone_at_rest_is_sound():
    """A chip ten times as quiet, whose gyroscope does not change at all at rest, is no fault."""
    assert told(still, 120.0, noise=0.1, gyro_bias=(15.0, 0.0, 0.0)) == []


def without_rotation(source):
    def silent(t):
        x = source(t)
        x[:, 3:] = 0.0
        return x

    return silent


def test_a_gyroscope_of_nothing_but_noise_is_dead():
    """Where the sensor is shaken and rotation is noise alone, that is told within 2.5 s."""
    source = without_rotation(walking(Walk(60.0, spm=90.0, amplitude_g=0.3)))
    ((name, at),) = told(source)
    assert name == "gyroscope_dead"
    assert at < 4.5  # the first step comes after about 1 s


@pytest.mark.parametrize("axis", [3, 4, 5])
def test_one_axis_of_the_gyroscope_that_is_stuck(axis):
    """One axis that does not move while the others turn is told within 2 s."""
    walk = walking(Walk(60.0, spm=90.0, amplitude_g=0.3))
    raw = counts(walk(np.arange(0.0, 30.0, 0.01)))
    raw[1000:, axis] = 37
    out, error, limitation = looked_at(raw)
    assert error is None
    assert limitation is not None
    assert f"does not move on its {'xyz'[axis - 3]} axis" in str(limitation)
    assert 1000 < out < 1200


@pytest.mark.parametrize("every_s", [0.05, 0.493], ids=["in a walk", "at rest"])
@pytest.mark.parametrize("end", [-5000.0, 5000.0])
def test_a_gyroscope_that_stays_at_the_end_of_its_range_is_dead(end, every_s):
    """Nobody turns so fast for so long: it is told within a second, and none of it handed out."""

    def spins(t):
        x = still(t)
        x[:, 4] = np.where(t > 3.0, end, 0.0)
        return x

    rig = Rig(source=spins, noise=1.0).run(8.0, every_s)
    assert rig.faults() == [("fault", "gyroscope_dead")]
    assert 3.0 < rig.events[0].t_us / 1e6 < 4.0
    assert "stays at the end of its range" in rig.events[0].message
    assert np.abs(rig.gyro).max() < 10.0
    assert np.diff(rig.t).max() < 0.011  # the acceleration is


def test_a_gyroscope_that_is_known_to_be_dead_holds_nothing_back():
    """It gives one value for ever: told once, and every acceleration after that is handed out."""
    walk = walking(Walk(60.0, spm=90.0, amplitude_g=0.3))
    raw = counts(walk(np.arange(0.0, 20.0, 0.01)))
    raw[500:, 3:] = 700  # 43 deg/s
    guard = Plausibility()
    bursts = [Burst(10_000 * np.arange(i, i + 5), raw[i : i + 5]) for i in range(0, len(raw), 5)]
    out = [len(guard.sift(burst, 0)) for burst in bursts]
    assert "nothing but one value" in str(guard.limitation(no_device()))
    assert sum(out) == len(raw)
    assert set(out[120:]) == {5}


def test_a_gyroscope_lives_again_when_it_is_seen_to_turn_and_not_before():
    """What it showed before it went to the end of its range says nothing of it afterwards."""
    walk = walking(Walk(60.0, spm=90.0, amplitude_g=0.3))
    raw = counts(walk(np.arange(0.0, 10.0, 0.01)))
    raw[505:540, 3:] = 32767
    guard, device, dead = Plausibility(), no_device(), []
    for i in range(0, len(raw), 5):
        guard.sift(Burst(10_000 * np.arange(i, i + 5), raw[i : i + 5]), 0)
        dead += [i] if guard.limitation(device) is not None else []
    assert dead == list(range(530, 580, 5))  # from the 30th of them, and for the next half second


def test_a_clone_whose_gyroscope_rests_is_read_without_delay():
    """A bias that does not change is no rotation: who sits and sways is not held back for it."""
    raw = counts(still(np.arange(112)))
    raw[100:, 0] = 200 + 10 * np.arange(12)  # 0.05 g
    for bias, out in ((90, 112), (900, 106)):  # 5 and 55 deg/s
        raw[100:, 3:] = bias
        assert looked_at(raw) == (out, None, None)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_one_axis_of_the_accelerometer_that_is_stuck(axis):
    """One axis that repeats any value is told within 1 s, and held back before."""
    raw = counts(still(np.arange(2000)))
    raw[1000:, axis] = 512
    out, error, _ = looked_at(raw)
    assert f"does not move on its {'xyz'[axis]} axis (+0.25 g)" in str(error)
    assert 980 < out < 1025


def test_a_hard_impact_is_none_of_it():
    """Four samples at the end of the range, as in the hardest impact, come through as they are."""
    raw = counts(still(np.arange(400)))
    raw[200:204, :3] = 32767
    raw[202:206, 3] = -32768
    assert looked_at(raw) == (400, None, None)


@pytest.mark.slow
@pytest.mark.recordings
@pytest.mark.parametrize(
    ("scale", "offset_g", "every", "burst"),
    [(1.0, 0.0, 1, AT_REST), (1.0, 0.0, 9, BURST), (0.97, -0.06, 9, BURST)],
)
def test_no_recording_is_taken_for_a_fault(recordings_dir: Path, scale, offset_g, every, burst):
    """Seventeen hours of real people, also as a chip at the ends of its tolerances gives them."""
    with (recordings_dir / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    arrays = {
        name: np.load(recordings_dir / f"{name}.npz") for name in {r["dataset"] for r in rows}
    }
    wrong = []
    for row in rows[::every]:
        raw = arrays[row["dataset"]][row["recording"]]
        if offset_g:
            x = raw.astype(float)
            x[:, :3] = x[:, :3] * scale + 2048.0 * offset_g
            raw = np.clip(np.rint(x), -32768, 32767).astype(np.int16)
        _, error, limitation = looked_at(raw, burst)
        if error or limitation:
            wrong.append(f"{row['recording']}: {error or limitation}")
    assert wrong == []
