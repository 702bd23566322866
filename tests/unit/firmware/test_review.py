"""A session as a physiotherapist reads it: sentences, one walker, and no credit that is not due."""

from __future__ import annotations

import io
import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from coach.events import (
    Beat,
    Cadence,
    Cue,
    Fall,
    Fatigue,
    Gap,
    Handling,
    Limit,
    Metronome,
    Milestone,
    Outcome,
    Reaction,
    Session,
    Stage,
    Steadiness,
    Step,
    Stumble,
)
from coach.keys import Value
from firmware.app import keeping
from firmware.app.review import listing, report, rerun, result, review, sentences
from firmware.app.watch import words as live_words
from firmware.errors import UserError
from firmware.log import index, sessions, summary
from firmware.log.figures import summarise
from firmware.log.sessions import StoredSession
from firmware.log.summary import Summary
from firmware.records import (
    OF_DEVICE,
    Fault,
    Mark,
    Muted,
    Record,
    Recorded,
    Recovered,
    SettingsChanged,
)
from firmware.settings.catalogue import Settings
from firmware.wording import clock, counted
from tests.support.logbook import Walk, write

WHOLE_WALK: list[Record] = [
    Session(6.0, "started"),
    Stage(6.0, "rails", "begins", "rails"),
    Cue(20.0, "slow_down", "on"),
    Reaction(25.0, "slow_down", 5.0),
    Cue(25.0, "slow_down", "off"),
    Mark(30.0, "changed shoes"),
    Muted(40.0),
    Stumble(50.0, 49.7, 1.4),
    Cue(50.0, "stumble", "on"),
    Limit(50.0, 64.4787, "stumble"),
    Outcome(54.0, 49.7, "recovered", 1.4),
    Cue(70.0, "slow_down", "on"),
    Cue(80.0, "slow_down_firm", "on"),
    Limit(110.0, 100.0, "settled"),
    SettingsChanged(115.0, {"cadence.max_spm": 90.0, "cadence.hold_s": 5.0}),
    Cue(116.0, "slow_down", "on"),
    Milestone(300.0, "half_way", 300.0),
    Milestone(602.0, "target", 600.0),
    Fatigue(610.0, 3.2, 41.7),
    Stage(611.0, "rails", "ready for the next", "hands free"),
    Session(650.0, "ended"),
]


def session(events: list[Record], **changes: Any) -> StoredSession:
    """A session of ten minutes at 92 steps/min with these events."""
    made = StoredSession(
        id=7,
        boot_id="b",
        mono_start_us=0,
        wall_start=1_750_000_000.0,
        wall_sure=True,
        to_come=False,
        ended="no steps for a while",
        settings=dict(Settings().as_dict()),
        summary=None,
        notes=[],
        seconds=[(float(t), 92.0, 0.9) for t in range(601)],
        events=events,
    )
    return replace(made, **changes)


def test_everything_is_told_in_sentences() -> None:
    """What a clinician should know, in order of time, in words and with rounded numbers."""
    assert [(clock(t), text) for t, text in sentences.told(session(WHOLE_WALK))] == [
        ("0:00", "the session begins"),
        ("0:00", "stage rails"),
        ("0:14", "told to slow down (limit 100): corrected after 5 s"),
        ("0:24", "remark: changed shoes"),
        ("0:34", "buzzer muted"),
        ("0:44", "stumble, recovered"),
        ("0:44", "limit lowered to 64.5 steps/min after the stumble"),
        ("1:04", "told to slow down (limit 64.5): not corrected"),
        ("1:14", "told firmly to slow down"),
        ("1:44", "limit back at 100 steps/min"),
        ("1:49", "limit set to 90 steps/min"),
        ("1:49", "cadence.hold_s set to 5"),
        ("1:50", "told to slow down (limit 90): not corrected"),
        ("4:54", "half of the target walked (5:00)"),
        ("9:56", "target reached (10:00)"),
        (
            "10:04",
            "told to ease off: the rhythm is tired (cadence +3 %, step time varies +42 %)",
        ),
        ("10:05", "ready for the next stage: hands free"),
        ("10:44", "the session ends"),
    ]


