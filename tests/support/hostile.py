"""Fifty hostile clients on the control socket: does the coach speak any later?

A walker walks in real time; every decision is timed against the sample that it is made from. The
clients are a process of their own: `python -m tests.support.hostile SOCKET SECONDS`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from coach.events import Cadence, Cue, Step
from firmware.app import client
from firmware.device.control.door import MOST_CLIENTS, MOST_OF_A_USER
from firmware.device.control.orders import Orders
from firmware.device.control.server import Control
from firmware.device.control.status import Status
from firmware.errors import DeviceError
from firmware.records import Record
from firmware.settings.source import Source
from hardware import SystemClock
from hardware.simulated.walker import Stand, Walk
from tests.support.device import Device

ROOT = Path(__file__).parents[2]
WARM_UP_S = 15.0


def attack(path: str, seconds: float) -> dict[str, int]:
    """Be fifty clients at once: some never read, some flood, some send halves, some rubbish."""
    done = {"sent kB": 0, "connected": 0, "dropped by the daemon": 0}
    clients: list[socket.socket | None] = [None] * MOST_CLIENTS
    half, flood = b'{"v": 1, "do": "sta', b'{"v": 1, "do": "mute", "muted": false}\n' * 100
    kinds = (b'{"v": 1, "do": "follow"}\n', flood, half, os.urandom(4000), b"\n" * 4000)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for i, known in enumerate(clients):
            one = known or socket.socket(socket.AF_UNIX)
            clients[i] = one
            try:
                if known is None:
                    one.setblocking(False)
                    one.connect(path)
                    done["connected"] += 1
                done["sent kB"] += one.send(kinds[i % len(kinds)])
            except BlockingIOError:
                pass
            except OSError:
                done["dropped by the daemon"] += 1
                one.close()
                clients[i] = None
        time.sleep(0.005)
    done["sent kB"] //= 1000
    return done


def resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def one_more(path: str) -> str:
    """What becomes of one more client of root's, while root holds all that is root's."""
    others = [client.Client(path) for _ in range(MOST_OF_A_USER)]
    try:
        client.ask(path, "status")
    except DeviceError as e:
        return str(e)
    finally:
        for other in others:
            other.close()
    return "it was served"


def measure(folder: Path, seconds: float, warm_up_s: float = WARM_UP_S) -> dict[str, np.ndarray]:
    """How late each decision was (ms after the quickest), without the attack and with it."""
    path = str(folder / "c.sock")
    given = [f"control.socket={path}", f"log.directory={folder}"]
    source, orders = Source(None, given), Orders()
    settings = source.load()
    plan = (Stand(3.0), Walk(2 * seconds + 2 * WARM_UP_S, spm=112.0, amplitude_g=0.2))
    clock = SystemClock()
    device = Device(plan, folder, clock=clock, settings=settings, orders=orders)
    control = Control(settings, source, orders, Status(settings))
    late: dict[str, list[float]] = {"without": [], "with": []}
    phase = ""

    def listen(record: Record) -> None:
        control.publish(record)
        if phase and isinstance(record, Cadence | Cue | Step):
            late[phase].append(clock.now() - record.t)

    device.on_record = listen
    control.start()
    walking = threading.Thread(target=device.run)
    walking.start()
    time.sleep(warm_up_s)
    phase = "without"
    time.sleep(seconds)
    phase = ""
    print("one more of root's:", one_more(path))
    time.sleep(2)
    before = resident_kb()
    hostile = [sys.executable, "-m", "tests.support.hostile", path, str(seconds)]
    phase = "with"
    done = subprocess.run(hostile, cwd=ROOT, capture_output=True, text=True, check=True)
    print("attack:", done.stdout, end="")
    phase = ""
    print(f"resident: {before} kB before, {resident_kb()} kB after")
    device.stopped = True
    walking.join()
    control.close()
    zero = min(late["without"])
    return {name: 1000 * (np.array(values) - zero) for name, values in late.items()}


if __name__ == "__main__":
    print(attack(sys.argv[1], float(sys.argv[2])))
