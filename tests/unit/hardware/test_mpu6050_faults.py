"""The driver in foul weather: each fault is noticed, told, overcome, and its gap is true."""

from __future__ import annotations

import errno
import itertools
import os

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hardware.mpu6050 import registers as r
from hardware.mpu6050.registers import Reg
from tests.support.rig import PERIOD_S, Fault, Rig, ramp

# Fault, how long (None: a moment, or until a reset), name of the first event, and how long the
# driver may be without samples beyond the fault itself: back-off up to 1 s, a reset, a poll.
CASES = [
    (Fault.NACK, 0.3, "transfer", 0.8),
    (Fault.NACK, 4.0, "transfer", 1.3),
    (Fault.STUCK, 0.5, "bus_stuck", 1.0),
    (Fault.STUCK, 4.0, "bus_stuck", 1.3),
    (Fault.BUS_GONE, 3.0, "bus_not_found", 1.3),
    (Fault.BROWN_OUT, None, "brown_out", 0.5),
    (Fault.BROWN_OUT, 1.0, "transfer", 1.3),
    (Fault.FROZEN, None, "frozen_data", 0.7),
    (Fault.FROZEN, 3.0, "frozen_data", 0.7),
    (Fault.SILENT, None, "no_data", 0.8),
    (Fault.SILENT, 3.0, "no_data", 0.8),
    (Fault.SHORT_READ, 0.2, "short_read", 0.2),
    (Fault.SHORT_READ, 2.0, "short_read", 0.2),
    (Fault.STALL, 1.0, "fifo_overflow", 0.2),
    (Fault.STALL, 5.0, "fifo_overflow", 0.2),
    (Fault.DIVIDER_LOST, None, "configuration_lost", 0.4),
    (Fault.RANGE_FLIPPED, None, "configuration_lost", 0.4),
    (Fault.GYRO_RANGE_FLIPPED, None, "configuration_lost", 0.4),
    (Fault.BYTES_LOST, None, "short_read", 0.3),
    (Fault.AXIS_STUCK, None, "accelerometer_stuck", 0.5),
    (Fault.AXIS_STUCK, 3.0, "accelerometer_stuck", 1.3),
    (Fault.ACCEL_ZERO, None, "accelerometer_stuck", 0.5),
    (Fault.ACCEL_FULL, 3.0, "accelerometer_stuck", 1.3),
]


def names(cases):
    return [f"{fault.name.lower()}-{lasting}" for fault, lasting, *_ in cases]


def true_gap(rig):
    """Start, length (s) of the only gap, from what the samples themselves show."""
    steps = np.diff(rig.true_t)
    at = np.flatnonzero(steps > 1.5 * PERIOD_S)
    assert len(at) == 1
    return rig.true_t[at[0]], steps[at[0]]


@pytest.mark.parametrize("phase", [0.0, 0.013, 0.031, 0.047])
@pytest.mark.parametrize(("fault", "lasting", "name", "allowed"), CASES, ids=names(CASES))
def test_fault_is_noticed_told_and_overcome(fault, lasting, name, allowed, phase):
    """Within 1 s a fault event; later one recovery, whose missing time is true to 20 ms."""
    rig = Rig()
    began = rig.break_it(fault, lasting, before=5 + phase, after=(lasting or 0) + 3)
    first, last = rig.events[0], rig.events[-1]
    blocked = lasting if fault is Fault.STALL else 0.0  # nobody can notice while a transfer hangs
    assert (first.kind, first.name) == ("fault", name)
    assert 0 <= first.t_us / 1e6 - began - blocked < 1.0
    assert (last.kind, last.name) == ("recovered", name)
    assert [e.kind for e in rig.events].count("recovered") == 1
    told = [e.name for e in rig.events]
    assert len(told) == len(set(told)) + 1  # each of its faces once, and the first one's end
    assert (f"; {last.lost} (" if last.lost else "; none is missing") in last.message
    assert last.t_us / 1e6 - began - (lasting or 0) < allowed
    start, length = true_gap(rig)
    assert abs(start - began) < 0.06  # nothing good is lost but what the FIFO held
    assert last.missing_s == pytest.approx(length - PERIOD_S, abs=0.02)
    assert last.lost == pytest.approx(length / PERIOD_S - 1, abs=1.5)
    assert rig.misread < 2  # nothing that was measured wrongly, or is no measurement, came out
    off = np.abs(rig.t - rig.true_t)[rig.t > 3]  # stamps stay on the clock's scale
    assert off.max() < 1.05 * PERIOD_S  # a period: what a repeated sample shows of its time