def test_a_fault_that_comes_and_goes_all_the_time_is_told_once() -> None:
    """With how often it came; what the session was about is found, and one by itself is whole."""
    no_contact: list[Record] = []
    for k in range(500):
        t = 20.0 + 0.2 * k
        no_contact += [Fault(t, "short_read", "gave less"), Gap(t + 0.1, t, 0.1)]
        no_contact += [Recovered(t + 0.1, "short_read", 10, 0.1, "Samples come again")]
    alone = [Fault(300.0, "short_read", "gave less"), Gap(300.5, 300.0, 0.5)]
    alone += [Recovered(300.5, "short_read", 50, 0.5, "Samples come again")]
    made = session([Session(0.0, "started"), *no_contact, Mark(130.0, "a plug"), *alone])
    assert sentences.told(made) == [
        (0.0, "the session begins"),
        (20.0, "gave less"),
        (pytest.approx(119.9), "short read: 500 times within 1:39, 50.0 s missing"),
        (130.0, "remark: a plug"),
        (300.0, "gave less"),
        (300.5, "0.50 s without samples"),
        (300.5, "Samples come again"),
    ]


def test_a_wire_that_lets_shreds_through_is_told_once() -> None:
    """However long the samples are gone between two shreds, and whatever faces the fault shows."""
    loose: list[Record] = []
    for k in range(40):
        t = 20.0 + 13.0 * k
        loose += [
            Fault(t, "transfer", "broke off"),
            Fault(t + 0.1, "device_not_found", "no answer"),
        ]
        loose += [Gap(t + 12.5, t, 12.5), Recovered(t + 12.5, "transfer", 1250, 12.5, "over")]
    assert sentences.told(session([Session(0.0, "started"), *loose])) == [
        (0.0, "the session begins"),
        (20.0, "broke off"),
        (20.1, "no answer"),
        (539.5, "transfer: 40 times within 8:39, 500.0 s missing"),
        (539.5, "device not found: 40 times within 8:39"),
    ]


def test_the_live_view_and_the_review_have_one_zero() -> None:
    """A remark stands at the same time while the session runs, and afterwards on every screen."""
    mark = Mark(30.0, "changed shoes")
    (live,) = live_words.lines(mark, {"session": {"started_t": 6.0}})
    made = session(WHOLE_WALK)
    (told,) = [f"{clock(t):>5}  {text}" for t, text in sentences.told(made) if "shoes" in text]
    assert live == told == " 0:24  remark: changed shoes"
    page = report.page(made, [])
    assert "<time>0:24</time> remark: changed shoes" in page
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert (data["seconds"][0][0], data["alarms"][0][0]) == (0.0, 44.0)
    assert made.curve()[0] == (0.0, 92.0)


def test_each_minute_is_judged_by_the_limit_then_in_force() -> None:
    """A stage's limit, or one lowered after a stumble, counts on in the minutes after it."""
    said = [Session(0.0, "started"), Limit(5.0, 80.0, "stage")]
    seconds = [(float(t), 92.0, 0.9) for t in range(180)]
    page = report.page(session(said, seconds=seconds), [])
    rows = re.findall(r"<td>(\d:00)</td><td>\d:00</td><td>92</td><td>92</td><td>(.*?)</td>", page)
    assert rows == [("0:00", "8 %"), ("1:00", "0 %"), ("2:00", "0 %")]


def test_a_list_for_programs_has_every_remark() -> None:
    """A second one adds to the first, and takes nothing from a spreadsheet's row."""
    noted = [("text", "held the rail"), ("speed", "2.4"), ("text", "new shoes")]
    told = listing.as_dict(session([], notes=noted))
    assert (told["text"], told["speed"]) == ("held the rail; new shoes", "2.4")
    assert listing.as_dict(session([]))["text"] is None


