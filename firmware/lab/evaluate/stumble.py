"""Stumbles and falls against what each recording is known to hold.

An alarm is any `stumble` or `fall`. Where none should come they are counted by the hour; where one
must come, by the recording, with its latency against the largest acceleration of the recording.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coach.events import Event, Fall, Stumble
from coach.frozen import frozen
from coach.samples import Block
from firmware.lab.evaluate.folder import HANDLED, Item, Span

SENSITIVITIES = (0.5, 0.7, 1.0, 1.4, 2.0)
"""For the curve: equal steps of a factor from the lowest to the highest setting."""


@frozen
class Alarms:
    """Of one recording: its length, when it alarmed, whether it told of a fall."""

    dataset: str
    group: str
    kind: str
    subject: str
    seconds: float
    alarms: tuple[float, ...]
    fell: bool
    peak_s: float
    """When the acceleration was largest."""


def alarms(item: Item, span: Span, block: Block, events: Sequence[Event]) -> Alarms:
    """What was alarmed within `span`. Where the device is handled only a fall counts."""
    counts = Fall if span.kind == HANDLED else (Stumble, Fall)
    found = [
        e
        for e in events
        if isinstance(e, counts) and (item.labels is None or span.start <= e.t < span.end)
    ]
    t = block.t - block.t[0]
    inside = (t >= span.start) & (t <= span.end)
    sizes = (block.acc[inside] ** 2).sum(axis=1)
    return Alarms(
        item.dataset,
        span.group,
        span.kind,
        item.subject,
        seconds=span.end - span.start,
        alarms=tuple(e.t for e in found),
        fell=any(isinstance(e, Fall) for e in found),
        peak_s=float(t[inside][np.argmax(sizes)]) if len(sizes) else span.start,
    )


@frozen
class Row:
    """One line of the table; latencies in seconds after the largest acceleration."""

    group: str
    kind: str
    recordings: int
    hours: float
    alarmed: float
    alarms_per_hour: float
    told_of_fall: float
    latency_median: float | None
    latency_p95: float | None


def table(measured: list[Alarms]) -> list[Row]:
    """A row per group, those with the same kind together, and one for all walking."""
    keys = sorted({(m.kind, m.dataset, m.group) for m in measured})
    rows = []
    for kind, dataset, group in keys:
        members = [m for m in measured if (m.kind, m.dataset, m.group) == (kind, dataset, group)]
        name = dataset if group == dataset else f"{dataset} {group}"
        rows.append(_row(name, kind, members))
    walking = [m for m in measured if m.kind == "walking"]
    return [*rows, _row("all walking", "walking", walking)] if walking else rows


def _row(group: str, kind: str, members: list[Alarms]) -> Row:
    hours = sum(m.seconds for m in members) / 3600
    late = [
        min(m.alarms, key=lambda t: abs(t - m.peak_s)) - m.peak_s
        for m in members
        if m.alarms and kind in ("stumble", "fall")
    ]
    return Row(
        group,
        kind,
        recordings=len(members),
        hours=hours,
        alarmed=sum(bool(m.alarms) for m in members) / len(members),
        alarms_per_hour=sum(len(m.alarms) for m in members) / hours if hours else 0.0,
        told_of_fall=sum(m.fell for m in members) / len(members),
        latency_median=float(np.median(late)) if late else None,
        latency_p95=float(np.percentile(late, 95)) if late else None,
    )


@frozen
class Point:
    """One setting's two error rates."""

    sensitivity: float
    stumbles_caught: float
    falls_caught: float
    false_per_hour: float
    """In all walking."""


def point(sensitivity: float, measured: list[Alarms]) -> Point:
    """The error rates at one sensitivity."""

    def caught(kind: str) -> float:
        members = [m for m in measured if m.kind == kind]
        return sum(bool(m.alarms) for m in members) / len(members) if members else float("nan")

    walking = [m for m in measured if m.kind == "walking"]
    hours = sum(m.seconds for m in walking) / 3600
    false = sum(len(m.alarms) for m in walking) / hours if hours else float("nan")
    return Point(sensitivity, caught("stumble"), caught("fall"), false)
