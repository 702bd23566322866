"""Postures of a trunk, held still, and what hits it: what the tests of falls are told with."""

from __future__ import annotations

from coach.balance.posture import Posture

UP, FLAT, BENT = (0.0, 0.0, 1.0), (1.0, 0.0, 0.05), (0.75, 0.0, 0.66)
ASIDE = (0.1, 1.0, 0.1)


def falls(posture: Posture, acc: tuple[float, float, float], seconds: float, **was: bool) -> int:
    """Feed a still posture; how many falls are told."""
    stumbled = was.get("stumbled", False)
    frames = round(seconds / 0.05)
    return sum(posture.follow(acc, 1.0, stumbled=stumbled) for _ in range(frames))


def hit(posture: Posture, *, frames: int, impact: float) -> None:
    """Let the weight be off for some frames, and then the body hit something."""
    for _ in range(frames):
        posture.follow((0.0, 0.0, 0.2), 0.3, stumbled=False)
    posture.follow((0.0, 0.0, 1.6), impact, stumbled=False)
