"""`coach log report`: a session as one page that opens in any browser, without a network.

The charts are drawn by a few hundred lines of our own (page/report.js) rather than by a chart
library: the smallest that comes as a Python package weighs 4.5 MB, takes seconds over SSH from a
Pi Zero, and leaves accessibility, print and the dark theme to be done all the same. The page says
by its own policy that it may load nothing from anywhere.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from coach.events import Cue, Fall, Limit, Steadiness, Stumble
from coach.frozen import frozen
from firmware.app.config.history import in_words, kept
from firmware.app.review import listing, result, sentences
from firmware.app.review.page import hand_over, html, table
from firmware.errors import EXIT_OK
from firmware.log import figures, index, notes, prescriptions, schema, sessions, summary
from firmware.log.summary import Summary
from firmware.records import Record, SettingsChanged
from firmware.sentences import cue_name
from firmware.wording import clock, counted, figure, percent

TREND_SESSIONS = 60
"""So many sessions before this one: five months of three a week."""

HISTORY = 12
"""So many changes of the prescription."""

TABLE_SESSIONS = 8
"""So many of them as figures, too."""


@frozen
class _Context:
    session: sessions.StoredSession
    figures: Summary
    before: list[index.Row]
    changes: list[Record]
    """All that moved the limit."""


def run(path: Path, wanted: str, output: str) -> int:
    """The command: to a file, whole or not at all, or to standard output."""
    session = sessions.read_one(path, wanted)
    history = kept(path.parent, session.walker)
    text = page(session, result.earlier(index.read_rows(path), session), history)
    hand_over(text, output, f"session {session.id} is")
    return EXIT_OK


def page(
    session: sessions.StoredSession,
    before: list[index.Row],
    history: Sequence[prescriptions.Entry] = (),
) -> str:
    """The whole page; `before` are this walker's earlier sessions, oldest first."""
    measured = figures.summarise(session)
    changes: list[Record] = session.of(SettingsChanged, Limit)
    c = _Context(session, measured, before[-TREND_SESSIONS:], changes)
    whose = f", {session.walker}" if session.walker else ""
    title = f"Session {session.id}{whose}, {listing.when(session)}"
    body = f"""{_remarks(session)}
<div class="pair">
{_lines("Prescription", result.prescription(session))}
{_lines("Result", result.result(session, c.figures))}
</div>
{_told(session)}
{_cadence(c)}
{_steadiness(c)}
{_trend(c)}
{_history(history)}"""
    return html(title, body, json.dumps(_data(c), separators=(",", ":")))


# --- The data that the charts are drawn from.


