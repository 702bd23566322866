"""`coach prescribe`: a walker's limit, time and programme in one step, and on one page."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from coach.settings import parse_plan
from firmware.app.config import changing, history, profiles
from firmware.app.config.history import OPTIONS
from firmware.errors import EXIT_OK, UserError
from firmware.settings import textfile
from firmware.settings.catalogue import Settings, explained
from firmware.settings.store import Store
from firmware.settings.textfile import Layers
from firmware.wording import band, counted, spm

SHOWN = 8
"""Changes of the history on the page."""


def run(path: Path, walker: str, given: Mapping[str, str]) -> int:
    """The command; without options it shows the page. Raises `UserError`."""
    with explained():
        textfile.check_name(walker)
    code = EXIT_OK
    if given:
        changes = {OPTIONS[name]: value for name, value in given.items()}
        store = Store(path)
        is_new = walker not in textfile.load_if_there(path).profiles
        anew = profiles.of_another(store, walker) if is_new else {}

        def change(text: str) -> str:  # in one step
            profiles.check_new(walker, textfile.parse(text, str(path)).profiles)
            return textfile.edited(text, {**changes, **anew}, walker, where=str(path))

        def note(old: str, new: str) -> None:
            if walker not in textfile.parse(old, str(path)).profiles:
                profiles.forget(store, walker)
            history.noting()(old, new)

        code = changing.told(path, *store.change(change, note))
        if anew:
            sys.stdout.write(f"{profiles.not_counted(walker, anew)}\n")
        sys.stdout.write("\n")
    layers = textfile.load_if_there(path)
    if walker not in layers.profiles:
        raise UserError(textfile.no_profile(walker, layers.profiles))
    sys.stdout.writelines(f"{line}\n" for line in page(layers, walker))
    return code


def page(layers: Layers, walker: str) -> list[str]:
    """The prescription as it can be printed and given away."""
    settings = layers.settings_of(walker)
    lines = [f"Prescription for {walker}", ""]
    lines += [f"{name:<10} {text}" for name, text in prescribed(settings)]
    if layers.profile != walker:
        lines += ["", f"not in use now: coach profile use {walker}"]
    kept = history.kept(Path(settings.log.directory), walker)
    if kept:
        lines += ["", *(history.in_words(entry) for entry in kept[: -SHOWN - 1 : -1])]
    if len(kept) > SHOWN:
        more = counted(len(kept) - SHOWN, "change")
        lines += [f"and {more} before: coach log progress --walker {walker} -o FILE"]
    return lines


def prescribed(settings: Settings) -> list[tuple[str, str]]:
    """What is prescribed, a line each."""
    session, plan, stage = settings.session, settings.programme, settings.stage
    bands = {b.name: b for b in parse_plan(stage.plan)}
    within = ""
    if (b := bands.get(stage.current)) is not None:
        within = f" ({band(b.low_spm, b.high_spm, is_limit=stage.sets_limit)})"
    return [
        ("limit", f"{spm(settings.cadence.max_spm)} steps/min"),
        ("time", f"{session.target_min:g} min to walk, {session.limit_min:g} min at most"),
        ("sessions", f"{plan.sessions_per_week} a week for {counted(plan.weeks, 'week')}"),
        ("stage", f"{stage.current}{within}"),
    ]
