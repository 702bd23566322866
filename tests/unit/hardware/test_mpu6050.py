"""The driver in fair weather, and what it says when it cannot start."""

from __future__ import annotations

import errno
import fcntl
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware import errors
from hardware.mpu6050 import Device, Mpu6050, i2c, linux_bus
from hardware.mpu6050 import registers as r
from hardware.mpu6050.registers import Reg
from hardware.simulated import SimulatedMpu6050, VirtualClock
from tests.support.rig import Fault, Rig, ramp


def test_samples_are_what_the_source_gave():
    """Every sample decodes to the source's value at its own instant, in the right channel."""
    rig = Rig().run(10)
    assert rig.misread < 1


def test_raw_counts_and_units_agree():
    """A burst's g and deg/s are its counts over the one scale of the range table."""
    burst = Rig().run(1).bursts[0]
    assert burst.raw.dtype == np.int16
    assert burst.t_us.dtype == np.int64
    assert np.array_equal(burst.acc, burst.raw[:, :3] / 2048.0)
    assert np.array_equal(burst.gyro, burst.raw[:, 3:] / 16.4)


def test_negative_and_clipped_values():
    """The extremes of both ranges come through as the chip's 16 bits hold them, if they are brief.

    So they are in an impact: in a sensor that is stuck they last.
    """

    def extreme(t):
        hit = (t % 0.5 < 0.03)[:, None]
        return ramp(t)[:, [1, 2, 0, 3, 4, 5]] * np.where(hit, [99, 99, 1, 999, 999, 1], 1)

    rig = Rig(source=extreme).run(3)
    assert rig.acc[:, 0].max() == 32767 / 2048
    assert rig.acc[:, 1].min() == -16.0
    assert rig.gyro[:, 0].max() == 32767 / 16.4
    assert rig.gyro[:, 1].min() == -32768 / 16.4
    assert rig.events == []


def test_no_sample_is_lost_or_doubled():
    """Over a minute, samples are consecutive samples of the chip and nothing is reported."""
    rig = Rig().run(60)
    steps = np.diff(rig.true_t)
    assert np.abs(steps - 0.01 / 1.012).max() < 1e-4
    assert rig.events == []


@pytest.mark.parametrize("poll_s", [0.01, 0.037, 0.05, 0.2, 0.7])
def test_any_rhythm_of_reading_gives_the_same_samples(poll_s):
    """However often it is read, as long as the FIFO lasts, the same samples come out."""
    often, this = Rig().run(7), Rig().run(7, poll_s)
    n = min(len(often.t), len(this.t))
    assert n > 600
    assert np.array_equal(often.acc[:n], this.acc[:n])
    assert this.events == []


def test_each_look_at_the_store_sharpens_the_time():
    """On a bus that takes its time, as a Pi's does, two seconds make stamps true to 2 ms or so."""
    off = []
    for rate_error in (-0.05, -0.03, -0.013, -0.004, 0.009, 0.021, 0.04):
        rig = Rig(rate_error=rate_error, open_it=False)
        rig.chip.read = taking_its_time(rig)
        rig.sensor.open()
        rig.run(2)
        off.append(np.abs(rig.t - rig.true_t)[-50:].max())
    assert np.mean(off) < 0.0025


def taking_its_time(rig):
    read = rig.chip.read

    def late(length):
        rig.clock.sleep((length + 3) * 9 / 100_000)
        return read(length)

    return late


@pytest.mark.parametrize("first_s", [0.05, 0.08, 0.11, 0.33])
@pytest.mark.parametrize("rate_error", [0.045, 0.055, 0.059])
def test_a_chip_as_fast_as_may_be_is_sound_at_rest_from_the_first_look_on(rate_error, first_s):
    """Half a second after it, little is known of its period but what the specification allows."""
    rig = Rig(rate_error=rate_error)
    rig.clock.sleep(first_s)
    rig.read()
    assert rig.run(4.0, 0.527).faults() == []


