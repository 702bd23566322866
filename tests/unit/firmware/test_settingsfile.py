"""Settings files as text: read whole or not at all, changed without losing a comment."""

from __future__ import annotations

import os
import string
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coach.keys import SettingError
from firmware.errors import UserError
from firmware.settings import place, textfile
from firmware.settings.catalogue import KEYS, PERSONAL, Settings
from firmware.wording import shown
from tests.support.fuzzing import as_many

CLINIC = """\
# Our clinic
[cadence]   # agreed with Dr. Lind
max_spm = 90  # for everybody
hold_s = 2

[walker]
profile = "anna"

[profiles.anna.cadence]
max_spm = 80 # knee
[profiles.bert]
stumble = { sensitivity = 2 }
"""


def test_a_profile_in_use_goes_before_the_common_values() -> None:
    """Anna's limit is hers, the hold time is everybody's, the rest is default."""
    layers = textfile.parse(CLINIC, "f")
    made = layers.settings
    assert (made.cadence.max_spm, made.cadence.hold_s, made.stumble.sensitivity) == (80, 2, 1)
    origins = [layers.source(k) for k in ("cadence.max_spm", "cadence.hold_s", "led.pin")]
    assert origins == ["profile anna", "file", "default"]


def test_setting_a_value_keeps_comments_and_order() -> None:
    """Only the characters of the value change."""
    new = textfile.edited(CLINIC, {"cadence.max_spm": "85.5"})
    assert new == CLINIC.replace("max_spm = 90  #", "max_spm = 85.5  #")
    new = textfile.edited(CLINIC, {"cadence.max_spm": "75"}, "anna")
    assert new == CLINIC.replace("max_spm = 80 #", "max_spm = 75 #")


@pytest.mark.parametrize(
    "other", [("hold_s = 2", "hold_s = 4"), ("= 80", "= 75"), ("= 90", "= 70")]
)
def test_an_edit_that_says_anything_else_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, other: tuple[str, str]
) -> None:
    """Whatever the editor of the text makes of it: no other value moves, nor this one elsewhere."""
    monkeypatch.setattr(textfile, "_edit", lambda text, *_: text.replace(*other))
    with pytest.raises(UserError, match="too unusual"):
        textfile.edited(CLINIC, {"cadence.max_spm": "85"})


def test_a_new_value_goes_into_its_table() -> None:
    """A key that the file lacks is added, in a table of its own where there is none."""
    new = textfile.edited("", {"buzzer.muted": "yes", "led.pin": "5"}, where="f")
    assert new == "[buzzer]\nmuted = true\n\n[led]\npin = 5\n"
    new = textfile.edited(CLINIC, {"session.end_after_s": "30"}, "carl")
    assert textfile.parse(new, "f").profiles["carl"] == {"session.end_after_s": 30}


def test_unset_takes_out_what_is_there_and_nothing_else() -> None:
    """The default is back; unsetting what was never set changes no character."""
    new = textfile.edited(CLINIC, {"cadence.hold_s": None})
    assert new == CLINIC.replace("hold_s = 2\n", "")
    assert textfile.edited(CLINIC, {"buzzer.pin": None}) == CLINIC


def test_a_profile_can_be_taken_out() -> None:
    """The others stay; the one in use cannot go."""
    new = textfile.without_profile(CLINIC, "bert")
    assert set(textfile.parse(new, "f").profiles) == {"anna"}
    with pytest.raises(UserError, match="there is no profile 'anna': expected one of bert"):
        textfile.without_profile(CLINIC, "anna")
    with pytest.raises(UserError, match="no profile 'carl'"):
        textfile.without_profile(CLINIC, "carl")


BAD = {
    "unknown profile": (
        '[walker]\nprofile = "x"',
        "walker.profile: there is no profile 'x': make one",
    ),
    "device's in a profile": ("[profiles.a.led]\npin = 5", "in the profile a: led.pin is the"),
    "range in a profile": ("[profiles.a.cadence]\nmax_spm = 5", "in the profile a: cadence.max"),
    "two on one pin": ("[led]\npin = 17", "buzzer.pin = 17: is led.pin as well"),
    "profile's name": ('[profiles."a b"]\n', "a profile's name is up to 32"),
    "profiles no table": ("profiles = 3", "profiles: expected tables"),
    "profile no table": ("[profiles]\na = 3", "profiles.a: expected tables"),
    "key in quotes": ('"cadence.max_spm" = 80', "expected it in a table"),
    "list": ("[cadence]\nmax_spm = [80]", "cadence.max_spm = a list"),
    "table": ("[cadence.max_spm]\nx = 1", "cadence.max_spm = a table"),
    "boolean from a list": ("[buzzer]\nmuted = []", "expected true or false"),
    "empty unknown table": ("[cadance]", "there is no setting 'cadance'"),
    "huge": ("[cadence]\nmax_spm = 1" + "0" * 400, "cadence.max_spm = 1000"),
    "thousands of digits": ("[cadence]\nmax_spm = " + "9" * 5000, "not valid TOML"),
    "thousands of hex digits": ("[cadence]\nmax_spm = 0x" + "f" * 5000, "thousands of digits"),
    "deep": ("a = " + "[" * 5000, "nested too deeply"),
    "control characters": ('[log]\ndirectory = "a\\u0000b"', "printable characters"),
}


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD)
def test_what_cannot_be_used_is_refused_in_one_line(text: str, expected: str) -> None:
    """The sentence says where and what was expected, whatever stands in the file."""
    with pytest.raises(UserError) as caught:
        textfile.parse(text, "f.toml")
    message = str(caught.value)
    assert message.startswith("f.toml: ")
    assert expected in message
    assert "\n" not in message
    assert len(message) < 300


