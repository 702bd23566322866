"""Raw samples come back from the log exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.log import rawcodec


@given(
    times=st.lists(st.integers(0, 2**50), min_size=1, max_size=50, unique=True),
    seed=st.integers(0, 2**32 - 1),
)
def test_packing_loses_nothing(times: list[int], seed: int) -> None:
    """Any times and any counts, extreme ones too, are the same after the way there and back."""
    t_us = np.array(sorted(times), dtype=np.int64)
    rng = np.random.default_rng(seed)
    raw = rng.choice(np.array([-32768, -1, 0, 1, 7, 32767], np.int16), (len(t_us), 6))
    back_t, back_raw = rawcodec.unpack(rawcodec.pack(t_us, raw), len(t_us))
    np.testing.assert_array_equal(back_t, t_us)
    np.testing.assert_array_equal(back_raw, raw)
    assert back_raw.dtype == np.int16


def test_damage_is_named() -> None:
    """A chunk cut short or changed is refused, not guessed at."""
    packed = rawcodec.pack(np.arange(10), np.zeros((10, 6), np.int16))
    with pytest.raises(ValueError, match="damaged"):
        rawcodec.unpack(packed[:-3], 10)
    with pytest.raises(ValueError, match="length"):
        rawcodec.unpack(packed, 11)
