"""Recordings: what is read, and the one sentence for each thing that cannot be."""

from __future__ import annotations

import gzip
import io
import math
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.engine import Engine
from coach.events import Cadence, Event
from coach.samples import Block
from coach.settings import CoachSettings
from firmware import recordings
from firmware.errors import UserError
from hardware.simulated.walker import Stand, Walk, Walker

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
    "a date": (with_line(2, "2026-11-28T09:00:00.010Z,0,0,1,0,0,0"), "line 2", "--columns t=NAME"),
    "quoted decimal commas": (
        HEAD + '"0,00","0,1","0,0","1,0","2","3","4"\n' * 9,
        "line 2: expected a number for t, found '0,00'",
        "decimal commas need another separator between the columns, as a semicolon",
    ),
    "decimal commas": (
        HEAD + "0,00,0,1,0,0,1,0,2,3,4\n" * 9,
        "line 2",
        "decimal commas need another separator between the columns, as a semicolon",
    ),
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
        recordings.read(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert where in sentence
    assert what in sentence
    assert "\n" not in sentence


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    """A folder, and a path that is not there, each get their own sentence."""
    with pytest.raises(UserError, match="is a folder"):
        recordings.read(tmp_path)
    with pytest.raises(UserError, match=r"nothing\.csv: cannot be read: No such file"):
        recordings.read(tmp_path / "nothing.csv")


def test_what_never_ends_is_refused_at_once(tmp_path: Path) -> None:
    """A device and a pipe that nobody writes into get a sentence, and nobody waits."""
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe"):
        with pytest.raises(UserError, match=f"{path}: is a pipe or a device; save the recording"):
            recordings.read(path)


@pytest.mark.parametrize("lines", [200, 400])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, lines: int) -> None:
    """It is read twice, and what was checked must be what is decided on."""
    path = tmp_path / "walk.csv"
    path.write_text(HEAD + "".join(rows()))
    recording = recordings.read(path)
    path.write_text(HEAD + "".join(rows(lines)))
    with pytest.raises(UserError, match="has changed while it was read"):
        list(recording.blocks())


def test_what_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    """A file that no memory of a small Pi holds is named with its size and what to do."""
    path = tmp_path / "years.csv"
    with path.open("wb") as file:
        file.truncate(recordings.LARGEST + 1)
    with pytest.raises(UserError, match=r"years\.csv: has 100 MB; .*: split it"):
        recordings.read(path)


def test_what_other_programs_write_is_read(tmp_path: Path) -> None:
    """A byte order mark, Windows line ends, spaces in the header and blank lines do no harm."""
    path = tmp_path / "walk.csv"
    text = "\ufefft, ax, ay, az, gx, gy, gz\n" + "".join(rows(50)) + "\n" + rows(51)[50] + "\n\n"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    read = recordings.read(path).block
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
    raw = np.random.default_rng(seed).integers(-600, 600, (len(t_us), 6))
    raw[:, 2] += 2048
    values = raw / np.array([2048.0] * 3 + [16.4] * 3)
    file = io.StringIO()
    recordings.write(file, [(t_us[:1], values[:1]), (t_us[1:], values[1:])])
    path = tmp_path_factory.mktemp("r") / "walk.csv"
    path.write_text(file.getvalue())
    read = recordings.read(path).block
    np.testing.assert_array_equal(read.t, (t_us - t_us[0]) / 1e6)
    np.testing.assert_array_equal(np.column_stack([read.acc, read.gyro]), values)


def test_a_spreadsheet_of_windows_is_read(tmp_path: Path) -> None:
    """Its `m/s²` and `°/s` are no UTF-8: that makes it no binary file, and the units count."""
    axes = "ax (m/s²);ay (m/s²);az (m/s²);gx (°/s);gy (°/s);gz (°/s)"
    rows = [f"{i / 100:.2f};0;0;9,80665;1;2;3".replace(".", ",") for i in range(100)]
    path = tmp_path / "walk.csv"
    path.write_bytes("\n".join([f"t;{axes}", *rows]).encode("cp1252"))
    block = recordings.read(path).block
    assert block.acc[:, 2] == pytest.approx(np.ones(100))
    assert block.gyro[0].tolist() == [1, 2, 3]


