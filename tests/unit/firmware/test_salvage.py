"""A refused settings file that has no history: what of it counts, and that nothing is guessed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.keys import Value
from firmware.errors import UserError
from firmware.settings import place, salvage, textfile
from firmware.settings.catalogue import Settings
from firmware.settings.reached import Reached
from firmware.settings.source import Source
from firmware.settings.store import Store
from tests.support.fuzzing import as_many

CLINIC = """\
# Our clinic
stumble.settle_s = 90
[cadence]   # agreed with Dr. Lind
max_spm = 90  # for everybody
hold_s = 2
[led]
pin = 22
[walker]
profile = "anna"
[profiles.anna.cadence]
max_spm = 80 # knee
[profiles.anna]
stumble = { sensitivity = 2 }
"""


@pytest.fixture
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the usual file is. What a walker has reached is looked for beside it: by default it
    stands in the log of the coach that is installed.
    """
    path = tmp_path / "coach.toml"
    monkeypatch.setattr("firmware.settings.source.DEFAULT_PATH", path)
    monkeypatch.setattr("firmware.settings.source.Reached", lambda _: Reached(tmp_path))
    return path


@pytest.mark.parametrize(
    ("line", "broken", "other", "value"),
    [
        ("max_spm = 80 # knee", "max_spm = 500", "cadence.max_spm", 90),
        ("max_spm = 80 # knee", "max_spm = 8O", "cadence.max_spm", 90),
        ("max_spm = 80 # knee", "max_spm = 80\nmax_spm = 70", "cadence.max_spm", 90),
        ("max_spm = 80 # knee", "max_spm = 80\nmax_spm = 7O", "cadence.max_spm", 90),
        ("hold_s = 2", "hold_s = 2 s", "cadence.hold_s", 3),
        ("hold_s = 2", 'hold_s = "2', "cadence.hold_s", 3),
        ("hold_s = 2", "hold = 2", "cadence.hold_s", 3),
        ("pin = 22", "pin = 17", "led.pin", 27),  # the buzzer's
        ("[led]", "[led", "led.pin", 27),
        ("[led]", "[leds]", "led.pin", 27),
        ("stumble.settle_s = 90", "stumble.settle_s = {", "stumble.settle_s", 60),
    ],
)
def test_what_is_wrong_costs_itself_alone(line: str, broken: str, other: str, value: float) -> None:
    """Every other setting of the file counts, be it TOML or not; the wrong one is not guessed."""
    text = CLINIC.replace(line, broken)
    with pytest.raises(UserError):
        textfile.parse(text, "f")
    expected = textfile.parse(CLINIC, "f").settings.changed({other: value})
    assert salvage.readable(text).settings == expected


@pytest.mark.parametrize(
    "text",
    [
        'a = """\n[cadence]\nmax_spm = 150\n"""\n[x\n',
        "[[cadence]]\nmax_spm = 80\n",
        "[profiles.anna]\n[profiles.anna.profiles.bert]\ncadence.max_spm = 70\n",
        "[profiles.anna.led]\npin = 5\n[walker]\nprofile = 'bert'\n",
        "[profiles.anna.led]\npin = 5\n[x\n",
        "[profiles.'anna\\u0007'.cadence]\nmax_spm = 80\n[x\n",
        "a.b.c.d.e.f = 1\n" * 3,
        "[" * 10_000,
        "\0" * 500,
        "max_spm = 80\n",
    ],
    ids=[
        "of many lines",
        "a row",
        "nested",
        "of nobody",
        "of the device",
        "a name",
        "deep",
        "brackets",
        "nothing",
        "bare",
    ],
)
def test_what_only_looks_like_a_setting_is_none(text: str) -> None:
    """Within a longer text, in a strange table, of a profile that is not there or cannot be."""
    found = salvage.readable(text)
    assert [found.settings_of(name) for name in ("", *found.profiles)] == [
        Settings() for _ in range(1 + len(found.profiles))
    ]


@given(st.data())
@as_many
def test_whatever_is_broken_no_value_is_one_that_nobody_wrote(data: st.DataObject) -> None:
    """A key has its own value, that of the layer below, or its default."""
    noise = st.sampled_from("\"'[]{}=#.,\n ")
    at = data.draw(st.integers(0, len(CLINIC)))
    until = data.draw(st.integers(at, min(len(CLINIC), at + 3)))
    text = CLINIC[:at] + data.draw(st.text(noise, max_size=3)) + CLINIC[until:]
    try:
        textfile.parse(text, "f")
        return  # another good file
    except UserError:
        found = salvage.readable(text).settings
    whole = textfile.parse(CLINIC, "f")
    for key in ("led.pin", "stumble.sensitivity", "walker.profile"):
        layers: set[Value] = {Settings().value(key), whole.settings.value(key)}
        assert found.value(key) in layers or str(found.value(key)) in text, key
    assert str(found.cadence.max_spm).removesuffix(".0") in f"{text} 100"


