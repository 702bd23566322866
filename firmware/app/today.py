"""`coach` without a command: what matters today, in a few lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from firmware.app import asking, client
from firmware.app.programme.read import read
from firmware.app.programme.words import today_line
from firmware.app.review import listing
from firmware.errors import EXIT_OK, DeviceError, UserError
from firmware.log import index, schema, summary
from firmware.protocol import in_trouble
from firmware.settings.catalogue import Settings
from firmware.settings.source import Source
from firmware.wording import clock, percent, spm


def run() -> int:
    """The command: each line by itself, so that one trouble hides no other."""
    for line in _lines():
        sys.stdout.write(f"{line}\n")
    sys.stdout.write("\nall commands: coach --help\n")
    return EXIT_OK


def _lines() -> Iterator[str]:
    source = Source(None)
    settings, refusal = source.begin(), source.refusal
    device = list(_device(settings))
    yield from device
    if refusal and not any(refusal in line for line in device):  # as the daemon says it
        yield f"trouble   {refusal}"
    for sentence in settings.contradictions():
        yield f"trouble   {sentence}"
    log = Path(settings.log.directory) / schema.FILE_NAME
    try:
        if not schema.exists(log):
            yield "log       no session yet"
            return
        yield f"next      {today_line(read(log, settings))}"
        yield from _last(log)
    except UserError as e:
        yield f"trouble   {e}"


def _device(settings: Settings) -> Iterator[str]:
    """The limit as the device has it, and what is wrong with it; as the file has it otherwise."""
    socket = settings.control.socket
    try:
        state = client.ask(socket, "status")
        with asking.understood(socket):
            lines = list(_state(state))
    except DeviceError as e:
        walker = f", {settings.walker.profile}" if settings.walker.profile else ""
        yield f"limit     {spm(settings.cadence.max_spm)} steps/min{walker}"
        yield f"trouble   {e}"
        return
    yield from lines


def _state(state: dict[str, Any]) -> Iterator[str]:
    walker = f", {state['profile']}" if state["profile"] else ""
    yield f"limit     {asking.limit(state).removeprefix('limit ')} steps/min{walker}"
    wrong = [f"{p}: {state[p]['message'] or state[p]['state']}" for p in in_trouble(state)]
    wrong += state["parts"].values()
    yield from (f"trouble   {sentence}" for sentence in wrong)
    if not wrong:
        muted = ", buzzer muted" if state["muted"] else ""
        yield f"device    well{muted}"


def _last(log: Path) -> Iterator[str]:
    rows = [row for row in index.read_rows(log) if summary.of(row).walking_s]
    if rows:
        last = rows[-1]
        s = summary.of(last)
        whose = f", {last.walker}" if last.walker else ""
        yield (
            f"last      session {last.id}{whose}, {listing.when(last)}: {clock(s.walking_s)}"
            f" walked, {percent(s.within_limit)} in zone, stumbles: {listing.stumbles(s)}"
        )
