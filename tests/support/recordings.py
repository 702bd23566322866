"""The real recordings as a folder that `coach evaluate` reads."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from coach.samples import Floats
from firmware.lab.evaluate.folder import COLUMNS, INDEX

SCALE = np.array([2048.0] * 3 + [16.4] * 3)  # counts per g and per deg/s

Row = dict[str, str]


def manifest(data: Path) -> list[Row]:
    """A row per recording."""
    with (data / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def samples(data: Path, row: Row) -> tuple[Floats, Floats]:
    """t (n,) s and values (n, 6) in g and deg/s."""
    with np.load(data / f"{row['dataset']}.npz") as arrays:
        x = arrays[row["recording"]] / SCALE
    return np.arange(len(x)) / float(row["rate_hz"]), x


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
    return dataset, "walking"


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
        group, kind = truth(row)
        lines.append([f"{name}.csv", row["dataset"], row["subject"], group, kind, steps])
    with (out / INDEX).open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *lines])
    return out
