"""`coach programme` through the real command, on logs that the journal has written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from firmware.app.programme.read import Today
from firmware.app.programme.words import due_line
from firmware.log.journal import Journal, Opening
from firmware.records import decode
from firmware.settings.catalogue import Settings
from tests.support import logbook
from tests.support.terminal import piped

MONDAY = date(2026, 10, 26)
"""A first day; the clock of these tests is `--today`."""


@dataclass
class Walk(logbook.Walk):
    """Ten minutes at noon, so many days after the Monday."""

    day: int = 0
    seconds: int = 605  # the logbook's walkers stand for five seconds
    tired: bool = False
    stage: str = "rails"
    profile: str = ""

    def opening(self) -> Opening:
        """Dated, and under the profile then in use."""
        noon = datetime(MONDAY.year, MONDAY.month, MONDAY.day, 12) + timedelta(days=self.day)  # noqa: DTZ001 - local
        made = super().opening()
        settings = {**made.settings, "walker.profile": self.profile}
        start = noon.astimezone().timestamp()
        return replace(made, wall_start=start, mono_start_us=10**9 + self.day, settings=settings)

    def records(self) -> list[dict[str, Any]]:
        """With the stage, and the fatigue that ended it."""
        said = super().records()
        said.append(
            {
                "t": 6.5,
                "type": "stage",
                "stage": self.stage,
                "advice": "begins",
                "following": self.stage,
            }
        )
        if self.tired:
            said.append(
                {
                    "t": self.seconds - 1.0,
                    "type": "fatigue",
                    "cadence_percent": -9.0,
                    "variability_percent": 60.0,
                }
            )
        return sorted(said, key=lambda r: r["t"])


def told(folder: Path, today: int, *more: str) -> dict[str, Any]:
    """What the command tells a program on the day so many days after the Monday."""
    day = (MONDAY + timedelta(days=today)).isoformat()
    done = piped("programme", "--log", folder, "--today", day, "--format", "json", *more)
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def page(folder: Path, today: int, *more: str) -> str:
    """What it tells a person."""
    day = (MONDAY + timedelta(days=today)).isoformat()
    done = piped("programme", "--log", folder, "--today", day, *more)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def marks(made: dict[str, Any]) -> list[list[str]]:
    return [[slot["mark"] for slot in week["slots"]] for week in made["weeks"]]


def write(folder: Path, walks: Sequence[Walk]) -> Path:
    logbook.write(folder, *walks)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two weeks: a short session in the first, and the last one ended in fatigue."""
    walks = [Walk(day=d, stumbles=(50.0,) if d < 7 else ()) for d in (0, 2, 4, 7, 9)]
    walks[2].seconds = 125
    walks[4].tired, walks[4].stage, walks[4].spm = True, "hands free", 98.0
    return write(tmp_path, walks)


def test_the_page_says_first_what_is_due(folder: Path) -> None:
    """What to do, the weeks with their marks, what is done, and how it goes."""
    lines = page(folder, 9).splitlines()
    assert lines[0].startswith("Rest until Saturday 7 November: the walking on Wednesday")
    assert [line.split() for line in lines if line.startswith(("1 ", "2 ", "3 "))] == [
        ["1", "26", "Oct", "done", "Mon", "done", "Wed", "short", "Fri"],
        ["2", "2", "Nov", "done", "Mon", "done", "Wed*", "due", "Sat"],
        ["3", "9", "Nov", "-", "-", "-"],
    ]
    assert "4 of 18 sessions done." in lines
    assert next(x for x in lines if x.startswith("cadence")).split()[-3:] == ["92", "95", "+3"]
    assert next(x for x in lines if x.startswith("stage")).split()[-3:] == [
        "rails",
        "hands",
        "free",
    ]
    assert not any(len(line) > 80 for line in lines[: lines.index("4 of 18 sessions done.")])


def test_pain_is_told_with_one_command_and_asks_for_rest(folder: Path) -> None:
    """The page names the command that is missing; what it adds is shown and heeded."""
    assert "coach log note 5 --pain-before 0-10 --pain-after 0-10" in page(folder, 9)
    piped("log", "note", "5", "--log", folder, "--pain-before", "3", "--pain-after", "5.5")
    piped("log", "note", "1", "--log", folder, "--pain-before", "6")
    lines = page(folder, 9).splitlines()
    assert "pain rose from 3 to 5.5 of 10" in " ".join(lines)
    assert next(x for x in lines if x.startswith("pain before")).split()[-3:] == [
        "6.0",
        "3.0",
        "-3.0",
    ]
    assert not any("--pain-before" in line for line in lines)


