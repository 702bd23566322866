"""`coach log export --format fit`: an activity file as sports watches write it.

Garmin's own SDK encodes it. FIT counts strides (two steps) a minute, a whole number in `cadence`
and the rest in `fractional_cadence`; time in whole seconds since 1989-12-31. One record a second,
one lap a stage (the whole session where there are none), timer events round the session.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from coach.events import Stage
from firmware import files as atomic
from firmware.errors import EXIT_OK, UserError
from firmware.log.sessions import StoredSession
from firmware.log.summary import summarise
from firmware.packages import missing

STEPS_A_STRIDE = 2


@dataclass(frozen=True)
class _Span:
    """A lap, or all of it: from second to second, both included."""

    start: float
    end: float


def run(session: StoredSession, output: str) -> int:
    """Write the file, whole or not at all. Raises `UserError`."""
    data = encode(session)
    if output == "-":
        sys.stdout.buffer.write(data)
    else:
        with atomic.replacing_bytes(Path(output)) as file:
            file.write(data)
    return EXIT_OK


def encode(session: StoredSession) -> bytes:
    """The session as a FIT file. Raises `UserError` where the SDK or the seconds are missing."""
    try:
        from garmin_fit_sdk import Encoder, Profile
    except ImportError as e:
        raise missing("the FIT export", "garmin-fit-sdk") from e
    if not session.seconds:
        raise UserError(
            f"session {session.id} holds no seconds: they have been pruned, or none came"
        )
    numbers = Profile["mesg_num"]
    encoder = Encoder()
    for kind, fields in messages(session):
        encoder.write_mesg({"mesg_num": numbers[kind], **fields})
    return bytes(encoder.close())


def messages(session: StoredSession) -> list[tuple[str, dict[str, Any]]]:
    """The FIT messages in their order, each with its name and fields."""
    whole = _Span(session.seconds[0][0], session.seconds[-1][0])
    end = _date(session, whole.end)
    laps = _laps(session, whole)
    made: list[tuple[str, dict[str, Any]]] = [
        (
            "FILE_ID",
            {
                "type": "activity",
                "manufacturer": "development",
                "product": 1,
                "time_created": _date(session, whole.start),
                "serial_number": session.id,
            },
        ),
        ("DEVICE_INFO", {"timestamp": end, "device_index": 0, "manufacturer": "development"}),
        ("EVENT", _timer(session, whole.start, "start")),
    ]
    made += [
        ("RECORD", {"timestamp": _date(session, t), **_cadence("cadence", spm)})
        for t, spm, _ in session.seconds
    ]
    made.append(("EVENT", _timer(session, whole.end, "stop_all")))
    made += [("LAP", {"message_index": i, **_figures(session, lap)}) for i, lap in enumerate(laps)]
    figures = _figures(session, whole)
    made.append(
        (
            "SESSION",
            {
                "message_index": 0,
                "sport": "walking",
                "sub_sport": "treadmill",
                "first_lap_index": 0,
                "num_laps": len(laps),
                "trigger": "activity_end",
                **figures,
                "event": "session",
                "total_cycles": summarise(session).steps // STEPS_A_STRIDE,
            },
        )
    )
    activity = {"timestamp": end, "num_sessions": 1, "type": "manual", "event": "activity"}
    length = {"total_timer_time": whole.end - whole.start, "event_type": "stop"}
    made.append(("ACTIVITY", {**activity, **length}))
    return made


def _laps(session: StoredSession, whole: _Span) -> list[_Span]:
    """One lap a stage, from its begin to the next one's; advice alone begins none."""
    stages = session.of(Stage)
    changes = [b.t for a, b in pairwise(stages) if a.stage != b.stage]
    begins = [t for t in changes if whole.start < t < whole.end]
    edges = [whole.start, *begins, whole.end]
    return [_Span(a, b) for a, b in pairwise(edges)]


def _figures(session: StoredSession, span: _Span) -> dict[str, Any]:
    walked = [c for t, c, _ in session.seconds if c is not None and span.start <= t <= span.end]
    return {
        "timestamp": _date(session, span.end),
        "start_time": _date(session, span.start),
        "total_elapsed_time": span.end - span.start,
        "total_timer_time": span.end - span.start,
        "event": "lap",
        "event_type": "stop",
        **_cadence("avg_cadence", sum(walked) / len(walked) if walked else None),
        **_cadence("max_cadence", max(walked, default=None)),
    }


def _cadence(name: str, spm: float | None) -> dict[str, Any]:
    """Strides a minute and the fraction that does not fit into a whole number."""
    if spm is None:
        return {name: 0} if name == "cadence" else {}
    strides = spm / STEPS_A_STRIDE
    fraction = name.replace("cadence", "fractional_cadence")
    return {name: int(strides), fraction: strides - int(strides)}


def _timer(session: StoredSession, t: float, kind: str) -> dict[str, Any]:
    return {"timestamp": _date(session, t), "event": "timer", "event_type": kind}


def _date(session: StoredSession, t: float) -> datetime:
    return datetime.fromtimestamp(session.wall_start, UTC) + timedelta(seconds=t)