def test_a_list_names_who_walked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the page and the dataset do: the profile that was in use, or who was noted since."""
    path = write(tmp_path, Walk(120, settings={"walker.profile": "anna"}), Walk(120))
    listing.show_list(path, ["all"], None, "jsonl")
    told = [json.loads(line)["walker"] for line in capsys.readouterr().out.splitlines()]
    assert told == ["anna", None]
    listing.show_list(path, ["all"], None, "text")
    assert capsys.readouterr().out.count("walker anna") == 1
    keeping.add(path, "1", [("walker", "bert")])
    capsys.readouterr()
    listing.show_list(path, ["all"], None, "text")
    shown = capsys.readouterr().out
    assert (shown.count("walker bert"), shown.count("anna")) == (1, 0)


def test_a_cue_before_the_first_sample_is_told_all_the_same() -> None:
    """A time that has been damaged makes no traceback."""
    told = sentences.told(session([Cue(-5.0, "slow_down", "on")]))
    assert told == [(-5.0, "told to slow down (limit 100): not corrected")]


def test_a_fall_is_told_as_one_wherever_stumbles_are_counted() -> None:
    """A stumble that ended in a fall is not two; who has the page read hears of the fall."""
    fallen: list[Record] = [Session(6.0, "started"), Stumble(70.0, 69.7, 1.4), Fall(71.0, 69.7)]
    page = report.page(session(fallen), [])
    assert "; 1 stumble, 1 fall, no cue. The table below" in page
    minute = page[page.index("minute by minute") :]
    assert re.findall(r"<td>(none|1[^<]*fall)</td>", minute)[:3] == ["none", "1, 1 fall", "none"]


def test_a_setting_that_another_coach_took_is_not_blamed_on_set(tmp_path: Path) -> None:
    """A replay says whose it is."""
    path = write(tmp_path, Walk(raw=True, changes=((65.0, 999.0),)))
    with pytest.raises(UserError, match=r"^session 1 was recorded under settings of another coach"):
        rerun.run(path, "1", [], "text")


def test_what_was_not_corrected_is_not_credited() -> None:
    """Three cues and one answer: '1 of 3 corrected, after 5 s', and as a row of figures too."""
    s = summarise(session(WHOLE_WALK))
    assert (s.slow_downs, s.corrected, s.reaction_s) == (3, 1, 5.0)
    lines = dict(result.result(session(WHOLE_WALK), s))
    assert lines["told to slow down"] == "3 times; 1 of 3 corrected, after 5 s"
    assert ("corrected", "1 of 3, 5 s") in result.compared([s])
    without = [e for e in WHOLE_WALK if not isinstance(e, Reaction)]
    assert result.corrected(summarise(session(without))) == "3 times; 0 of 3 corrected"
    assert result.corrected(Summary()) == "never"
    assert result.corrected(Summary(slow_downs=4, reaction_s=3.0)) == (
        "4 times; some corrected, after 3 s"
    )


def test_prescription_and_result_stand_side_by_side() -> None:
    """The limit as a number, its changes, the time, the stage's band; and what came of them."""
    made = session(WHOLE_WALK, notes=[("pain_before", "4"), ("pain_after", "2")])
    assert result.prescription(made) == [
        ("limit", "100, then 90 steps/min"),
        ("time", "10 min to walk, 15 min at most"),
        ("stage", "rails (30 to 80 steps/min)"),
    ]
    lines = dict(result.result(made, summarise(made)))
    assert lines["walked"] == "10:01 of 10 min, target reached"
    assert lines["tired"] == "told to ease off once"
    assert lines["pain"] == "4 before, 2 after, of 10"
    assert lines["stumbles"] == "1"


def test_only_the_same_walker_is_compared(tmp_path: Path) -> None:
    """Two walkers in one log: neither's figures stand in the other's page or comparison."""
    path = write(tmp_path, *(Walk(120, spm=60.0 + 10 * k, mono_start_us=k) for k in range(4)))
    for number, name in ((1, "anna"), (2, "bert"), (3, "anna"), (4, "bert")):
        keeping.add(path, str(number), [("walker", name)])
    anna, bert = sessions.read_one(path, "3"), sessions.read_one(path, "4")
    assert [row.id for row in result.earlier(index.read_rows(path), anna)] == [1]
    assert [row.id for row in result.earlier(index.read_rows(path), bert)] == [2]
    page = report.page(anna, result.earlier(index.read_rows(path), anna))
    assert "Session 3, anna, " in page
    assert "bert" not in page
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert [row["id"] for row in data["trend"]] == [1, 3]


def test_a_session_without_a_walker_is_compared_with_its_like(tmp_path: Path) -> None:
    """Nobody's sessions are not anna's."""
    path = write(tmp_path, *(Walk(120, mono_start_us=k) for k in range(3)))
    keeping.add(path, "1", [("walker", "anna")])
    assert [
        row.id for row in result.earlier(index.read_rows(path), sessions.read_one(path, "3"))
    ] == [2]


WORDS = {
    "running": ({"ended": None, "seconds": [], "events": []}, "There are no curves yet"),
    "running with events": ({"ended": None}, "This session is still running."),
    "cut short": ({"ended": "cut short"}, "at most its last five seconds are missing, or what"),
    "crashed": ({"ended": "crashed"}, "This session ended as the coach crashed; at most its last"),
    "cut short by a stick that was pulled": ({"ended": "cut short"}, "or was taken away"),
    "to come": ({"wall_sure": False, "to_come": True}, "The date is not sure: it is to come."),
    "unset": ({"wall_sure": False}, "The date is not sure: no network had set the clock."),
    "pruned": (
        {"seconds": [], "events": [], "summary": {"walking_s": 600}},
        "The curves of this session have been pruned; its figures stay.",
    ),
    "nobody": ({"seconds": [], "events": []}, "There are no curves: nobody walked."),
    "ten seconds": ({"seconds": [(float(t), 92.0, 0.9) for t in range(10)]}, "Too few steps"),
}


