"""The device as the test handles it: what a walker does, what is heard, what the system says."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from hardware.indicators import BUZZER_PIN, LED_PIN, Pattern
from tests.hil.board import Board
from tests.hil.guest import Guest

POLL_S = 0.02
BUSY_MS = 20
"""A busy guest plays a rhythm unevenly: it counts while each length is within a factor of two and
this much of what was meant. No two patterns come that close in all of their lengths.
"""
ROUNDS = 5  # of a pattern that is one short pulse again and again

KERNEL_SAYS = """
import ctypes
class Timex(ctypes.Structure):
    _fields_ = [("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long)]
    _fields_ += [("maxerror", ctypes.c_long), ("esterror", ctypes.c_long), ("status", ctypes.c_int)]
    _fields_ += [("rest", ctypes.c_char * 512)]
timex = Timex(modes=0x14, maxerror=%d, status=0x40) # ADJ_MAXERROR, ADJ_STATUS; STA_UNSYNC
assert ctypes.CDLL(None).adjtimex(ctypes.byref(timex)) >= 0
"""
DISCIPLINED, UNDISCIPLINED = KERNEL_SAYS % 1_000, KERNEL_SAYS % 16_000_000
"""What chrony without rtcsync leaves in the kernel (adjtimex(2)), and what a boot does."""

Found = TypeVar("Found")


class Device:
    """A guest with its board; `tell` takes what was done and what was seen.

    `patience_s` of this machine's time is spent on whatever is awaited.
    """

    def __init__(
        self,
        guest: Guest,
        board: Board,
        package: Path,
        tell: Callable[[str, str], None],
        patience_s: float,
    ) -> None:
        self.tell = tell
        self._patience_s = patience_s
        self.board = board
        self.guest = guest
        shutil.copy(package, self.guest.share)

    def until(self, what: str, look: Callable[[], Found | None]) -> Found:
        """Look until there is something to see. Raises `AssertionError` when time is up."""
        deadline = time.monotonic() + self._patience_s
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {self._patience_s:.0f} s: {what}")
            time.sleep(POLL_S)

    # --- The system

    def timed(self, command: str) -> float:
        """How long a command that must succeed takes the guest, s; no ' may be in it."""
        timed = self.guest.ask(f"bash -c 'TIMEFORMAT=%R; time ( {command} ) > /dev/null'")
        return float(timed.split()[-1])

    def service(self, name: str) -> str:
        """A property of the service, as `systemctl show` has it."""
        return self.guest.ask(f"systemctl show --property={name} --value cadence-coach")

    def ready(self, restarts: int | None = None) -> bool:
        """Whether the service runs and has said so; with `restarts`, after so many of them."""
        if restarts is not None and self.service("NRestarts") != str(restarts):
            return False
        return self.service("ActiveState") == "active"

    def status(self, group: str, key: str) -> Any:
        """What the daemon says of itself; None while it does not answer."""
        code, said = self.guest.run("coach status --format json")
        return None if code else json.loads(said)[group][key]

    def sessions(self) -> list[dict[str, Any]]:
        """The log's sessions, oldest first."""
        lines = self.guest.ask("coach log list --format jsonl").split("\n")
        found = [json.loads(line) for line in lines if line]
        return sorted(found, key=lambda s: int(s["session"]))

    def told(self, words: str) -> str:
        """The last line with these words in the service's journal; empty where there is none."""
        said = self.guest.ask("journalctl --unit=cadence-coach --output=cat --no-pager").split("\n")
        return next((line for line in reversed(said) if words in line), "")

    def stopped_sounding(self, pid: str) -> bool:
        """Stop the daemon in the middle of a beep; in a pause let it go on."""
        self.guest.ask(f"kill -STOP {pid}")
        if self.board.pins.is_on(BUZZER_PIN):
            return True
        self.guest.ask(f"kill -CONT {pid}")
        return False

    # --- The pins

    def heard(self, pattern: Pattern, since: float) -> float | None:
        """When the buzzer began the first whole round of a pattern after an instant."""
        return self._first_round(BUZZER_PIN, pattern, since)

    def seen(self, pattern: Pattern, since: float) -> float | None:
        """The same for the LED."""
        return self._first_round(LED_PIN, pattern, since)

    def silent(self) -> bool:
        """Whether both pins are off."""
        return not self.board.pins.is_on(BUZZER_PIN) and not self.board.pins.is_on(LED_PIN)

    def dark(self, seconds: float) -> bool:
        """Whether the LED has been off for so long."""
        recent = self.board.pins.edges(LED_PIN, self.board.now() - seconds)
        return not recent and not self.board.pins.is_on(LED_PIN)

    def _first_round(self, pin: int, pattern: Pattern, since: float) -> float | None:
        awaited = list(pattern.rhythm[:-1])  # but the pause at its end
        if len(awaited) == 1:
            awaited = list(pattern.rhythm * min(ROUNDS, pattern.repeat or ROUNDS))[:-1]
        edges = self.board.pins.edges(pin, since)
        lengths = [round((b.t - a.t) * 1000) for a, b in pairwise(edges)]
        for i, edge in enumerate(edges):
            piece = lengths[i : i + len(awaited)]
            if edge.on and len(piece) == len(awaited) and _alike(piece, awaited):
                return edge.t
        return None


def _alike(piece: list[int], awaited: list[int]) -> bool:
    pairs = zip(piece, awaited, strict=True)
    return all(meant / 2 - BUSY_MS <= ms <= meant * 2 + BUSY_MS for ms, meant in pairs)
