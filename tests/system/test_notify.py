"""The daemon as systemd sees it: a process that tells when it is ready, reloading, stopping."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

LONG_S = 60.0
"""For a message to come, on however busy a machine; it comes within a second."""


def test_a_manager_follows_the_daemon_from_start_to_stop(tmp_path: Path) -> None:
    """Ready with the first samples, fed from then on; SIGHUP is a reload; SIGTERM a clean end."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(LONG_S)

    def wait_for(line: str) -> None:
        while line not in manager.recv(4096).decode().split("\n"):
            pass

    command = [sys.executable, "-m", "firmware", "run", "--simulate"]
    command += ["--set", f"log.directory={tmp_path}", "--set", f"control.socket={tmp_path}/socket"]
    env = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
    daemon = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    try:
        wait_for("READY=1")
        wait_for("WATCHDOG=1")
        daemon.send_signal(signal.SIGHUP)
        wait_for("RELOADING=1")
        wait_for("READY=1")
        wait_for("WATCHDOG=1")
        daemon.terminate()
        wait_for("STOPPING=1")
        assert daemon.wait(LONG_S) == 0
    finally:
        daemon.kill()
        daemon.wait()
        manager.close()
