"""Records: what was said comes back the same, and what makes no sense is no harm."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach import events, guidance
from coach.events import Cadence, Cue, Event, Limit, Metronome, Stage, Steadiness
from firmware import records
from firmware.records import OF_DEVICE, SettingsChanged, Unknown, decode, encode
from firmware.sentences import LIMIT, as_line, sentence

COACH = [k for k in vars(events).values() if isinstance(k, type) and issubclass(k, Event)]
KINDS = sorted({*COACH, *OF_DEVICE} - {Event}, key=lambda kind: kind.type)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
# Made once: a record's strategy takes longer to make than to draw from.
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
HINTS = {kind: {f.name: get_type_hints(kind)[f.name] for f in fields(kind)} for kind in KINDS}
ANY_RECORD = {
    kind: st.builds(kind, **{name: st.from_type(hint) for name, hint in hints.items()})
    for kind, hints in HINTS.items()
}
CUES = [v for v in (getattr(guidance, n) for n in guidance.__all__) if isinstance(v, str)]
names = sorted({field for kind in KINDS for field in kind.__dataclass_fields__})
rows = st.fixed_dictionaries(
    {"t": st.floats(0, 1e6), "type": st.sampled_from([k.type for k in KINDS]) | st.text()},
    optional=dict.fromkeys(
        [n for n in names if n not in ("t", "type")] + ["from a later coach"], values
    ),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
@settings(deadline=None)
@given(data=st.data())
def test_a_record_comes_back_as_it_was(kind: type[Event], data: st.DataObject) -> None:
    """Through JSON and back it is the same, and it has a line, unless it holds nothing to say."""
    record = data.draw(ANY_RECORD[kind])
    written = encode(record)
    assert decode(json.loads(json.dumps(written))) == record
    assert as_line(record).endswith(sentence(record))
    assert sentence(record) or "" in written.values() or {} in written.values()


@pytest.mark.slow
@settings(deadline=None)
@given(rows)
def test_any_row_is_a_record_that_keeps_what_it_said(row: dict[str, Any]) -> None:
    """Known or not, it has a line, is no trouble to write again, and what is unknown is whole."""
    record = decode(row)
    assert as_line(record)
    assert (record.t, encode(record)["type"]) == (row["t"], row["type"])
    if isinstance(record, Unknown):
        assert encode(record) == row


@pytest.mark.parametrize(
    "data", [{}, {"t": 1.0}, {"type": "cue"}, {"t": "1", "type": "cue"}, {"t": True, "type": "x"},
             {"t": float("nan"), "type": "cue"}, {"t": 10**400, "type": "cue"}]
)  # fmt: skip
def test_what_has_no_time_or_kind_is_no_record(data: dict[str, Any]) -> None:
    """It is refused in a sentence."""
    with pytest.raises(records.RecordError, match="expected a record with t and type"):
        decode(data)


def test_rows_of_other_versions_are_read() -> None:
    """A field that older coaches did not write is empty; one of a newer coach is left out."""
    old = {"t": 5.0, "type": "steadiness", "step_time_cv": 4.0, "regularity": 0.8, "symmetry": None}
    assert decode(old) == Steadiness(5.0, 4.0, 0.8, None)
    new = {"t": 5.0, "type": "cue", "cue": "fall", "state": "on", "loudness": 3}
    assert decode(new) == Cue(5.0, "fall", "on")
    whole = {
        "t": 5,
        "type": "limit",
        "max_spm": 80,
        "reason": "stumble",
    }  # as other tools write it
    assert decode(whole) == Limit(5.0, 80.0, "stumble")


def test_what_is_not_known_is_told_as_it_stands() -> None:
    """A kind, a state or a value that this coach does not know makes a true line all the same."""
    assert as_line(decode({"t": 65.0, "type": "tune", "name": "waltz"})) == (
        "   1:05.00  tune: name waltz"
    )
    halfway = decode({"t": 1.0, "type": "cue", "cue": "fall", "state": "half"})
    assert as_line(halfway).endswith("cue: cue fall, state half")
    assert isinstance(decode({"t": 1.0, "type": "cadence", "spm": "fast"}), Unknown)
    assert as_line(Cadence(1.0, None, 0.9)).endswith("nobody walks")
    assert as_line(Cadence(59.997, None, 0.9)).split()[0] == "1:00.00"


def test_a_person_hears_sentences_and_no_names_of_ours() -> None:
    """What a clinician reads in a replay or the journal: no cue's name and no endless figure."""
    said = [
        (Cue(1.0, "slow_down", "on"), "told to slow down"),
        (Cue(1.0, "slow_down_firm", "off"), "told firmly to slow down: over"),
        (Cue(1.0, "stage_back", "on"), "told to go a stage back"),
        (Limit(1.0, 64.4787, "stumble"), "limit lowered to 64.5 steps/min after the stumble"),
        (Stage(1.0, "rails", "ready for the next", "hands free"),
         "ready for the next stage: hands free"),
        (Metronome(1.0, "on", 79.96), "the beat begins at 80 a minute"),
        (SettingsChanged(1.0, {LIMIT: 95.0, "stumble.settle_s": 30.5}),
         "limit set to 95 steps/min; stumble.settle_s set to 30.5"),
        (SettingsChanged(1.0, {"buzzer.muted": True, "walker.profile": ""}),
         'buzzer.muted set to true; walker.profile set to ""'),
    ]  # fmt: skip
    assert [sentence(record) for record, _ in said] == [text for _, text in said]
    assert not [name for name in CUES if sentence(Cue(1.0, name, "on")) == f"cue {name}"]
