"""The MPU-6050: 100 samples a second out of its FIFO, and a driver that does not give up.

Wiring: VCC to 3.3 V (pin 1), GND to ground (pin 6), SDA to GPIO 2 (pin 3), SCL to GPIO 3 (pin 5);
AD0 open or low for address 0x68, high for 0x69.

    sensor = Mpu6050(linux_bus(1, 0x68), SystemClock())
    sensor.open()
    while True:
        reading = sensor.read()
        time.sleep(0.05)

The way of a sample: the chip puts it into its FIFO; `read` looks at the FIFO's fill, takes all
whole samples out, looks at the fill once more, reads the settings back, and lets the sample clock
say when each was taken. The second look is the proof: what should be left is left, so nothing was
torn or cut short; and the settings say that the samples mean what they are taken for. What can be
no measurement at all, `plausibility` keeps back.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hardware import errors
from hardware.clock import Clock
from hardware.errors import Remedy
from hardware.mpu6050 import registers as r
from hardware.mpu6050.configuration import PERIOD_S, Configuration, empty_fifo
from hardware.mpu6050.i2c import BusFactory, Device, identify
from hardware.mpu6050.incidents import Incidents
from hardware.mpu6050.lateness import Lateness
from hardware.mpu6050.places import MAY_BE_ELSEWHERE, Places, look_elsewhere
from hardware.mpu6050.plausibility import Plausibility
from hardware.mpu6050.readings import Burst, Reading
from hardware.mpu6050.registers import Reg
from hardware.mpu6050.sampleclock import SampleClock

SAMPLE_BYTES = 12  # accelerometer and gyroscope, three axes of two bytes each

CHUNK_BYTES = 21 * SAMPLE_BYTES
"""The longest single read: some adapters take no more than 255 bytes."""

SETTLING = 5
"""Samples dropped after each start: the gyroscope needs 30 ms (PS-MPU-6000A-00 6.1), the low-pass
another 10."""

CHECK_S = 0.5
"""How often the settings are read back that do not come with each burst: a brown-out has to be
noticed within 1 s."""

SILENCE_S = 0.3
"""No sample for this long means that none will come: 30 are due, and a start takes 0.1 s."""

SURPLUS = 1.5
"""Samples beyond what any chip can have made: after a loss one may have been counted too many."""

BACKOFF_S = 0.05
BACKOFF_MAX_S = 1.0
BACKOFF_RESET_MAX_S = 0.3  # the bus is well: a reset, and a look at what comes, disturbs nobody

Raw = NDArray[np.int16]

_AS_SENT = np.dtype(">i2")  # section 4.17: the high byte comes first


class Mpu6050:
    """An MPU-6050 (or a known clone) that is read in bursts and kept alive.

    `bus_factory` opens the bus and is called again whenever it had to be closed; `clock` is the one
    on whose scale the samples are stamped; `address` is 0x68 or, with AD0 high, 0x69; `bus_name`
    is for messages. `places` gives the places, this one among them, at which to look for a chip
    that does not answer here.
    """

    def __init__(
        self,
        bus_factory: BusFactory,
        clock: Clock,
        address: int = 0x68,
        *,
        bus_name: str = "the I2C bus",
        places: Places = lambda: iter(()),
    ) -> None:
        self._device = Device(bus_factory, address, bus_name)
        self._places = places
        self._clock = clock
        self._stamps = SampleClock(PERIOD_S)
        self._chip = r.CHIPS[0x68]
        self._configuration = Configuration(self._chip)
        self._step: Callable[[], Burst | None] | None = None  # what the next read does
        self._not_before = 0.0  # and when, at the earliest
        self._incidents = Incidents(clock)
        self._failures = 0  # in a row, since the last sample
        self._settling = 0
        self._check_at = 0.0
        self._heard = 0.0  # when the last samples came
        self._uneven = False  # the last look showed a part of a sample
        self._doubtful = False  # a burst was begun and not proved: the FIFO may be cut anywhere
        self._guard = Plausibility()
        self._lateness = Lateness()
        self._last_us: int | None = None  # of the last sample that was handed out

    # --- What the daemon uses

    def open(self) -> None:
        """Find the chip, set it up, and start it. Takes 0.1 s.

        Raises a `hardware.errors.SensorError`: `BusNotFoundError`, `BusPermissionError`,
        `BusStuckError`, `SensorHeldError`, `DeviceNotFoundError`, `DeviceBusyError`,
        `TransferError`, `UnknownChipError`, or `ConfigurationError` if it does not keep what is
        written to it.
        """
        try:
            self._reset()
            self._clock.sleep(r.RESET_S)
            self._start()
            self._configuration.check(self._device)
        except errors.SensorError:
            self._step = None
            self._device.close()  # and no more is written: who knows what is at that address
            raise

    def read(self) -> Reading:
        """What has come since the last call. Call it every 50 to 100 ms.

        Takes no longer than its transfers. Never raises for anything the sensor or the bus does:
        that becomes events.
        """
        if self._step is None:
            raise RuntimeError("open() comes first")
        burst = None
        if self._clock.now() >= self._not_before:
            try:
                burst = self._step()
            except errors.SensorError as error:
                self._suffer(error)
        return Reading(burst, self._incidents.take())

    def close(self) -> None:
        """Send the chip to sleep, if it still listens, and give the bus back."""
        self._step = None
        try:
            self._device.write(Reg.PWR_MGMT_1, r.PWR_SLEEP)
        except errors.SensorError:
            pass  # it is not needed any more
        finally:
            self._device.close()

    @property
    def sample_hz(self) -> float:
        """The chip's true sample rate, as far as it is known."""
        return 1.0 / self._stamps.period_s

    @property
    def holds_s(self) -> float:
        """How long the chip's FIFO takes to run over (s): it has to be read well before."""
        return self._chip.fifo_bytes // SAMPLE_BYTES * self._stamps.period_s

    @property
    def fault(self) -> errors.SensorError | None:
        """The fault that no sample has followed yet; None while all is well."""
        return self._incidents.fault

    # --- Starting. A reset makes the chip forget all, whatever state it was in; then it needs
    # 0.1 s, which is waited for between two reads, not inside one.

    def _reset(self) -> None:
        """Open the bus if need be, make sure of the chip, and reset it."""
        value = self._find()
        chip = r.CHIPS[value]
        if chip is not self._chip and not chip.genuine:
            self._incidents.warn(
                "clone_chip",
                f"The chip at {self._device} says it is 0x{value:02x} ({chip.name}), not an "
                "MPU-6050: it is used as one; compare its readings before you trust them.",
            )
        self._chip, self._configuration = chip, Configuration(chip)
        self._device.write(Reg.PWR_MGMT_1, r.PWR_DEVICE_RESET)
        self._stamps.restart()
        self._step = self._start
        self._not_before = self._clock.now() + r.RESET_S

    def _find(self) -> int:
        """The WHO_AM_I of the chip, in its place or in another, which is then its place."""
        try:
            self._device.open()
            return identify(self._device)
        except MAY_BE_ELSEWHERE:
            found = look_elsewhere(self._device, self._places())
            if found is None:
                raise
            self._device.close()
            self._device = found.device
            self._incidents.warn("found_elsewhere", found.message)
            return found.who_am_i

    def _start(self) -> None:
        """Wake the chip, configure it, and let the FIFO fill."""
        self._configuration.write(self._device)
        self._settling = SETTLING
        self._guard.distrust()
        self._doubtful = self._uneven = False
        self._heard = self._clock.now()
        self._check_at = self._heard + CHECK_S
        self._step = self._stream

    # --- Streaming

    def _stream(self) -> Burst | None:
        """Take what is in the FIFO, stamp it, and hand out what is beyond doubt."""
        if self._doubtful:
            self._flush()
        if (now := self._clock.now()) >= self._check_at:
            self._check_at = now + CHECK_S
            self._configuration.check_running(self._device)  # the others come with the burst
        waiting, before, after = self._fill()
        if waiting > self._chip.fifo_bytes - SAMPLE_BYTES:
            self._configuration.check_measuring(self._device)  # it may fill ten times as fast
            raise self._overflow()
        count, part = divmod(waiting, SAMPLE_BYTES)
        if part:
            # Seen in the middle of a sample's arrival, this is gone at the next look. If not, the
            # FIFO begins in the middle of a sample, and everything read from it would be torn.
            if self._uneven:
                self._configuration.check_measuring(self._device)  # samples of another size?
                raise self._short("its FIFO holds a part of a sample")
            self._uneven = True
            return None
        self._uneven = False
        held_up = after - before > PERIOD_S and before - self._heard < SILENCE_S
        if held_up and self._stamps.uncertainty_s > SILENCE_S:
            return None  # at the first look of all: the next one tells the time better
        if count == 0:
            self._nothing(before, after)
            return None
        if self._stamps.surplus(count, after) > SURPLUS:
            self._configuration.check(self._device)
            raise errors.SampleRateError(
                f"The chip at {self._device} gives samples faster than 100 Hz: it is reset."
            )
        self._doubtful = True
        raw = self._take(count)
        left, before_left, after_left = self._fill()
        if left % SAMPLE_BYTES:  # in the middle of an arrival as well: the next look tells
            left, before_left, after_left = self._fill()
        self._prove(waiting, left, after_left - before)
        self._configuration.check_measuring(self._device)
        self._doubtful = False
        self._heard = after
        t_us = self._stamps.stamp(count, before, after)
        self._stamps.look(left // SAMPLE_BYTES, before_left, after_left)
        return self._hand_out(Burst(t_us, raw))

    def _fill(self) -> tuple[int, float, float]:
        """How many bytes are in the FIFO, and the instants before and after the look."""
        before = self._clock.now()
        data = self._device.read(Reg.FIFO_COUNT_H, 2)
        after = self._clock.now()
        self._lateness.judge(before, after)
        self._limit(errors.LateBusError, self._lateness.limitation(self._device))
        return int.from_bytes(data, "big"), before, after

    def _take(self, count: int) -> Raw:
        """Read `count` samples from the FIFO, in pieces of whole samples."""
        data = b""
        while len(data) < count * SAMPLE_BYTES:
            rest = count * SAMPLE_BYTES - len(data)
            data += self._device.read(Reg.FIFO_R_W, min(rest, CHUNK_BYTES))
        return np.frombuffer(data, _AS_SENT).reshape(-1, 6).astype(np.int16)

    def _prove(self, waiting: int, left: int, seconds: float) -> None:
        """Raise unless the FIFO, with `waiting` bytes, only had more come in these `seconds`."""
        come = (seconds / PERIOD_S * 1.1 + 1) * SAMPLE_BYTES  # at the most
        may_be_over = waiting + come > self._chip.fifo_bytes
        if may_be_over and self._device.read(Reg.INT_STATUS, 1)[0] & r.INT_FIFO_OVERFLOW:
            raise self._overflow()
        if left % SAMPLE_BYTES or left > come:
            raise self._short("a burst from it broke off")

    def _nothing(self, before: float, after: float) -> None:
        """No sample is there: unusual after 50 ms, so see whether the chip still knows its task."""
        self._stamps.stamp(0, before, after)
        silent = before - self._heard
        if silent > 3 * PERIOD_S:
            self._configuration.check(self._device)  # which may explain it
        if silent > SILENCE_S:
            raise errors.NoDataError(
                f"The chip at {self._device} answers but has taken no sample for "
                f"{silent:.1f} s: it is reset; check its supply if this comes again."
            )

    def _hand_out(self, burst: Burst) -> Burst | None:
        """Drop what is not settled, and hold back what may be frozen."""
        dropped = min(self._settling, len(burst))
        self._settling -= dropped
        burst = self._guard.sift(burst, dropped)
        if burst:
            self._account(burst)
        self._limit(errors.GyroscopeError, self._guard.limitation(self._device))
        nonsense = self._guard.error(self._device)
        if nonsense is not None:
            self._suffer(nonsense)
        return burst or None

    def _limit(self, kind: type[errors.SensorError], error: errors.SensorError | None) -> None:
        """A fault of this `kind` with which samples go on; None: there is none, or no more."""
        if error is not None:
            self._incidents.limit(error)
        else:
            self._incidents.lift(kind)

    def _account(self, burst: Burst) -> None:
        """Tell of the gap before `burst`, if there is one, and of the end of a fault."""
        gap_us = 0 if self._last_us is None else int(burst.t_us[0]) - self._last_us
        self._last_us = int(burst.t_us[-1])
        period = self._stamps.period_s
        missing_s = max(gap_us / 1e6 - period, 0.0)
        lost = round(missing_s / period)
        if lost and self._incidents.fault is None:
            self._incidents.begin(
                errors.SamplesLostError(
                    f"The chip at {self._device} gave fewer samples than it must have taken: "
                    "check whether another program reads it."
                )
            )
        self._incidents.recover(lost, missing_s if lost else 0.0)
        self._failures = 0

    # --- Trouble. A fault that only spoils what is in the FIFO is answered by emptying it; the
    # first failed transfer in a row by one more try, which costs no sample if it was a spike;
    # everything else by a reset, with a new bus if it was the bus, at growing intervals.

    def _overflow(self) -> errors.SensorError:
        self._flush()
        return errors.FifoOverflowError(
            f"The FIFO of the chip at {self._device} overflowed because it was not read in time: "
            "what it held is dropped; check what keeps this machine busy."
        )

    def _short(self, what: str) -> errors.SensorError:
        self._flush()
        return errors.ShortReadError(
            f"The chip at {self._device} gave less than it was asked for ({what}): what the FIFO "
            "held is dropped; check SDA and SCL, and keep them short."
        )

    def _flush(self) -> None:
        """Empty the FIFO; the chip goes on taking samples, and the sample clock counts them."""
        self._stamps.lose()
        empty_fifo(self._device)
        self._device.read(Reg.INT_STATUS, 1)  # which forgets the overflow
        self._doubtful = self._uneven = False
        self._heard = self._clock.now()

    def _suffer(self, error: errors.SensorError) -> None:
        """Tell of a fault, once, and arrange for what comes next."""
        self._incidents.begin(error)
        self._failures += 1
        self._guard.drop()
        wait = 0.0
        if error.remedy is Remedy.FLUSH:
            return
        if error.remedy is Remedy.REOPEN:
            wait = BACKOFF_S
            if self._failures > 1:
                self._device.close()
                self._step = self._reset
        else:
            self._step = self._reset
        if self._failures > 1:
            longest = BACKOFF_RESET_MAX_S if error.remedy is Remedy.RESET else BACKOFF_MAX_S
            wait = min(BACKOFF_S * 2 ** min(self._failures - 2, 10), longest)
        self._not_before = self._clock.now() + wait
