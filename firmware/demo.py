"""`coach demo`: the whole daemon on a simulated device, twelve minutes in about one.

The walker of the demo listens: when told to slow down, they shorten their step rate two seconds
later. The exit code says whether every cue came where it had to.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from firmware.daemon import Daemon
from firmware.errors import EXIT_FAILED, EXIT_OK
from firmware.journal import Journal
from firmware.log import review, sessions
from firmware.log.schema import FILE_NAME
from firmware.screen import Screen
from firmware.settings.catalogue import LogSettings, Settings
from firmware.simulation import Simulation, treadmill_session
from hardware.simulated.clock import VirtualClock

REACTION_S = 2.0
"""From the cue to the walker's first shorter step: hearing, understanding, doing."""

SETTLES_BELOW_SPM = 8.0
"""How far below the limit the walker goes when told to slow down."""

ANSWER_WITHIN_S = 20.0
"""A tempo above the limit must bring the cue within this: the window plus the hold time."""

CATCH_WITHIN_S = 0.5
"""A stumble must be answered within this of its peak to be of any use."""

AFTERWARDS_S = 5.0
"""The daemon runs on for this long after the session has ended by itself."""

Record = dict[str, Any]


class Check(NamedTuple):
    """One thing that had to happen, and whether it did."""

    what: str
    passed: bool


def run(speed: float, seed: int, directory: Path | None) -> int:
    """The command."""
    out = review.console()
    with _folder(directory) as folder:
        settings = replace(Settings(), log=LogSettings(directory=str(folder)))
        simulation = _play(settings, speed, seed, Screen(out, settings, speed))
        session = sessions.read_one(folder / FILE_NAME, "last")
        review.print_session(out, session)
    results = checks(session, simulation, settings)
    out.print()
    for check in results:
        out.print(f"{'ok   ' if check.passed else 'FAULT'}  {check.what}", highlight=False)
    return EXIT_OK if all(check.passed for check in results) else EXIT_FAILED


def _play(settings: Settings, speed: float, seed: int, screen: Screen) -> Simulation:
    clock = VirtualClock(speed)
    plan = treadmill_session(settings.cadence.max_spm)
    simulation = Simulation(plan, settings, clock, seed=seed)
    journal = Journal(Path(settings.log.directory) / FILE_NAME)
    end = sum(segment.seconds for segment in plan) + AFTERWARDS_S

    limit = settings.cadence.max_spm

    def listen(record: Record) -> None:
        nonlocal limit
        screen.tell(record)
        if record["type"] == "limit":
            limit = record["max_spm"]
        if record["type"] == "cue" and (record["cue"], record["state"]) == ("slow_down", "on"):
            slower = limit - SETTLES_BELOW_SPM
            clock.call_at(clock.now() + REACTION_S, lambda: simulation.walker.set_cadence(slower))

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
        journal.close()
    return simulation


def checks(
    session: sessions.StoredSession, simulation: Simulation, settings: Settings
) -> list[Check]:
    """Hold what the log says was told against what the walker really did."""
    truth = simulation.walker.truth
    origin = session.mono_start_us / 1e6 - simulation.start
    limit = settings.cadence.max_spm + settings.cadence.hysteresis_spm
    # The truth's own window reaches six seconds back: the tempo was too high before this says so.
    seconds = range(math.ceil(truth.steps[-1].t))
    over = [t for t in seconds if (truth.cadence(float(t)) or 0.0) > limit]
    slow = [(on + origin, off) for on, off in _spans(session, "slow_down")]
    alarms = [e["t"] + origin for e in session.of_type("stumble", "fall")]
    peaks = [stumble.peak for stumble in truth.stumbles]
    caught = [any(abs(a - p) <= CATCH_WITHIN_S for a in alarms) for p in peaks]
    return [
        Check(
            "the session started and ended by itself",
            [e["state"] for e in session.of_type("session")] == ["started", "ended"],
        ),
        Check(
            "the tempo above the limit brought the slow-down cue, in time",
            bool(over) and any(abs(on - over[0]) <= ANSWER_WITHIN_S for on, _ in slow),
        ),
        Check(
            "each slow-down cue ended when the walker had slowed down",
            bool(slow) and all(off is not None for _, off in slow),
        ),
        Check(
            "the stumble was answered within half a second of its peak",
            bool(peaks) and all(caught),
        ),
        Check("nothing else was taken for a stumble", len(alarms) == len(peaks)),
        Check(
            "nobody was told to slow down without a reason",
            len(slow) <= 1 + len(peaks),
        ),
    ]


def _spans(session: sessions.StoredSession, cue: str) -> list[tuple[float, float | None]]:
    """When a cue went on and off; None where it never did."""
    spans: list[tuple[float, float | None]] = []
    for r in session.of_type("cue"):
        if r["cue"] == cue:
            if r["state"] == "on":
                spans.append((r["t"], None))
            elif spans:
                spans[-1] = (spans[-1][0], r["t"])
    return spans


@contextmanager
def _folder(directory: Path | None) -> Iterator[Path]:
    if directory is not None:
        yield directory
        return
    with tempfile.TemporaryDirectory(prefix="coach-demo-") as name:
        yield Path(name)