def _data(c: _Context) -> dict[str, Any]:
    session, zero = c.session, c.session.begins
    curve = session.curve()
    end = curve[-1][0] if curve else 0.0
    even = [(e.t - zero, e.step_time_cv) for e in session.of(Steadiness)]
    trend = [(r.id, summary.of(r)) for r in c.before] + [(session.id, c.figures)]
    return {
        "id": session.id,
        "length_s": end,
        "seconds": [(round(t, 2), None if spm is None else round(spm, 1)) for t, spm in curve],
        "limits": [(max(0.0, t - zero), spm) for t, spm in session.limits()],
        "cues": [
            (on - zero, end if off is None else off - zero, cue_name(cue))
            for cue in sorted({e.cue for e in session.of(Cue)})
            for on, off in session.spans(cue)
        ],
        "alarms": [(e.t - zero, e.type) for e in session.of(Stumble, Fall)],
        "gaps": [(begin - zero, end - zero) for begin, end, _ in session.gaps()],
        "steadiness": [(t, round(cv, 2)) for t, cv in even if cv is not None and t >= 0],
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
        why = "it is to come" if session.to_come else "no network had set the clock"
        lines.append(f"The date is not sure: {why}.")
    if session.ended is None:
        lines.append("This session is still running.")
    elif session.ended in listing.ODD_ENDS:
        how = "was cut short" if session.ended == schema.CUT_SHORT else "ended as the coach crashed"
        lines.append(
            f"This session {how}; at most its last five seconds are missing, or what"
            " a card that was full, failed or was taken away could not take until then."
        )
    if session.notes:
        lines.append("; ".join(notes.words(key, value) for key, value in session.notes))
    return "\n".join(f'<p class="soft">{escape(line)}</p>' for line in lines)


def _lines(heading: str, lines: Sequence[result.Line]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in lines)
    return f"<section><h2>{heading}</h2>\n<dl>{rows}</dl></section>"


def _told(session: sessions.StoredSession) -> str:
    """Everything that happened, complete: on paper and on a phone nothing can be pointed at."""
    rows = "\n".join(
        f"<li><time>{clock(t)}</time> {escape(sentence)}</li>"
        for t, sentence in sentences.told(session)
    )
    body = f'<ol class="told">{rows}</ol>' if rows else f"<p>{_none(session, 'events')}</p>"
    return f"<h2>What happened</h2>\n{body}"


def _none(session: sessions.StoredSession, what: str) -> str:
    if session.ended is None:
        return f"There are no {what} yet: the session is running."
    if session.summary is not None and session.summary.get("walking_s"):
        return f"The {what} of this session have been pruned; its figures stay."
    return f"There are no {what}: nobody walked."


def _cadence(c: _Context) -> str:
    if not c.session.seconds:
        return f"<h2>Cadence</h2>\n<p>{_none(c.session, 'curves')}</p>"
    told = f"Cadence in steps per minute over the session. {_spoken(c.figures)}"
    zero = c.session.begins
    rows = [(clock(a - zero), clock(b - zero), *_minute(c, a, b)) for a, b in _minutes(c)]
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
        return "<h2>Steadiness</h2>\n<p>Too few steps to tell.</p>"
    told = f"Step time varies by {s.step_time_cv:.1f} % (median); less is steadier."
    label = escape(f"Variation of the step time in per cent over the session. {told}")
    return f"""<h2>Steadiness <span class="soft">(step time varies by, %)</span></h2>
<p>{told}</p>
<svg id="steadiness" data-height="170" role="img" aria-label="{label}"></svg>"""


def _trend(c: _Context) -> str:
    whose = f" of {c.session.walker}" if c.session.walker else ""
    if not c.before:
        return f"<h2>Trend</h2>\n<p>This is the first session{escape(whose)} in the log.</p>"
    shown = [c.session, *reversed(c.before[-TABLE_SESSIONS:])]
    columns = result.compared([c.figures, *(summary.of(row) for row in shown[1:])])
    rows = [
        (str(row.id), listing.when(row), *(line[i + 1] for line in columns))
        for i, row in enumerate(shown)
    ]
    heads = ("Session", "Date", *(line[0].capitalize() for line in columns))
    label = f"Mean and highest cadence of {len(c.before) + 1} sessions; the table has the last."
    return f"""<h2>Trend over sessions{escape(whose)}
<span class="soft">(dot: mean cadence; bar: up to the highest)</span></h2>
<svg id="trend" data-height="170" role="img" aria-label="{label}"></svg>
{table(heads, rows, "The last sessions")}"""


def _history(entries: Sequence[prescriptions.Entry]) -> str:
    """What was prescribed until now, newest first."""
    if not entries:
        return ""
    rows = "\n".join(
        f"<li>{escape(in_words(entry))}</li>" for entry in reversed(entries[-HISTORY:])
    )
    return f"<h2>Prescriptions</h2>\n<ul>{rows}</ul>"


def _spoken(s: Summary) -> str:
    falls = f" {counted(s.falls, 'fall')}," if s.falls else ""
    return (
        f"Mean {figure(s.cadence_mean)}, highest {figure(s.cadence_max)};"
        f" {percent(s.within_limit)} of the time in the zone; {counted(s.stumbles, 'stumble')},"
        f"{falls} {counted(s.cues, 'cue')}. The table below has the figures by the minute."
    )


def _minutes(c: _Context) -> list[tuple[float, float]]:
    zero, end = c.session.begins, c.session.seconds[-1][0]
    return list(pairwise([zero + 60.0 * i for i in range(int((end - zero) // 60) + 2)]))


def _minute(c: _Context, start: float, end: float) -> list[str]:
    seconds, events = c.session.seconds, c.session.events  # both in order of time
    a, b = (bisect_left(seconds, t, key=lambda s: s[0]) for t in (start, end))
    first, last = (bisect_left(events, t, key=lambda e: e.t) for t in (start, end))
    before = [e for e in c.changes if e.t < start]  # what was in force counts on
    told = [*before, *events[first:last]]
    part = replace(c.session, summary=None, seconds=seconds[a:b], events=told)
    s = figures.summarise(part)
    shares = [figure(s.cadence_mean), figure(s.cadence_max)]
    return [*shares, percent(s.within_limit), listing.stumbles(s), str(s.cues)]


def _details(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return f"<details><summary>{title}</summary>\n{table(heads, rows, title)}\n</details>"
