"""`coach log report`: a session as one page that opens in any browser, without a network.

The charts are drawn by a few hundred lines of our own (page/report.js) rather than by a chart
library: the smallest that comes as a Python package weighs 4.5 MB, takes seconds over SSH from a
Pi Zero, and leaves accessibility, print and the dark theme to be done all the same. The page says
by its own policy that it may load nothing from anywhere.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from coach.events import Cue, Fall, Gap, Steadiness, Stumble
from firmware import files as atomic
from firmware.app.review import review
from firmware.errors import EXIT_OK
from firmware.log import notes, sessions, summary
from firmware.log.summary import Summary
from firmware.records import SettingsChanged

TREND_SESSIONS = 60
"""So many sessions before this one: five months of three a week."""

TABLE_SESSIONS = 8
"""So many of them as figures, too."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

CUE_NAMES = {"slow_down": "slow down", "stumble": "stumble", "fall": "fall"}


@dataclass(frozen=True)
class _Context:
    session: sessions.StoredSession
    figures: Summary
    before: list[sessions.Row]


def run(path: Path, wanted: str, output: str) -> int:
    """The command: to a file, whole or not at all, or to standard output."""
    session = sessions.read_one(path, wanted)
    rows = [r for r in sessions.read_rows(path) if r.id < session.id and r.summary is not None]
    text = page(session, rows)
    if output == "-":
        sys.stdout.write(text)
    else:
        with atomic.replacing(Path(output)) as file:
            file.write(text)
        sys.stderr.write(f"coach: session {session.id} is in {output}\n")
    return EXIT_OK


def page(session: sessions.StoredSession, before: list[sessions.Row]) -> str:
    """The whole page; `before` are the earlier sessions, oldest first."""
    c = _Context(session, summary.summarise(session), before[-TREND_SESSIONS:])
    folder = files("firmware.app.review.page")
    style = folder.joinpath("report.css").read_text(encoding="utf-8")
    script = folder.joinpath("report.js").read_text(encoding="utf-8")
    # `<` inside the data could end the script element that holds it.
    data = json.dumps(_data(c), separators=(",", ":")).replace("<", "\\u003c")
    title = f"Session {session.id}, {review.when(session)}"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(title)} - cadence coach</title>
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{_remarks(session)}
{_figures(c.figures)}
{_cadence(c)}
<div class="pair">
{_steadiness(c)}
{_reactions(c)}
</div>
{_trend(c)}
</main>
<script type="application/json" id="data">{data}</script>
<script>
{script}</script>
</body>
</html>
"""


# --- The data that the charts are drawn from.


def _data(c: _Context) -> dict[str, Any]:
    session = c.session
    end = session.seconds[-1][0] if session.seconds else 0.0
    even = [(e.t, e.step_time_cv) for e in session.of(Steadiness)]
    trend = [(r.id, summary.of(r)) for r in c.before] + [(session.id, c.figures)]
    return {
        "id": session.id,
        "length_s": end,
        "seconds": [
            (round(t, 2), None if spm is None else round(spm, 1)) for t, spm, _ in session.seconds
        ],
        "limits": session.limits(),
        "cues": [
            (on, end if off is None else off, CUE_NAMES.get(cue, cue.replace("_", " ")))
            for cue in sorted({e.cue for e in session.of(Cue)})
            for on, off in session.spans(cue)
        ],
        "alarms": [(e.t, e.type) for e in session.of(Stumble, Fall)],
        "gaps": [(e.start, e.t) for e in session.of(Gap)],
        "steadiness": [(t, round(cv, 2)) for t, cv in even if cv is not None],
        "trend": [
            {"id": number, "mean": s.cadence_mean, "max": s.cadence_max}
            for number, s in trend
            if s.cadence_mean is not None
        ],
    }


# --- The sections of the page; each chart has its figures as a table, too.


def _remarks(session: sessions.StoredSession) -> str:
    lines = []
    if not session.wall_sure:
        lines.append("The date is uncertain: the clock had not been set by the network.")
    if session.ended is None:
        lines.append("This session is still running.")
    elif session.ended in review.ODD_ENDS:
        lines.append(
            f"This session was {session.ended}; at most its last five seconds are missing."
        )
    if session.notes:
        lines.append("; ".join(notes.words(key, value) for key, value in session.notes))
    return "\n".join(f'<p class="soft">{escape(line)}</p>' for line in lines)


def _figures(s: Summary) -> str:
    shown = (
        ("Walking", review.minutes(s.walking_s)),
        ("Cadence, mean", f"{review.figure(s.cadence_mean)} /min"),
        ("Median", f"{review.figure(s.cadence_median)} /min"),
        ("Highest", f"{review.figure(s.cadence_max)} /min"),
        ("Time in zone", review.percent(s.within_limit)),
        ("Longest in zone", review.minutes(s.longest_within_s)),
        ("Steps", str(s.steps)),
        ("Stumbles", str(s.stumbles)),
        ("Falls", str(s.falls)),
        ("Cues", str(s.cues)),
        ("Corrected after", "-" if s.reaction_s is None else f"{s.reaction_s:.0f} s"),
        ("Missing", f"{s.missing_s:.1f} s in {s.gaps}" if s.gaps else "nothing"),
    )
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in shown)
    return f'<h2>In short</h2>\n<dl id="figures">{cells}</dl>'


def _cadence(c: _Context) -> str:
    if not c.session.seconds:
        return "<h2>Cadence</h2>\n<p>The seconds of this session have been pruned.</p>"
    told = f"Cadence in steps per minute over the session. {_spoken(c.figures)}"
    rows = [(review.minutes(a), review.minutes(b), *_minute(c, a, b)) for a, b in _minutes(c)]
    heads = ("From", "To", "Cadence", "Highest", "In zone", "Stumbles", "Cues")
    return f"""<h2>Cadence <span class="soft">(steps/min)</span></h2>
