"""The simulated chip behaves as the register map says."""

from __future__ import annotations

import errno
import os
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smbus2 import i2c_msg

from hardware.mpu6050 import Mpu6050
from hardware.mpu6050 import registers as r
from hardware.mpu6050.registers import Reg
from hardware.simulated import Fault, SimulatedMpu6050, VirtualClock
from hardware.simulated.chip import ACCEL_NOISE_G, GYRO_NOISE_DPS
from tests.support.rig import ramp


def still(t):
    return np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], (len(t), 1))


class Bench:
    """A chip and a bus, without the driver."""

    def __init__(self, source=still, **chip):
        self.clock = VirtualClock()
        self.chip = SimulatedMpu6050(source, self.clock, **{"noise": 0.0} | chip)
        self.bus = self.chip.bus()

    def set(self, register, value):
        self.bus.write_byte_data(0x68, register, value)

    def get(self, register, length=1):
        return bytes(self.bus.read_i2c_block_data(0x68, register, length))

    def count(self):
        return int.from_bytes(self.get(Reg.FIFO_COUNT_H, 2), "big")

    def pop(self, length):
        answer = i2c_msg.read(0x68, length)
        self.bus.i2c_rdwr(i2c_msg.write(0x68, [Reg.FIFO_R_W]), answer)
        return bytes(answer)

    def wake(self, div=9, fifo=0x78):
        self.set(Reg.PWR_MGMT_1, 1)
        self.set(Reg.SMPLRT_DIV, div)
        self.set(Reg.CONFIG, 3)
        self.set(Reg.ACCEL_CONFIG, 0x18)
        self.set(Reg.GYRO_CONFIG, 0x18)
        self.set(Reg.INT_ENABLE, 0x10)
        self.set(Reg.FIFO_EN, fifo)
        self.set(Reg.USER_CTRL, 0x40)
        return self


def test_after_power_on():
    """It sleeps, knows who it is, and every other register is 0 but for the factory's."""
    bench = Bench()
    assert bench.get(Reg.PWR_MGMT_1) == b"\x40"
    assert bench.get(Reg.WHO_AM_I) == b"\x68"
    assert bench.get(Reg.SMPLRT_DIV, 5) == bytes(5)
    bench.clock.sleep(1)
    assert bench.count() == 0


def test_sleeping_chip_takes_no_samples():
    """A configured chip that is not awake fills no FIFO."""
    bench = Bench().wake()
    bench.set(Reg.PWR_MGMT_1, 0x41)
    bench.set(Reg.USER_CTRL, 0x04)
    bench.set(Reg.USER_CTRL, 0x40)
    bench.clock.sleep(1)
    assert bench.count() == 0


def test_reset_restores_defaults_and_takes_its_time():
    """A reset puts all registers back; what is written in the next 90 ms is lost."""
    bench = Bench().wake()
    bench.set(Reg.PWR_MGMT_1, 0x80)
    bench.clock.sleep(0.05)
    bench.set(Reg.PWR_MGMT_1, 1)
    assert bench.get(Reg.PWR_MGMT_1) == b"\x40"
    assert bench.get(Reg.SMPLRT_DIV, 4) == bytes(4)
    bench.clock.sleep(0.05)
    bench.set(Reg.PWR_MGMT_1, 1)
    assert bench.get(Reg.PWR_MGMT_1) == b"\x01"


@pytest.mark.parametrize("rate_error", [-0.03, 0.0, 0.03])
@pytest.mark.parametrize(
    ("div", "config", "hz"),
    [(9, 3, 100), (4, 3, 200), (0, 6, 1000), (79, 0, 100), (255, 1, 3.90625)],
)
def test_sample_rate(div, config, hz, rate_error):
    """Rate = 1 kHz (8 kHz without low-pass) / (1 + divider), times the oscillator's error."""
    bench = Bench(rate_error=rate_error).wake(div)
    bench.set(Reg.CONFIG, config)
    seconds, n = 0.0, 0
    step = min(0.08, 70 / hz)
    for _ in range(200):
        bench.clock.sleep(step)
        seconds += step
        count = bench.count()
        n += count
        if count:
            bench.pop(count)
    assert n / 12 / seconds == pytest.approx(
        hz * (1 + rate_error), abs=1.5 / seconds + 0.04 * hz / seconds
    )