@pytest.mark.parametrize("first", ["sep=;\n", "# made by a phone\n", ""])
def test_a_file_that_does_not_begin_with_its_header_is_told_so(tmp_path: Path, first: str) -> None:
    """No `--columns` would help: what stands first are no names."""
    path = tmp_path / "walk.csv"
    path.write_text(first + (HEAD if first else "") + "".join(rows()))
    with pytest.raises(UserError, match="put it first, whatever the columns are called") as told:
        recordings.read(path)
    assert "--columns" not in str(told.value)


def test_what_is_packed_is_told_to_be_unpacked(tmp_path: Path) -> None:
    """A phone hands its recording over as an archive, and a spreadsheet saves its own."""
    text = HEAD + "".join(rows())
    with zipfile.ZipFile(tmp_path / "walk.zip", "w") as archive:
        archive.writestr("walk.csv", text)
    (tmp_path / "walk.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "walk.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504))
    for path in tmp_path.iterdir():
        with pytest.raises(UserError, match="unpack it, or save it as CSV; expected a CSV file"):
            recordings.read(path)


@given(data=st.binary(max_size=300), blank=st.text(" \t\r\n", max_size=9))
@settings(deadline=None)
def test_no_bytes_are_its_undoing(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, blank: str
) -> None:
    """Whatever stands in the file, it is read or refused with a sentence."""
    path = tmp_path_factory.mktemp("r") / "walk.csv"
    good = (HEAD + "".join(rows())).encode()
    for content in (data, HEAD.encode() + data, good + data, good + blank.encode()):
        path.write_bytes(content)
        try:
            read = recordings.read(path).block
        except UserError as e:
            assert str(path) in str(e)
        else:
            assert np.isfinite(read.acc).all()


# --- Other programs' files: read as what they are, or refused with what is wrong.

T = np.arange(0, 20, 0.01)
WALK = Walker((Stand(2.0), Walk(18.0, spm=90.0, amplitude_g=0.25)), seed=3).signal(T)


