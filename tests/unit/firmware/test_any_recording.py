"""Any file given as a recording: read, or refused with one sentence that names it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware import recordings
from firmware.errors import UserError
from firmware.recordings import Reading, parse_units
from tests.support.fuzzing import as_many

NAMES = (
    *("t", "ax", "ay", "az", "gx", "gy", "gz", "T", "time", "Time (s)", "time (ms)", "timestamp"),
    *("Acceleration x (m/s^2)", "accel_y", "AccZ (m/s²)", "gyro x (rad/s)", "wy", "GyroZ (°/s)"),
    *("seconds_elapsed", "x", "", '"t"', "linear acceleration x", "a" * 300),
)
HEAD = ("t", "ax", "ay", "az", "gx", "gy", "gz")
CELLS = (
    *("0", "1", "-1", "1.0", "9.81", "0,5", "1e-3", "1e308", "1e999", "nan", "inf", "-inf", "zero"),
    *('"1"', '"', "", " ", "0x10", "1_0", "²", "--1", "2048", "16384", "\x00", "\x1b[2J", "1;2"),
)
PIECES = (
    b"\n",
    b"\r",
    b"\r\n",
    b",",
    b";",
    b"\t",
    b'"',
    b"\xff",
    b"\xef\xbb\xbf",
    b"-",
    b"e",
    b".",
)
GOOD = "".join(f"{i / 100:.2f},0.0,0.1,{1 + 0.2 * (i % 7):.2f},1,2,{i % 5}\n" for i in range(60))


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Something like a table: a head of likely names, good rows or odd ones, and then mistakes."""
    separator = draw(st.sampled_from(",;\t"))
    ends = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    head = draw(st.just(HEAD) | st.lists(st.sampled_from(NAMES), min_size=1, max_size=9))
    cells = st.sampled_from(CELLS) | st.floats().map(str) | st.integers(-40000, 40000).map(str)
    rows = draw(st.lists(st.lists(cells, min_size=5, max_size=9), max_size=4))
    odd = "".join(separator.join(row) + ends for row in rows)
    good = draw(st.booleans()) * GOOD.replace(",", separator).replace("\n", ends)
    text = separator.join(head) + ends + good + odd
    data = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-16", "utf-8-sig"])))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.sampled_from(PIECES)) + data[at + draw(st.integers(0, 2)) :]
    return data


HOW = (
    Reading(),
    Reading({"t": "x", "ax": "accel_y"}),
    Reading(units=parse_units("m/s2,rad/s")),
    Reading(units=parse_units("16384,131")),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any") / "walk.csv"


@pytest.mark.slow
@pytest.mark.fuzz
@as_many
@given(files() | st.binary(max_size=200), st.sampled_from(HOW))
def test_any_file_is_a_recording_or_a_sentence(path: Path, data: bytes, how: Reading) -> None:
    """What comes of it is finite, at a rate that the coach can take, and in the order of time."""
    path.write_bytes(data)
    try:
        recording = recordings.read(path, how)
    except UserError as e:
        assert str(e).startswith(f"{path}: ")
        assert "\n" not in str(e)
        return
    assert "\n" not in recording.remark
    block = recording.block
    assert np.isfinite(np.column_stack([block.t, block.acc, block.gyro])).all()
    assert (np.diff(block.t) > 0).all()