def test_a_spike_costs_no_sample():
    """One failed transfer is told, tried again after 50 ms, and loses nothing."""
    rig = Rig()
    rig.break_it(Fault.NACK, 0.051, after=2)
    assert rig.faults() == [("fault", "transfer"), ("recovered", "transfer")]
    assert rig.events[-1].lost == 0
    assert rig.events[-1].missing_s == 0.0
    assert np.diff(rig.true_t).max() < 1.1 * PERIOD_S


def test_what_a_starting_chip_gives_is_not_handed_out():
    """Its gyroscope needs a moment, when the coach starts and after each reset."""
    woken_at = [0.0]

    def starting(t):
        x = ramp(t)
        x[t < woken_at[-1] + 0.07, 3:] += 300.0
        return x

    rig = Rig(source=starting, open_it=False)
    write = rig.chip.write

    def noting(data):
        if tuple(data) == (Reg.PWR_MGMT_1, r.PWR_CLOCK_PLL_GYRO_X):
            woken_at.append(rig.clock.now())
        write(data)

    rig.chip.write = noting
    rig.sensor.open()
    rig.break_it(Fault.SILENT)
    assert rig.faults() == [("fault", "no_data"), ("recovered", "no_data")]
    assert len(woken_at) == 3
    assert rig.misread < 2


@pytest.mark.parametrize(
    ("register", "value"),
    [
        (Reg.SMPLRT_DIV, 0),
        (Reg.CONFIG, 0x0B),
        (Reg.GYRO_CONFIG, 0),
        (Reg.ACCEL_CONFIG, 0),
        (Reg.FIFO_EN, 0x08),
        (Reg.FIFO_EN, 0x38),  # without the gyroscope's x axis
        (Reg.FIFO_EN, 0xF8),  # with the temperature
        (Reg.INT_ENABLE, 0),
        (Reg.USER_CTRL, 0),
        (Reg.PWR_MGMT_1, 0),
    ],
)
def test_lost_configuration(register, value):
    """Whichever register loses its value, that is noticed within 1 s and set right."""
    rig = Rig(rate_error=0.0).run(5)
    rig.chip.bus().write_byte_data(0x68, register, value)
    began = rig.clock.now()
    rig.run(3)
    kinds = [e.kind for e in rig.events]
    assert kinds[0] == "fault"
    assert rig.events[0].t_us / 1e6 - began < 1.0
    assert kinds[-1] == "recovered"
    assert rig.chip.bus().read_i2c_block_data(0x68, Reg.SMPLRT_DIV, 4) == [9, 3, 0x18, 0x18]
    assert (np.diff(rig.t) > 0).all()
    assert rig.t[-1] <= rig.clock.now()


def test_frozen_samples_are_not_handed_out():
    """Of a chip that freezes, at most one repeated sample reaches the coach."""
    rig = Rig()
    rig.break_it(Fault.FROZEN, 3.0)
    assert (np.diff(rig.acc[:, 0]) == 0).sum() <= 1


def test_a_still_sensor_is_not_frozen():
    """A sensor that lies still for two minutes, with a tenth of the usual noise, is no fault."""
    rig = Rig(source=lambda t: np.tile([0, 0, 1.0, 0, 0, 0], (len(t), 1)), noise=0.1)
    rig.run(120)
    assert rig.events == []


def test_freeze_shorter_than_the_bound_is_released():
    """Samples that were held back come out, in time and in order, once one differs."""
    rig = Rig()
    rig.break_it(Fault.FROZEN, 0.2)
    assert rig.events == []
    assert np.diff(rig.t).max() < 1.1 * PERIOD_S


