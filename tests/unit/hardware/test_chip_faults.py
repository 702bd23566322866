"""The simulated chip's bus, and its faults: each as a worn wire or a bad clone shows it."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest
from smbus2 import i2c_msg

from hardware.mpu6050.registers import Reg
from hardware.simulated import Fault
from tests.support.chipbench import Bench


def test_wrong_address_is_not_acknowledged():
    """Another address gives errno 121, and a chip at 0x69 does not answer at 0x68."""
    bench = Bench()
    for call in (
        lambda: bench.bus.read_byte_data(0x69, Reg.WHO_AM_I),
        lambda: bench.bus.write_byte_data(0x69, Reg.PWR_MGMT_1, 0),
        lambda: bench.bus.i2c_rdwr(i2c_msg.write(0x69, [0]), i2c_msg.read(0x69, 2)),
    ):
        with pytest.raises(OSError, match="Remote") as caught:
            call()
        assert caught.value.errno == 121


def test_limits_of_the_bus():
    """A block holds 32 bytes; a combined transfer ends with its only read; closed is closed."""
    bench = Bench()
    with pytest.raises(ValueError, match="32"):
        bench.bus.read_i2c_block_data(0x68, 0, 33)
    with pytest.raises(OSError, match="not supported") as caught:
        bench.bus.i2c_rdwr(i2c_msg.read(0x68, 1), i2c_msg.write(0x68, [0]))
    assert caught.value.errno == errno.EOPNOTSUPP
    bench.bus.close()
    with pytest.raises(OSError, match="descriptor"):
        bench.get(0)


@pytest.mark.parametrize(
    ("fault", "number", "seconds"),
    [
        (Fault.NACK, errno.EREMOTEIO, 0.0),
        (Fault.STUCK, errno.ETIMEDOUT, 0.1),
        (Fault.BUS_GONE, errno.ENODEV, 0.0),
    ],
)
def test_faults_of_the_bus(fault, number, seconds):
    """Each fault begins and ends when asked, and fails with the kernel's number."""
    bench = Bench()
    bench.chip.inject(fault, 1.0, delay=0.5)
    bench.get(Reg.WHO_AM_I)
    bench.clock.sleep(0.6)
    before = bench.clock.now()
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        bench.get(Reg.WHO_AM_I)
    assert caught.value.errno == number
    assert bench.clock.now() - before == pytest.approx(seconds)
    bench.clock.sleep(1.0)
    assert bench.get(Reg.WHO_AM_I) == b"\x68"


def test_bus_gone_cannot_be_opened():
    """While the bus is gone its device file is missing."""
    bench = Bench()
    bench.chip.inject(Fault.BUS_GONE)
    with pytest.raises(FileNotFoundError):
        bench.chip.bus()
    bench.chip.heal()
    bench.chip.bus()


def test_brown_out():
    """The supply's dip leaves a chip that does not answer, then one that sleeps."""
    bench = Bench().wake()
    bench.chip.inject(Fault.BROWN_OUT, 0.2)
    with pytest.raises(OSError, match="Remote"):
        bench.get(Reg.PWR_MGMT_1)
    bench.clock.sleep(0.3)
    assert bench.get(Reg.PWR_MGMT_1) == b"\x40"


def turning(t):
    return np.tile([0.0, 0.0, 1.0, 10.0, 0.0, 0.0], (len(t), 1))


def samples(bench):
    """What the FIFO holds, (n, 6) counts."""
    return np.frombuffer(bench.pop(bench.count() // 12 * 12), ">i2").reshape(-1, 6)


@pytest.mark.parametrize(
    ("fault", "channels", "factor"),
    [(Fault.RANGE_FLIPPED, slice(0, 3), 8), (Fault.GYRO_RANGE_FLIPPED, slice(3, 6), 131 / 16.4)],
)
def test_a_range_flips_between_two_samples(fault, channels, factor):
    """From the instant of the fault on the same movement gives other counts, and no sample less."""
    bench = Bench(turning).wake()
    bench.chip.inject(fault, delay=0.305)
    bench.clock.sleep(0.5)
    raw = samples(bench)[:, channels].max(axis=1).astype(int)
    flipped = raw != raw[0]
    assert 25 < np.argmax(flipped) < 32
    assert flipped[np.argmax(flipped) :].all()
    assert raw[-1] == pytest.approx(factor * raw[0], rel=0.01)
    assert len(raw) in (46, 47)


def test_a_lost_divider_gives_a_thousand_samples_a_second():
    """The rate register at 0 is ten times the rate, from the instant of the fault on."""
    bench = Bench().wake()
    bench.chip.inject(Fault.DIVIDER_LOST, delay=0.25)
    bench.clock.sleep(0.2)
    assert samples(bench).shape[0] in (16, 17)
    bench.clock.sleep(0.1)
    assert 50 < samples(bench).shape[0] < 60


def test_lost_bytes_cut_a_sample():
    """The FIFO then holds no whole number of samples."""
    bench = Bench().wake()
    bench.clock.sleep(0.5)
    bench.chip.inject(Fault.BYTES_LOST)
    assert 1 <= -bench.count() % 12 <= 11
    assert bench.chip.faults == []


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        (Fault.AXIS_STUCK, [-32768, 0, 2048, 164, 0, 0]),
        (Fault.ACCEL_ZERO, [0, 0, 0, 164, 0, 0]),
        (Fault.ACCEL_FULL, [32767, 32767, 32767, 164, 0, 0]),
        (Fault.GYRO_DEAD, [0, 0, 2048, 0, 0, 0]),
    ],
)
def test_channels_that_are_stuck(fault, wanted):
    """Each gives its one value while the fault lasts, and what there is to measure after it."""
    bench = Bench(turning).wake()
    bench.chip.inject(fault, 0.2)
    bench.clock.sleep(0.5)
    raw = samples(bench)
    assert raw[0].tolist() == wanted
    assert raw[-1].tolist() == [0, 0, 2048, 164, 0, 0]


def test_a_late_bus_is_late_once_a_transfer():
    """Whatever a transfer combines, it takes 50 ms more."""
    bench = Bench().wake()
    bench.chip.inject(Fault.LATE)
    before = bench.clock.now()
    bench.get(Reg.WHO_AM_I)
    bench.pop(12)
    assert bench.clock.now() - before == pytest.approx(0.1)


def test_a_chip_within_its_tolerances():
    """Offsets, scale and the drift of a temperature that rises are in the samples."""
    bench = Bench(
        accel_offset=(0.06, 0.0, 0.0),
        scale_error=(0.0, 0.0, -0.03, 0.0, 0.0, 0.0),
        warming_c=15.0,
    ).wake()
    bench.clock.sleep(0.1)
    cold = samples(bench)[0] / ([2048.0] * 3 + [16.4] * 3)
    assert cold[[0, 2]] == pytest.approx([0.06, 0.97], abs=0.001)
    bench.clock.sleep(1500.0)
    bench.set(Reg.USER_CTRL, 0x04)
    bench.set(Reg.USER_CTRL, 0x40)
    bench.clock.sleep(0.1)
    warm = samples(bench)[-1] / ([2048.0] * 3 + [16.4] * 3)
    assert warm[3] - cold[3] == pytest.approx(5.0, abs=0.2)  # 20 deg/s over 60 C
    assert warm[2] - cold[2] == pytest.approx(0.013, abs=0.001)  # 60 mg over 70 C
