"""In which units a recording is, and whether it can be: gravity is 1 g, and no trunk spins."""

from __future__ import annotations

import math
import re
from typing import NamedTuple, Self

import numpy as np

from coach.samples import G_MPS2, Floats
from firmware.errors import UserError

ACCELERATIONS = {"g": 1.0, "mg": 1e-3, "m/s2": 1 / G_MPS2}
ROTATIONS = {"deg/s": 1.0, "mdeg/s": 1e-3, "rad/s": math.degrees(1.0)}
TIMES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
COUNTS = (2048, 4096, 8192, 16384)
"""Steps per g of an MPU-6050 at 16, 8, 4 and 2 g (RM-MPU-6000A section 4.17)."""
COUNTS_PER_DPS = (16.4, 32.8, 65.5, 131.0)
"""Steps per deg/s at 2000, 1000, 500 and 250 deg/s (section 4.19)."""

REST_G = (0.7, 1.45)
"""The median of a person's acceleration: walking and falling 0.97 to 1.05, jogging 0.78 to 1.33."""

STEADY_N = 200
"""Samples, 1 to 4 s: the mean of a walk's own acceleration is next to nothing, gravity stays."""

STEADY_SHARE = 0.45
"""Of the median acceleration: with gravity 0.64 and more is steady, on 2518 recordings; without it,
on 244 walks among them, 0.27 and less."""

FASTEST_DPS = 2500.0
"""A quarter above what the sensor can show; a fall reaches 400 to 900."""

MOVES_G, TURNS_DPS = 0.05, 5.0
"""Who shakes the trunk by so much turns it by 12 deg/s and more; in rad/s it would look less."""

NO_GRAVITY = "gravity is missing; record the acceleration with gravity"

MOSTLY = 90
"""Per cent of the samples: a few wild ones are no unit."""


class Units(NamedTuple):
    """Factors to g and deg/s."""

    acc: float = 1.0
    gyro: float = 1.0


def parse_units(text: str) -> Units:
    """`m/s2,rad/s`, or counts per g and per deg/s as `16384,131`. Raises `ValueError`."""
    acc, _, gyro = text.partition(",")
    return Units(_factor(acc, ACCELERATIONS), _factor(gyro or "deg/s", ROTATIONS))


def _factor(text: str, known: dict[str, float]) -> float:
    name = spelled(text)
    if name in known:
        return known[name]
    counts = float(text)
    if not 0 < counts < math.inf:
        raise ValueError
    return 1 / counts


def _name(factor: float, known: dict[str, float]) -> str:
    """How `--units` takes this factor."""
    return next((name for name, one in known.items() if one == factor), f"{1 / factor:g}")


def spelled(unit: str) -> str:
    """A unit as we spell it, however a logger does."""
    name = unit.strip().lower().replace("²", "2").replace("^", "").replace("**", "")
    name = name.replace("°", "deg").replace("µ", "u").replace("dps", "deg/s")
    name = re.sub(r"\b(m?deg|rad)\w*/", r"\1/", name)
    name = re.sub(r"/sec(?:ond)?", "/s", name)
    return {"ms-2": "m/s2", "m/s/s": "m/s2", "g's": "g", "sec": "s", "seconds": "s"}.get(name, name)


def of_head(units: tuple[str, ...]) -> Units:
    """The units that the head tells of the six channels; what it does not tell is ours."""
    acc, gyro = spelled(units[0]), spelled(units[3])
    return Units(ACCELERATIONS.get(acc, 1.0), ROTATIONS.get(gyro, 1.0))


class Sizes(NamedTuple):
    """What tells the units: how large each sample is, in g and deg/s as they are taken for."""

    acc: Floats
    gyro: Floats
    steady: list[float]
    """Of every `STEADY_N` samples how large their mean acceleration is."""
    known: int
    """So many of them have been seen."""
    whole: bool
    """All rotations are whole numbers."""

    @classmethod
    def of_none(cls, most: int) -> Self:
        """Room for so many samples."""
        return cls(np.empty(most), np.empty(most), [], 0, whole=True)

    def and_of(self, acc: Floats, gyro: Floats) -> Self:
        """With so many samples more, (n, 3) each; they go into the same room."""
        end = self.known + len(acc)
        self.acc[self.known : end] = np.linalg.norm(acc, axis=1)
        self.gyro[self.known : end] = np.linalg.norm(gyro, axis=1)
        parts = acc[: len(acc) // STEADY_N * STEADY_N].reshape(-1, STEADY_N, 3)
        self.steady.extend(np.linalg.norm(parts.mean(axis=1), axis=1).tolist())
        whole = self.whole and bool((gyro == np.round(gyro)).all())
        return self._replace(known=end, whole=whole)


def check(sizes: Sizes, taken: Units) -> None:
    """Raises `UserError`, the end of a sentence, where these cannot be g and deg/s of a person.

    `taken`: the units that the file was read in.
    """
    acc, gyro = sizes.acc[: sizes.known], sizes.gyro[: sizes.known]
    rest = float(np.median(acc))
    if sizes.steady and float(np.median(sizes.steady)) < STEADY_SHARE * rest:
        raise UserError(NO_GRAVITY)
    if not REST_G[0] <= rest <= REST_G[1]:
        raise UserError(
            f"the acceleration is about {rest:.4g} g, where a body at rest shows 1 g: "
            f"{_likely(rest)}"
        )
    unit = _name(taken.acc, ACCELERATIONS)
    fastest, most = float(gyro.max()), float(np.percentile(gyro, MOSTLY))
    if fastest > FASTEST_DPS and most > FASTEST_DPS / 2:
        raise UserError(
            f"the rotation reaches {fastest:.4g} deg/s, faster than anybody turns: probably "
            + (f"counts: --units {unit},16.4" if sizes.whole else f"--units {unit},mdeg/s")
        )
    moving = float(np.percentile(np.abs(acc - rest), MOSTLY))
    if moving > MOVES_G and TURNS_DPS / ROTATIONS["rad/s"] < most < TURNS_DPS:
        raise UserError(
            f"the rotation stays below {most:.2g} deg/s while the body moves: probably rad/s, "
            f"so add --units {unit},rad/s"
        )


def _likely(rest: float) -> str:
    """The unit in which so much would be 1 g."""
    for name, factor in ACCELERATIONS.items():
        if name != "g" and REST_G[0] <= rest * factor <= REST_G[1]:
            return f"probably {name}, so add --units {name},deg/s or {name},rad/s"
    for counts, per_dps in zip(COUNTS, COUNTS_PER_DPS, strict=True):
        if REST_G[0] <= rest / counts <= REST_G[1]:
            return f"probably counts, so add --units {counts},{per_dps:g}"
    if rest < REST_G[0]:
        return NO_GRAVITY
    return "say the unit with --units, as in --units m/s2,rad/s"
