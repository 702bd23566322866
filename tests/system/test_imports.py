"""What the device loads to run: nothing that serves a person at a desk."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.support.waiting import eventually

FOREIGN = (
    "firmware.app", "firmware.lab", "rich", "textual", "tomlkit", "plotext", "matplotlib",
    "multiprocessing", "concurrent", "asyncio", "joblib", "pyarrow", "garmin_fit_sdk",
)  # fmt: skip


def test_the_daemon_loads_no_app_no_lab_and_no_process_pool(tmp_path: Path) -> None:
    """`coach run` to its end: neither commands, tables nor processes."""
    socket = tmp_path / "control.sock"
    given = [f"control.socket={socket}", f"log.directory={tmp_path}"]
    run = ["run", "--simulate", *(part for text in given for part in ("--set", text))]
    command = [sys.executable, "-X", "importtime", "-m", "firmware", *run]
    told = tmp_path / "stderr"
    with told.open("w") as file, subprocess.Popen(command, stderr=file) as daemon:
        eventually(socket.exists)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait() == 0
    lines = told.read_text().splitlines()
    loaded = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time")}
    assert {"firmware.device.daemon", "coach.engine", "numpy"} <= loaded
    assert sorted(m for m in loaded if m.startswith(FOREIGN)) == []