def test_pointer_advances_but_not_on_the_fifo():
    """A block read walks through the registers, and stays where it is at FIFO_R_W."""
    bench = Bench().wake()
    assert bench.get(Reg.SMPLRT_DIV, 4) == bytes([9, 3, 0x18, 0x18])
    bench.clock.sleep(0.1)
    data = bench.get(Reg.FIFO_COUNT_H, 2 + 12)
    assert len(data) == 14
    sample = np.frombuffer(data[2:], ">i2")
    assert sample.tolist() == [0, 0, 2048, 0, 0, 0]


def test_block_write_through_the_pointer():
    """Several bytes in one message go to consecutive registers."""
    bench = Bench()
    bench.bus.i2c_rdwr(i2c_msg.write(0x68, [Reg.SMPLRT_DIV, 1, 2, 8, 16]))
    assert bench.get(Reg.SMPLRT_DIV, 4) == bytes([1, 2, 8, 16])


def test_read_only_registers():
    """WHO_AM_I, counts and data cannot be written."""
    bench = Bench()
    for register in (Reg.WHO_AM_I, Reg.FIFO_COUNT_H, Reg.ACCEL_XOUT_H, Reg.INT_STATUS):
        before = bench.get(register)
        bench.set(register, 0x55)
        assert bench.get(register) == before


def test_fifo_overflow_drops_the_oldest_bytes():
    """A full FIFO holds 1024 bytes, the newest at the end, no longer begun at a sample."""
    bench = Bench(ramp).wake()
    bench.clock.sleep(2.0)
    assert bench.count() == 1024
    assert bench.get(Reg.INT_STATUS)[0] & 0x10
    assert bench.get(Reg.INT_STATUS)[0] & 0x10 == 0  # reading clears it
    data = b"".join(bench.pop(256) for _ in range(4))
    aligned = np.frombuffer(data[1024 % 12 :], ">i2").reshape(-1, 6)
    assert (np.abs(aligned[:, 1] - 0.25 * 2048) < 6).all()
    assert bench.count() == 0


def test_overflow_flag_needs_its_interrupt_enabled():
    """Without FIFO_OFLOW_EN no overflow is flagged."""
    bench = Bench().wake()
    bench.set(Reg.INT_ENABLE, 0)
    bench.clock.sleep(2.0)
    assert bench.get(Reg.INT_STATUS) == b"\x00"


def test_empty_fifo_repeats_its_last_byte():
    """Reading more than there is gives the last byte again (section 4.31)."""
    bench = Bench(lambda t: still(t) * 0 + 0.1).wake()
    bench.clock.sleep(0.05)
    n = bench.count()
    data = bench.pop(n + 3)
    assert data[n:] == data[n - 1 : n] * 3


def test_fifo_reset_only_while_disabled():
    """FIFO_RESET works while FIFO_EN is 0, and clears itself."""
    bench = Bench().wake()
    bench.clock.sleep(0.1)
    bench.set(Reg.USER_CTRL, 0x44)
    assert bench.count() > 0
    bench.set(Reg.USER_CTRL, 0x04)
    assert bench.get(Reg.USER_CTRL) == b"\x00"
    assert bench.count() == 0


@pytest.mark.parametrize(
    ("fifo", "expected"),
    [(0x08, [0, 0, 2048]), (0x70, [16, 33, 49]), (0x20, [33]), (0x78, [0, 0, 2048, 16, 33, 49])],
)
def test_fifo_holds_what_is_enabled(fifo, expected):
    """FIFO_EN chooses the accelerometer and each gyroscope axis."""
    bench = Bench(lambda t: still(t) + np.array([0, 0, 0, 1, 2, 3])).wake(fifo=fifo)
    bench.clock.sleep(0.1)
    n = len(expected) * 2
    assert bench.count() % n == 0
    assert np.frombuffer(bench.pop(n), ">i2").tolist() == expected


