"""The resampler: any stream, however cut, becomes the same frames."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.samples import FRAME_N, RASTER_HZ, Block, Frame, Gap, Resampler


def stream(n: int, rate: float, dropped: tuple[int, ...] = ()) -> Block:
    """Smooth motion at any rate, less some dropped samples."""
    t = 3.0 + np.delete(np.arange(n), dropped) / rate
    x = np.column_stack([np.sin(t * (k + 1)) for k in range(6)])
    return Block(t, x[:, :3], x[:, 3:])


def feed(block: Block, cuts: list[int]) -> list[Frame | Gap]:
    """Feed the block in the pieces that the cuts make."""
    resampler, out = Resampler(), []
    edges = [0, *sorted(cuts), len(block.t)]
    for a, b in itertools.pairwise(edges):
        out += resampler.resample(Block(*(part[a:b] for part in block)))
    return out


LOST = st.lists(st.tuples(st.integers(1, 280), st.sampled_from([1, 2, 5, 18])), max_size=6)
"""Where samples are lost, and how many in a row: few are bridged, many are a gap."""


@given(
    cuts=st.lists(st.integers(0, 290), max_size=40),
    rate=st.sampled_from([50.0, 99.1, 100.0, 128.0, 200.0]),
    lost=LOST,
)
@settings(deadline=None)
def test_any_cutting_gives_the_same_frames(
    cuts: list[int], rate: float, lost: list[tuple[int, int]]
) -> None:
    """Blocks of any size, empty ones too, give bit for bit the same frames and gaps."""
    dropped = {i for first, many in lost for i in range(first, first + many)}
    block = stream(300, rate, tuple(dropped))
    whole, pieces = feed(block, []), feed(block, [min(c, len(block.t)) for c in cuts])
    assert len(whole) == len(pieces)
    for a, b in zip(whole, pieces, strict=True):
        if isinstance(a, Gap) or isinstance(b, Gap):
            assert a == b
        else:
            assert a.end == b.end
            np.testing.assert_array_equal(a.x, b.x)


def test_a_sample_that_is_just_on_time_is_the_same_point_however_cut() -> None:
    """A microsecond before it, as a device stamps one in ten thousand; a block may end there."""
    t = np.concatenate([[0.0], (np.arange(1, 3001) * 10_000 - 1) / 1e6])
    x = np.random.default_rng(1).normal(size=(len(t), 6))
    block = Block(t, x[:, :3], x[:, 3:])
    whole, singly = (
        np.concatenate([frame.x for frame in feed(block, cuts) if isinstance(frame, Frame)])
        for cuts in ([], list(range(1, len(t))))
    )
    assert np.array_equal(whole, singly)


@pytest.mark.parametrize("rate", [50, 99.3, 100, 128, 200])
def test_frames_hold_the_motion_at_their_own_time(rate: float) -> None:
    """What a frame holds is the motion at the raster's instants, at any rate of the sensor."""
    frames = feed(stream(1000, rate), [])
    made = np.concatenate([h.x for h in frames if isinstance(h, Frame)])
    t = 3.0 + np.arange(len(made)) / RASTER_HZ
    np.testing.assert_allclose(made[:, 5], np.sin(6 * t), atol=0.002 if rate > 50 else 0.006)
    assert [h.end for h in frames] == list(range(0, FRAME_N * len(frames), FRAME_N))


def test_a_stream_on_the_grid_passes_unchanged() -> None:
    """At 100 Hz each frame's samples are the sensor's own."""
    block = stream(501, 100)
    made = np.concatenate([h.x for h in feed(block, []) if isinstance(h, Frame)])
    np.testing.assert_allclose(made, np.column_stack([block.acc, block.gyro]), atol=1e-9)


@pytest.mark.parametrize("first", [201, 203], ids=["between two frames", "within a frame"])
@pytest.mark.parametrize(("lost", "expected_s"), [(4, 0.04), (9, 0.09), (150, 1.5)])
def test_lost_samples_are_a_gap_of_their_length(first: int, lost: int, expected_s: float) -> None:
    """A gap says how much time no sample stands for; no frame spans it."""
    out = feed(stream(400, 100, tuple(range(first, first + lost))), [])
    gaps = [o for o in out if isinstance(o, Gap)]
    assert [g.missing_s for g in gaps] == pytest.approx([expected_s])
    assert gaps[0].start == pytest.approx((first - 1) / 100)
    assert gaps[0].end == pytest.approx(first / 100 + expected_s)
    after = out[out.index(gaps[0]) + 1 :]
    assert isinstance(after[0], Frame)
    begin = after[0].end - len(after[0].x) + 1
    assert begin / RASTER_HZ == pytest.approx(gaps[0].end)


@pytest.mark.parametrize(("rate_hz", "lost"), [(100, 1), (100, 3), (50, 1), (200, 6)])
def test_a_few_lost_samples_are_drawn_between_their_neighbours(rate_hz: int, lost: int) -> None:
    """Up to 30 ms missing is no gap: the raster goes on, along a straight line."""
    whole = stream(4 * rate_hz, rate_hz)
    first = 2 * rate_hz + 1
    kept = stream(4 * rate_hz, rate_hz, tuple(range(first, first + lost)))
    out = feed(kept, [])
    assert not [o for o in out if isinstance(o, Gap)]
    made = np.concatenate([o.x for o in out if isinstance(o, Frame)])
    before, after = whole.acc[first - 1], whole.acc[first + lost]
    middle = round((first - 1 + (lost + 1) / 2) / rate_hz * RASTER_HZ)
    part = (middle / RASTER_HZ * rate_hz - (first - 1)) / (lost + 1)
    np.testing.assert_allclose(made[middle, :3], before + part * (after - before), atol=1e-9)


def test_the_next_frame_is_announced() -> None:
    """A reader can know when to come: just after the next frame is complete."""
    resampler, block = Resampler(), stream(100, 100)
    for i in range(100):
        due = resampler.next_t(FRAME_N)
        frames = list(resampler.resample(Block(*(part[i : i + 1] for part in block))))
        assert bool(frames) == (i / 100 >= due - 1e-9)
