"""`coach log export --format fit`: an activity file as sports watches write it.

Garmin's own SDK encodes it. FIT counts strides (two steps) a minute, a whole number in `cadence`
and the rest in `fractional_cadence`; time in whole seconds since 1989-12-31. One record for each
second of walking, one lap a stage (the whole session where there are none). The timer runs while
somebody walks: a rest stops it, so that timer and mean are those that the review shows.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Any

from coach.events import Stage
from coach.frozen import frozen
from firmware.errors import EXIT_OK, UserError
from firmware.log.figures import summarise
from firmware.log.sessions import StoredSession
from firmware.output import bytes_to
from firmware.packages import needed

STEPS_A_STRIDE = 2

FRACTION = 128
"""Of a stride a minute, what FIT counts beside whole ones (FIT profile, fractional_cadence)."""

EPOCH = datetime(1989, 12, 31, tzinfo=UTC)
"""FIT counts its time from here (FIT protocol, date_time)."""

PAUSE_S = 1.5
"""Records further apart than this have a pause between them."""


_Second = tuple[float, float, float]
"""(t, steps/min, how many seconds) of a cadence of walking that ends at t."""


@frozen
class _Span:
    """From an instant to another: all of it, or a lap."""

    start: float
    end: float


def run(session: StoredSession, output: str) -> int:
    """Write the file, whole or not at all. Raises `UserError`."""
    data = encode(session)
    with bytes_to(output) as file:
        file.write(data)
    return EXIT_OK


def encode(session: StoredSession) -> bytes:
    """The session as a FIT file. Raises `UserError` where SDK, seconds or date are missing."""
    with needed("the FIT export", "garmin-fit-sdk"):
        from garmin_fit_sdk import Encoder, Profile
    if not session.walked():
        raise UserError(
            f"session {session.id} holds no walking: it has been pruned, or nobody walked"
        )
    if not session.wall_sure or session.wall_start < EPOCH.timestamp():
        raise UserError(
            f"session {session.id} has no sure date, and a FIT file must have one: coach log note"
            f" {session.id} --date 2026-11-02 14:30"
        )
    numbers = Profile["mesg_num"]
    encoder = Encoder()
    for kind, fields in messages(session):
        encoder.write_mesg({"mesg_num": numbers[kind], **fields})
    return bytes(encoder.close())


def messages(session: StoredSession) -> list[tuple[str, dict[str, Any]]]:
    """The FIT messages in their order, each with its name and fields."""
    stretches = _stretches(session.walked())
    whole = _Span(_begin(stretches[0]), stretches[-1][-1][0])
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
    ]
    for stretch in stretches:
        made.append(("EVENT", _timer(session, _begin(stretch), "start")))
        made += [
            ("RECORD", {"timestamp": _date(session, t), **_cadence("cadence", spm)})
            for t, spm, _ in stretch
        ]
        made.append(("EVENT", _timer(session, stretch[-1][0], "stop_all")))
    of_all = _figures(session, whole)
    made += [("LAP", {"message_index": i, **_figures(session, lap)}) for i, lap in enumerate(laps)]
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
                **of_all,
                "event": "session",
                "total_cycles": summarise(session).steps // STEPS_A_STRIDE,
            },
        )
    )
    activity = {"timestamp": end, "num_sessions": 1, "type": "manual", "event": "activity"}
    length = {"total_timer_time": of_all["total_timer_time"]}
    made.append(
        ("ACTIVITY", {**activity, **length, "event_type": "stop", "local_timestamp": _local(end)})
    )
    return made


def _stretches(walked: list[_Second]) -> list[list[_Second]]:
    """Walking without a pause."""
    breaks = [i + 1 for i, (a, b) in enumerate(pairwise(walked)) if b[0] - a[0] > PAUSE_S]
    return [walked[a:b] for a, b in pairwise([0, *breaks, len(walked)])]


def _begin(stretch: list[_Second]) -> float:
    t, _, lasted = stretch[0]
    return t - lasted


def _laps(session: StoredSession, whole: _Span) -> list[_Span]:
    """One lap a stage, from its begin to the next one's; advice alone begins none."""
    stages = session.of(Stage)
    changes = [b.t for a, b in pairwise(stages) if a.stage != b.stage]
    begins = [t for t in changes if whole.start < t < whole.end]
    edges = [whole.start, *begins, whole.end]
    return [_Span(a, b) for a, b in pairwise(edges)]


def _figures(session: StoredSession, span: _Span) -> dict[str, Any]:
    walked = [one for one in session.walked() if span.start < one[0] <= span.end]
    cadences, lasted = [spm for _, spm, _ in walked], [seconds for *_, seconds in walked]
    made = {
        "timestamp": _date(session, span.end),
        "start_time": _date(session, span.start),
        "total_elapsed_time": span.end - span.start,
        "total_timer_time": sum(lasted),
        "event": "lap",
        "event_type": "stop",
    }
    if walked:
        made |= _cadence("avg_cadence", fmean(cadences, lasted))
        made |= _cadence("max_cadence", max(cadences))
    return made


def _cadence(name: str, spm: float) -> dict[str, Any]:
    """Strides a minute and the fraction that does not fit into a whole number."""
    strides = round(spm / STEPS_A_STRIDE * FRACTION) / FRACTION  # 50.999 are 51, not 50 and 1
    fraction = name.replace("cadence", "fractional_cadence")
    return {name: int(strides), fraction: strides - int(strides)}


def _local(instant: datetime) -> int:
    """What a clock on the wall showed then, in FIT's seconds."""
    offset = instant.astimezone().utcoffset() or timedelta()
    return round((instant - EPOCH + offset).total_seconds())


def _timer(session: StoredSession, t: float, kind: str) -> dict[str, Any]:
    return {"timestamp": _date(session, t), "event": "timer", "event_type": kind}


def _date(session: StoredSession, t: float) -> datetime:
    return datetime.fromtimestamp(session.wall_start, UTC) + timedelta(seconds=t)