@pytest.mark.parametrize(("changes", "words"), WORDS.values(), ids=WORDS)
def test_no_wrong_word_in_a_page(changes: dict[str, Any], words: str) -> None:
    """Running, cut short, pruned, short, dated wrongly: each page says what is so."""
    page = report.page(replace(session(WHOLE_WALK), **changes), [])
    assert words in page
    for wrong in ("1 stumbles", "None", "1 cues", "nan"):
        assert wrong not in page
    if changes.get("ended", "") is None:
        assert "pruned" not in page


def test_show_says_the_same_as_the_page() -> None:
    """In a terminal of 60 columns: prescription, result and the sentences."""
    rich = pytest.importorskip("rich.console", reason="rich is not installed")
    out = rich.Console(file=io.StringIO(), width=60)
    review.print_session(out, session(WHOLE_WALK), summarise(session(WHOLE_WALK)))
    shown = out.file.getvalue()
    for words in ("1 of 3 corrected, after 5 s", "remark: changed shoes", "100, then 90 steps/min"):
        assert words in shown


@pytest.mark.parametrize("terminal", [True, False])
def test_a_sentence_is_wrapped_beside_its_time_and_in_a_pipe_not_at_all(terminal: bool) -> None:
    """Who searches a pipe finds it on one line; a screen has no line of it under the times."""
    rich = pytest.importorskip("rich.console", reason="rich is not installed")
    out = rich.Console(file=io.StringIO(), width=40, force_terminal=terminal, color_system=None)
    review.print_session(out, session(WHOLE_WALK), summarise(session(WHOLE_WALK)))
    lines = out.file.getvalue().splitlines()
    whole = "told to slow down (limit 100): corrected after 5 s"
    if terminal:
        at = next(n for n, line in enumerate(lines) if line.startswith("   0:14  told to slow"))
        assert lines[at + 1].startswith(9 * " ")
        assert " ".join([*lines[at].split()[1:], *lines[at + 1].split()]) == whole
    else:
        assert f"   0:14  {whole}" in lines
        assert "time               10 min to walk, 15 min at most" in lines


def test_old_summaries_can_be_read() -> None:
    """A log that did not count corrections is no error."""
    stored = session([], summary={"walking_s": 5, "slow_downs": 2, "reaction_s": 4.0})
    assert summary.of(stored).corrected is None
    assert summary.of(stored).limits_spm(100.0) == (100.0, 100.0)


SILENT = (Cadence, Step, Steadiness, Beat, Metronome, Recorded)
"""What comes too often for a sentence each, what the walker alone has to know, and no news."""


def sample(kind: type[Record]) -> Record:
    """A record of this kind."""
    hints = {k: v for k, v in get_type_hints(kind).items() if k not in ("t", "type")}
    values = {
        name: get_args(hint)[0] if get_origin(hint) is Literal else SAMPLES[hint]
        for name, hint in hints.items()
    }
    if kind is Limit:
        values["reason"] = "settled"
    return kind(1.0, **values)


SAMPLES: dict[Any, Any] = {float: 2.0, str: "slow_down", int: 3, dict[str, Value]: {"a.b": 1.0}}


NEWS = [Session, Stumble, Handling, *(kind for kind in OF_DEVICE if kind is not Recorded)]


@pytest.mark.parametrize("kind", NEWS, ids=lambda k: k.type)
def test_each_kind_of_record_has_a_sentence(kind: type[Record]) -> None:
    """Whatever the device tells, a reader of the review is told, too."""
    assert list(sentences.of(sample(kind)))


@pytest.mark.parametrize("kind", SILENT, ids=lambda k: k.type)
def test_what_comes_often_is_silent(kind: type[Record]) -> None:
    """A line a step would hide what matters."""
    made = kind(1.0, *[None] * (len(fields(kind)) - 1))
    assert list(sentences.of(made)) == []


def test_numbers_of_things() -> None:
    """No `1 stumbles`."""
    assert [counted(n, "stumble") for n in (0, 1, 2)] == ["no stumble", "1 stumble", "2 stumbles"]
    assert clock(3725) == "1:02:05"
