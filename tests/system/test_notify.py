"""The daemon as systemd sees it: a process that tells when it is ready, reloading, stopping."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

from coach.events import Event
from firmware.device.control.status import Status
from firmware.device.notify import Notifier
from hardware.simulated import Fault
from hardware.simulated.walker import Fall, Lie, Stand, Walk
from tests.support.device import Device
from tests.support.terminal import COMMAND

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

    command = [*COMMAND, "run", "--simulate"]
    command += ["--set", f"log.directory={tmp_path}", "--set", f"control.socket={tmp_path}/socket"]
    env = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"}
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


def test_the_alarm_of_a_fall_outlives_the_sensor_s_minute(tmp_path: Path) -> None:
    """The fall tears the cable for good: a manager that keeps its word does not end the alarm."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.setblocking(False)
    device = Device((Stand(4.0), Walk(30.0, events=(Fall(at=20.0),)), Lie(170.0)), tmp_path)
    status, clock = Status(device.settings), device.clock
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "10000000"}
    device.notifier = notifier = Notifier(status.snapshot, environ, clock.now)
    sounding, fed_at, patience_s = [], clock.now(), 10.0

    def heard(record: Event) -> None:
        status.tell(record)
        notifier.tell(record)

    def look() -> None:
        nonlocal fed_at, patience_s
        try:
            while lines := manager.recv(4096).decode().split("\n"):
                asked = [line for line in lines if line.startswith("WATCHDOG")]
                fed_at = clock.now() if asked else fed_at
                for line in asked:
                    if line.startswith("WATCHDOG_USEC="):
                        patience_s = int(line.partition("=")[2]) / 1e6
        except BlockingIOError:
            device.stopped = clock.now() - fed_at > patience_s
        playing = device.simulation.indicators.playing
        sounding.append(playing is not None and playing.name == "fall")
        clock.call_at(clock.now() + 1.0, look)

    device.on_record = heard
    clock.call_at(clock.now() + 40.0, lambda: device.simulation.chip.inject(Fault.NACK, 200.0))
    clock.call_at(clock.now() + 41.0, look)
    device.run()
    notifier.close()
    manager.close()
    assert status.snapshot()["sensor"]["state"] == "fault"
    assert len(sounding) > 150
    assert all(sounding[:150])
