"""The live view as it goes: a loose wire does not push all else off the screen."""

from __future__ import annotations

from coach.events import Cadence, Gap, Session, Stumble
from firmware.app.watch.words import Live
from firmware.device.control import status
from firmware.records import Fault, Record, Recovered
from firmware.settings.catalogue import Settings


def seen(records: list[Record]) -> list[str]:
    """What is shown of them, each at its own time."""
    live, state, shown = Live(), status.Status(Settings()).snapshot(), list[str]()
    for record in records:
        state = status.after(state, record)
        shown += live.lines(record, state, 1000.0 + record.t)
    return shown


def test_a_wire_that_comes_and_goes_is_counted_beside_a_stumble() -> None:
    """Three times it is told, with its gaps; then only that it goes on, and how often it was."""
    records: list[Record] = [Session(0.0, "started")]
    for k in range(200):
        t = 10.0 + 0.5 * k
        records += [Fault(t, "transfer", f"broke off {k}")]
        records += [Recovered(t + 0.2, "transfer", 20, 0.2, f"over {k}"), Gap(t + 0.2, t, 0.2)]
        records += [Stumble(t + 0.3, t, 1.2)] if k == 100 else []
    records += [Cadence(t, 70.0, 0.9) for t in range(111, 140)]
    shown = seen(records)
    assert shown[1:4] == [
        " 0:10  broke off 0",
        " 0:10  over 0",
        " 0:10  0.20 s without samples",
    ]
    assert shown[10:] == [
        " 0:11  transfer: 4 times within 0:01, 0.6 s missing, and goes on",
        " 1:00  stumble",
        " 1:11  transfer: 124 times within 1:01, 24.6 s missing, and goes on",
        " 2:00  transfer: 200 times within 1:39, 40.0 s missing",
    ]


def test_one_by_itself_is_told_whole() -> None:
    """A fault now and then, each with its end and its gap."""
    records: list[Record] = []
    for k in range(9):
        t = 30.0 * k
        records += [
            Fault(t, "transfer", "broke off"),
            Recovered(t + 1.0, "transfer", 99, 1.0, "over"),
        ]
        records += [Gap(t + 1.0, t, 1.0)]
    assert len(seen(records)) == 27


def test_the_end_of_a_session_is_at_its_time() -> None:
    """What follows on it is of no session."""
    records = [Session(6.0, "started"), Session(90.0, "ended"), Stumble(95.0, 94.9, 1.2)]
    assert seen([*records]) == [
        " 0:00  the session begins",
        " 1:24  the session ends",
        "       stumble",
    ]
