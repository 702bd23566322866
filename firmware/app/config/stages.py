"""`coach stage`: the walker's way through the stages, as set and as reached."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from coach.keys import unknown
from coach.settings import parse_plan
from firmware.errors import EXIT_OK, UserError
from firmware.settings.catalogue import Settings
from firmware.settings.place import DEFAULT_PATH
from firmware.settings.reached import Reached, stated
from firmware.settings.source import Source
from firmware.wording import band, shown, spm


def show(config: Path | None) -> int:
    """The command without a name."""
    settings = Source(config).load()
    now = _reached(settings).applied(settings).stage.current
    lines = (*_plan(settings, now), _sounds(settings), *_never_told(settings))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return EXIT_OK


def begin(config: Path | None, name: str) -> int:
    """The command with a name: the next session is walked in that stage. Raises `UserError`."""
    from firmware.app.config import changing  # who only looks asks no daemon

    settings = Source(config).load()
    names = [one.name for one in parse_plan(settings.stage.plan)]
    if name not in names:
        raise UserError(unknown("stage", name, names))
    reached, walks = _reached(settings), stated(settings)
    had = reached.stage(walks)
    reached.forget(walks.profile)  # before the daemon is asked to take what is set
    try:
        return changing.assign(config or DEFAULT_PATH, [f"stage.current={name}"])
    except UserError:
        if had is not None:
            reached.put(walks, had)
        raise


def _reached(settings: Settings) -> Reached:
    return Reached(Path(settings.log.directory))


def _plan(settings: Settings, now: str) -> Iterator[str]:
    """A line for each stage: whether it is the one that was set, and the one of `now`."""
    for one in parse_plan(settings.stage.plan):
        words = ["set"] if one.name == settings.stage.current else []
        words += ["reached"] if one.name == now else []
        here = "*" if one.name == now else " "
        limits = band(one.low_spm, one.high_spm, is_limit=False)
        yield f"{here} {one.name:<14} {limits:<24} {', '.join(words)}".rstrip()


def _sounds(settings: Settings) -> str:
    """Above what the walker is told to slow down."""
    limit = f"{spm(settings.cadence.max_spm)} steps/min"
    if settings.stage.sets_limit:
        return f"told to slow down above the stage's band (stage.sets_limit), or {limit}"
    return f"told to slow down above {limit}, in every stage (stage.sets_limit = false)"


def _never_told(settings: Settings) -> Iterator[str]:
    """Where a walker stops before being ready for the next stage, as is meant on purpose too."""
    comfort, longest = settings.stage.comfort_min, settings.session.limit_min
    if comfort > longest and len(parse_plan(settings.stage.plan)) > 1:
        yield (
            f"no session is long enough to be ready for the next: stage.comfort_min is"
            f" {shown(comfort)}, session.limit_min {shown(longest)} (min)"
        )
