"""The settings file and `--set`: checked as a whole, refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.keys import Key, SettingError
from firmware.errors import UserError
from firmware.log import notes
from firmware.settings import textfile
from firmware.settings.catalogue import KEYS, Settings


def test_every_default_is_one_that_could_be_set() -> None:
    """Each key's default passes its own check, and each says what it means."""
    for key in KEYS.values():
        assert key.parse(key.default) == key.default
        assert key.parse(str(key.default)) == key.default
        assert key.meaning.endswith(".")


UNITS = {"s": "s", "min": "min", "days": "days", "spm": "steps/min", "percent": "%", "mb": "MB",
         "per_min": "1/min", "per_week": "1/week"}  # fmt: skip
NUMBERS = [key for key in KEYS.values() if key.kind in (int, float)]


@pytest.mark.parametrize("key", NUMBERS, ids=lambda key: key.name)
def test_a_number_has_bounds_and_the_unit_of_its_name(key: Key) -> None:
    """`..._s` is in seconds, and the table of settings says so."""
    assert None not in (key.low, key.high)
    named = [unit for end, unit in UNITS.items() if key.name.endswith(f"_{end}")]
    assert key.unit in (named[-1:] or [key.unit])


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    """Keys in the file are taken; all others keep their defaults."""
    path = tmp_path / "coach.toml"
    path.write_text("[cadence]\nmax_spm = 85\n[buzzer]\nmuted = true\n")
    loaded = textfile.load(path).settings
    assert (loaded.cadence.max_spm, loaded.buzzer.muted) == (85.0, True)
    changed = {k: v for k, v in loaded.as_dict().items() if v != Settings().value(k)}
    assert set(changed) == {"cadence.max_spm", "buzzer.muted"}


BAD_FILES = {
    "out of range": ("[cadence]\nmax_spm = 500\n", "from 30 to 200"),
    "text": ('[cadence]\nmax_spm = "fast"\n', "a number from 30"),
    "no whole number": ("[buzzer]\npin = 17.5\n", "a whole number"),
    "boolean as number": ("[cadence]\nmax_spm = true\n", "a number from 30"),
    "boolean within the range": ("[session]\nlimit_min = true\n", "a number from 1"),
    "a pin of the board's own": ("[buzzer]\npin = 0\n", "expected a free pin from 4 to 27"),
    "not a number": ("[cadence]\nmax_spm = nan\n", "a number from 30"),
    "typo": ("[cadence]\nmax_smp = 80\n", "did you mean cadence.max_spm?"),
    "outside a table": ("max_spm = 80\n", "there is no setting 'max_spm'"),
    "broken": ("[cadence\n", "not valid TOML"),
    "choice": ('[sensor]\naddress = "0x70"\n', "one of 0x68, 0x69"),
}


@pytest.mark.parametrize(("text", "expected"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused_with_a_sentence(tmp_path: Path, text: str, expected: str) -> None:
    """The sentence names the file and what was expected."""
    path = tmp_path / "coach.toml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        textfile.load(path)
    assert str(path) in str(caught.value)
    assert expected in str(caught.value)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are no text each get a sentence."""
    with pytest.raises(UserError, match="no such settings file"):
        textfile.load(tmp_path / "none.toml")
    with pytest.raises(UserError, match="cannot be read"):
        textfile.load(tmp_path)
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="UTF-8"):
        textfile.load(tmp_path / "b.toml")


def test_set_takes_all_or_nothing() -> None:
    """One bad assignment leaves every setting as it was."""
    base = Settings()
    with pytest.raises(SettingError, match="expected KEY=VALUE"):
        base.changed_by(["cadence.max_spm"])
    with pytest.raises(SettingError, match=r"cadence\.hold_s = 'x'"):
        base.changed_by(["cadence.max_spm=90", "cadence.hold_s=x"])
    assert base.changed_by(["cadence.max_spm=90", "buzzer.muted=yes"]).cadence.max_spm == 90


@given(name=st.sampled_from(sorted(KEYS)), value=st.text(max_size=20))
def test_no_text_gets_past_a_keys_definition(name: str, value: str) -> None:
    """Any text is either refused with a `SettingError`, or a value of the right type in range."""
    try:
        changed = Settings().changed({name: value})
    except SettingError as e:
        assert name in str(e)
        return
    key, got = KEYS[name], changed.value(name)
    assert type(got) is key.kind
    if key.low is not None and key.high is not None:
        assert isinstance(got, int | float)
        assert key.low <= got <= key.high


@pytest.mark.parametrize(
    ("name", "least"), [("metronome.spm", 30.0), ("session.talk_check_min", 0.5)]
)
def test_off_or_in_a_range_of_its_own(name: str, least: float) -> None:
    """0 switches it off; what lies between that and its range can only be a slip."""
    for value in (0.0, least):
        assert Settings().changed({name: value}).value(name) == value
    with pytest.raises(SettingError, match=rf"{name} = .*: expected 0, or a number from {least:g}"):
        Settings().changed({name: 0.9 * least})


@pytest.mark.parametrize("number", ["80,5", "80.5", " 80,50 "])
def test_a_comma_before_the_decimals_is_as_good_as_a_point(number: str) -> None:
    """For a setting as for a note."""
    assert Settings().changed_by([f"cadence.max_spm={number}"]).cadence.max_spm == 80.5
    assert notes.checked("incline", number.replace("80", "4")) == "4.5"


@pytest.mark.parametrize("number", ["1,000", "1,000,000", "1,000.5", "80,5,5", ","])
def test_a_comma_that_may_stand_for_thousands_is_refused(number: str) -> None:
    """Samples older than a thousand days are not those older than a day."""
    with pytest.raises(SettingError, match="expected a number from 1 to 36500"):
        Settings().changed_by([f"log.max_days={number}"])
