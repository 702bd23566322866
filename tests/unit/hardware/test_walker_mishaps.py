"""What befalls the simulated walker has its size, its place, and its end."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hardware.simulated.walker import (
    ClipOff,
    ClipOn,
    ClipSlip,
    Cough,
    Fall,
    Knock,
    Lie,
    SideRails,
    Sit,
    Stand,
    Stumble,
    Turn,
    Walk,
)
from tests.support.walks import HZ, contacts, walked

# --- Mishaps


@pytest.mark.slow
@example("trip", 0.25, 40.0, 0.5, 79)  # its hardest moment falls into the step after it
@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(["trip", "slip"]),
    st.floats(0.2, 2.5),
    st.floats(40, 110),
    st.floats(0.1, 0.6),
    st.integers(0, 1000),
)
def test_a_stumble_has_its_size_and_place(kind, size_g, spm, share, seed):
    """It begins when told, is `size_g` above the usual at its peak, and the walk goes on.

    Where it is larger than what the walker's own steps do, that is: a smaller one goes under in
    the largest of them.
    """
    amplitude_g = min(max(share * size_g, 0.03), 0.4)
    # At 45 s even the slowest has 20 steps behind, which are the usual.
    walk = Walk(75, spm=spm, amplitude_g=amplitude_g, events=(Stumble(45, size_g, kind),))
    walker, t, x = walked(walk, seed=seed)
    (stumble,) = walker.truth.stumbles
    assert 44.9 < stumble.onset < 45 + 60 / spm
    assert 0.0 < stumble.peak - stumble.onset < 3.0
    size = np.linalg.norm(x[:, :3], axis=1)
    steps = contacts(walker)
    before = steps[steps < stumble.onset - 0.3][-20:]
    usual = np.mean([size[(t >= a) & (t < b)].max() for a, b in itertools.pairwise(before)])
    around = (t > stumble.onset) & (t < stumble.peak + 0.2)
    assert size[around].max() == pytest.approx(usual + size_g, abs=0.06 + 0.06 * size_g)
    # Two landings may be equally hard; between samples the peak is a little higher than on them.
    at_peak = size[np.abs(t - stumble.peak) < 0.02].max()
    assert at_peak == pytest.approx(size[around].max(), abs=0.03 + 0.06 * size_g)
    assert len(walker.truth.walking) == 1
    assert steps[-1] > 75 - 2.6 * 60 / spm  # no step is longer than 1.6, and one must fit


@pytest.mark.slow
def test_a_larger_stumble_rotates_and_unloads_more():
    """Rotation and the loss of weight before the landing grow with the size."""
    turned, lightest = [], []
    for size_g in (0.2, 0.6, 1.2, 2.4):
        both = []
        for seed in range(6):
            walk = Walk(40, events=(Stumble(20, size_g),))
            walker, t, x = walked(walk, seed=seed)
            around = np.abs(t - walker.truth.stumbles[0].peak) < 0.6
            both.append(
                (
                    np.linalg.norm(x[around, 3:], axis=1).max(),
                    np.linalg.norm(x[around, :3], axis=1).min(),
                )
            )
        turned.append(np.median(both, axis=0)[0])
        lightest.append(np.median(both, axis=0)[1])
    assert turned == sorted(turned)
    assert lightest == sorted(lightest, reverse=True)


def test_a_fall_ends_lying_still():
    """A fall hits the ground with its size, and lies across where it stood, at rest."""
    for seed in range(8):
        walker, t, x = walked(Walk(40, events=(Fall(15, impact_g=6.0),)), seed=seed)
        (fall,) = walker.truth.falls
        assert 15 <= fall.onset < fall.impact < fall.onset + 2
        assert fall.up is None
        size = np.linalg.norm(x[:, :3], axis=1)
        assert size.max() == pytest.approx(6.0, rel=0.1)
        assert abs(t[np.argmax(size)] - fall.impact) < 0.05
        lying = x[t > fall.impact + 3, :3]
        assert np.degrees(np.arccos(abs(lying.mean(0)[2]))) > 65
        assert np.abs(np.linalg.norm(lying, axis=1) - 1).max() < 0.05
        assert len(walker.truth.walking) == 1


def test_getting_up_after_a_fall():
    """With `up_after` the walker stands up again and walks on in a second bout."""
    walker, t, x = walked(Walk(60, events=(Fall(15, up_after=8),)), seed=2)
    (fall,) = walker.truth.falls
    assert fall.up is not None
    assert fall.impact + 8 < fall.up < fall.impact + 15
    assert len(walker.truth.walking) == 2
    standing = x[(t > fall.up) & (t < fall.up + 2), :3].mean(0)
    assert standing[2] > 0.95


@pytest.mark.parametrize("at", [0.0, 0.3, 19.9])
@pytest.mark.parametrize("make", [Stumble, Fall, Knock, Cough])
def test_events_at_the_ends_of_a_walk_do_no_harm(make, at):
    """An event at a walk's first or last moment happens, or is too late to; nothing breaks."""
    walker, _, x = walked(Walk(20, events=(make(at),)), Stand(5))
    assert np.isfinite(x).all()
    assert len(contacts(walker)) > 0 or make is Fall
    if make is Stumble and at < 1:
        assert len(walker.truth.stumbles) == 1