@pytest.mark.parametrize("g", r.ACCEL_RANGES)
@pytest.mark.parametrize("dps", r.GYRO_RANGES)
def test_ranges(g, dps):
    """Each range scales as its table says, and clips at 16 bits."""
    bench = Bench(lambda t: still(t) * 0 + [1, -1, 1.5 * g, 100, -100, -1.5 * dps]).wake()
    accel, gyro = r.ACCEL_RANGES[g], r.GYRO_RANGES[dps]
    bench.set(Reg.ACCEL_CONFIG, accel.setting)
    bench.set(Reg.GYRO_CONFIG, gyro.setting)
    bench.clock.sleep(0.1)
    x = np.frombuffer(bench.get(Reg.ACCEL_XOUT_H, 14), ">i2").tolist()
    assert x[:3] == [accel.counts, -accel.counts, 32767]
    assert x[4:] == [round(100 * gyro.counts), round(-100 * gyro.counts), -32768]
    assert r.range_of(r.ACCEL_RANGES, accel.setting | 0xE0) is accel


def test_temperature_register():
    """Counts / 340 + 36.53 is the temperature."""
    bench = Bench(temperature_c=22.0).wake()
    raw = int.from_bytes(bench.get(Reg.TEMP_OUT_H, 2), "big", signed=True)
    assert raw / 340 + 36.53 == pytest.approx(22.0, abs=0.01)


def collect(bench, seconds):
    data = b""
    for _ in range(int(seconds / 0.05)):
        bench.clock.sleep(0.05)
        data += bench.pop(n) if (n := bench.count()) else b""
    return np.frombuffer(data, ">i2").reshape(-1, 6)


def test_noise():
    """Noise has the product specification's size, and is the same for the same seed."""
    x, again, other = (collect(Bench(noise=1.0, seed=s).wake(), 20) for s in (3, 3, 4))
    assert x[:, :3].std(axis=0) / 2048 == pytest.approx([ACCEL_NOISE_G] * 3, rel=0.1)
    assert x[:, 3:].std(axis=0) / 16.4 == pytest.approx([GYRO_NOISE_DPS] * 3, rel=0.15)
    assert np.array_equal(x, again)
    assert not np.array_equal(x, other)


@given(st.lists(st.floats(0.001, 0.3), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_reading_does_not_change_what_is_measured(pauses):
    """However the reads fall, the same samples come."""
    bench, steady = Bench(ramp, noise=1.0).wake(), Bench(ramp, noise=1.0).wake()
    data = b""
    for pause in pauses:
        bench.clock.sleep(pause)
        data += bench.pop(n) if (n := bench.count()) else b""
    expected = collect(steady, sum(pauses) + 0.05).astype(">i2").tobytes()
    assert expected.startswith(data)


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


def test_an_hour_is_cheap():
    """An hour of samples, read 20 times a second, takes seconds (two minutes are measured)."""
    clock = VirtualClock()
    chip = SimulatedMpu6050(still, clock, rate_error=0.01)
    sensor = Mpu6050(chip.bus, clock)
    sensor.open()
    began = time.process_time()
    n = 0
    while clock.now() < 120:
        clock.sleep(0.05)
        n += len(sensor.read().burst or ())
    assert n == pytest.approx(120 * 101, abs=20)
    # 10 s an hour is 0.33 s for two minutes; ten times that for a busy or slow machine.
    assert time.process_time() - began < 3.0


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
    """Offsets, scale and a temperature that rises are in the samples and in the thermometer."""
    bench = Bench(
        accel_offset=(0.06, 0.0, 0.0),
        scale_error=(0.0, 0.0, -0.03, 0.0, 0.0, 0.0),
        temperature_c=20.0,
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
    counts = int.from_bytes(bench.get(Reg.TEMP_OUT_H, 2), "big", signed=True)
    assert counts / 340 + 36.53 == pytest.approx(35.0, abs=0.2)
