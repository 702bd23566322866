"""`coach log list` and `coach log show`: a session understood in a minute, over SSH."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from firmware import sessions
from firmware.errors import EXIT_OK, UserError
from firmware.summary import Summary, summarise

if TYPE_CHECKING:
    from rich.console import Console

CHART_HEIGHT = 15
CHART_WIDTH = 100


def show_list(path: Path) -> int:
    """The command `coach log list`."""
    from rich.table import Table

    table = Table("N", "date", "length", "cadence", "highest", "in limit", "stumbles", "cues", "")
    for session in sessions.read_all(path):
        s = summarise(session)
        table.add_row(
            str(session.id),
            when(session.wall_start),
            minutes(s.length_s),
            figure(s.cadence_mean),
            figure(s.cadence_max),
            percent(s.within_limit),
            _count(s.stumbles, s.falls),
            str(s.slow_downs),
            session.ended or "running, or cut short",
        )
    console().print(table)
    return EXIT_OK


def show_session(path: Path, wanted: str) -> int:
    """The command `coach log show`."""
    print_session(console(), sessions.read_one(path, wanted))
    return EXIT_OK


def print_session(out: Console, session: sessions.StoredSession) -> None:
    """Figures, chart and what was said, onto a console."""
    s = summarise(session)
    out.print(f"\n[bold]Session {session.id}[/bold], {when(session.wall_start)}", highlight=False)
    out.print(_figures(s))
    if s.walking_s:
        out.print(_chart(session, out))
    for event in session.of_type("cue", "gap", "fault", "recovered"):
        from firmware.replay import line

        out.print(line(event), highlight=False, markup=False)


def console() -> Console:
    """Standard output; rich leaves colour away when it is no terminal or NO_COLOR is set."""
    try:
        from rich.console import Console
    except ImportError as e:
        raise UserError(
            "the review needs the package rich: pip install 'cadence-coach[cli]'"
        ) from e
    return Console()


def _figures(s: Summary):  # type: ignore[no-untyped-def]  # noqa: ANN202 - rich is optional
    from rich.table import Table

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("length", minutes(s.length_s), "steps", str(s.steps))
    table.add_row("walking", minutes(s.walking_s), "stumbles", _count(s.stumbles, s.falls))
    cadence = f"{figure(s.cadence_mean)} mean, {figure(s.cadence_median)} median"
    table.add_row("cadence", f"{cadence} steps/min", "highest", figure(s.cadence_max))
    reaction = "" if s.reaction_s is None else f", corrected after {s.reaction_s:.0f} s"
    table.add_row("in limit", percent(s.within_limit), "slow down", f"{s.slow_downs}{reaction}")
    if s.gaps:
        table.add_row("gaps", f"{s.gaps}, {s.missing_s:.2f} s missing")
    return table


def _chart(session: sessions.StoredSession, out: Console):  # type: ignore[no-untyped-def]  # noqa: ANN202
    import plotext
    from rich.text import Text

    limit = session.settings["cadence.max_spm"]
    walked = [(t / 60, spm) for t, spm, _ in session.seconds if spm is not None]
    plotext.clear_figure()
    plotext.theme("clear" if out.color_system is None else "pro")
    plotext.plot_size(min(out.width, CHART_WIDTH), CHART_HEIGHT)
    plotext.scatter(*zip(*walked, strict=True), marker="braille")
    plotext.hline(limit, "red")
    alarms = [e["t"] / 60 for e in session.of_type("stumble", "fall")]
    if alarms:
        plotext.scatter(alarms, [limit] * len(alarms), marker="x", color="red")
    plotext.xlabel("minutes")
    plotext.ylabel(f"steps/min (limit {limit:g}; x: stumble)")
    return Text.from_ansi(plotext.build())


def when(wall: float) -> str:
    """Local date and time of a session, as the device's clock had it."""
    return datetime.fromtimestamp(wall, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def minutes(seconds: float) -> str:
    """`12:05` for 725 s."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def figure(value: float | None) -> str:
    """A cadence, or a dash."""
    return "-" if value is None else f"{value:.0f}"


def percent(share: float | None) -> str:
    """A share, or a dash."""
    return "-" if share is None else f"{100 * share:.0f} %"


def _count(stumbles: int, falls: int) -> str:
    return f"{stumbles}" if not falls else f"{stumbles}, {falls} fall{'s' if falls > 1 else ''}"