def test_programs_get_the_same(folder: Path) -> None:
    """JSON holds the whole standing, CSV one row for each place of each week."""
    made = told(folder, 9)
    assert made["due"] == {
        "day": "2026-11-07",
        "week": 2,
        "session": 3,
        "rest_after": "2026-11-04",
        "rest_because": "fatigue",
    }
    assert (made["started"], made["done"], made["planned"], made["streak"]) == (
        "2026-10-26",
        4,
        18,
        0,
    )
    assert marks(made)[:2] == [["done", "done", "short"], ["done", "done", "due"]]
    assert [slot["sessions"] for slot in made["weeks"][1]["slots"]] == [[4], [5], []]
    table = piped("programme", "--log", folder, "--format", "csv", "--today", "2026-11-04").stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["mark"] for row in rows[:3]] == ["done", "done", "short"]
    assert (rows[0]["sessions"], rows[0]["minutes"], rows[0]["stumbles"]) == ("1", "10.0", "1")
    assert len(rows) == 18


def test_the_plan_is_a_setting(folder: Path, tmp_path: Path) -> None:
    """Weeks, sessions a week, the first day and what counts are taken from file or command line."""
    assert len(marks(told(folder, 9, "--set", "programme.weeks=2"))) == 2
    assert told(folder, 9, "--set", "programme.sessions_per_week=2")["streak"] == 2
    assert marks(told(folder, 9, "--set", "programme.done_percent=20"))[0] == ["done"] * 3
    file = tmp_path / "coach.toml"
    file.write_text("[programme]\nstarted = 2026-11-02  # a day without quotes\n")
    assert told(folder, 9, "--config", str(file))["done"] == 2
    refused = piped("programme", "--log", folder, "--set", "programme.started=Monday")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "expected a day, as 2026-11-02" in refused.stderr


def test_without_sessions_it_says_how_to_begin(tmp_path: Path) -> None:
    """No log, or an empty one, is no mistake."""
    first = page(tmp_path, 0)
    assert first.startswith("Due today: session 1 of 3 in week 1.")
    assert "clip the coach on and walk" in first
    assert "There is no log at" in first
    write(tmp_path, [])
    assert "There is no log at" not in page(tmp_path, 0)


def test_a_session_without_a_date_is_counted_in_no_week(tmp_path: Path) -> None:
    """It is named with the days between which it was, and leaves no week called missed for it."""
    write(tmp_path, [Walk(day=0), Walk(day=2), Walk(day=900, sure=False), Walk(day=7)])
    made = told(tmp_path, 7)
    assert marks(made)[0] == ["done", "done", "undated"]
    assert made["undated"] == [
        {"session": 3, "minutes": 10.0, "earliest": "2026-10-28", "latest": "2026-11-02"}
    ]
    said = page(tmp_path, 9)
    assert "session 3 (10:00 min, between 28 Oct 2026 and 2 Nov 2026)" in said
    assert "say the day: coach log note 3 --date 2026-11-02." in said


def test_where_no_date_is_sure_nothing_is_guessed(tmp_path: Path) -> None:
    """A coach that never had a network cannot count weeks, says why, and what to do."""
    write(tmp_path, [Walk(day=d, sure=False) for d in (0, 2)])
    said = page(tmp_path, 2)
    assert said.startswith("The weeks cannot be counted: 2 sessions walked, none with a sure date.")
    assert "No network had set the clock" in said
    assert "coach log note 2 --date" in said


def test_every_walker_has_a_programme(tmp_path: Path) -> None:
    """Sessions belong to the profile then in use, or to whom a note names; the others are told."""
    file = tmp_path / "coach.toml"
    file.write_text(
        '[walker]\nprofile = "anna"\n[profiles.anna.programme]\nweeks = 4\n'
        "[profiles.bert.programme]\nweeks = 8\n"
    )
    write(tmp_path, [Walk(day=0, profile="anna"), Walk(day=1, profile="bert"), Walk(day=2)])
    piped("log", "note", "3", "--log", tmp_path, "--walker", "anna")
    own = told(tmp_path, 2, "--config", str(file))
    assert (own["walker"], own["done"], own["planned"], own["others"]) == (
        "anna",
        2,
        12,
        {"bert": 1},
    )
    other = told(tmp_path, 2, "--config", str(file), "--walker", "bert")
    assert (other["walker"], other["done"], other["planned"]) == ("bert", 1, 24)
    assert "coach programme --walker anna" in page(tmp_path, 2)
    assert "No session of zora is in this log yet." in page(tmp_path, 2, "--walker", "zora")


def test_the_only_walker_of_a_log_need_not_be_named(tmp_path: Path) -> None:
    """A log that was copied to another computer comes without its profiles."""
    write(tmp_path, [Walk(day=0, profile="anna")])
    assert (told(tmp_path, 0)["walker"], told(tmp_path, 0)["done"]) == ("anna", 1)


def test_a_running_session_is_not_judged(tmp_path: Path) -> None:
    """It counts when it has ended."""
    journal = Journal(tmp_path / "coach.db")
    journal.start(lambda trouble: pytest.fail(trouble.message))
    journal.begin(Walk().opening())
    for record in Walk().records():
        journal.record(decode(record))
    journal.close()
    assert told(tmp_path, 0)["done"] == 0


