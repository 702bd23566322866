"""The two pictures of an evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from firmware.errors import UserError
from firmware.lab.evaluate.cadence import Windows
from firmware.lab.evaluate.stumble import Point
from firmware.output import replacing_bytes
from firmware.packages import needed


def cadence(measured: list[Windows], path: Path) -> None:
    """Shown over true cadence, and the error by tempo and by the size of the movement."""
    figure, (across, by_tempo, by_size) = _figure(3)
    for dataset in sorted({m.dataset for m in measured}):
        own = [m for m in measured if m.dataset == dataset]
        true = np.concatenate([m.true for m in own])
        shown = np.concatenate([m.shown for m in own])
        size = np.concatenate([m.amplitude for m in own])
        style = {"s": 6, "alpha": 0.4, "label": dataset}
        across.scatter(true, shown, **style)
        by_tempo.scatter(true, shown - true, **style)
        by_size.scatter(size, shown - true, **style)
    across.axline((80, 80), slope=1, color="black", linewidth=0.8)
    across.set(xlabel="true cadence (steps/min)", ylabel="shown cadence (steps/min)")
    by_tempo.set(xlabel="true cadence (steps/min)", ylabel="error (steps/min)")
    by_size.set(xlabel="rms acceleration (g)", ylabel="error (steps/min)", xscale="log")
    by_size.xaxis.set_major_formatter("{x:g}")
    by_size.xaxis.set_minor_formatter("{x:.1g}")
    for axes in (by_tempo, by_size):
        axes.axhspan(-3, 3, color="tab:green", alpha=0.15)
    across.legend()
    _save(figure, path)


def stumble(points: list[Point], default: float, path: Path) -> None:
    """Stumbles and falls caught over false alarms an hour, by sensitivity."""
    figure, (axes,) = _figure(1)
    false = [p.false_per_hour for p in points]
    axes.plot(false, [p.stumbles_caught for p in points], "o-", label="stumbles")
    axes.plot(false, [p.falls_caught for p in points], "s-", label="falls")
    for p in points:
        chosen = p.sensitivity == default
        text = f"{p.sensitivity:g}" + (" (default)" if chosen else "")
        place = (p.false_per_hour, p.stumbles_caught)
        weight = "bold" if chosen else "normal"
        axes.annotate(text, place, (4, -12), textcoords="offset points", weight=weight)
    axes.set(xlabel="false alarms an hour of walking", ylabel="share caught", ylim=(0, 1.05))
    axes.set_title("by sensitivity")
    axes.legend()
    _save(figure, path)


def check(path: Path) -> None:
    """Raise `UserError` where no picture can be put: asked before the work, not after it."""
    figure, _ = _figure(1)
    if _format(path) not in figure.canvas.get_supported_filetypes():
        raise UserError(f"--plot {path}: expected a name ending in .png, .svg or .pdf")
    if not path.parent.is_dir():
        raise UserError(f"--plot {path}: there is no folder {path.parent}")


def _format(path: Path) -> str:
    return path.suffix.removeprefix(".").lower()


def _figure(columns: int) -> tuple[Any, Any]:
    with needed("--plot", "matplotlib"):
        from matplotlib.figure import Figure
    figure = Figure(figsize=(5.5 * columns, 4.5), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    for each in axes:
        each.grid(alpha=0.3)
    return figure, axes


def _save(figure: Any, path: Path) -> None:  # noqa: ANN401 - matplotlib is optional
    with replacing_bytes(path) as file:
        figure.savefig(file, format=_format(path), dpi=110)
