"""What is set in the middle of a session, as review and programme tell of it afterwards."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

from coach.events import Cue, Limit
from firmware.app import keeping
from firmware.app.programme.read import Today, read
from firmware.app.review import result, sentences
from firmware.device.control.orders import Ordered, Orders
from firmware.log import index, sessions, summary
from firmware.log.figures import summarise
from firmware.log.schema import FILE_NAME
from firmware.settings.catalogue import Settings
from hardware.simulated.walker import Stand, Walk
from tests.support.device import Device
from tests.support.terminal import piped

CHANGED_AT = 60.02
PLAN = (Stand(5.0), Walk(110.0, spm=88.0, amplitude_g=0.2, variability=0.02))


def changed(daemon: Ordered, *, new: Settings) -> dict[str, object]:
    daemon.change(new)
    return {}


def walked(folder: Path, settings: Settings, limit: str, **more: str) -> sessions.StoredSession:
    """At 88 steps/min, with another limit from the middle on."""
    orders = Orders()
    device = Device(PLAN, folder, orders=orders, settings=settings)
    order = partial(changed, new=device.settings.changed({"cadence.max_spm": limit, **more}))
    device.clock.call_at(CHANGED_AT, partial(orders.put, order))
    device.run()
    return sessions.read_one(device.log, "last")


def test_what_came_of_a_change_is_told_after_it(tmp_path: Path) -> None:
    """As in the live view: the limit that is said last is the one that counts."""
    hands_free = {"stage.current": "hands free", "stage.sets_limit": "true"}
    settings = Settings().changed({"cadence.max_spm": "92", **hands_free})
    for folder, limit, came in (
        (tmp_path / "up", "120", "stage"),
        (tmp_path / "down", "80", "cue"),
    ):
        folder.mkdir()
        said = [text for _, text in sentences.told(walked(folder, settings, limit))]
        follows = said[said.index(f"limit set to {limit} steps/min") + 1]
        assert follows.startswith(
            {"stage": "limit 95 steps/min in this stage", "cue": "told to slow down (limit 80)"}[
                came
            ]
        )


def test_the_limit_of_the_stage_stays_in_force(tmp_path: Path) -> None:
    """Who walks above it all the time is not credited with time in zone from the change on."""
    session = walked(tmp_path, Settings().changed({"stage.sets_limit": True}), "95")
    assert [e.max_spm for e in session.of(Limit)] == [80.0, 80.0]
    assert session.limits()[-1][1] == 80.0
    share = summarise(session).within_limit
    assert share is not None
    assert share < 0.1  # before the session began, no stage set a limit


def test_a_cue_that_comes_of_the_change_is_told_with_the_new_limit(tmp_path: Path) -> None:
    """Nobody is said to have been told to slow down at 88 steps/min under a limit of 100."""
    session = walked(tmp_path, Settings(), "80")
    first = next(e for e in session.of(Cue) if e.cue == "slow_down")
    assert abs(first.t - CHANGED_AT) < 1.0
    told = [text for _, text in sentences.told(session) if text.startswith("told to slow down")]
    assert told[0].startswith("told to slow down (limit 80)")


def test_a_limit_that_is_set_on_the_way_is_shown_beside_the_one_of_before(tmp_path: Path) -> None:
    """In the progress and in the dataset, which hold what was set before the walk, too."""
    session = walked(tmp_path, Settings(), "80")
    s = summarise(session)
    assert (s.first_limit_spm, s.last_limit_spm) == (100.0, 80.0)
    [row] = index.read_rows(tmp_path / FILE_NAME)
    assert summary.of(row).limits_spm(100.0) == (100.0, 80.0)
    assert " 100 to 80 " in piped("log", "progress", "--log", tmp_path).stdout


def test_the_limit_of_a_session_is_the_stages_where_that_counts(tmp_path: Path) -> None:
    """Not the higher one that was set, under which nobody walked."""
    session = walked(tmp_path, Settings().changed({"stage.sets_limit": True}), "95")
    s = summarise(session)
    assert (s.first_limit_spm, s.last_limit_spm) == (80.0, 80.0)


def test_a_target_that_is_set_on_the_way_is_the_one_that_counts(tmp_path: Path) -> None:
    """Who is let off with a minute and a half has walked all that was asked for, on each page."""
    session = walked(tmp_path, Settings(), "100", **{"session.target_min": "1.5"})
    s = summarise(session)
    assert dict(result.prescription(session))["time"].startswith("10, then 1.5 min to walk")
    assert dict(result.result(session, s))["walked"].endswith(" of 1.5 min, target reached")
    log = tmp_path / FILE_NAME
    [row] = index.read_rows(log)
    assert summary.of(row).target_min(10.0) == 1.5
    assert " of 1.5 min" in piped("log", "progress", "--log", tmp_path).stdout
    keeping.add(log, "1", [], date="2026-03-02 10:00")
    assert read(log, Settings(), "", Today(date(2026, 3, 2))).standing.done == 1
