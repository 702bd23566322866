"""How the coach treats simulated walkers, many of each kind, and how soon.

Run it: `python -m tests.bench.bench_coaching [WALKERS]` (default 60 of each; some twenty minutes on
two cores). The walkers are none of those to which anything was fitted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from statistics import median

from rich.console import Console
from rich.table import Table

from coach.events import Cue, Event, Fatigue, Milestone, Reaction, Session, Stage
from coach.guidance import EASE_OFF, NEXT_STAGE, SLOW_DOWN, SLOW_DOWN_FIRM
from hardware.simulated.walker import BeltChange, SideRails, Stand, Walk, Walker
from tests.support.coached import person, session

FIRST = 50_000

LATE_S = 10.0
"""The cadence is a mean: a drift that is over is still being told for so long."""

Row = tuple[bool, float | None]
"""Whether it happened, and when or how long after (s)."""


def on(events: list[Event], cue: str) -> list[float]:
    """When a cue went on."""
    return [e.t for e in events if isinstance(e, Cue) and (e.cue, e.state) == (cue, "on")]


def ready(events: list[Event]) -> list[float]:
    """When the next stage was advised."""
    return [e.t for e in events if isinstance(e, Stage) and e.advice == "ready for the next"]


def advances(seed: int, **gait: float) -> Row:
    who = {**person(seed), **gait}
    who["spm"] = min(who["spm"], 75.0)
    found = ready(session((Stand(4.0), Walk(400.0, **who)), seed))
    return bool(found), found[0] if found else None


def steady_advances(seed: int) -> Row:
    return advances(seed, variability=0.02 + 0.015 * (seed % 2), asymmetry=0.05)


def unsteady_advances(seed: int) -> Row:
    return advances(seed, variability=0.10)


def tiring_is_told(seed: int) -> Row:
    who = person(seed)
    plan = (Stand(4.0), Walk(300.0, **who), Walk(300.0, **who, drift=0.1), Stand(LATE_S))
    found = [e.t for e in session(plan, seed) if isinstance(e, Fatigue) and e.t > 304]
    return bool(found), found[0] - 304 if found else None


def steady_is_called_tired(seed: int) -> Row:
    found = on(session((Stand(4.0), Walk(900.0, **person(seed))), seed), EASE_OFF)
    return bool(found), found[0] if found else None


def belt_is_called_tired(seed: int) -> Row:
    who = person(seed)
    change = (0.06 + 0.19 * (seed % 7) / 6) * (-1 if seed % 3 == 0 else 1)
    belt = BeltChange(300.0, who["spm"] * (1 + change), over_s=(2.0, 10.0, 20.0)[seed % 3])
    found = on(session((Stand(4.0), Walk(640.0, **who, events=(belt,))), seed), EASE_OFF)
    return bool(found), found[0] if found else None


def _fast(seed: int, hears: Callable[[Event, Walker], None] | None = None) -> list[Event]:
    who = {**person(seed), "spm": 104.0 + seed % 10}
    plan = (Stand(4.0), Walk(120.0, **who))
    return session(plan, seed, hears=hears) if hears else session(plan, seed)


def corrected_hears_once(seed: int) -> Row:
    def obey(event: Event, walker: Walker) -> None:
        if isinstance(event, Cue) and event.state == "on":
            walker.set_cadence(90.0)

    events = _fast(seed, obey)
    times = [e.seconds for e in events if isinstance(e, Reaction)]
    once = len(on(events, SLOW_DOWN)) == 1 and not on(events, SLOW_DOWN_FIRM)
    return once, times[0] if times else None


def ignored_escalates(seed: int) -> Row:
    events = _fast(seed)
    calm, firm = on(events, SLOW_DOWN), on(events, SLOW_DOWN_FIRM)
    return bool(calm and firm), firm[0] - calm[0] if calm and firm else None


def paused_keeps_the_session(seed: int) -> Row:
    walk = Walk(200.0, **person(seed))
    events = session((Stand(4.0), walk, SideRails(40.0), walk, Stand(70.0)), seed)
    states = [e.state for e in events if isinstance(e, Session)]
    half = [e.t for e in events if isinstance(e, Milestone) and e.name == "half_way"]
    return states == ["started", "ended"] and bool(half), half[0] if half else None


def planned_cues_only(seed: int) -> Row:
    """A steady walker within the limits: half way, target, limit, and at most one advice."""
    who = {**person(seed), "variability": 0.025}
    events = session((Stand(4.0), Walk(930.0, **who)), seed)
    told = [e.cue for e in events if isinstance(e, Cue) and e.state == "on"]
    planned = ["half_way", "limit", "target"]
    rest = sorted(cue for cue in told if cue != NEXT_STAGE)
    return rest == planned and told.count(NEXT_STAGE) <= 1, float(len(told))


KINDS: tuple[tuple[str, Callable[[int], Row], str, str], ...] = (
    ("a steady one advances", steady_advances, "most", "after s"),
    ("an unsteady one (10 %) advances", unsteady_advances, "none", "after s"),
    ("a tiring one is told", tiring_is_told, ">= 0.90", "after s"),
    ("a steady one is called tired", steady_is_called_tired, "<= 0.05", "after s"),
    ("a changed belt is called tired", belt_is_called_tired, "<= 0.10", "after s"),
    ("who corrects hears one cue", corrected_hears_once, "most", "reacts after s"),
    ("who ignores hears the firm one", ignored_escalates, "all", "later by s"),
    ("who pauses keeps the session", paused_keeps_the_session, "all", "half way at s"),
    ("only the planned cues", planned_cues_only, "most", "cues"),
)


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    table = Table("simulated walkers", "share", "of", "bar", "median", "of what")
    with ProcessPoolExecutor() as pool:
        for n, (name, run, bar, what) in enumerate(KINDS):
            seeds = range(FIRST + 1000 * n, FIRST + 1000 * n + count)
            rows = list(pool.map(run, seeds))
            values = [value for _, value in rows if value is not None]
            share = sum(happened for happened, _ in rows) / count
            shown = f"{median(values):.0f}" if values else "-"
            table.add_row(name, f"{share:.2f}", str(count), bar, shown, what)
            sys.stderr.write(f"{name}: {share:.2f}\n")
    Console().print(table)


if __name__ == "__main__":
    main()