def test_a_pipe_a_folder_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    """Reading never waits and never takes more than a settings file's size."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="no ordinary file"):
        place.read(tmp_path / "pipe")
    with pytest.raises(UserError, match="no ordinary file"):
        place.read(Path("/dev/zero"))
    (tmp_path / "huge").write_bytes(b"#" * (place.LARGEST + 1))
    with pytest.raises(UserError, match="at most 64 kB"):
        place.read(tmp_path / "huge")
    with pytest.raises(UserError, match="cannot be a file's name"):
        place.read(Path("a\0b"))


DEEP = {
    "a key": ".".join(["a"] * 20_000) + " = 1",
    "a table": "[" + ".".join(["a"] * 20_000) + "]",
    "an inline table": "a = {" + ".".join(["a"] * 20_000) + " = 1}",
    "with quotes": " . ".join(["'a'"] * 9_000) + " = 1",
    "with an escaped quote": r'"\"".' + ".".join(["a"] * 20_000) + " = 1",
    "brackets": "a = " + "[" * 60_000,
    "many tables": "[a.b.c.d]\n" * 6_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_a_file_made_to_take_long_does_not(text: str) -> None:
    """Python's reader takes half a minute for 40 kB of dotted keys: they are not even begun."""
    began = time.process_time()
    with pytest.raises(UserError):
        textfile.parse(text, "f.toml")
    assert time.process_time() - began < 5.0


# --- Random and mutated files.

PIECES = ["[", "]", "=", ".", '"', "'''", "\n", "#", "{", "}", ",", "0", "80", "inf", "true", "é"]
LINES = [*CLINIC.splitlines(keepends=True), "[led]\n", "pin = 5\n", "muted = off\n", "x = 1\n"]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A settings file with lines shuffled, doubled and cut, and characters put in."""
    text = "".join(draw(st.lists(st.sampled_from(LINES), max_size=12)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(PIECES)) + text[at + draw(st.integers(0, 2)) :]
    return text


names = st.sampled_from(sorted(KEYS)) | st.text(string.printable, max_size=15)
values = st.sampled_from(["80", "2", "1.5", "true", "off", "0x69", "-1", "", "nan"]) | st.text(
    max_size=10
)


SOUND = st.sampled_from(
    [CLINIC, "# none yet\n", "[led]\npin = 5\n", "[profiles.anna]\ncadence.hold_s = 4\n"]
)
"""Of those that are `mutated` one in ten can be read."""


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, str | None]:
    """A key and what is to stand there: nothing, its default, another value, or nonsense."""
    name = draw(st.sampled_from(sorted(KEYS)) | names)
    usual = shown(KEYS[name].default) if name in KEYS else "1"
    return name, draw(st.sampled_from([None, usual, usual.strip('"')]) | values)


@pytest.mark.fuzz
@as_many
@given(st.one_of(mutated(), st.text(max_size=60)))
@example("a.b = 1\n[a]\n")
def test_any_text_is_settings_or_a_sentence(text: str) -> None:
    """Reading gives checked settings or one line; nothing else ever comes out."""
    try:
        layers = textfile.parse(text, "f")
    except UserError as e:
        assert "\n" not in str(e)
        return
    assert isinstance(layers.settings, Settings)
    for name, value in layers.settings.as_dict().items():
        assert KEYS[name].parse(value) == value


@pytest.mark.fuzz
@as_many
@given(SOUND | mutated(), st.lists(changed(), max_size=2).map(dict), st.booleans())
@example("cadence = {max_spm = 80}\n", {"cadence.hold_s": "1"}, False)
@example("", {"\n": None}, True)
@example("[a]\n", {"led.pin": "1"}, False)
@example("cadence.max_spm = 80\n[cadence.x]\n", {"cadence.hold_s": "1"}, False)
def test_a_change_changes_what_it_names_or_nothing(
    text: str, changes: dict[str, str | None], personal: bool
) -> None:
    """Whatever the file and the change: no other setting moves, in no profile."""
    profile = "anna" if personal else ""
    try:
        before = textfile.parse(text, "f")
        after = textfile.parse(textfile.edited(text, changes, profile), "f")
    except UserError as e:
        assert "\n" not in str(e)
        return
    for name, text_ in changes.items():
        layer = after.profiles.get(profile, {}) if personal else after.common
        wanted = None if text_ is None else KEYS[name].parse(text_)
        assert layer.get(name) == wanted
        assert not personal or name.partition(".")[0] in PERSONAL
    if personal:
        assert after.common == before.common
    else:
        kept = {k: v for k, v in before.common.items() if k not in changes}
        assert {k: v for k, v in after.common.items() if k not in changes} == kept
    others = {n: p for n, p in before.profiles.items() if n != profile}
    assert {n: p for n, p in after.profiles.items() if n != profile} == others


@given(names, values)
def test_a_change_that_cannot_be_is_refused(name: str, value: str) -> None:
    """A bad name or value raises one sentence and leaves the text alone."""
    try:
        Settings().changed({name: value})
    except SettingError:
        with pytest.raises(UserError):
            textfile.edited(CLINIC, {name: value})
