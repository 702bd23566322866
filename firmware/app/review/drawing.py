"""Charts in a terminal, over the minutes of a session: plotext's, where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firmware.packages import missing

HEIGHT = 15
WIDTH = 100
"""Characters, where nothing narrower or wider is asked for."""

STEPS_MIN, MOST_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120), 7
"""Of the axis of minutes."""


def drawn(
    draw: Callable[[Any], None],
    *,
    width: int,
    minutes: float,
    axes: tuple[str, str],
    colour: bool = False,
) -> str:
    """The chart that `draw` puts into plotext; a sentence in its place where that is missing.

    `axes`: what stands below the axis of so many `minutes`, and above the other one.
    """
    try:
        import plotext
    except ImportError:  # Debian has none
        return f"({missing('the chart', 'plotext')})"
    plotext.clear_figure()
    plotext.theme("pro" if colour else "clear")
    plotext.plot_size(width, HEIGHT)
    draw(plotext)
    plotext.xticks(_ticks(minutes))
    plotext.xlabel(axes[0])
    plotext.ylabel(axes[1])
    made = str(plotext.build())
    return made if colour else str(plotext.uncolorize(made))


def _ticks(minutes: float) -> list[float]:
    """Round instants for the axis: no more than seven."""
    step = next((s for s in STEPS_MIN if minutes / s <= MOST_TICKS), STEPS_MIN[-1])
    return [round(k * step, 1) for k in range(int(minutes / step) + 1)]
