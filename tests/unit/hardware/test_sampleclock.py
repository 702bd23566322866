"""Stamps that are smooth, true and never run backward, from counts alone."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.mpu6050 import sampleclock
from hardware.mpu6050.sampleclock import SampleClock

NOMINAL_S = 0.01


class Chip:
    """Samples at its own rate; `look` is what a host sees that is slow by `delay` and `span`."""

    def __init__(self, rate_error=0.0, phase=0.0037, wander=0.0, seconds=60.0):
        self.period = NOMINAL_S / (1 + rate_error)
        i = np.arange(int((seconds + 5) / self.period))
        bend = 1 + wander * np.sin(2 * np.pi * i * self.period / 600)
        self.t = phase + np.cumsum(self.period * bend)
        self.clock = SampleClock(NOMINAL_S)
        self.read = 0
        self.stamps = []

    def look(self, t, span=0.0, where=0.5):
        """Look at the fill at some instant between `t` and `t + span`, and stamp what is new."""
        count = int(np.searchsorted(self.t, t + where * span, "right")) - self.read
        stamps = self.clock.stamp(count, t, t + span)
        assert len(stamps) == count
        self.read += count
        self.stamps.append(stamps)

    def run(self, seconds, rng, *, jitter=0.0, late=0.0, span=0.0):
        """Look every 50 ms, `jitter` late, now and then (`late`) up to 0.7 s."""
        due = 0.0
        while due < seconds:
            due += 0.05
            t = due + rng.random() * jitter
            if rng.random() < late:
                t += rng.random() * 0.7
                due = t
            self.look(t, rng.random() * span, rng.random())
        return self

    @property
    def given(self):
        return np.concatenate(self.stamps) / 1e6

    @property
    def error(self):
        return self.given - self.t[: self.read]


@given(
    rate_error=st.floats(-0.05, 0.05),
    phase=st.floats(0, 0.01),
    jitter=st.floats(0, 0.03),
    late=st.floats(0, 0.1),
    span=st.floats(0, 0.004),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=60, deadline=None)
def test_stamps_are_smooth_and_within_a_period(rate_error, phase, jitter, late, span, seed):
    """Whatever the host does, intervals stay within 7 %, and errors, after 3 s, within a period."""
    chip = Chip(rate_error, phase, seconds=15)
    chip.run(15, random.Random(seed), jitter=jitter, late=late, span=span)
    intervals = np.diff(chip.given) / chip.period
    assert intervals.min() > 0.93
    assert intervals.max() < 1.07
    # The first looks say little; and what lay in the FIFO before the first has nobody's period.
    first = len(next(stamps for stamps in chip.stamps if len(stamps)))
    error = np.abs(chip.error) / chip.period
    assert error[first:].max() < 1.6
    assert error[:first].max() < 1.6 + first * abs(rate_error)
    assert np.abs(chip.error[chip.t[: chip.read] > 3]).max() < 1.1 * chip.period


@given(
    rate_error=st.floats(-0.03, 0.03),
    phase=st.floats(0, 0.01),
    late=st.floats(0, 0.05),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=25, deadline=None)
def test_stamps_converge_in_seconds(rate_error, phase, late, seed):
    """With looks that wander by milliseconds, as looks do, stamps are true to 2 ms after 10 s."""
    chip = Chip(rate_error, phase, seconds=30)
    chip.run(30, random.Random(seed), jitter=0.012, late=late, span=0.0005)
    assert np.abs(chip.error[chip.t[: chip.read] > 10]).max() < 0.002
    assert abs(chip.clock.period_s / chip.period - 1) < 2e-4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate_error", "seconds"), [(-0.03, 1200), (-0.0031, 1200), (0.0171, 1200), (0.0, 3600)]
)
def test_no_drift_in_a_session(rate_error, seconds):
    """After a minute, stamps are true to 1 ms (3 ms in step with the host), without drift."""
    chip = Chip(rate_error, seconds=seconds)
    chip.run(seconds, random.Random(7), jitter=0.004, late=0.001, span=0.0004)
    after = chip.t[: chip.read] > 60
    t, error = chip.t[: chip.read][after], chip.error[after]
    assert np.abs(error).max() < (0.001 if rate_error else 0.003)
    assert abs(np.polyfit(t, error, 1)[0]) * 3600 < 0.001


@pytest.mark.parametrize("rate_error", [-0.03, 0.01])
def test_no_drift_with_a_rhythm_of_its_own(rate_error):
    """A host that looks exactly every 50 ms, as a virtual one does, keeps the stamps as true."""
    chip = Chip(rate_error, seconds=1200).run(1200, random.Random(1))
    after = chip.t[: chip.read] > 60
    t, error = chip.t[: chip.read][after], chip.error[after]
    assert np.abs(error - np.median(error)).max() < 0.001
    assert abs(np.polyfit(t, error, 1)[0]) * 3600 < 0.001


@pytest.mark.parametrize("rate_error", [0.0, 1e-6, -1e-4])
def test_hosts_rhythm_that_is_the_chips(rate_error):
    """Where looks and samples keep step, the phase is unknown: even then within one period."""
    chip = Chip(rate_error, seconds=1200).run(1200, random.Random(1))
    assert np.abs(chip.error).max() < 1.01 * chip.period


def test_a_warming_chip_is_followed():
    """A rate that wanders by 100 ppm within minutes costs less than 2 ms."""
    chip = Chip(0.007, wander=1e-4, seconds=1200)
    chip.run(1200, random.Random(3), jitter=0.006, span=0.0004)
    assert np.abs(chip.error[chip.t[: chip.read] > 60]).max() < 0.002


def test_a_rate_that_jumps_is_found_again():
    """By half a per cent, read late just then: within a period meanwhile, and then true again."""
    chip = Chip(0.003, seconds=60)
    jump = int(np.searchsorted(chip.t, 20.0))
    chip.t[jump:] = chip.t[jump - 1] + 0.00992 * np.arange(1, len(chip.t) - jump + 1)
    for t in np.arange(0.05, 45.0, 0.0503):
        if not 20.0 < t < 20.8:
            chip.look(t)
    assert np.abs(chip.error[100:]).max() < chip.period
    assert np.abs(chip.error[chip.t[: chip.read] > 35]).max() < 0.001
    assert chip.clock.period_s == pytest.approx(0.00992, rel=2e-4)


def test_a_late_read_shifts_nothing():
    """A look that is 0.8 s late brings more samples, at the very times they would have had."""
    ticks = np.arange(1, 601) * 0.0501
    prompt, late = Chip(0.01), Chip(0.01)
    for t in ticks:
        prompt.look(t)
        if not 20 < t < 20.8:
            late.look(t)
    assert late.read == prompt.read
    assert np.abs(late.given - prompt.given).max() < 0.0002


def test_a_preempted_look_shifts_nothing():
    """A look that ends half a second late, with the count of its beginning, is harmless."""
    chip = Chip(0.01)
    for k, t in enumerate(np.arange(1, 601) * 0.0501):
        chip.look(t, span=0.5 if k % 10 == 5 else 0.0, where=0.0)
    assert np.abs(chip.error[1000:]).max() < 0.001


@pytest.mark.parametrize("lost_s", [0.05, 0.3, 2.0, 30.0])
def test_lost_samples_are_counted_by_the_clock(lost_s):
    """After a flush the stamps go on where the samples truly are, however many were lost."""
    chip = Chip(-0.013, seconds=120)
    chip.run(20, random.Random(5), jitter=0.004)
    flushed = 20.05 + lost_s
    chip.clock.lose()
    missed = int(np.searchsorted(chip.t, flushed, "right")) - chip.read
    chip.t = np.delete(chip.t, slice(chip.read, chip.read + missed))
    chip.look(flushed + 0.053)
    assert np.abs(chip.error).max() < 0.006
    first_after = len(chip.given) - len(chip.stamps[-1])
    assert (
        round((chip.given[first_after] - chip.given[first_after - 1]) / chip.period) - 1 == missed
    )


def test_restart_keeps_the_period_and_finds_the_phase():
    """After a reset the samples begin at any phase: stamps are within a period at once."""
    chip = Chip(0.02, seconds=60).run(20, random.Random(5), jitter=0.004)
    chip.clock.restart()
    chip.t = np.concatenate([chip.t[: chip.read], 20.3137 + chip.period * np.arange(3000)])
    chip.look(20.32)
    assert chip.clock.period_s == pytest.approx(chip.period, rel=1e-4)
    for t in np.arange(20.35, 40, 0.0503):
        chip.look(t)
    after = chip.t[: chip.read] > 20.3
    assert np.abs(chip.error[after]).max() < chip.period
    assert np.abs(chip.error[-500:]).max() < 0.001
    assert (np.diff(chip.given) > 0).all()


@pytest.mark.parametrize(("count", "made_good"), [(5, 0.2), (60, 1.0)])
def test_what_stamps_are_off_by_is_made_good_bit_by_bit(count, made_good):
    """A twenty-fifth of it with each sample; who reads many ends on the line, not beyond it."""
    clock = SampleClock(NOMINAL_S)
    clock.stamp(1, 0.0, 0.0)  # taken at -8 ms, as the looks below tell; stamped as if at -5
    for waiting in range(1, count):
        taken = waiting * NOMINAL_S - 0.008
        clock.look(waiting - 1, taken - 1e-4, taken - 1e-4)
        clock.look(waiting, taken + 1e-4, taken + 1e-4)
    now = count * NOMINAL_S - 0.005
    stamps = clock.stamp(count, now, now) / 1e6
    assert stamps[-1] == pytest.approx(now - 0.003 * made_good, abs=0.0003)
    assert stamps[0] - -0.005 > NOMINAL_S * 0.98


def test_what_stamps_are_off_by_is_made_good_gently_and_soon():
    """One sample thrown away: no interval is off by more than 2 %, and a second later none is."""
    chip = Chip(0.01, seconds=40).run(20, random.Random(5), jitter=0.004)
    before = len(chip.given)
    chip.clock.lose()
    chip.t = np.delete(chip.t, chip.read)
    for t in np.arange(20.0987, 24, 0.0503):
        chip.look(t)
    intervals = np.diff(chip.given[before - 1 :]) / chip.period
    assert 1.015 < intervals.max() < 1.021
    assert np.abs(chip.error[before + 100 :]).max() < 0.0005


def test_two_samples_thrown_away_are_a_gap():
    """They are not smoothed over: the stamps after it stand where they belong."""
    chip = Chip(0.01, seconds=40).run(20, random.Random(5), jitter=0.004)
    chip.clock.lose()
    chip.t = np.delete(chip.t, [chip.read, chip.read + 1])
    chip.look(20.0987)
    assert np.abs(chip.error[-len(chip.stamps[-1]) :]).max() < 0.0005


def test_samples_that_vanish_without_a_word_are_a_gap_of_their_length():
    """Nobody has said that any were thrown away; the line knows that they are due."""
    chip = Chip(0.01, seconds=40).run(20, random.Random(5), jitter=0.004)
    chip.t = np.delete(chip.t, slice(chip.read, chip.read + 20))
    for t in np.arange(20.26, 22.0, 0.0503):
        chip.look(t)
    assert np.abs(chip.error[1000:]).max() < 0.0005


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_lost_at_the_very_instant_of_a_sample(seed):
    """A flush that threw nothing away moves no stamp, whether or not the newest seems due yet."""
    chip = Chip(0.013, seconds=40).run(20, random.Random(seed), jitter=0.004)
    at = chip.t[chip.read + 4] + 1e-6
    chip.clock.lose()
    chip.look(at)
    for t in np.arange(at + 0.0503, 24, 0.0503):
        chip.look(t)
    assert np.abs(chip.error[2000:]).max() < 0.001


def test_a_slow_chip_that_was_read_late_has_lost_nothing():
    """At the second look of all, the period is not yet known well enough to miss a sample."""
    chip = Chip(-0.05, seconds=20)
    for t in (0.05, *np.arange(0.85, 3, 0.05)):
        chip.look(t)
    assert (np.diff(chip.given) / chip.period).max() < 1.07


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_after_a_loss_too_long_to_count_the_stamps_begin_anew(seed):
    """They are within half a period at once: a wrong count would be believed."""
    chip = Chip(0.03, seconds=70).run(1, random.Random(seed), jitter=0.004)
    known = chip.read
    chip.clock.lose()
    chip.t = np.delete(chip.t, slice(known, int(np.searchsorted(chip.t, 31.05, "right"))))
    for t in np.arange(31.103, 41, 0.0503):
        chip.look(t)
    assert np.abs(chip.error[known:]).max() < 0.5 * chip.period


def test_a_chip_that_is_a_little_uneven_contradicts_no_line():
    """Looks just before and just after samples that are some microseconds early or late."""
    chip = Chip(0.0171, seconds=60)
    chip.t += np.random.default_rng(0).uniform(-15e-6, 15e-6, len(chip.t))
    for t in chip.t[:3000]:
        chip.look(t - 1e-6)
        chip.look(t + 1e-6)
        assert t < 1 or chip.clock.uncertainty_s < 0.0001


def test_a_chip_that_begins_anew_at_once_is_stamped_after_what_came_before():
    """Its first sample seems older than the last one of before: no time runs backward."""
    chip = Chip(0.01, seconds=40).run(20, random.Random(5), jitter=0.004)
    chip.look(chip.t[chip.read] + 1e-5)
    last = chip.stamps[-1][-1]
    chip.clock.restart()
    now = last / 1e6 + 0.002
    assert chip.clock.stamp(1, now, now)[0] > last


def test_a_chip_that_was_restarted_often_is_still_known_for_what_it_can_do():
    """A loose wire's hundred resets leave its rate within the datasheet's."""
    clock = SampleClock(NOMINAL_S)
    for k in range(1000):
        clock.stamp(1, k * 1.0, k * 1.0)
        clock.restart()
    clock.stamp(1, 1000.0, 1000.0)
    assert clock.surplus(100, 1000.8) > 10


def test_looks_without_samples():
    """Looks before the first sample, and between samples, are no trouble."""
    chip = Chip(0.01, seconds=10)
    for t in np.arange(0, 5, 0.003):
        chip.look(t)
    assert np.abs(chip.error[200:]).max() < 0.001


def test_surplus_shows_a_chip_that_is_too_fast():
    """Samples at ten times the rate cannot be explained, those of a late read can."""
    chip = Chip(0.01).run(5, random.Random(1), jitter=0.003)
    t = chip.stamps[-1][-1] / 1e6
    assert chip.clock.surplus(50, t + 0.05) > 40
    assert chip.clock.surplus(50, t + 0.51) < 1


def test_a_look_that_tells_nothing_costs_nothing(monkeypatch):
    """Once the line is known, hardly one look in five is worth the geometry."""
    chip = Chip(0.008, seconds=130).run(60, random.Random(1), jitter=0.004)
    cuts = []
    cut = sampleclock.cut
    monkeypatch.setattr(sampleclock, "cut", lambda *a: cuts.append(1) or cut(*a))
    rng = random.Random(2)
    for t in np.arange(60.05, 120, 0.05):
        chip.look(t + 0.004 * rng.random())
    assert len(cuts) / 2 < 0.2 * 1200
    assert np.abs(chip.error[chip.t[: chip.read] > 60]).max() < 0.001


def test_what_is_known_takes_no_more_room_with_time(monkeypatch):
    """In step with the host a chip is never known better; an hour of it costs no more a look."""
    corners = []
    cut = sampleclock.cut
    monkeypatch.setattr(sampleclock, "cut", lambda *a: corners.append(len(a[0])) or cut(*a))
    Chip(seconds=600).run(600, random.Random(1))
    assert max(corners) < 40
