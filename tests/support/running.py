"""The whole daemon in a process of its own, on the machine's clock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from firmware.app import client
from tests.support.settingsfile import settings_file
from tests.support.terminal import piped
from tests.support.waiting import LONGEST_S, eventually


class Running:
    """`coach run --simulate` with a settings file and a socket; `with` it, or `end` it."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "control.sock"
        self.file = settings_file(folder, "[cadence]\nmax_spm = 100\n", socket=self.socket)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "firmware", "run", "--simulate", "--config", self.file],
            stderr=subprocess.PIPE,
            text=True,
        )
        eventually(lambda: self.process.poll() is not None or self.limit() > 0)  # it answers
        assert self.process.poll() is None

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def coach(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command against it."""
        return piped(*arguments, "--config", self.file)

    def end(self) -> str:
        """Stop it; what it said."""
        self.process.terminate()
        return self.process.communicate(timeout=LONGEST_S)[1]

    def limit(self) -> float:
        return float(client.ask(str(self.socket), "status")["limit_spm"])