@pytest.mark.parametrize("phase", [0.0, 0.021])
@pytest.mark.parametrize(
    ("fault", "name", "shown_s", "back_s", "over"),
    [
        (Fault.GYRO_DEAD, "gyroscope_dead", 0.5, 1.0, "The gyroscope sees movement again"),
        (Fault.LATE, "late_bus", 1.0, 1.5, "The bus is quick enough again"),
    ],
)
def test_samples_go_on_under_a_limitation(fault, name, shown_s, back_s, over, phase):
    """A dead gyroscope and a late bus are told within 1 s, cost no sample, and are told over."""
    rig = Rig()
    began = rig.break_it(fault, 4.0, before=5 + phase, after=8)
    assert rig.faults() == [("fault", name), ("recovered", name)]
    shown, back = (e.t_us / 1e6 - began for e in rig.events)
    assert 0 < shown < shown_s
    assert 4 <= back < 4 + back_s
    assert rig.events[-1].lost == 0
    assert rig.events[-1].message == f"{over}; no sample is missing."
    assert np.diff(rig.true_t).max() < 1.1 * PERIOD_S
    assert rig.misread < 2


def test_a_machine_that_is_held_up_now_and_then_has_no_late_bus():
    """A turn with both its looks late says nothing of the bus, however often there is one."""
    rig = Rig().run(5)
    read, looks = rig.chip.read, itertools.count()

    def held_up(length):
        if length == 2 and next(looks) % 20 < 2:
            rig.clock.sleep(0.05)
        return read(length)

    rig.chip.read = held_up
    rig.run(10)
    assert next(looks) > 300
    assert rig.events == []


def test_a_dead_gyroscope_gives_no_rotation():
    """While it is dead the samples' rotation is exactly 0, and real before and after."""
    rig = Rig()
    began = rig.break_it(Fault.GYRO_DEAD, 4.0, after=8)
    none = (rig.gyro == 0).all(axis=1)
    assert none[(rig.t > began + 0.5) & (rig.t < began + 4)].all()
    assert not none[(rig.t < began) | (rig.t > began + 5)].any()


def test_a_gyroscope_that_is_still_dead_is_told_again():
    """After another fault is over, the limitation that is left is what the last words are about."""
    rig = Rig()
    rig.break_it(Fault.GYRO_DEAD, 8.0, after=2)
    rig.break_it(Fault.BROWN_OUT, before=1, after=2)
    assert rig.faults() == [
        ("fault", "gyroscope_dead"),
        ("fault", "brown_out"),
        ("recovered", "brown_out"),
        ("fault", "gyroscope_dead"),
    ]
    assert rig.run(6).faults()[4:] == [("recovered", "gyroscope_dead")]


def test_a_fault_is_told_again_when_a_lesser_one_beside_it_is_over():
    """The bus is quick again, and the chip still silent: the last word is of the silence."""
    rig = Rig().run(3.0)
    rig.chip.inject(Fault.LATE, 4.0)
    rig.run(2.0).chip.inject(Fault.SILENT, 20.0)
    rig.run(8.0)
    assert rig.faults()[-2:] == [("recovered", "late_bus"), ("fault", "no_data")]
    rig.run(16.0)
    assert rig.faults()[-1] == ("recovered", "no_data")


def test_a_chip_that_starts_on_a_late_bus_gives_samples():
    """Its first look is never quick: after a moment the time is taken as it can be had."""
    rig = Rig(open_it=False)
    rig.chip.inject(Fault.LATE, 30.0)
    rig.sensor.open()
    rig.run(4.0)
    assert rig.faults() == [("fault", "late_bus")]
    assert len(rig.t) > 300


@pytest.mark.parametrize("looks", [10, 11])
def test_a_brown_out_at_rest_is_told_by_its_name(looks):
    """Read twice a second, a chip that sleeps is silent for long: it is not only that."""
    rig = Rig().run(looks * 0.493, 0.493)
    rig.chip.inject(Fault.BROWN_OUT, delay=0.1)
    rig.run(2.0, 0.493)
    assert rig.faults()[0] == ("fault", "brown_out")


def test_messages_say_what_to_check():
    """Every fault's sentence names the device or the bus, its end needs no name of a fault."""
    for fault, lasting, *_ in CASES:
        rig = Rig()
        rig.break_it(fault, lasting, before=1)
        for event in rig.events:
            assert event.message.endswith(".")
            if event.kind == "recovered":
                missing = f"{event.lost} ({event.missing_s:.2f} s) are" if event.lost else "none is"
                assert event.message == f"Samples come again; {missing} missing."
            else:
                assert "/dev/i2c-1" in event.message


