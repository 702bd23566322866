"""The control socket before a daemon that does nothing but take orders."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware import threads
from firmware.device.control.orders import Orders
from firmware.device.control.server import Control
from firmware.device.control.status import Status
from firmware.records import Mark, Record, SettingsChanged
from firmware.settings.catalogue import Settings
from firmware.settings.source import Source
from tests.support.settingsfile import settings_file
from tests.support.waiting import LONGEST_S


class FakeDaemon:
    """Takes orders on a thread, as the daemon does between two reads, and says what they do."""

    t = 60.0

    def __init__(self, orders: Orders, settings: Settings) -> None:
        self.settings = settings
        self.notes: list[tuple[str, object]] = []
        self.publish: Callable[[Record], object] = lambda _: None
        self.stopped = False
        self._orders = orders
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        while not self.stopped:
            self._orders.carry_out(self)
            time.sleep(0.01)

    def change(self, new: Settings) -> None:
        was, self.settings = self.settings.as_dict(), new
        if changes := {k: v for k, v in new.as_dict().items() if v != was[k]}:
            self.publish(SettingsChanged(self.t, changes))

    def mute(self, muted: bool) -> None:
        self.notes.append(("mute", {"muted": muted}))

    def clear(self) -> list[str]:
        return ["fall"]

    def mark(self, text: str) -> dict[str, Any]:
        self.tell(Mark(self.t, text))
        return {}

    def play(self, name: str) -> dict[str, Any]:
        return {"name": name}

    def tell(self, record: Record) -> None:
        self.notes.append((record.type, record))
        self.publish(record)


class Server:
    """A control socket before a fake daemon."""

    def __init__(
        self, folder: Path, told: threads.Told = threads.only_logged, status: type[Status] = Status
    ) -> None:
        self._opened: list[socket.socket] = []
        self.path = str(folder / "c.sock")
        group = Settings().control.group
        text = "[cadence]\nmax_spm = 100\n"
        self.file = settings_file(folder, text, socket=self.path, group=group)
        own = f"control.socket={self.path}"
        source = Source(self.file, [own])
        made = source.begin()  # nothing has changed until a test changes the file
        self.orders = Orders()
        self.daemon = FakeDaemon(self.orders, made)
        self.status = status(made)
        self.control = Control(made, source, self.orders, self.status, told)
        self.daemon.publish = self.control.publish
        self.control.start()

    def close(self) -> None:
        for opened in self._opened:
            opened.close()
        self.control.close()
        self.daemon.stopped = True
        self.daemon.thread.join()

    def connect(self) -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(LONGEST_S)
        made.connect(self.path)
        self._opened.append(made)
        return made

    def say(self, line: bytes) -> list[dict[str, Any]]:
        """Send bytes, hang up, and read all that comes."""
        with self.connect() as talk:
            talk.sendall(line)
            talk.shutdown(socket.SHUT_WR)
            got = b"".join(iter(lambda: talk.recv(4096), b""))
        return [json.loads(x) for x in got.splitlines()]