<figure>
<svg id="cadence" data-height="300" role="img" tabindex="0" aria-label="{escape(told)}"></svg>
<figcaption>
<p class="key"><span><i style="background:var(--zone)"></i>zone, up to the limit</span>
<span><i style="background:var(--walk)"></i>cadence</span>
<span><i style="background:var(--cue);opacity:.5"></i>cue</span>
<span><i style="background:var(--alarm)"></i>stumble or fall (triangle)</span>
<span><i style="background:var(--gap);opacity:.6"></i>no samples</span></p>
</figcaption>
</figure>
<div class="tools" role="group" aria-label="Zoom of the cadence chart">
<button id="in">Zoom in</button><button id="out">Zoom out</button><button id="all">All</button>
<button id="left">Earlier</button><button id="right">Later</button>
<span id="shown" role="status"></span>
<span class="soft">keys: + - 0 and arrows; drag; Ctrl and wheel</span>
</div>
{_details("Cadence as a table, minute by minute", heads, rows)}"""


def _steadiness(c: _Context) -> str:
    s = c.figures
    if s.step_time_cv is None:
        text = "Too few steps to tell."
        return f"<section><h2>Steadiness</h2>\n<p>{text}</p></section>"
    symmetry = "" if s.symmetry is None else f" Left and right are alike to {s.symmetry:.2f} of 1."
    told = f"Step time varies by {s.step_time_cv:.1f} % (median); less is steadier.{symmetry}"
    label = escape(f"Variation of the step time in per cent over the session. {told}")
    return f"""<section>
<h2>Steadiness <span class="soft">(step time varies by, %)</span></h2>
<p>{told}</p>
<svg id="steadiness" data-height="170" role="img" aria-label="{label}"></svg>
</section>"""


def _reactions(c: _Context) -> str:
    rows = [
        (review.minutes(told), "not corrected" if seconds is None else f"{seconds:.0f} s")
        for told, seconds in c.session.slow_downs()
    ]
    body = (
        _table(("Slow down, at", "Corrected after"), rows, "Reaction to each slow-down cue")
        if rows
        else "<p>No cue to slow down: there was nothing to correct.</p>"
    )
    return f"<section>\n<h2>Reaction to cues</h2>\n{body}\n</section>"


def _trend(c: _Context) -> str:
    if not c.before:
        return "<h2>Trend</h2>\n<p>This is the first session in the log.</p>"
    rows = [
        (str(c.session.id), review.when(c.session), *_compared(c.figures)),
        *(
            (str(r.id), review.when(r), *_compared(summary.of(r)))
            for r in reversed(c.before[-TABLE_SESSIONS:])
        ),
    ]
    heads = ("Session", "Date", *(name.capitalize() for name, _ in review.COMPARISON))
    label = f"Mean and highest cadence of {len(c.before) + 1} sessions; the table has the last."
    return f"""<h2>Trend over sessions
<span class="soft">(dot: mean cadence; bar: up to the highest)</span></h2>
<svg id="trend" data-height="170" role="img" aria-label="{label}"></svg>
{_table(heads, rows, "The last sessions")}"""


def _compared(s: Summary) -> list[str]:
    return [read(s) for _, read in review.COMPARISON]


def _spoken(s: Summary) -> str:
    return (
        f"Mean {review.figure(s.cadence_mean)}, highest {review.figure(s.cadence_max)};"
        f" {review.percent(s.within_limit)} of the time in the zone; {s.stumbles} stumbles,"
        f" {s.cues} cues. The table below has the figures by the minute."
    )


def _minutes(c: _Context) -> list[tuple[float, float]]:
    end = c.session.seconds[-1][0]
    return list(pairwise([60.0 * i for i in range(int(end // 60) + 2)]))


def _minute(c: _Context, start: float, end: float) -> list[str]:
    part = sessions.StoredSession(
        **{
            **vars(c.session),
            "summary": None,
            "seconds": [s for s in c.session.seconds if start <= s[0] < end],
            "events": [
                e for e in c.session.events if start <= e.t < end or isinstance(e, SettingsChanged)
            ],
        }
    )
    s = summary.summarise(part)
    shares = [review.figure(s.cadence_mean), review.figure(s.cadence_max)]
    return [*shares, review.percent(s.within_limit), str(s.stumbles + s.falls), str(s.cues)]


def _details(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    table = _table(heads, rows, title)
    return f"<details><summary>{title}</summary>\n{table}\n</details>"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], name: str) -> str:
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(name)}">\n'
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )
