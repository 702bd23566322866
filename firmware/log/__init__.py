"""The onboard log: written while the walk goes on, read back for review, export and replay.

The device writes through `recorder.Recorder` and `journal.Journal`, which never wait for the card.
A reader begins with `sessions` (what was said and measured) and `summary` (the figures); `notes`
has what a person may add, `retention` what is forgotten, `recover` what can be saved of a damaged
log. `schema` opens the file, `clocks` dates it. Storage alone: nothing here knows the
device, a command or the settings.
"""

__all__ = [
    "clocks",
    "journal",
    "notes",
    "recorder",
    "recover",
    "retention",
    "schema",
    "sessions",
    "summary",
]
