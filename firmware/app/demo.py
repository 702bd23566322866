"""`coach demo`: the whole daemon on a simulated device, a quarter of an hour's walk in a minute.

The walker of the demo is a person: who is told calmly to slow down goes on for a while, obeys
the firmer word, is careful after a stumble, and gets tired. The exit code says whether every cue
came where it had to.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from coach.events import (
    Cue,
    Fall,
    Fatigue,
    Limit,
    Milestone,
    MilestoneName,
    Reaction,
    Session,
    Stage,
    Stumble,
)
from coach.settings import StageSettings
from firmware.app.programme.words import due_line
from firmware.app.review import review
from firmware.app.screen import Screen
from firmware.device.daemon import Daemon
from firmware.device.keeper import Keeper
from firmware.device.simulation import EASY, Simulation, treadmill_session
from firmware.errors import EXIT_FAILED, EXIT_OK, UserError
from firmware.log import figures, sessions
from firmware.log.journal import Journal
from firmware.log.schema import FILE_NAME
from firmware.records import Record
from firmware.settings.catalogue import LogSettings, Settings
from firmware.settings.reached import Reached, stated
from firmware.terminal import console, print_beside
from hardware.simulated import VirtualClock

REACTION_S, CALMS_S = 2.0, 4.0
"""From the cue to the walker's first slower step (hearing, understanding, doing), and from there to
the tempo that is kept."""

CAREFUL = 0.85
"""Of the lowered limit: what the walker goes down to after a stumble."""

STAGE = "hands free"
"""In which the walker of the demo begins: there is a stage before it and one after it."""

ANSWER_WITHIN_S = 20.0
"""A tempo above the limit must bring the cue within this: the window plus the hold time."""

CATCH_WITHIN_S = 0.5
"""A stumble must be answered within this of its peak to be of any use."""

SAVED_WITHIN_S = 60.0
"""The log's thread may be that far behind on a busy machine: a walk of minutes takes it seconds."""

AFTERWARDS_S = 5.0
"""The daemon runs on for this long after the session has ended by itself."""


class Check(NamedTuple):
    """One thing that had to happen, and whether it did."""

    what: str
    passed: bool


def run(speed: float, seed: int, directory: Path | None) -> int:
    """The command."""
    out = console()
    with _folder(directory) as folder:
        settings = demo_settings(folder)
        simulation = play(settings, speed, seed, Screen(out, settings, speed))
        session = sessions.read_one(folder / FILE_NAME, "last")
        review.print_session(out, session, figures.summarise(session))
        following = Reached(folder).applied(settings).stage.current
        due = due_line(folder / FILE_NAME, settings)
    results = checks(session, simulation, settings)
    out.print()
    print_beside(out, [("ok   " if check.passed else "FAULT", check.what) for check in results])
    out.print(f"\nnext stage: {following}\n{due}", soft_wrap=not out.is_terminal)
    return EXIT_OK if all(check.passed for check in results) else EXIT_FAILED


def demo_settings(folder: Path) -> Settings:
    """The defaults, and a walker who is on the way."""
    log = LogSettings(directory=str(folder))
    return replace(Settings(), log=log, stage=StageSettings(current=STAGE))


def play(settings: Settings, speed: float, seed: int, screen: Screen) -> Simulation:
    """Run the daemon through the session; what is said goes to the screen and into the log."""
    clock = VirtualClock(speed)
    plan = treadmill_session(settings.cadence.max_spm)
    simulation = Simulation(plan, settings, clock, seed=seed)
    folder = Path(settings.log.directory)
    journal = Journal(folder / FILE_NAME)
    end = sum(segment.seconds for segment in plan) + AFTERWARDS_S
    keeper = Keeper(Reached(folder), lambda: stated(settings))
    person = _Person(simulation, clock, settings.cadence.max_spm)

    def listen(record: Record) -> None:
        screen.tell(record)
        keeper.tell(record)
        person.hear(record)

    def stop() -> bool:
        screen.refresh(clock.now(), simulation)
        return clock.now() >= end

    daemon = Daemon(
        settings, simulation.sensor, simulation.indicators, journal, clock, listener=listen
    )
    try:
        with screen:
            daemon.run(stop)
    finally:
        simulation.indicators.close()
        journal.close(SAVED_WITHIN_S)
        keeper.close()
    return simulation


class _Person:
    """Obeys the firm cue, and after a stumble the calm one."""

    def __init__(self, simulation: Simulation, clock: VirtualClock, limit_spm: float) -> None:
        self._walker, self._clock = simulation.walker, clock
        self._usual = self._limit = limit_spm

    def hear(self, record: Record) -> None:
        """What the coach says, by its sound."""
        match record:
            case Limit(max_spm=spm):
                self._limit = spm
            case Cue(cue=cue, state="on"):
                careful = self._limit < self._usual
                if cue == "slow_down_firm" or (careful and cue == "slow_down"):
                    self._slow_down(careful)

    def _slow_down(self, careful: bool) -> None:
        target = self._limit * (CAREFUL if careful else EASY)
        first = 0.5 * (self._limit + target) if careful else self._limit
        now = self._clock.now() + REACTION_S
        self._clock.call_at(now, lambda: self._walker.set_cadence(first))
        self._clock.call_at(now + CALMS_S, lambda: self._walker.set_cadence(target))


