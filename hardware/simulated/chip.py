"""A simulated MPU-6050, at the level of its registers.

It takes its samples when its own oscillator says so, keeps them in a FIFO that overflows, forgets
everything when it is reset, and sleeps until it is woken. What it measures comes from a function
of time; what happens to it on the way is asked for with `inject`.

What is approximate: the low-pass only sets the noise's bandwidth (a source that is fed through it
is taken to be smooth already, and its 5 ms delay is left out), samples have no jitter, and
registers that the driver does not use are plain memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hardware.clock import Clock
from hardware.mpu6050 import registers as r
from hardware.mpu6050.registers import Reg
from hardware.simulated.bus import SimulatedBus
from hardware.simulated.faults import CURED_BY_RESET, REGISTERS, STUCK_AT, Fault, Injected

Floats = NDArray[np.float64]
Source = Callable[[Floats], Floats]
"""Instants (n,), seconds on the clock's scale, to (n, 6): ax ay az in g, gx gy gz in deg/s."""

ACCEL_NOISE_G = 400e-6 * math.sqrt(44 * math.pi / 2)
"""PS-MPU-6000A-00 6.2: 400 ug per root Hz, through 44 Hz of first order; rms per axis."""
GYRO_NOISE_DPS = 0.005 * math.sqrt(42 * math.pi / 2)
"""PS 6.1: 0.005 deg/s per root Hz, through 42 Hz; rms per axis."""

START_UP_S = 0.0337
"""PS 6.1: the gyroscope needs 30 ms. The rest is no multiple of a sample period, so that a reader
with a regular rhythm does not read at the very instants of samples."""
RESET_BUSY_S = 0.9 * r.RESET_S  # during which writes are lost: a driver that does not wait fails
_BURST_MAX = 256  # samples made at once after a long silence: more than any FIFO holds

DEFAULT_TRIM = r.TrimCodes(accel=(15, 17, 12), gyro=(10, 14, 9))  # mid-range, as shipped chips have

_BRIEF = {  # s, where `inject` is not told a duration
    Fault.BROWN_OUT: 0.02,
    Fault.STALL: 1.0,
    Fault.BYTES_LOST: 0.0,
}

ACCEL_DRIFT_G_PER_C = np.array([0.035, 0.035, 0.06]) / 70.0
GYRO_DRIFT_DPS_PER_C = 20.0 / 60.0
"""PS 6.2 and 6.1: how far the zeros may move from 0 to 70 C, and from 25 C to either end."""

WARMING_S = 300.0
"""A chip that is switched on, or clipped to a body, comes to its temperature in this time."""

LOSSES_EVERY_S = 0.2  # of bytes, while the fault lasts

_DATA = slice(Reg.ACCEL_XOUT_H, Reg.ACCEL_XOUT_H + 14)
_DATA_END = Reg.ACCEL_XOUT_H + 14
_READ_ONLY = frozenset(
    {Reg.INT_STATUS, Reg.WHO_AM_I, Reg.FIFO_COUNT_H, Reg.FIFO_COUNT_H + 1}
).union(range(Reg.ACCEL_XOUT_H, _DATA_END))


