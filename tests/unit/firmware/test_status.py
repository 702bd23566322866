"""The state of the device as `coach status` and the live view have it: made of what was told."""

from __future__ import annotations

from typing import Any

import pytest

from coach.events import Cadence, Cue, Fall, Limit, Session, Stage, Steadiness, Step, Stumble
from coach.keys import Value
from firmware import records
from firmware.app import asking
from firmware.app.watch import words
from firmware.device.control.status import REMEMBERED_RECORDS, Status, after
from firmware.records import Record, SettingsChanged
from firmware.settings.catalogue import Settings
from tests.support.waiting import LONGEST_S


def told(*said: Record) -> dict[str, Any]:
    """The state when these have been told, from the start of the device."""
    status = Status(Settings())
    for record in said:
        status.tell(record)
    return status.snapshot()


STARTED = Session(5.0, "started")


def test_a_session_counts_what_its_log_has() -> None:
    """Its steps, stumbles and falls, also the ones by which a walk is noticed: its length is from
    then on. When it is over they stand there until the next.
    """
    walked = (
        Step(6.0, 6.0),
        Step(6.6, 6.6),
        Stumble(7.0, 6.8, 1.2),
        Fall(9.0, 6.8),
        Cadence(12.5, 90.0, 0.9),
    )
    before = (Step(4.0, 4.0), Stumble(4.2, 4.1, 1.0), Cadence(4.2, 90.0, 0.9))
    state = told(*before, STARTED, *walked)
    assert state["session"] == {"running": True, "started_t": 5.0, "for_s": 7.5}
    assert (state["steps"], state["stumbles"], state["falls"]) == (3, 2, 1)
    assert state["cadence"] == {"spm": 90.0, "confidence": 0.9}
    over = told(STARTED, *walked, Session(80.0, "ended"), Cadence(81.0, None, 0.0))
    assert over["session"] == {"running": False, "started_t": None, "for_s": 0.0}
    assert (over["steps"], over["stumbles"], over["falls"]) == (2, 1, 1)
    assert (over["t"], over["cadence"]["spm"]) == (81.0, None)
    again = after(after(over, Cadence(0.5, None, 0.0)), Session(9.0, "started"))
    assert (again["steps"], again["stumbles"], again["falls"]) == (0, 0, 0)
    assert again["session"] == {"running": True, "started_t": 9.0, "for_s": 0.0}


@pytest.mark.parametrize("first", [Cadence(0.5, None, 0.0), Step(7.5, 7.3), Stumble(7.5, 7.3, 1.0)])
def test_what_is_told_under_another_engine_is_not_of_this_session(first: Record) -> None:
    """A knock at the device before the walk has a log of its own: time has begun anew since."""
    knocked = told(Cadence(40.0, None, 0.0), Stumble(41.0, 40.8, 1.0), Fall(43.0, 40.8))
    state = after(after(knocked, first), Session(9.0, "started"))
    counts = {"steps": 0, "stumbles": 0, "falls": 0}
    if isinstance(first, Step | Stumble):
        counts["steps" if isinstance(first, Step) else "stumbles"] = 1
    assert {name: state[name] for name in counts} == counts


def test_each_cue_that_is_on_stands_there_once() -> None:
    """The newest last; one that is off stands there no longer, and the others stay."""
    fall, slow = Cue(6.0, "fall", "on"), Cue(7.0, "slow_down", "on")
    assert told(fall, slow, fall)["cues"] == ["slow_down", "fall"]
    assert told(fall, slow, Cue(8.0, "fall", "off"))["cues"] == ["slow_down"]


def test_steadiness_and_stage_are_the_last_ones_told() -> None:
    """As they were told, without their time."""
    state = told(Steadiness(9.0, 3.0, 0.8, 0.9, 0.2), Stage(9.0, "second", "begins", "second"))
    measured = {"step_time_cv": 3.0, "regularity": 0.8, "symmetry": 0.9, "vigour_g": 0.2}
    assert (state["steadiness"], state["stage"]) == (measured, "second")


def test_settings_in_force_are_shown() -> None:
    """Those that somebody looks for; a mute lasts until it is ended."""
    changes: dict[str, Value] = {
        "buzzer.muted": True,
        "walker.profile": "ann",
        "led.heartbeat": False,
    }
    state = told(SettingsChanged(1.0, changes))
    assert (state["muted"], state["profile"], state["limit_spm"]) == (True, "ann", 100.0)
    assert after(state, records.Unmuted(2.0))["muted"] is False
    assert told(records.Muted(1.0))["muted"] is True


def test_a_device_that_has_said_nothing_yet_shows_what_it_was_started_with() -> None:
    """Limit, profile and mute are those of its settings, and so is how long a lower limit lasts."""
    started = {"cadence.max_spm": 72.0, "stumble.settle_s": 30.0, "buzzer.muted": True}
    status = Status(Settings().changed({**started, "walker.profile": "ann"}))
    state = status.snapshot()
    assert (state["limit_spm"], state["prescribed_spm"]) == (72.0, 72.0)
    assert (state["muted"], state["profile"]) == (True, "ann")
    assert asking.length(state) == "0:00"
    assert state["uptime_s"] < LONGEST_S
    status.tell(Limit(100.0, 60.0, "stumble"))
    assert status.snapshot()["lowered"] == {"spm": 60.0, "until_t": 130.0}