def written(
    path: Path,
    head: str = "t,ax,ay,az,gx,gy,gz",
    *,
    t: np.ndarray = T,
    x: np.ndarray = WALK,
    separator: str = ",",
    decimal: str = ".",
    quote: str = "",
) -> Path:
    """A file as some program writes it."""
    lines = [head]
    for row in np.column_stack([t, x]).tolist():
        cells = (f"{quote}{value:.7f}{quote}".replace(".", decimal) for value in row)
        lines.append(separator.join(cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def same(read: recordings.Recording) -> bool:
    """It is that walk, to the digits that stood in the file."""
    block = read.block
    close = np.allclose(block.acc, WALK[:, :3], atol=1e-5)
    close = close and np.allclose(block.gyro, WALK[:, 3:], atol=1e-4)
    return close and np.allclose(block.t - block.t[0], T, atol=1e-4)


SCALED = np.column_stack([WALK[:, :3] * 9.80665, np.radians(WALK[:, 3:])])
PHYPHOX = (
    '"Time (s)";"Acceleration x (m/s^2)";"Acceleration y (m/s^2)";"Acceleration z (m/s^2)";'
    '"Gyroscope x (rad/s)";"Gyroscope y (rad/s)";"Gyroscope z (rad/s)"'
)
LOGGER = "timestamp,AccX (m/s²),AccY (m/s²),AccZ (m/s²),GyroX (°/s),GyroY (°/s),GyroZ (°/s)"
FILES = {
    "semicolons, decimal commas": {"head": "t;ax;ay;az;gx;gy;gz", "separator": ";", "decimal": ","},
    "tabs": {"head": "t\tax\tay\taz\tgx\tgy\tgz", "separator": "\t"},
    "capitals and quotes": {"head": '"T","AX","AY","AZ","GX","GY","GZ"', "quote": '"'},
    "byte order mark": {"head": "\ufefft,ax,ay,az,gx,gy,gz"},
    "milliseconds": {"head": "time,ax,ay,az,gx,gy,gz", "t": T * 1e3 + 5e5},
    "nanoseconds since 1970": {"t": T * 1e9 + 1.76e18},
    "the head's seconds": {"head": "Time (ms),ax,ay,az,gx,gy,gz", "t": T * 1e3},
    "Phyphox": {"head": PHYPHOX, "x": SCALED, "separator": ";", "decimal": ","},
    "a logger": {
        "head": LOGGER,
        "t": T * 1e3,
        "x": np.column_stack([WALK[:, :3] * 9.80665, WALK[:, 3:]]),
    },
    "units in other words": {
        "head": "t,ax (m/sec^2),ay (m/sec^2),az (m/sec^2),gx (rad/sec),gy (rad/sec),gz (radians/s)",
        "x": SCALED,
    },
    "degrees": {"head": "t,ax,ay,az,gx (degrees/s),gy (deg/sec),gz (degrees/second)"},
    "other names": {"head": "seconds_elapsed,accel_x,accel_y,accel_z,wx,wy,wz"},
}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_other_programs_files_are_read(tmp_path: Path, file: dict[str, Any]) -> None:
    """Separators, decimal commas, quotes, capitals, units in the head, other clocks."""
    assert same(recordings.read(written(tmp_path / "walk.csv", **file)))


def test_columns_are_named_where_the_head_does_not_tell(tmp_path: Path) -> None:
    """The refusal gives the option to use; with it the file is read, other columns ignored."""
    path = tmp_path / "walk.csv"
    x = np.column_stack([WALK[:, :1], np.zeros(len(T)), WALK[:, 1:]])
    written(path, "clock,a1,temp,a2,a3,r1,r2,r3", x=x)
    with pytest.raises(UserError, match=r"t, ax, .* missing; found 'clock.* --columns t=NAME,ax"):
        recordings.read(path)
    named = recordings.parse_columns("t=clock,ax=a1,ay=a2,az=A3,gx=r1,gy=r2,gz=r3")
    assert same(recordings.read(path, recordings.Reading(columns=named)))
    misspelt = recordings.Reading(columns={**named, "ay": "a02"})
    told = r"it has no column 'a02', which --columns names for ay; found 'clock, a1, temp, a2"
    with pytest.raises(UserError, match=told):
        recordings.read(path, misspelt)


WRONG_UNITS = {
    "m/s²": ([9.80665] * 3 + [1] * 3, "probably m/s2, so add --units m/s2,deg/s", "m/s2,deg/s"),
    "mg": ([1000] * 3 + [1] * 3, "probably mg", "mg,deg/s"),
    "counts": ([16384] * 3 + [131] * 3, "probably counts, so add --units 16384,131", "16384,131"),
    "rad/s": ([1] * 3 + [math.radians(1)] * 3, "probably rad/s", "g,rad/s"),
    "both": ([9.80665] * 3 + [math.radians(1)] * 3, "m/s2,rad/s", "m/s2,rad/s"),
    "mdeg/s": ([1] * 3 + [1000] * 3, "faster than anybody turns", "g,mdeg/s"),
}


@pytest.mark.parametrize(("factors", "sentence", "units"), WRONG_UNITS.values(), ids=WRONG_UNITS)
def test_other_units_are_refused_with_the_likely_one(
    tmp_path: Path, factors: list[float], sentence: str, units: str
) -> None:
    """No fall is invented from m/s²: the sentence gives the option, and that reads the file."""
    path = written(tmp_path / "walk.csv", x=WALK * np.array(factors))
    with pytest.raises(UserError, match=re.escape(sentence)):
        recordings.read(path)
    assert same(recordings.read(path, recordings.Reading(units=recordings.parse_units(units))))


def size(x: np.ndarray) -> np.ndarray:
    """Of each sample the acceleration."""
    return np.asarray(np.linalg.norm(x[:, :3], axis=1))


def test_the_unit_that_is_known_stands_in_the_advice(tmp_path: Path) -> None:
    """Who follows it is not led in a circle: the acceleration's unit stays what the head says."""
    path = written(tmp_path / "walk.csv", "t,ax (m/s²),ay (m/s²),az (m/s²),gx,gy,gz", x=SCALED)
    with pytest.raises(UserError, match=r"probably rad/s, so add --units m/s2,rad/s$"):
        recordings.read(path)
    counts = WALK * np.array([16384.0] * 3 + [math.radians(1)] * 3)
    path = written(tmp_path / "counts.csv", x=counts)
    with pytest.raises(UserError, match=r"probably rad/s, so add --units 16384,rad/s$"):
        recordings.read(path, recordings.Reading(units=recordings.parse_units("16384,deg/s")))


def test_acceleration_without_gravity_is_refused(tmp_path: Path) -> None:
    """By its numbers and by its name."""
    x = WALK - np.array([*WALK[:, :3].mean(axis=0), 0, 0, 0])
    with pytest.raises(UserError, match="gravity is missing"):
        recordings.read(written(tmp_path / "a.csv", x=x))
    with pytest.raises(UserError, match="gravity is missing"):  # its m/s² look like 1 g
        recordings.read(written(tmp_path / "c.csv", x=x * (1.0 / np.median(size(x)))))
    axes = ",".join(f"Linear Acceleration {axis} (m/s^2)" for axis in "xyz")
    with pytest.raises(UserError, match="without gravity; record the one with gravity"):
        recordings.read(written(tmp_path / "b.csv", f"Time (s),{axes},gx,gy,gz"))


def jittered(rms_s: float) -> np.ndarray:
    """Stamps that a busy phone puts on even samples."""
    return T + np.random.default_rng(4).normal(0, rms_s, len(T))


UNEVEN = {
    "3 ms": jittered(0.003),
    "4 ms": jittered(0.004),
    "ticks of 15.6 ms": np.floor(T / 0.015625) * 0.015625,
}


@pytest.mark.parametrize("t", UNEVEN.values(), ids=UNEVEN)
def test_uneven_stamps_are_fitted_and_it_is_said(tmp_path: Path, t: np.ndarray) -> None:
    """The samples were taken evenly: so the walk is there, and nothing is a gap."""
    read = recordings.read(written(tmp_path / "walk.csv", t=t))
    assert read.remark.startswith("uneven stamps (")
    assert np.abs(read.block.t - read.block.t[0] - T).max() < 0.012
    events = Engine(CoachSettings()).feed(read.block)
    assert not [e for e in events if e.type == "gap"]
    even = Engine(CoachSettings()).feed(Block(T, WALK[:, :3], WALK[:, 3:]))
    assert cadences(events) == pytest.approx(cadences(even), abs=1.5)


def cadences(events: list[Event]) -> list[float]:
    """What is shown when the walk is steady."""
    return [e.spm or 0.0 for e in events if isinstance(e, Cadence) and 10 < e.t < 19]


def test_a_rate_that_changes_is_refused(tmp_path: Path) -> None:
    """From 100 to 50 Hz half-way: no rate fits both, and the sentence says so."""
    half = len(T) // 2
    t = np.concatenate([T[:half], T[half] + 0.02 * np.arange(len(T) - half)])
    with pytest.raises(UserError, match="its rate changes from 100 to 50 Hz"):
        recordings.read(written(tmp_path / "walk.csv", t=t))


def test_lost_samples_stay_lost(tmp_path: Path) -> None:
    """Exact stamps with a few samples missing, or a pause, are good as they are."""
    kept = np.random.default_rng(5).random(len(T)) > 0.1
    kept[700:900] = False
    read = recordings.read(written(tmp_path / "walk.csv", t=T[kept], x=WALK[kept]))
    assert read.remark == ""
    assert np.allclose(read.block.t, T[kept], atol=1e-6)


def test_stamps_beyond_mending_are_refused(tmp_path: Path) -> None:
    """Samples at random instants are no stream."""
    t = np.sort(np.random.default_rng(6).uniform(0, 20, len(T)))
    with pytest.raises(UserError, match=r"uneven by up to|rate changes"):
        recordings.read(written(tmp_path / "walk.csv", t=t))