class SimulatedMpu6050:
    """An MPU-6050 that measures `source`. `bus()` is what to give to the driver.

    `rate_error`: its oscillator is fast by this part. `who_am_i` makes it a clone, with the clone's
    FIFO. `noise` scales the noise that the product specification gives; `seed` makes it the same
    in every run. `gyro_bias` in deg/s and `accel_offset` in g are what it shows at zero;
    `scale_error` is the part by which each of the six channels is off. `warming_c`: it is to become
    so much warmer, and its zeros drift. `trim` are the factory's self-test
    codes, and `self_test_error` the part by which each axis's response differs from them.
    """

    def __init__(
        self,
        source: Source,
        clock: Clock,
        *,
        address: int = 0x68,
        rate_error: float = 0.0,
        who_am_i: int = 0x68,
        noise: float = 1.0,
        seed: int = 0,
        gyro_bias: Sequence[float] = (0.0, 0.0, 0.0),
        accel_offset: Sequence[float] = (0.0, 0.0, 0.0),
        scale_error: Sequence[float] = (0.0,) * 6,
        warming_c: float = 0.0,
        trim: r.TrimCodes = DEFAULT_TRIM,
        self_test_error: Sequence[float] = (0.0,) * 6,
    ) -> None:
        self.clock = clock
        self.address = address
        self.faults: list[Injected] = []
        self.source = source
        self._rate = 1.0 + rate_error
        self.who_am_i = who_am_i
        self._chip = r.CHIPS.get(who_am_i, r.CHIPS[0x68])
        self._noise = noise * np.array([ACCEL_NOISE_G] * 3 + [GYRO_NOISE_DPS] * 3)
        self._random = np.random.default_rng(seed)
        self._chance = np.random.default_rng([seed, 1])  # what befalls it: the noise stays the same
        self._bias = np.array([*accel_offset, *gyro_bias], dtype=float)
        self._scale = 1.0 + np.array(scale_error)
        self._drift = np.array([*ACCEL_DRIFT_G_PER_C, *[GYRO_DRIFT_DPS_PER_C] * 3])
        self._warming_c = warming_c
        self._made = clock.now()
        self._trim = trim
        counts = np.array([4096.0] * 3 + [131.0] * 3)  # of the ranges that the trim is defined for
        self._response = np.array(r.factory_trim(trim)) / counts * (1 + np.array(self_test_error))
        self._busy_until = -math.inf
        self._power_on()

    def bus(self) -> SimulatedBus:
        """A newly opened bus with this chip on it; `FileNotFoundError` while the bus is gone."""
        return SimulatedBus(self)

    def inject(self, fault: Fault, duration: float | None = None, *, delay: float = 0.0) -> None:
        """Let `fault` begin in `delay` seconds and last `duration`.

        None is a short dip for `BROWN_OUT`, a second for `STALL`, for the others until `heal`.
        """
        begin = self.clock.now() + delay
        lasting = _BRIEF.get(fault, math.inf) if duration is None else duration
        self.faults.append(Injected(begin, begin + lasting, fault))

    def heal(self) -> None:
        """End every fault."""
        self.faults.clear()

    def active(self, fault: Fault) -> bool:
        """Whether `fault` is upon the chip now."""
        now = self.clock.now()
        return any(what is fault and begin <= now < end for begin, end, what in self.faults)

    # --- What a bus master can do: write bytes (the first is a register), read bytes.

    def write(self, data: bytes) -> None:
        """Set the register pointer to the first byte, then store the others from there on."""
        self._catch_up()
        self._pointer = data[0]
        for value in data[1:]:
            self._store(self._pointer, value)
            self._advance()

    def read(self, length: int) -> bytes:
        """Read from the register pointer on; the FIFO's register does not move it."""
        self._catch_up()
        if self._pointer == Reg.FIFO_R_W:
            return self._pop(length)
        if self._pointer < _DATA_END and self._pointer + length > Reg.ACCEL_XOUT_H:
            self._refresh_data()
        out = bytearray()
        for _ in range(length):
            if self._pointer == Reg.FIFO_COUNT_H:  # reading the high byte latches both
                self._regs[self._pointer : self._pointer + 2] = len(self._fifo).to_bytes(2, "big")
            if self._pointer == Reg.FIFO_R_W:
                out += self._pop(1)
                continue
            out.append(self._regs[self._pointer])
            if self._pointer == Reg.INT_STATUS:
                self._regs[Reg.INT_STATUS] = 0
            self._advance()
        return bytes(out)

    def _advance(self) -> None:
        if self._pointer != Reg.FIFO_R_W:
            self._pointer = (self._pointer + 1) & 0x7F

    def _store(self, register: int, value: int) -> None:
        if self.clock.now() < self._busy_until or register in _READ_ONLY:
            return
        if register == Reg.PWR_MGMT_1:
            if value & r.PWR_DEVICE_RESET:
                self._power_on()
                self._busy_until = self.clock.now() + RESET_BUSY_S
                return
            if self._regs[register] & r.PWR_SLEEP and not value & r.PWR_SLEEP:
                self._start(START_UP_S)
        elif register == Reg.USER_CTRL:
            if value & r.USER_FIFO_RESET and not value & r.USER_FIFO_EN:
                self._fifo.clear()
            value &= ~r.USER_FIFO_RESET
        self._regs[register] = value
        if register in (Reg.SMPLRT_DIV, Reg.CONFIG):
            self._start(max(self._begin - self.clock.now(), 0.0))
        elif register in (Reg.ACCEL_CONFIG, Reg.GYRO_CONFIG):
            self._set_ranges()

    def _power_on(self) -> None:
        """All registers to their defaults; a fault that a reset cures is over."""
        self._regs = bytearray(128)
        self._regs[Reg.PWR_MGMT_1] = r.POWER_ON_PWR_MGMT_1
        self._regs[Reg.WHO_AM_I] = self.who_am_i
        self._regs[Reg.SELF_TEST_X : Reg.SELF_TEST_A + 1] = self._trim.pack()
        self._fifo = bytearray()
        self._popped = 0  # the byte that was last read: what an empty FIFO gives
        self._pointer = 0
        self._busy_until = -math.inf
        self._latest = np.zeros(6, np.int16)
        self.faults = [
            f for f in self.faults if not (f.fault in CURED_BY_RESET and math.isinf(f.end))
        ]
        self._set_ranges()
        self._start(START_UP_S)

    def lose_power(self) -> None:
        """What a brown-out does to the registers."""
        self._power_on()

    # --- Sampling

    def _start(self, delay: float) -> None:
        """Begin to sample, after `delay`, at the rate that the registers say."""
        self._start_at(self.clock.now() + delay)

    def _start_at(self, instant: float) -> None:
        unfiltered = self._regs[Reg.CONFIG] & r.DLPF_MASK in r.DLPF_OFF
        output_hz = r.RATE_UNFILTERED_HZ if unfiltered else r.RATE_FILTERED_HZ
        self._period = (1 + self._regs[Reg.SMPLRT_DIV]) / (output_hz * self._rate)
        self._begin = instant
        self._taken = 0  # samples since then; the first is taken one period after it

    def _set_ranges(self) -> None:
        accel = r.range_of(r.ACCEL_RANGES, self._regs[Reg.ACCEL_CONFIG]).counts
        gyro = r.range_of(r.GYRO_RANGES, self._regs[Reg.GYRO_CONFIG]).counts
        self._counts = np.array([accel] * 3 + [gyro] * 3)
        tested = [bool(self._regs[Reg.ACCEL_CONFIG] & bit) for bit in r.SELF_TEST_AXES]
        tested += [bool(self._regs[Reg.GYRO_CONFIG] & bit) for bit in r.SELF_TEST_AXES]
        self._offset = self._bias + self._response * tested

    def _due(self, until: float) -> int:
        """How many samples the oscillator has called for and nobody has made yet."""
        if self._regs[Reg.PWR_MGMT_1] & r.PWR_SLEEP:
            return 0
        return int((until - self._begin) / self._period) - self._taken

    def _catch_up(self) -> None:
        """Put into the FIFO what was sampled since the last transfer; settings may be lost."""
        now = self.clock.now()
        due = [f for f in self.faults if f.fault in REGISTERS and f.begin <= now]
        for lost in sorted(due):
            self._sample(lost.begin)
            self.faults.remove(lost)
            self._regs[REGISTERS[lost.fault]] = 0
            self._set_ranges()
            if lost.fault is Fault.DIVIDER_LOST:
                self._start_at(max(lost.begin, self._begin))
        self._sample(now)
        for lost in [f for f in self.faults if f.fault is Fault.BYTES_LOST and f.begin <= now]:
            self._lose_bytes(lost, now)

    def _lose_bytes(self, lost: Injected, now: float) -> None:
        at, count = int(self._chance.integers(0, 100)), int(self._chance.integers(1, 12))
        if len(self._fifo) <= count:
            return  # the next time that there are any
        at = at * (len(self._fifo) - count) // 100
        del self._fifo[at : at + count]
        self.faults.remove(lost)
        if now + LOSSES_EVERY_S < lost.end:
            self.faults.append(lost._replace(begin=now + LOSSES_EVERY_S))

    def _sample(self, until: float) -> None:
        due = self._due(until)
        if due <= 0:
            return
        samples = self._take(due)
        if not self._regs[Reg.USER_CTRL] & r.USER_FIFO_EN:
            return
        enabled = self._regs[Reg.FIFO_EN]
        stored = samples
        if enabled != r.FIFO_ACCEL | r.FIFO_GYRO:
            words = np.insert(samples, 3, 0, axis=1)
            stored = words[:, [c for c, bit in enumerate(r.FIFO_WORDS) if enabled & bit]]
        self._fifo += stored.astype(">i2").tobytes()
        over = len(self._fifo) - self._chip.fifo_bytes
        if over > 0:
            del self._fifo[:over]
            self._regs[Reg.INT_STATUS] |= r.INT_FIFO_OVERFLOW & self._regs[Reg.INT_ENABLE]

    def _take(self, due: int) -> NDArray[np.int16]:
        """Measure the next `due` samples (only the last of them, if they are very many)."""
        first = self._taken + max(0, due - _BURST_MAX)
        self._taken += due
        t: Floats = self._begin + self._period * np.arange(
            first + 1, self._taken + 1, dtype=np.float64
        )
        x = self.source(t) * self._scale + self._offset
        if self._warming_c:
            warmed = -np.expm1(-(t - self._made) / WARMING_S)
            x += self._warming_c * warmed[:, None] * self._drift
        x += self._random.standard_normal(x.shape) * self._noise
        counts = np.rint(x * self._counts)
        np.clip(counts, -32768, 32767, out=counts)
        raw: NDArray[np.int16] = counts.astype(np.int16)
        if self.faults:
            raw = self._spoil(t, raw)
        if len(raw):
            self._latest = raw[-1]
        return raw

    def _spoil(self, t: Floats, raw: NDArray[np.int16]) -> NDArray[np.int16]:
        """Apply the faults that change samples, each to those that were taken while it lasted."""
        taken = np.ones(len(t), bool)
        for begin, end, fault in self.faults:
            during = (t >= begin) & (t < end)
            if fault is Fault.SILENT:
                taken &= ~during
            elif fault is Fault.FROZEN and during.any():
                at = int(np.argmax(during))
                raw[during] = raw[at - 1] if at else self._latest
            elif fault in STUCK_AT:
                channels, counts = STUCK_AT[fault]
                raw[during, channels] = counts
        kept: NDArray[np.int16] = raw[taken]
        return kept

    def _refresh_data(self) -> None:
        """Put the newest sample into the data registers, around those of a thermometer."""
        due = self._due(self.clock.now())
        if due > 0:
            self._take(due)
        raw = self._latest.astype(">i2").tobytes()
        self._regs[_DATA] = raw[:6] + bytes(2) + raw[6:]

    def _pop(self, length: int) -> bytes:
        out = bytes(self._fifo[:length])
        del self._fifo[:length]
        if out:
            self._popped = out[-1]
        return out + bytes([self._popped]) * (length - len(out))