@pytest.mark.parametrize(
    ("part", "trouble", "state", "end"),
    [
        (
            "sensor",
            records.Fault(1.0, "x", "why"),
            "fault",
            records.Recovered(2.0, "x", 0, 0.0, "over"),
        ),
        ("log", records.LogStopped(1.0, "why"), "stopped", records.LogResumed(2.0, "over")),
        ("pins", records.PinTrouble(1.0, "why"), "trouble", records.PinsWork(2.0, "over")),
        (
            "settings",
            records.SettingsRefused(1.0, "why"),
            "refused",
            records.SettingsTaken(2.0, "over"),
        ),
        ("power", records.LowPower(1.0, "why"), "low", None),
    ],
)
def test_a_part_in_trouble_says_why_until_it_works(
    part: str, trouble: Record, state: str, end: Record | None
) -> None:
    """Nothing else that is told in between ends it: neither a cadence nor another part."""
    between = (Cadence(1.5, 80.0, 0.9), records.PartFailed(1.6, "stages", "the card is full"))
    found = told(trouble, *between)
    assert found[part]["state"] == state
    assert "why" in found[part]["message"]
    if end is not None:
        assert after(found, end)[part] == {"state": "ok", "message": ""}


def test_a_sensor_begins_with_its_first_cadence_and_a_fault_takes_the_cadence_away() -> None:
    """Before it no sample has been seen; nobody knows how fast a walker is that is not seen."""
    assert told()["sensor"]["state"] == "starting"
    assert told(Cadence(1.0, None, 0.0))["sensor"] == {"state": "ok", "message": ""}
    lost = told(Cadence(1.0, 80.0, 0.9), records.Fault(2.0, "no_answer", "check its wires"))
    assert lost["cadence"] == {"spm": None, "confidence": 0.0}


SILENT = records.Fault(80.0, "transfer", "check its plugs")
DEAD = records.Fault(80.0, "gyroscope_dead", "the gyroscope sees no turn")


def shown(state: dict[str, Any]) -> tuple[str, str, str]:
    """What `coach status` and the live view say of cadence and session."""
    said = list(asking.lines({**state, "file": "f"}))
    assert words.session(state) in said[1].replace("   ", " ")
    return said[0], said[1].partition(",")[0], words.zone(state)


def test_a_time_that_stands_still_is_said_to_be_of_when_the_walker_was_last_seen() -> None:
    """The session's, and what is left of a lower limit; when samples come, it is made good."""
    walked = (STARTED, Cadence(65.0, 90.0, 0.9), Limit(70.0, 81.0, "stumble"))
    state = told(*walked, Cadence(75.0, 90.0, 0.9))
    assert shown(state)[:2] == (
        "cadence   90 steps/min (limit 81 for 55 s more, then 100)",
        "session   1:10",
    )
    state = after(state, SILENT)
    assert shown(state) == (
        "cadence   unknown (limit 81 for now, then 100)",
        "session   1:10 when last seen",
        "unknown",
    )
    state = after(state, records.Recovered(95.0, "transfer", 0, 20.0, "samples come again"))
    assert shown(state)[1] == "session   1:10 when last seen"
    assert shown(after(state, Cadence(96.0, None, 0.0)))[1] == "session   1:31"


def test_who_stands_under_a_fault_that_leaves_samples_is_seen_to_stand() -> None:
    """A dead gyroscope is told, and hides nobody."""
    state = told(STARTED, Cadence(65.0, 90.0, 0.9), DEAD, Cadence(81.0, None, 0.0))
    assert state["sensor"]["state"] == "fault"
    assert shown(state) == ("cadence   nobody walks (limit 100)", "session   1:16", "not walking")


def test_each_part_that_failed_is_told_by_name_until_it_works() -> None:
    """Two that fail at once are two; a damaged log is written on, and told."""
    stages, control = (records.PartFailed(1.0, part, part) for part in ("stages", "control"))
    state = told(stages, control, records.LogDamaged(2.0, "one session cannot be read"))
    assert state["parts"] == {"stages": "stages", "control": "control"}
    assert state["log"] == {"state": "ok", "message": "one session cannot be read"}
    assert after(state, records.PartWorks(3.0, "stages"))["parts"] == {"control": "control"}


def test_who_begins_to_look_is_given_what_was() -> None:
    """The cadences to a tenth, and the last records, without those that come all the time."""
    status = Status(Settings())
    often = (Step(1.0, 1.0), Steadiness(1.0, 3.0, 0.8, 0.9), Cadence(1.0, 80.27, 0.9))
    for t in range(REMEMBERED_RECORDS + 2):
        for record in (*often, records.Mark(float(t), "remark")):
            status.tell(record)
    status.tell(Cadence(9.0, None, 0.0))
    number, state = status.so_far()
    assert number == 4 * (REMEMBERED_RECORDS + 2) + 1
    assert state["cadences"] == [80.3] * (REMEMBERED_RECORDS + 2) + [None]
    assert [(r["type"], r["t"]) for r in state["records"]] == [
        ("mark", float(t)) for t in range(2, REMEMBERED_RECORDS + 2)
    ]


