"""Recordings: what is read, and the one sentence for each thing that cannot be."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.app import recording
from firmware.errors import UserError

HEAD = "t,ax,ay,az,gx,gy,gz\n"


def rows(n: int = 300, rate: float = 100.0) -> list[str]:
    """Lines of a good recording."""
    return [f"{i / rate:.4f},0.0,0.0,1.0,0.1,0.2,{i % 7}\n" for i in range(n)]


def with_line(number: int, text: str) -> str:
    """A good recording with one line of the file replaced."""
    lines = [HEAD, *rows()]
    lines[number - 1] = text + "\n"
    return "".join(lines)


BAD = {
    "missing column": ("t,ax,ay,az,gx,gy\n0,0,0,1,0,0\n", "line 1", "gz missing"),
    "other header": ("time,x\n1,2\n", "line 1", "t,ax,ay,az,gx,gy,gz"),
    "text in a number": (with_line(7, "0.05,0,zero,1,0,0,0"), "line 7", "a number for ay"),
    "too few values": (with_line(9, "0.07,0,0,1"), "line 9", "found 4 values"),
    "NaN": (with_line(12, "0.10,0,0,nan,0,0,0"), "line 12", "a number for az"),
    "infinite": (with_line(12, "0.10,0,0,1,0,0,-inf"), "line 12", "a number for gz"),
    "time backward": (with_line(30, "0.2,0,0,1,0,0,0"), "line 30", "t to rise"),
    "time standing": (with_line(31, "0.28,0,0,1,0,0,0"), "line 31", "t to rise"),
    "rate too low": (HEAD + "".join(rows(100, 20)), "50 to 200 Hz", "found 20 Hz"),
    "rate too high": (HEAD + "".join(rows(100, 1000)), "50 to 200 Hz", "found 1000 Hz"),
    "empty": ("", "is empty", "expected a CSV file"),
    "blank": ("\n\n", "is empty", "expected a CSV file"),
    "header only": (HEAD, "line 2", "found none"),
    "one sample": (HEAD + rows()[0], "at least two samples", "found 1"),
    "binary": ("\0\1\2", "binary", "expected a CSV file"),
    "underscore": (HEAD + "1_0,0,0,1,0,0,0\n2,0,0,1,0,0,0\n", "plain decimal", "every line"),
}


@pytest.mark.parametrize(("text", "where", "what"), BAD.values(), ids=BAD)
def test_a_bad_file_gets_one_sentence(tmp_path: Path, text: str, where: str, what: str) -> None:
    """The sentence names the file, the place and what was expected."""
    path = tmp_path / "walk.csv"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        recording.read(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert where in sentence
    assert what in sentence
    assert "\n" not in sentence


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    """A folder, and a path that is not there, each get their own sentence."""
    with pytest.raises(UserError, match="is a folder"):
        recording.read(tmp_path)
    with pytest.raises(UserError, match=r"nothing\.csv: cannot be read: No such file"):
        recording.read(tmp_path / "nothing.csv")


def test_what_other_programs_write_is_read(tmp_path: Path) -> None:
    """A byte order mark, Windows line ends, spaces in the header and blank lines do no harm."""
    path = tmp_path / "walk.csv"
    text = "\ufefft, ax, ay, az, gx, gy, gz\n" + "".join(rows(50)) + "\n" + rows(51)[50] + "\n\n"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    read = recording.read(path)
    assert len(read.t) == 51


@given(
    steps=st.lists(st.integers(9_000, 11_000), min_size=2, max_size=60),
    seed=st.integers(0, 2**32 - 1),
)
@settings(deadline=None)
def test_what_was_written_is_read_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], seed: int
) -> None:
    """Writing and reading a recording loses not one bit: a replay sees what the engine saw."""
    t_us = np.cumsum(steps).astype(np.int64)
    raw = np.random.default_rng(seed).integers(-32768, 32767, (len(t_us), 6))
    values = raw / np.array([2048.0] * 3 + [16.4] * 3)
    file = io.StringIO()
    recording.write(file, t_us, values)
    path = tmp_path_factory.mktemp("r") / "walk.csv"
    path.write_text(file.getvalue())
    read = recording.read(path)
    np.testing.assert_array_equal(read.t, (t_us - t_us[0]) / 1e6)
    np.testing.assert_array_equal(np.column_stack([read.acc, read.gyro]), values)


@given(data=st.binary(max_size=300))
@settings(deadline=None)
def test_no_bytes_make_it_stumble(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever stands in the file, it is read or refused with a sentence."""
    path = tmp_path_factory.mktemp("r") / "walk.csv"
    for content in (data, HEAD.encode() + data):
        path.write_bytes(content)
        try:
            read = recording.read(path)
        except UserError as e:
            assert str(path) in str(e)
        else:
            assert np.isfinite(read.acc).all()
