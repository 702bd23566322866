"""The factory's self-test, and the gyroscope's bias."""

from __future__ import annotations

import contextlib
import errno
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware import errors
from hardware.mpu6050 import Burst, gyro_bias, self_test
from hardware.mpu6050 import registers as r
from hardware.mpu6050.registers import Reg
from hardware.mpu6050.selftest import AXES
from hardware.simulated import Fault, SimulatedMpu6050, VirtualClock
from tests.support.rig import Rig


def lying(t):
    """Still, and tilted."""
    return np.tile([0.1, 0.2, 0.97, 0.0, 0.0, 0.0], (len(t), 1))


def examine(**chip):
    clock = VirtualClock()
    simulated = SimulatedMpu6050(chip.pop("source", lying), clock, **chip)
    return self_test(simulated.bus, clock, bus_name="/dev/i2c-1"), simulated


codes = st.tuples(*[st.integers(0, 31)] * 3)


@given(codes, codes)
def test_trim_codes_survive_their_registers(accel, gyro):
    """Codes are spread over four registers and come together again."""
    trim = r.TrimCodes(accel, gyro)
    assert r.TrimCodes.unpack(trim.pack()) == trim


def test_trim_registers():
    """The bits lie where section 4.1 has them."""
    trim = r.TrimCodes(accel=(0b10111, 0, 0), gyro=(0, 0b00001, 0))
    assert trim.pack() == bytes([0b101_00000, 0b000_00001, 0, 0b00_11_00_00])


def test_factory_trim_formula():
    """Code 1 is 0.34 g or 25 deg/s, code 31 is 0.92 g or 96.3 deg/s; y rotates the other way."""
    low = r.factory_trim(r.TrimCodes((1, 1, 1), (1, 1, 1)))
    high = r.factory_trim(r.TrimCodes((31, 31, 31), (31, 31, 31)))
    assert low == pytest.approx([1392.64] * 3 + [3275, -3275, 3275])
    assert high[:3] == pytest.approx([4096 * 0.92] * 3)
    assert high[3:] == pytest.approx([3275 * 1.046**30 * s for s in (1, -1, 1)])
    assert r.factory_trim(r.TrimCodes((0, 0, 0), (0, 0, 0))) == (0.0,) * 6


def test_sound_chip_passes():
    """A chip that answers as the factory measured passes on all axes, to within a per cent."""
    result, _ = examine(gyro_bias=(5, -8, 3))
    assert result.verdict == "passed"
    assert list(result.deviations) == list(AXES)
    assert all(abs(part) < 0.01 for part in result.deviations.values())


@pytest.mark.parametrize("axis", range(6))
@pytest.mark.parametrize(
    ("error", "verdict"), [(0.12, "passed"), (-0.12, "passed"), (0.16, "failed"), (-0.16, "failed")]
)
def test_limit_of_14_per_cent(axis, error, verdict):
    """A response that is off by more than 14 % on any axis fails, and that axis is named."""
    off = [0.0] * 6
    off[axis] = error
    result, _ = examine(self_test_error=off)
    assert result.verdict == verdict
    assert result.deviations[AXES[axis]] == pytest.approx(error, abs=0.01)
    assert (AXES[axis] in result.message) == (verdict == "failed")


def test_dead_axis_fails():
    """An axis that does not answer at all fails."""
    result, _ = examine(self_test_error=[0, 0, 0, 0, 0, -1.0])
    assert result.verdict == "failed"
    assert "gz by -100%" in result.message


def test_clone_without_trim():
    """A chip that stores no trim cannot be tested, which is no failure."""
    result, _ = examine(trim=r.TrimCodes((0, 0, 0), (0, 0, 0)))
    assert result.verdict == "not available"
    assert result.deviations == {}


def test_axis_without_trim():
    """An axis without a code is left out of the verdict."""
    result, _ = examine(trim=r.TrimCodes((15, 0, 12), (10, 14, 9)))
    assert result.verdict == "passed"
    assert "ay" not in result.deviations