# --- What the log says was told, held against what the walker really did.


def checks(
    session: sessions.StoredSession, simulation: Simulation, settings: Settings
) -> list[Check]:
    """One line each; all must have passed."""
    return [
        *_of_the_session(session, settings),
        *_of_the_pace(session, simulation, settings),
        *_of_the_stumble(session, simulation),
    ]


def _of_the_session(session: sessions.StoredSession, settings: Settings) -> list[Check]:
    told = {e.name: e.walked_s for e in session.of(Milestone)}
    target_s, limit_s = 60 * settings.session.target_min, 60 * settings.session.limit_min
    due: dict[MilestoneName, float] = {
        "half_way": target_s / 2,
        "target": target_s,
        "limit": limit_s,
    }
    rested = any(spm is None for t, spm, _ in session.seconds if t < _first(session, "target"))
    ready = [e.t for e in session.of(Stage) if e.advice == "ready for the next"]
    tired = [e.t for e in session.of(Fatigue)]
    return [
        Check(
            "the session started and ended by itself, with a rest on the rails within it",
            [e.state for e in session.of(Session)] == ["started", "ended"] and rested,
        ),
        Check(
            "half of the ten minutes, all of them, and the limit of fifteen were told",
            told.keys() == due.keys() and all(abs(told[k] - s) <= 1.0 for k, s in due.items()),
        ),
        Check("even walking was ready for the next stage", bool(ready)),
        Check(
            "the tired walker was told to ease off, and not before",
            bool(tired) and tired[0] > _first(session, "target"),
        ),
    ]


def _of_the_pace(
    session: sessions.StoredSession, simulation: Simulation, settings: Settings
) -> list[Check]:
    truth, origin = simulation.walker.truth, _origin(session, simulation)
    limit = settings.cadence.max_spm + settings.cadence.hysteresis_spm
    # The truth's own window reaches six seconds back: the tempo was too high before this says so.
    seconds = range(math.ceil(truth.steps[-1].t))
    over = [t for t in seconds if (truth.cadence(float(t)) or 0.0) > limit]
    calm, firm = session.spans("slow_down"), session.spans("slow_down_firm")
    reactions = [e.cue for e in session.of(Reaction)]
    return [
        Check(
            "the tempo above the limit brought the slow-down cue, in time",
            bool(over) and any(abs(on + origin - over[0]) <= ANSWER_WITHIN_S for on, _ in calm),
        ),
        Check(
            "as it changed nothing a firmer one came, and silence when the walker reacted",
            len(firm) == 1 and firm[0][1] is not None and "slow_down_firm" in reactions,
        ),
        Check(
            "nobody was told to slow down without a reason",
            len(calm) <= 1 + len(truth.stumbles) and all(off is not None for _, off in calm),
        ),
    ]


def _of_the_stumble(session: sessions.StoredSession, simulation: Simulation) -> list[Check]:
    origin = _origin(session, simulation)
    alarms = [e.t + origin for e in session.of(Stumble, Fall)]
    peaks = [stumble.peak for stumble in simulation.walker.truth.stumbles]
    caught = [any(abs(a - p) <= CATCH_WITHIN_S for a in alarms) for p in peaks]
    limits = [e.reason for e in session.of(Limit)]
    back = [e for e in session.of(Stage) if e.advice == "stepped back"]
    return [
        Check(
            "the stumble was answered within half a second of its peak", bool(peaks) and all(caught)
        ),
        Check("nothing else was taken for a stumble", len(alarms) == len(peaks)),
        Check(
            "after it the limit was lower until the walker had settled, and a stage was gone back",
            limits == ["stumble", "settled"] and len(back) == 1,
        ),
    ]


def _origin(session: sessions.StoredSession, simulation: Simulation) -> float:
    """The session's time 0 on the walker's clock."""
    return session.mono_start_us / 1e6 - simulation.start


def _first(session: sessions.StoredSession, milestone: str) -> float:
    times = (e.t for e in session.of(Milestone) if e.name == milestone)
    return next(times, math.inf)


@contextmanager
def _folder(directory: Path | None) -> Iterator[Path]:
    if directory is not None:
        try:  # before a minute is played that nobody can look at afterwards
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise UserError(f"{directory}: expected a folder for the log: {e.strerror}") from e
        yield directory
        return
    with tempfile.TemporaryDirectory(prefix="coach-demo-") as name:
        yield Path(name)
