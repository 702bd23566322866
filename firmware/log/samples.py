"""A session's raw samples, read back: all at once, or piece by piece where all would be much."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from firmware.errors import UserError
from firmware.log import rawcodec
from firmware.log.index import find_one, reading
from firmware.log.soundness import LONGEST_S, expected

Piece: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int16]]
"""t_us (n,) from the session's first sample, raw counts (n, 6)."""


def pieces(path: Path, wanted: str) -> Iterator[Piece]:
    """The samples of a session as they were written, some seconds each. Raises `UserError`.

    Each is read by itself: whoever takes long over one holds nothing up that is written meanwhile.
    """
    with reading(path) as db:
        number = find_one(db, path, wanted)
        ordered = "SELECT t_us FROM raw WHERE session = ? ORDER BY t_us"
        starts = [row[0] for row in db.execute(ordered, (number,))]
        before = -round(LONGEST_S * 1e6)
        for start in starts:
            one = "SELECT n, packed FROM raw WHERE session = ? AND t_us = ?"
            for row in db.execute(one, (number, start)).fetchall():
                with expected(number):
                    t_us, raw = rawcodec.unpack(row["packed"], row["n"])
                    _check(before, t_us)
                before = int(t_us[-1])
                yield t_us, raw
    if not starts:
        raise UserError(
            f"{path}: session {number} holds no raw samples: the setting log.raw was off, or they"
            " have been pruned"
        )


def _check(before: int, t_us: NDArray[np.int64]) -> None:
    """Raise `ValueError` where times do not rise, or cannot be a session's."""
    if t_us[0] <= before or np.any(np.diff(t_us) <= 0) or t_us[-1] > LONGEST_S * 1e6:
        raise ValueError("the times of the raw samples do not rise from one to the next")
