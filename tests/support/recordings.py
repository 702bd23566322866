"""The real recordings, read, and written as a folder that `coach evaluate` reads.

`manifest.csv` has a row per recording: dataset, recording, rate_hz, seconds, subject, activity,
steps_trusted (yes or no). DATASET.npz holds, by the recording's name, the samples (n, 6) as counts
of the chip (ax, ay, az, gx, gy, gz; `SCALE`), by NAME__steps_s the foot contacts in seconds, and by
NAME__labels and NAME__labels_s what is done from when to when.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from coach.samples import RASTER_HZ, Block, Floats
from firmware.lab.evaluate.folder import COLUMNS, HANDLED, INDEX, LABELS, STILL, Item, Span
from firmware.lab.evaluate.trial import Known

SCALE = np.array([2048.0] * 3 + [16.4] * 3)  # counts per g and per deg/s

Row = dict[str, str]

LABELLED = {
    "walking": "walking",
    "stairs_up": "active",
    "stairs_down": "active",
    "sitting": STILL,
    "standing": STILL,
    "laying": STILL,
    "transition": "other",
}
"""What an alarm means in the labelled intervals of hapt."""

NOT_WALKING = ("wave hand", "drink water", "wash hands", "jacket on and off")
"""Activities of smartfallmm that are done standing or sitting."""

HANDLED_AFTER_S = 1.0
"""The last label ends a little before the device is reached for."""


def manifest(data: Path) -> list[Row]:
    """A row per recording."""
    with (data / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def samples(data: Path, row: Row) -> tuple[Floats, Floats]:
    """t (n,) s and values (n, 6) in g and deg/s."""
    with np.load(data / f"{row['dataset']}.npz") as arrays:
        x = arrays[row["recording"]] / SCALE
    return np.arange(len(x)) / float(row["rate_hz"]), x


def at_raster(block: Block, rate_hz: float = RASTER_HZ) -> Floats:
    """The samples (n, 6) of a recording on the raster on which all is decided, or on another."""
    t, acc, gyro = block
    raster = np.arange(int(t[-1] * rate_hz)) / rate_hz
    return np.stack([np.interp(raster, t, each) for each in np.hstack([acc, gyro]).T], axis=1)


def truth(row: Row) -> tuple[str, str]:
    """(group, kind) of a recording, from what its makers say that it shows."""
    dataset, activity = row["dataset"], row["activity"]
    if dataset == "sisfall":
        return activity, {
            "D01": "walking", "D02": "walking", "D03": "active", "D04": "active", "D05": "active",
            "D06": "active", "D18": "stumble", "D19": "",
        }.get(activity, "fall" if activity.startswith("F") else "other")  # fmt: skip
    if dataset == "sfu":
        where, code = activity.split("/")
        if where == "Near_Falls":
            return f"near {code}", "stumble" if code in ("trip", "slip") else ""
        if where == "Falls":
            return f"fall {code}", "fall" if code in ("trip", "slip", "HB") else ""
        return code, "walking" if code == "NW" else "other"
    if dataset == "smartfallmm" and activity != "walking":
        kind = "fall" if activity.startswith("fall") else "other"
        return activity, STILL if activity in NOT_WALKING else kind
    return (activity, STILL) if activity == "standing balance" else (dataset, "walking")


def labels(data: Path, row: Row) -> list[tuple[float, float, str, str]]:
    """From, to, group and kind of what is done in one recording, in hapt."""
    if row["dataset"] != "hapt":
        return []
    with np.load(data / f"{row['dataset']}.npz") as arrays:
        names = [str(name) for name in arrays[f"{row['recording']}__labels"]]
        ends = [(float(a), float(b)) for a, b in arrays[f"{row['recording']}__labels_s"]]
    found = [(a, b, name, LABELLED[name]) for name, (a, b) in zip(names, ends, strict=True)]
    after = (ends[-1][1] + HANDLED_AFTER_S, float(row["seconds"]))
    found += [(0.0, ends[0][0], "put on", HANDLED), (*after, "taken off", HANDLED)]
    return [each for each in found if each[0] < each[1]]


def known(data: Path, row: Row) -> Known:
    """A recording with its truth, as `coach evaluate` would read it from a folder."""
    t, x = samples(data, row)
    group, kind = truth(row)
    item = Item(Path(row["recording"]), row["dataset"], row["subject"], group, kind, None)
    steps = None
    if row["steps_trusted"] == "yes":
        with np.load(data / f"{row['dataset']}.npz") as arrays:
            steps = np.sort(arrays[f"{row['recording']}__steps_s"])
    spans = [Span(0.0, float(t[-1]), group, kind)]
    if done := labels(data, row):
        item = replace(item, labels=item.path)
        spans = [Span(*each) for each in done]
    return Known(item, Block(t, x[:, :3], x[:, 3:]), steps, spans)


def convert(data: Path, out: Path, wanted: Callable[[Row], bool]) -> Path:
    """Write the wanted recordings as such a folder."""
    lines = []
    for row in filter(wanted, manifest(data)):
        name = f"{row['dataset']}/{row['recording']}"
        path = out / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        t, x = samples(data, row)
        header = "t,ax,ay,az,gx,gy,gz"
        table = np.column_stack([t, x])
        np.savetxt(path, table, "%.5f", delimiter=",", header=header, comments="")
        steps = ""
        if row["steps_trusted"] == "yes":
            steps = f"{name}.steps.csv"
            with np.load(data / f"{row['dataset']}.npz") as arrays:
                instants = arrays[f"{row['recording']}__steps_s"]
            np.savetxt(out / steps, instants, "%.4f", header="t", comments="")
        done = labels(data, row)
        if done:
            with (out / f"{name}.labels.csv").open("w", newline="") as file:
                csv.writer(file).writerows([("from", "to", "group", "kind"), *done])
        group, kind = truth(row)
        own = f"{name}.labels.csv" if done else ""
        lines.append([f"{name}.csv", row["dataset"], row["subject"], group, kind, steps, own])
    with (out / INDEX).open("w", newline="") as file:
        csv.writer(file).writerows([(*COLUMNS, LABELS), *lines])
    return out
