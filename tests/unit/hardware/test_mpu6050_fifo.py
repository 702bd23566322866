"""The driver and the chip's FIFO: full, overflown, read too late, or by somebody else."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hardware.mpu6050.driver import SAMPLE_BYTES
from hardware.mpu6050.registers import Reg
from tests.support.rig import PERIOD_S, Rig


@pytest.mark.parametrize("stall", [0.9, 1.3, 2.0, 3.7])
@pytest.mark.parametrize("rate_error", [-0.03, -0.001, 0.0, 0.02])
def test_overflow_counts_the_lost_samples(stall, rate_error):
    """An overflow is a gap with exactly the number of samples that the chip took meanwhile."""
    rig = Rig(rate_error=rate_error).run(20)
    rig.run(stall, stall).run(1)
    assert rig.faults() == [("fault", "fifo_overflow"), ("recovered", "fifo_overflow")]
    step = np.diff(rig.true_t).max()
    assert rig.events[-1].lost == round(step * 100 * (1 + rate_error)) - 1
    assert rig.events[-1].lost >= 100 * stall * (1 + rate_error) - 6


def test_overflow_between_the_look_and_the_burst():
    """A host that is held up just before it takes the burst names what that brought about."""
    rig = Rig().run(5)
    read = rig.chip.read

    def held_up(length):
        if length >= SAMPLE_BYTES:
            rig.chip.read = read
            rig.clock.sleep(1.3)
        return read(length)

    rig.chip.read = held_up
    rig.run(2)
    assert rig.faults() == [("fault", "fifo_overflow"), ("recovered", "fifo_overflow")]
    assert rig.events[-1].lost == round(np.diff(rig.true_t).max() / PERIOD_S) - 1


def test_nothing_is_asked_that_the_fill_has_told():
    """A turn takes four transfers: the fill, the burst, the fill, what decides its meaning."""
    rig = Rig().run(5)
    asked = []
    write = rig.chip.write
    rig.chip.write = lambda data: (asked.append(data[0]), write(data))
    rig.run(1)
    fifo = [register for register in asked if register in (Reg.FIFO_COUNT_H, Reg.FIFO_R_W)]
    assert fifo == [Reg.FIFO_COUNT_H, Reg.FIFO_R_W, Reg.FIFO_COUNT_H] * 20
    assert asked.count(Reg.SMPLRT_DIV) <= 22
    assert len(asked) - len(fifo) <= 30  # beside that the other settings, twice a second


def test_full_fifo_is_no_overflow():
    """Reading late, with the FIFO nearly full, loses nothing and says nothing."""
    rig = Rig().run(5)
    rig.run(0.8, 0.8).run(1)
    assert rig.events == []
    assert np.diff(rig.true_t).max() < 1.1 * PERIOD_S


def test_clone_overflows_at_its_own_size():
    """A clone's FIFO of 512 bytes overflows after 0.4 s, and that is seen."""
    rig = Rig(who_am_i=0x70).run(5)
    rig.run(0.5, 0.5).run(1)
    assert rig.faults()[1:] == [("fault", "fifo_overflow"), ("recovered", "fifo_overflow")]
    assert rig.events[-1].lost == round(np.diff(rig.true_t).max() / PERIOD_S) - 1


def test_burst_that_fails_half_way():
    """A burst that breaks off with an error leaves a FIFO that cannot be trusted: it is emptied."""
    rig = Rig().run(5)
    read = rig.chip.read

    def once(length):
        data = read(length)
        if length > 14:
            rig.chip.read = read
            raise OSError(5, "Input/output error")
        return data

    rig.chip.read = once
    rig.run(2)
    assert rig.faults() == [("fault", "transfer"), ("recovered", "transfer")]
    assert 5 <= rig.events[-1].lost <= 16
    assert rig.events[-1].lost == round(np.diff(rig.true_t).max() / PERIOD_S) - 1
    assert rig.misread < 2


def test_fifo_that_begins_in_the_middle_of_a_sample():
    """A byte that somebody else took is noticed; not one torn sample comes out."""
    rig = Rig().run(5)
    rig.clock.sleep(0.03)
    rig.chip.bus().read_byte_data(0x68, Reg.FIFO_R_W)
    rig.run(2)
    assert rig.faults() == [("fault", "short_read"), ("recovered", "short_read")]
    assert rig.misread < 2


def test_a_look_in_the_middle_of_a_samples_arrival_costs_nothing():
    """The next look shows it whole: no fault is told, and nothing is lost."""
    rig = Rig().run(5)
    read, looks = rig.chip.read, itertools.count(1)

    def torn(length):
        data = read(length)
        if length == 2 and next(looks) % 6 == 0:  # now before a burst, now after it
            data = (int.from_bytes(data, "big") + 5).to_bytes(2, "big")
        return data

    rig.chip.read = torn
    rig.run(5)
    assert next(looks) > 100
    assert rig.events == []
    assert rig.misread < 1
    assert np.diff(rig.true_t).max() < 1.1 * PERIOD_S


def test_samples_that_somebody_else_took():
    """Whole samples that vanish from the FIFO are a gap with a name of its own."""
    rig = Rig().run(5)
    rig.clock.sleep(0.3)
    rig.chip.bus().read_i2c_block_data(0x68, Reg.FIFO_R_W, 24)
    rig.run(2)
    assert rig.faults() in ([], [("fault", "samples_lost"), ("recovered", "samples_lost")])
    rig.clock.sleep(0.3)
    for _ in range(10):
        rig.chip.bus().read_i2c_block_data(0x68, Reg.FIFO_R_W, 24)
    rig.run(2)
    assert rig.faults()[-2:] == [("fault", "samples_lost"), ("recovered", "samples_lost")]
    assert 18 <= rig.events[-1].lost <= 23
