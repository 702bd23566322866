"""What a change of the settings prescribes, kept in the history and told in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from firmware.wording import shown

if TYPE_CHECKING:
    from firmware.log.prescriptions import Entry
    from firmware.settings.textfile import Layers

OPTIONS = {
    "limit": "cadence.max_spm",
    "minutes": "session.target_min",
    "longest": "session.limit_min",
    "sessions": "programme.sessions_per_week",
    "weeks": "programme.weeks",
    "stage": "stage.current",
}
"""What is prescribed, by the option of the command."""


def in_words(entry: Entry) -> str:
    """One change of the history: when, who, what from and what to."""
    names = {key: name for name, key in OPTIONS.items()}
    said = (f"{names.get(k, k)} {shown(a)} -> {shown(b)}" for k, (a, b) in entry.changes.items())
    return f"{entry.day}  {entry.who}: {', '.join(said)}"


def remember(before: Layers, after: Layers, say: Callable[[str], None]) -> None:
    """Keep in the history what a change of the settings has prescribed, however it was made."""
    folder = Path(after.settings.log.directory)
    if not folder.is_dir():
        return  # no device here
    for walker in ("", *after.profiles):
        own = {**before.profiles.get(walker, {}), **after.profiles.get(walker, {})}
        old = before.settings_of(walker if walker in before.profiles else "")
        new = after.settings_of(walker)
        changes = {
            key: (old.value(key), new.value(key))
            for key in OPTIONS.values()
            if old.value(key) != new.value(key) and (not walker or key in own)
        }
        if changes:
            from firmware.log import prescriptions

            try:
                prescriptions.keep(folder, walker, changes)
            except OSError as e:
                say(f"the history of prescriptions is not kept: {e.strerror}: {folder}")
                return