def test_a_knock_is_short():
    """A knock reaches about its size and is over within a fifth of a second."""
    _, t, x = walked(Stand(10, events=(Knock(5.0, 1.5),)))
    off = np.abs(np.linalg.norm(x[:, :3], axis=1) - 1)
    assert 0.2 < off[np.abs(t - 5.0) < 0.2].max() < 2.0
    ringing = np.linalg.norm(np.diff(x[:, :3], axis=0), axis=1) > 0.05
    assert np.ptp(t[:-1][ringing]) < 0.2


# --- Stillness


@pytest.mark.parametrize("segment", [Stand(30), Sit(30), Lie(30), SideRails(30)])
def test_standing_sitting_and_lying_take_no_steps(segment):
    """Nobody walks, and little moves once the posture is taken."""
    walker, t, x = walked(segment)
    assert not contacts(walker).size
    assert not walker.truth.walking
    assert x[t > 5, :3].std(0).max() < 0.1
    upright = segment in (Stand(30), SideRails(30))
    assert (x[t > 5, 2].mean() > 0.97) == upright


def test_stepping_onto_the_rails_is_seen():
    """A couple of irregular steps that belong to no bout, then none."""
    walker, _, _ = walked(Walk(20), SideRails(20))
    off = [step.t for step in walker.truth.steps if not step.walking]
    assert 1 <= len(off) <= 4
    assert all(20 < at < 24 for at in off)


def test_handling_turns_everything_about_and_ends_as_mounted():
    """While it is clipped on the device points anywhere; at the end it sits as mounted."""
    _, t, x = walked(ClipOn(10), Stand(10), seed=1)
    tilt = np.degrees(np.arccos(np.clip(x[:, 2] / np.linalg.norm(x[:, :3], axis=1), -1, 1)))
    assert tilt[t < 10].max() > 60
    assert tilt[t > 10.5].max() < 12


def test_a_device_taken_off_lies_as_still_as_no_body():
    """After it was handled it lies on a face, without the sway of a body, until it is put on."""
    for seed in range(4):
        plan = (Walk(10), ClipOff(20, handled_s=8), ClipOn(8), Stand(8))
        _, t, x = walked(*plan, seed=seed)
        lying = x[(t > 19) & (t < 29.9)]
        assert lying.std(0).max() < 1e-12
        assert np.abs(lying[0, :3]).max() > 0.98
        assert x[(t > 10) & (t < 17), 3:].std() > 10
        standing = x[t > 40]
        assert standing[:, 2].mean() > 0.97
        assert standing[:, :3].std(0).max() > 0.0


def test_a_clip_that_slips_turns_the_device():
    """Gravity comes from elsewhere by the angle of the slip from then on, and the walk goes on."""
    for angle in (20.0, 60.0):
        walk = Walk(40, spm=90, events=(ClipSlip(20.0, angle),))
        walker, t, x = walked(walk, seed=3)
        before, after = (x[(t > a) & (t < a + 10), :3].mean(0) for a in (9.0, 22.0))
        cosine = before @ after / np.linalg.norm(before) / np.linalg.norm(after)
        assert np.degrees(np.arccos(cosine)) == pytest.approx(angle, abs=6)
        assert contacts(walker)[-1] > 38


def test_a_turn_turns():
    """The gyroscope's yaw adds up to the angle of the turn."""
    _, _, x = walked(Stand(2), Turn(4, 180.0), Stand(2))
    assert x[:, 5].sum() / HZ == pytest.approx(180, abs=20)