@given(polls=st.lists(st.floats(0.0, 0.6), min_size=5, max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_rhythm_tears_a_sample(polls):
    """Whenever reads happen, every sample is whole and in order."""
    rig = Rig()
    for poll in polls:
        rig.run(poll, poll or 1.0)
    rig.run(0.2)
    assert rig.misread < 1
    assert (np.diff(rig.t) > 0).all()


def test_configuration():
    """The chip ends up awake on the gyroscope's clock at +-16 g, +-2000 deg/s, 44 Hz, 100 Hz."""
    rig = Rig()
    bus = rig.chip.bus()
    config = bus.read_i2c_block_data(0x68, Reg.SMPLRT_DIV, 4)
    assert config == [9, 3, 0x18, 0x18]
    assert bus.read_byte_data(0x68, Reg.PWR_MGMT_1) == 1
    assert bus.read_byte_data(0x68, Reg.FIFO_EN) == 0x78


def test_second_address():
    """A chip with AD0 high is found at 0x69."""
    rig = Rig(address=0x69).run(1)
    assert len(rig.t) > 80


@pytest.mark.parametrize("value", [v for v in r.CHIPS if v != 0x68])
def test_clone_is_used_with_a_warning(value):
    """A known relative works, and it is named once, however often it is reset."""
    rig = Rig(who_am_i=value).run(3)
    assert [(e.kind, e.name) for e in rig.events] == [("warning", "clone_chip")]
    assert f"0x{value:02x}" in rig.events[0].message
    assert len(rig.t) > 280
    assert rig.chip.bus().read_byte_data(0x68, Reg.ACCEL_CONFIG_2) == 3
    rig.break_it(Fault.BROWN_OUT, before=0.0)
    assert [e.kind for e in rig.events] == ["warning", "fault", "recovered"]


@pytest.mark.parametrize("value", [0x00, 0x19, 0x69, 0x75, 0xFF])
def test_unknown_chip_is_refused(value):
    """A WHO_AM_I that no known chip has is refused, and the sentence gives its value."""
    rig = Rig(open_it=False, who_am_i=value)
    rig.chip.write = lambda data: writes.append(data) or type(rig.chip).write(rig.chip, data)
    writes = []
    with pytest.raises(errors.UnknownChipError, match=f"0x{value:02x}"):
        rig.sensor.open()
    rig.sensor.close()
    assert [w for w in writes if len(w) > 1] == []  # nothing is written to a stranger


@pytest.mark.parametrize(
    ("number", "cls", "builtin", "advice"),
    [
        (errno.ENOENT, errors.BusNotFoundError, FileNotFoundError, "raspi-config"),
        (errno.ENODEV, errors.BusNotFoundError, FileNotFoundError, "raspi-config"),
        (errno.EACCES, errors.BusPermissionError, PermissionError, "group i2c"),
        (errno.EPERM, errors.BusPermissionError, PermissionError, "group i2c"),
        (errno.ETIMEDOUT, errors.BusStuckError, TimeoutError, "SDA"),
        (errno.ENOMEM, errors.TransferError, OSError, "plugs"),
    ],
)
def test_bus_that_cannot_be_opened(number, cls, builtin, advice):
    """Each thing the kernel can say about the bus has a name, a builtin and an advice."""

    def factory():
        raise OSError(number, os.strerror(number))

    with pytest.raises(cls, match=advice) as caught:
        Mpu6050(factory, VirtualClock(), bus_name="/dev/i2c-7").open()
    assert isinstance(caught.value, builtin)
    assert isinstance(caught.value, errors.HardwareError)
    assert caught.value.errno == number
    assert "/dev/i2c-7" in str(caught.value)


@pytest.mark.parametrize("number", [errno.EREMOTEIO, errno.ENXIO, errno.EIO])
@pytest.mark.parametrize(("address", "other"), [(0x68, "AD0 high"), (0x69, "AD0 low")])
def test_nothing_answers(number, address, other):
    """Silence at the address, whatever number the adapter gives it, names wiring and AD0."""

    class Silent:
        def read_byte_data(self, _address, _register):
            raise OSError(number, os.strerror(number))

        def close(self):
            pass

    with pytest.raises(errors.DeviceNotFoundError, match=other) as caught:
        Mpu6050(Silent, VirtualClock(), address).open()  # type: ignore[arg-type]
    assert f"0x{address:02x}" in str(caught.value)
    assert caught.value.errno == number


def test_wrong_address():
    """A chip at 0x69 is not found at 0x68, with the errno that the Pi gives."""
    clock = VirtualClock()
    chip = SimulatedMpu6050(ramp, clock, address=0x69)
    with pytest.raises(errors.DeviceNotFoundError, match="0x69") as caught:
        Mpu6050(chip.bus, clock).open()
    assert caught.value.errno == errno.EREMOTEIO == 121


def test_kernel_holds_the_device():
    """An address that a kernel driver has taken is said to be so."""
    with pytest.raises(errors.DeviceBusyError, match="overlay"):
        raise errors.from_os(OSError(errno.EBUSY, "busy"), "/dev/i2c-1", 0x68, probing=True)


def test_one_coach_at_a_time_has_the_chip(tmp_path, monkeypatch):
    """A second one is refused before it touches the chip, and has it when the first one ends."""

    class File:
        """Stands for the bus's device file."""

        def __init__(self, number):
            self.fd = os.open(tmp_path / f"i2c-{number}", os.O_RDWR | os.O_CREAT)
            opened.add(self)

        def close(self):
            os.close(self.fd)
            opened.remove(self)

    opened = set()
    monkeypatch.setattr(i2c, "SMBus", File)
    monkeypatch.setattr(fcntl, "ioctl", lambda *_: 0)
    first, second = (Device(linux_bus(1, 0x68), 0x68, "/dev/i2c-1") for _ in range(2))
    other = Device(linux_bus(1, 0x69), 0x69, "/dev/i2c-1")
    first.open()
    with pytest.raises(errors.SensorHeldError, match="Another coach has the MPU-6050 at 0x68"):
        second.open()
    assert len(opened) == 1  # who is refused tries again for hours
    other.open()
    first.close()
    second.open()
    with pytest.raises(errors.SensorHeldError):
        first.open()
    second.close()
    other.close()


@pytest.mark.parametrize("number", [errno.EREMOTEIO, errno.ENXIO, errno.EIO, errno.EAGAIN])
def test_broken_transfer_after_the_first_answer(number):
    """Once the device has answered, a failed transfer is a transfer error."""
    error = errors.from_os(OSError(number, "x"), "/dev/i2c-1", 0x68, probing=False)
    assert isinstance(error, errors.TransferError)
    assert "plugs" in str(error)


def test_chip_that_keeps_nothing_is_refused():
    """A chip that does not hold what is written to it is refused at the start."""
    rig = Rig(open_it=False)
    rig.chip.inject(Fault.BROWN_OUT, delay=0.05)
    write = rig.chip.write
    rig.chip.write = lambda data: write(data[:1])  # the register's number, and no value
    with pytest.raises(errors.ConfigurationError):
        rig.sensor.open()


def test_failed_start_leaves_the_bus_closed():
    """After an error at the start no bus is left open, and a later start succeeds."""
    rig = Rig(open_it=False)
    rig.chip.inject(Fault.NACK, 1.0)
    with pytest.raises(errors.DeviceNotFoundError):
        rig.sensor.open()
    rig.clock.sleep(1.0)
    rig.sensor.open()
    assert len(rig.opened) == 2  # an adapter that was plugged in again is another
    assert len(rig.run(1).t) > 80


def test_read_before_open():
    """Reading a sensor that is not open is a programmer's error and says so."""
    with pytest.raises(RuntimeError, match="open"):
        Rig(open_it=False).sensor.read()


def test_close_lets_the_chip_sleep():
    """Closing sends the chip to sleep, and twice does no harm."""
    rig = Rig().run(1)
    rig.sensor.close()
    rig.sensor.close()
    assert rig.chip.bus().read_byte_data(0x68, Reg.PWR_MGMT_1) == r.PWR_SLEEP


def test_close_with_the_wires_off():
    """Closing does not raise when nothing answers any more."""
    rig = Rig().run(1)
    rig.chip.inject(Fault.NACK)
    rig.sensor.close()