@pytest.mark.parametrize("kind", ["folder", "huge", "empty", "noughts", "pipe", "link", "loop"])
def test_the_coach_begins_whatever_lies_there(usual: Path, kind: str) -> None:
    """With the defaults; the next look says what is wrong, and one at a good file ends it."""
    match kind:
        case "folder":
            usual.mkdir()
        case "huge":
            usual.touch()
            os.truncate(usual, 50 << 20)
        case "empty":
            usual.touch()
        case "noughts":
            usual.write_bytes(bytes(300))
        case "pipe":
            os.mkfifo(usual)
        case "link":
            usual.symlink_to("/dev/zero")
        case "loop":
            usual.symlink_to(usual)
    source = Source(None, remembers=True)
    assert source.begin() == Settings()
    assert source.meanwhile == "the defaults count (limit 100 steps/min)"
    assert source.changed() or source.changed()  # the file must have stood still
    with pytest.raises(UserError, match=re.escape(str(usual))):
        source.load()
    usual.rename(usual.with_name("moved away"))
    usual.write_text("[cadence]\nmax_spm = 70\n")
    assert source.changed() or source.changed()
    assert source.load().cadence.max_spm == 70
    assert "before" in source.meanwhile


def test_what_can_be_read_counts_and_is_said(usual: Path) -> None:
    """The limit that counts stands in the sentence."""
    usual.write_text(f"{CLINIC}[broken\n")
    source = Source(None, remembers=True)
    assert source.begin().cadence.max_spm == 80
    said = "what can be read of it counts, and the defaults for the rest (limit 80 steps/min)"
    assert source.meanwhile == said
    assert source.refusal.startswith(f"{usual}: not valid TOML")


def test_an_empty_file_is_good_where_a_command_has_left_it_so(usual: Path) -> None:
    """`undo` goes back to the beginning, when there was no file; a power cut does not."""
    store = Store(usual)
    store.change(lambda text: textfile.edited(text, {"cadence.max_spm": "85"}))
    usual.write_bytes(b"")
    source = Source(None, remembers=True)
    assert source.begin().cadence.max_spm == 85
    assert source.meanwhile == "its last good version counts (limit 85 steps/min)"
    with pytest.raises(UserError, match="is empty"):
        source.load()
    assert store.undo()[1] != ""
    store.undo()
    assert store.text() == ""
    assert source.load() == Settings()
    assert Source(None, remembers=True).begin() == Settings()


def test_what_was_said_with_set_goes_over_it_and_is_checked(usual: Path) -> None:
    """A word on the command line that cannot be used is refused, whatever the file says."""
    usual.write_text("[cadence]\nmax_spm = 80\n[broken\n")
    assert Source(None, ["cadence.hold_s=5"]).begin().cadence.hold_s == 5
    with pytest.raises(UserError, match="--set"):
        Source(None, ["cadence.hold_s=500"]).begin()
    usual.write_text("[cadence]\nmax_spm = 80\n")
    with pytest.raises(UserError, match="--set"):
        Source(None, ["cadence.hold_s=500"]).begin()


def test_set_answers_for_its_own_contradictions_alone(usual: Path) -> None:
    """What the file has said for long keeps nobody from setting something else for a run."""
    usual.write_text("[session]\ntarget_min = 20\nlimit_min = 10\n")
    assert Source(None, ["cadence.hold_s=5"]).begin().cadence.hold_s == 5
    with pytest.raises(UserError, match="there is no motor"):
        Source(None, ["hearing.output=both"]).begin()


def test_a_member_s_link_does_not_keep_the_coach_from_starting(
    usual: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not followed; the coach begins all the same."""
    usual.with_name("theirs").write_text("[cadence]\nmax_spm = 150\n")
    usual.symlink_to(usual.with_name("theirs"))
    monkeypatch.setattr(os, "geteuid", lambda: usual.lstat().st_uid + 1)
    if usual.lstat().st_uid == 0:
        os.chown(usual, 12345, -1, follow_symlinks=False)
    assert Source(None).begin() == Settings()


def test_a_file_within_reach_is_read_as_the_usual_one(tmp_path: Path) -> None:
    """`place.read` is the one door, so a refused file is read with the same bounds."""
    file = tmp_path / "f"
    file.write_bytes(b"#" * (place.LARGEST + 1))
    assert salvage.in_its_place(file) == (textfile.Layers(), "the defaults count")