def test_clone_with_another_form_of_trim():
    """A relative of the MPU-6500 keeps its trim in another form: not available."""
    result, _ = examine(who_am_i=0x70)
    assert result.verdict == "not available"
    assert "MPU-6500" in result.message


def test_chip_is_asleep_afterwards():
    """The test leaves the chip reset, so that opening finds it as after power-on."""
    _, chip = examine()
    assert chip.bus().read_byte_data(0x68, Reg.PWR_MGMT_1) == r.PWR_SLEEP


@pytest.mark.parametrize("start", [0.0, 0.4, 0.7, 1.1])
def test_moved_sensor_is_refused(start):
    """Walking during any part of the test makes it refuse, not fail."""

    def moving(t):
        x = lying(t)
        x[:, 2] += np.where(t >= start, 0.2 * np.sin(2 * np.pi * 2 * t), 0)
        return x

    with pytest.raises(errors.NotStillError, match="still"):
        examine(source=moving)


def test_tilted_between_the_measurements():
    """A slow tilt, too slow to show within one measurement, is refused all the same."""

    def tilting(t):
        x = lying(t)
        x[:, 0] += 0.04 * np.clip(t, 0, 1.5)
        return x

    with pytest.raises(errors.NotStillError):
        examine(source=tilting)


@pytest.mark.parametrize("after_s", [0.15, 0.65, 1.1])
def test_a_supply_that_gives_way_is_no_damage_and_no_movement(after_s):
    """The chip sleeps from then on, and shows nothing: the board need not be replaced."""
    clock = VirtualClock()
    chip = SimulatedMpu6050(lying, clock)
    chip.inject(Fault.BROWN_OUT, 0.005, delay=after_s)
    with pytest.raises(errors.BrownOutError, match="its supply gave way"):
        self_test(chip.bus, clock)


def test_bus_trouble_has_its_name():
    """Trouble with the bus is raised as in opening."""
    clock = VirtualClock()
    chip = SimulatedMpu6050(lying, clock)
    chip.inject(Fault.NACK)
    with pytest.raises(errors.DeviceNotFoundError):
        self_test(chip.bus, clock)


@pytest.mark.parametrize("fault", [None, Fault.NACK])
def test_the_sensor_is_free_for_the_coach_afterwards(fault):
    """Whatever came of the test, its bus is closed: while it is open nobody else has the chip."""
    clock = VirtualClock()
    chip = SimulatedMpu6050(lying, clock)
    bus = chip.bus()
    if fault is not None:
        chip.inject(fault)
    with contextlib.suppress(errors.DeviceNotFoundError):
        self_test(lambda: bus, clock)
    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
        bus.read_byte_data(0x68, Reg.WHO_AM_I)


def collected(source, seconds=1.2, **chip):
    rig = Rig(source=source, noise=1.0, **chip).run(seconds)
    whole = rig.bursts[0]
    for burst in rig.bursts[1:]:
        whole += burst
    return whole


def test_bias_from_a_still_second():
    """The mean of a still second is the bias, to a twentieth of a deg/s."""
    bias = gyro_bias(collected(lying, gyro_bias=(3.5, -12.25, 0.5)))
    assert bias.dps == pytest.approx((3.5, -12.25, 0.5), abs=0.05)
    assert max(bias.noise_dps) < 0.1


@pytest.mark.parametrize("column", range(6))
def test_bias_refuses_movement(column):
    """Movement on any axis is refused."""

    def moving(t):
        x = lying(t)
        x[:, column] += (0.1 if column < 3 else 5.0) * np.sin(2 * np.pi * t)
        return x

    with pytest.raises(errors.NotStillError):
        gyro_bias(collected(moving))


def test_bias_refuses_steady_rotation():
    """More than any chip's bias is a rotation."""
    with pytest.raises(errors.NotStillError):
        gyro_bias(collected(lambda t: lying(t) + np.array([0, 0, 0, 0, 0, 60])))


@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_bias_refuses_too_little(seconds):
    """Less than a second is not enough."""
    n = int(seconds * 100)
    burst = Burst(np.arange(n, dtype=np.int64) * 10_000, np.zeros((n, 6), np.int16))
    with pytest.raises(errors.NotStillError):
        gyro_bias(burst)