def test_who_begins_to_look_while_the_coach_speaks_is_given_what_was_until_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not what is told meanwhile, which comes by itself."""
    status, encode = Status(Settings()), records.encode

    def speak() -> None:
        status.tell(records.Mark(9.0, "meanwhile"))
        status.tell(Cadence(9.0, 90.0, 0.9))

    class Meanwhile(float):
        """A cadence while which is read the coach speaks on."""

        def __round__(self, digits: int | None = None) -> float:  # type: ignore[override]
            speak()
            return float(self)

    for t in range(3):
        status.tell(records.Mark(float(t), "before"))
        status.tell(Cadence(float(t), Meanwhile(80.0), 0.9))
    monkeypatch.setattr(records, "encode", lambda record: speak() or encode(record))
    number, state = status.so_far()
    assert (number, state["cadences"]) == (6, [80.0] * 3)
    assert [record["text"] for record in state["records"]] == ["before"] * 3


def test_a_stage_s_limit_counts_where_it_is_lower_and_until_the_session_ends() -> None:
    """A prescription under way puts it aside until the stage's is told again."""
    stage = (STARTED, Limit(5.0, 80.0, "stage"))
    assert (told(*stage)["stage_spm"], told(*stage)["limit_spm"]) == (80.0, 80.0)
    higher = told(STARTED, Limit(5.0, 100.0, "stage"))
    assert (higher["stage_spm"], higher["limit_spm"]) == (None, 100.0)
    prescribed = told(*stage, SettingsChanged(6.0, {"cadence.max_spm": 70.0}))
    assert (prescribed["stage_spm"], prescribed["limit_spm"]) == (None, 70.0)
    over = told(*stage, Session(80.0, "ended"))
    assert (over["stage_spm"], over["limit_spm"]) == (None, 100.0)
    stumbled = told(*stage, Limit(9.0, 60.0, "stumble"))
    assert (stumbled["limit_spm"], stumbled["lowered"]) == (60.0, {"spm": 60.0, "until_t": 69.0})
    assert after(stumbled, Limit(69.0, 80.0, "settled"))["limit_spm"] == 80.0


def test_a_limit_set_below_the_lowered_one_counts() -> None:
    """In force is the lower of the two, whichever comes first; settled, the one that was set."""
    state = Status(Settings()).snapshot()
    for record, limit in (
        (Limit(10.0, 80.0, "stumble"), 80.0),
        (SettingsChanged(11.0, {"cadence.max_spm": 70.0}), 70.0),
        (SettingsChanged(12.0, {"cadence.max_spm": 95.0}), 80.0),
        (Limit(70.0, 95.0, "settled"), 95.0),
    ):
        state = after(state, record)
        assert state["limit_spm"] == limit


def test_a_limit_that_was_lowered_is_not_so_in_the_next_session() -> None:
    """The session ends before the walker has settled: nobody would tell that it is over."""
    state = Status(Settings()).snapshot()
    for record in (Session(5.0, "started"), Limit(10.0, 80.0, "stumble"), Session(80.0, "ended")):
        state = after(state, record)
    assert (state["limit_spm"], state["lowered"]) == (100.0, None)


def test_a_stumble_just_before_a_session_begins_lowers_its_limit() -> None:
    """A walk is proved sooner than a session begins: the lower limit counts on."""
    state = Status(Settings()).snapshot()
    for record in (Limit(4.0, 80.0, "stumble"), Session(5.0, "started")):
        state = after(state, record)
    assert (state["limit_spm"], state["lowered"]) == (80.0, {"spm": 80.0, "until_t": 64.0})


def test_a_limit_that_was_lowered_is_not_so_under_another_engine() -> None:
    """Somebody stumbles before a session, and another walker is chosen: theirs is the one set."""
    stumbled = (Cadence(31.0, 80.0, 0.9), Stumble(32.3, 31.8, 1.4), Limit(32.3, 74.5, "stumble"))
    state = told(*stumbled, Cadence(45.0, None, 0.0), SettingsChanged(48.0, {}))
    assert state["limit_spm"] == 74.5
    state = after(state, Cadence(0.5, None, 0.0))
    assert (state["limit_spm"], state["lowered"]) == (100.0, None)


def test_the_time_that_a_lower_limit_lasts_follows_its_setting() -> None:
    """Lowered for a minute; half way, half a minute is set: it ends that much sooner."""
    status = Status(Settings())
    status.tell(Limit(100.0, 72.0, "stumble"))
    status.tell(SettingsChanged(110.0, {"stumble.settle_s": 30.0}))
    assert status.snapshot()["lowered"] == {"spm": 72.0, "until_t": 130.0}
