"""The simulated chip behaves as the register map says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smbus2 import i2c_msg

from hardware.mpu6050 import registers as r
from hardware.mpu6050.registers import Reg
from hardware.simulated.chip import ACCEL_NOISE_G, GYRO_NOISE_DPS
from tests.support.chipbench import Bench, still
from tests.support.rig import ramp


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


def test_what_is_measured_while_the_fifo_is_off_is_not_in_it():
    """Not even when it is switched on again: a sample is stored as it is taken, or never."""
    bench = Bench().wake()
    bench.set(Reg.USER_CTRL, 0x04)
    bench.clock.sleep(0.2)
    bench.set(Reg.USER_CTRL, 0x40)
    assert bench.count() == 0
    bench.clock.sleep(0.1)
    assert bench.count() == 10 * 12


@pytest.mark.parametrize(
    ("fifo", "expected"),
    [
        (0x08, [0, 0, 2048]),
        (0x70, [16, 33, 49]),
        (0x20, [33]),
        (0x78, [0, 0, 2048, 16, 33, 49]),
        (0xF8, [0, 0, 2048, 0, 16, 33, 49]),
    ],
)
def test_fifo_holds_what_is_enabled(fifo, expected):
    """FIFO_EN chooses the accelerometer, the thermometer and each gyroscope axis."""
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
