"""A chart of a page that needs no pointer: drawn here, with its figures in a table beside it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

LEFT, RIGHT, BOTTOM, TOP = 34, 8, 22, 8
"""Room for the letters and the last dot, in the chart's own units."""


class Chart(NamedTuple):
    """Its size, in its own units, and the lowest and highest value on it."""

    width: int
    height: int
    low: float
    high: float

    def x(self, share: float) -> float:
        """Where a point lies that is so far (0 to 1) along it."""
        return LEFT + share * (self.width - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Where a value lies."""
        share = (value - self.low) / (self.high - self.low)
        return self.height - BOTTOM - share * (self.height - BOTTOM - TOP)

    def level(self, value: float) -> str:
        """A line across at a value, with its number."""
        y = self.y(value)
        return (
            f'<line class="axis" x1="{LEFT}" x2="{self.width}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 4}" y="{y + 4:.1f}" text-anchor="end">{value:.0f}</text>'
        )

    def below(self, share: float, text: str, anchor: str) -> str:
        """A word under the chart."""
        at = f'x="{self.x(share):.1f}" y="{self.height - 6}"'
        return f'<text {at} text-anchor="{anchor}">{text}</text>'

    def line(self, style: str, points: Iterable[tuple[float, float]]) -> str:
        """A line through (x, y); `style` is one of the page's."""
        through = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        return f'<polyline class="{style}" points="{through}"/>'

    def figure(self, caption: str, told: str, parts: Iterable[str]) -> str:
        """All of it, with `told` for whoever does not see it."""
        return (
            f"<figure><figcaption>{caption}</figcaption>\n"
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" aria-label="{escape(told)}">'
            f"{''.join(parts)}</svg></figure>"
        )