def test_backoff_is_bounded():
    """While the bus is away the driver tries again at intervals that grow to 1 s, not beyond."""
    rig = Rig().run(2)
    rig.opened.clear()
    rig.chip.inject(Fault.BUS_GONE, 20.0)
    rig.run(22)
    waits = np.diff(rig.opened)
    assert waits[0] < 0.15
    assert waits.max() <= 1.05
    assert 18 < len(rig.opened) < 40
    assert rig.events[-1].kind == "recovered"


def test_a_sensor_that_is_away_for_an_hour_is_waited_for():
    """However often it was looked for in vain, it is found when it is plugged in again."""
    rig = Rig().run(2)
    rig.chip.inject(Fault.BUS_GONE, 3600.0)
    rig.run(3600.0, poll_s=0.5).run(3.0)
    assert rig.events[-1].kind == "recovered"


def test_unknown_chip_after_a_fault():
    """Another chip put in while the driver runs is not used: the fault stays, and has its name."""
    rig = Rig().run(2)
    rig.chip.inject(Fault.NACK, 1.0)
    rig.chip.who_am_i = 0x12
    rig.chip.lose_power()
    rig.run(5)
    assert rig.events[-1].name == "unknown_chip"
    assert "recovered" not in [e.kind for e in rig.events]


@pytest.mark.slow
@given(
    faults=st.lists(
        st.tuples(st.sampled_from(list(Fault)), st.floats(0.07, 1.5), st.floats(0.0, 2.0)),
        min_size=1,
        max_size=6,
    ),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=30, deadline=None)
def test_any_chain_of_faults_is_survived(faults, seed):
    """Whatever happens in whatever order: no exception, rising stamps, whole samples, recovery.

    But for bytes lost twice in one burst: they may add up to a sample, and then none is missing.
    """
    assume([fault for fault, *_ in faults].count(Fault.BYTES_LOST) < 2)
    rig = Rig(seed=seed, noise=1e-6).run(2)
    for fault, lasting, pause in faults:
        rig.chip.inject(fault, lasting)
        rig.run(pause + 0.01)
    rig.run(5)
    assert (np.diff(rig.t) > 0).all()
    assert rig.misread < 2
    assert [e.kind for e in rig.events if e.kind != "warning"][-1:] in ([], ["recovered"])
    assert rig.sensor.fault is None
    assert rig.clock.now() - rig.t[-1] < 0.1
    fresh = rig.t > rig.clock.now() - 1
    assert np.abs(rig.t - rig.true_t)[fresh].max() < PERIOD_S
    gaps = np.diff(rig.t) - PERIOD_S
    told = sum(e.missing_s for e in rig.events)
    assert told == pytest.approx(gaps[gaps > 0.5 * PERIOD_S].sum(), abs=0.02 * (len(faults) + 1))


@pytest.mark.parametrize("broken", [1, 2])
def test_a_burst_that_breaks_off_between_two_samples_is_not_believed(broken):
    """What the FIFO holds after it tells: nothing of it is handed out, and one fault is told."""
    rig = Rig().run(2.0)
    whole, left = rig.chip.read, [broken]

    def short(length):
        if length < 48 or not left[0]:
            return whole(length)
        left[0] -= 1
        return whole(12)

    rig.chip.read = short
    rig.run(2.0)
    assert left == [0]
    assert rig.faults() == [("fault", "short_read"), ("recovered", "short_read")]
    assert rig.misread <= 1.0


def test_what_a_failed_burst_has_taken_is_missing_and_said():
    """An error in the midst of it: two samples are gone, and the rest of the FIFO with them."""
    rig = Rig().run(2.0)
    whole, fails = rig.chip.read, [True]

    def read(length):
        if length < 48 or not fails:
            return whole(length)
        fails.clear()
        whole(24)
        raise OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))

    rig.chip.read = read
    rig.run(2.0)
    assert rig.faults() == [("fault", "transfer"), ("recovered", "transfer")]
    assert rig.events[-1].lost == round(true_gap(rig)[1] / PERIOD_S) - 1 > 2
    assert np.abs(rig.t - rig.true_t)[-50:].max() < 0.002


def test_a_chip_that_is_much_too_fast_is_told():
    """Half as many samples again are no oscillator's error: cadence would be off by as much."""
    assert Rig(rate_error=0.5).run(3.0).faults()[0] == ("fault", "sample_rate")
    assert Rig(rate_error=0.05).run(3.0).faults() == []