def test_colour_only_where_it_is_wanted(folder: Path) -> None:
    """None in a pipe; a terminal that asks for it has it; NO_COLOR takes it away."""
    day = ("--today", "2026-11-04", "--log", folder)
    coloured = piped("programme", *day, env={"FORCE_COLOR": "1", "TERM": "xterm"}).stdout
    plain = {"FORCE_COLOR": "1", "TERM": "xterm", "NO_COLOR": "1"}
    assert "\x1b[32m" in coloured
    assert "\x1b[32m" not in piped("programme", *day, env=plain).stdout
    assert "\x1b" not in page(folder, 9)


def test_a_week_of_seven_fits_a_narrow_terminal(tmp_path: Path) -> None:
    """Daily walking is shown in eighty columns, each week on one line."""
    write(tmp_path, [Walk(day=d, seconds=65 if d == 3 else 605) for d in range(9)])
    lines = page(tmp_path, 9, "--set", "programme.sessions_per_week=7").splitlines()
    assert sum(line[:1].isdigit() for line in lines[:12]) == 6
    assert all(len(line) <= 80 for line in lines[:12])


def test_one_sentence_for_others(folder: Path) -> None:
    """What is due can be had as one sentence: for the demo, the status, the review."""
    today = Today(MONDAY + timedelta(days=12))
    line = due_line(folder / "coach.db", Settings(), today)
    assert line == "Due today: session 3 of 3 in week 2."
    tomorrow = due_line(folder / "coach.db", Settings(), Today(MONDAY + timedelta(days=3)))
    assert "\n" not in tomorrow


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--today", "yesterday"], "expected a day, as 2026-11-02"),
        (["--format", "html"], "invalid choice"),
        (["--set", "programme.weeks=0"], "from 1 to 52"),
        (["--config", "/nowhere/coach.toml"], "no such settings file"),
        (["--config", "/nowhere/coach.toml", "--walker", "anna"], "no such settings file"),
    ],
)
def test_bad_input_gets_a_sentence(folder: Path, arguments: list[str], expected: str) -> None:
    """One line, exit code 2."""
    done = piped("programme", "--log", folder, *arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert expected in done.stderr


def test_a_damaged_log_gets_a_sentence(tmp_path: Path) -> None:
    """Exit code 1, what to do, no traceback."""
    (tmp_path / "coach.db").write_bytes(b"damaged" * 1000)
    done = piped("programme", "--log", tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "coach log verify --recover" in done.stderr


def test_the_help_has_an_example() -> None:
    """And says where pain is told."""
    said = piped("programme", "--help").stdout
    assert "coach log note last --pain-before 4 --pain-after 2" in said
    assert "exit codes" in said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('started = "2027-11-02"', "Next: Tuesday 2 November 2027, session 1 of 3 in week 1."),
        ('started = "2026-11-02"', "Next: Monday 2 November, session 1 of 3 in week 1."),
        ('started = "2026-10-19"\nweeks = 1', "The week is over: 0 of 3 sessions done."),
        (
            'started = "2026-10-19"\nweeks = 1\nsessions_per_week = 1',
            "The week is over: 0 of 1 session done.",
        ),
    ],
)
def test_another_year_and_a_single_week_are_said_as_they_are(
    tmp_path: Path, settings: str, said: str
) -> None:
    """A slip in the year is seen at once."""
    file = tmp_path / "coach.toml"
    file.write_text(f"[programme]\n{settings}\n")
    assert page(tmp_path, 2, "--config", str(file)).splitlines()[0] == said


def test_the_change_is_that_of_the_figures_beside_it(tmp_path: Path) -> None:
    """Who subtracts the one from the other finds it right, also where both were rounded."""
    walks = [Walk(day=d, spm=spm, swing=0.0) for d, spm in ((0, 90.4), (7, 91.6))]
    lines = page(write(tmp_path, walks), 8).splitlines()
    rows = [line.split()[-3:] for line in lines if line.startswith(("cadence", "walking,"))]
    assert [row[0] != row[1] for row in rows] == [False, True]
    assert all(float(now) - float(was) == float(change) for was, now, change in rows)


def test_another_programme_is_said_for_the_walker_whose_it_is(tmp_path: Path) -> None:
    """`coach config set` sets the settings of the profile in use, whoever's page it is."""
    write(tmp_path, [Walk(day=0, profile=name) for name in ("anna", "Bea O'Neil", "")])
    file = tmp_path / "coach.toml"
    file.write_text('[walker]\nprofile = "anna"\n[profiles.anna.programme]\nweeks = 1\n')
    begins = "coach config set programme.started=2027-02-03"
    said = [
        page(tmp_path, 100, "--config", str(file), *walker)
        for walker in ((), ("--walker", "Bea O'Neil"), ("--walker", ""))
    ]
    assert f"To begin another: {begins}" in said[0]
    assert f"To begin another, once the profile Bea O'Neil is in use: {begins}" in said[1]
    assert f"To begin another, once no profile is in use: {begins}" in said[2]
    assert "coach programme --walker 'Bea O'\"'\"'Neil'" in said[0]  # as a shell takes it
    assert "coach programme --walker anna" in said[1]
