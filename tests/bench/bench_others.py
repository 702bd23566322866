"""The coach beside others, in one run: `python -m tests.bench.bench_others [MINUTES] [PYTHON]`.

First what runs all day, in real time, as a share of a core: a Python that sleeps ten times a
second and does nothing; a hobby's loop, which reads one sample with smbus2 a hundred times a
second and compares it; the coach at rest, on a walk, and its live view. The bus answers at once in
all of them, so that none is charged for it. Then an hour of a simulated walk: the coach's engine
as the daemon feeds it, and what others make of the same samples afterwards: scikit-digital-health's
lumbar gait and GaitPy. They are no dependencies: PYTHON, another interpreter, may have them.
GaitPy 1.6.1 asks for numpy 1.13 and pandas 0.20, which no Python from 3.11 on can build.
"""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from coach import Block, CoachSettings, Engine
from coach.samples import FRAME_N
from hardware.simulated.walker import Walk, Walker
from tests.bench.bench_cost import ROOT, WARM_UP_S, Running, figures
from tests.bench.metered import REST
from tests.support.waiting import eventually

MINUTES = 3.0
REST_WARM_UP_S = 60.0
"""Until the engine of somebody who stands has settled."""

HOUR = 360_000
"""Samples of an hour at 100 Hz."""

SLEEPS = """
import sys, time
began, end = time.process_time(), time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    time.sleep(0.1)
print(time.process_time() - began)
"""

HOBBY = """
import math, struct, sys, time
import smbus2.smbus2 as smbus2
bus = smbus2.SMBus()
bus.fd = 0
smbus2.ioctl = lambda *_: None
began, end = time.process_time(), time.monotonic() + float(sys.argv[1])
above = steps = 0
while time.monotonic() < end:
    data = bytes(bus.read_i2c_block_data(0x68, 0x3B, 14))
    ax, ay, az, _, gx, gy, gz = struct.unpack(">7h", data)
    size = math.sqrt(ax * ax + ay * ay + az * az) / 2048
    if size > 1.3 and not above:
        steps += 1
    above = size > 1.3
    time.sleep(0.01)
print(time.process_time() - began)
"""

LUMBAR = """
import sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
from skdh.gait import GaitLumbar
walk = np.load(sys.argv[1])
began = time.process_time()
GaitLumbar().predict(
    time=1.7e9 + walk["t"], accel=walk["acc"], gyro=np.radians(walk["gyro"]), height=1.75
)
print(time.process_time() - began)
"""

GAITPY = """
import sys, time
import numpy as np, pandas as pd
from gaitpy.gait import Gaitpy
walk = np.load(sys.argv[1])
frame = pd.DataFrame({"timestamps": 1000 * (1.7e9 + walk["t"]), "y": 9.81 * walk["acc"][:, 2]})
began = time.process_time()
made = Gaitpy(frame, 100, v_acc_col_name="y", ts_col_name="timestamps")
made.extract_features(175)
print(time.process_time() - began)
"""


def of_script(python: str, script: str, *given: str) -> float | None:
    """The figure that a script prints at last; None where what it needs is not installed."""
    done = subprocess.run(
        [python, "-c", script, *given], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return None
    return float(done.stdout.split()[-1])


def of_daemon(folder: Path, seconds: float, *, rest: bool) -> float:
    """Share of a core (%) of the daemon without its simulated chip and walker."""
    os.environ[REST] = "1" if rest else ""
    with Running(folder) as daemon:
        daemon.wait_ready()
        time.sleep(REST_WARM_UP_S if rest else WARM_UP_S)
        before = daemon.look()
        time.sleep(seconds)
        return figures(before, daemon.look())["coach"]


def of_live_view(folder: Path, seconds: float) -> float:
    """Share of a core (%) of `coach watch` in a terminal, while somebody walks."""
    socket, file = folder / "sock", folder / "coach.toml"
    file.write_text(f'[control]\nsocket = "{socket}"\n')
    os.environ[REST] = ""
    with Running(folder) as daemon:
        daemon.wait_ready()
        eventually(socket.exists)
        time.sleep(WARM_UP_S)
        screen, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        view = subprocess.Popen(
            [sys.executable, "-m", "firmware", "watch", "--config", str(file)], cwd=ROOT,
            stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        threading.Thread(target=_drain, args=(screen,), daemon=True).start()
        time.sleep(WARM_UP_S)
        before, began = _ran_s(view.pid), time.monotonic()
        time.sleep(seconds)
        used = (_ran_s(view.pid) - before) / (time.monotonic() - began)
        view.send_signal(signal.SIGTERM)
        view.wait()
    return 100 * used


def _drain(screen: int) -> None:
    try:
        while os.read(screen, 65536):
            pass
    except OSError:  # its program has ended
        return


def _ran_s(process: int) -> float:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def hour() -> Block:
    """An hour of a simulated walk."""
    walker = Walker([Walk(1e5, spm=90.0, amplitude_g=0.18)], seed=1)
    t = np.arange(HOUR) / 100
    x = np.concatenate([walker.signal(part) for part in np.array_split(t, HOUR // 1000)])
    return Block(t, x[:, :3], x[:, 3:])


def of_engine(walk: Block) -> float:
    """Processor seconds of the engine, fed as the daemon does on a calm walk: in three frames."""
    engine = Engine(CoachSettings())
    began = time.process_time()
    for first in range(0, HOUR, 3 * FRAME_N):
        part = slice(first, first + 3 * FRAME_N)
        engine.feed(Block(walk.t[part], walk.acc[part], walk.gyro[part]))
    return time.process_time() - began


def main() -> None:
    """Print the tables."""
    seconds = 60 * (float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES)
    python = sys.argv[2] if len(sys.argv) > 2 else sys.executable
    out = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = str(seconds)
        sleeps, hobby = (of_script(sys.executable, s, given) for s in (SLEEPS, HOBBY))
        shares = {
            "a Python that sleeps, 10 times a second": 100 * (sleeps or 0.0) / seconds,
            "a hobby's loop, 100 reads a second": 100 * (hobby or 0.0) / seconds,
            "the coach, nobody moves": of_daemon(folder, seconds, rest=True),
            "the coach, a walk": of_daemon(folder, seconds, rest=False),
            "its live view": of_live_view(folder, seconds),
        }
        table = Table(f"{seconds / 60:g} min in real time", "% of a core", "hobby's loops")
        for row, share in shares.items():
            loops = share / shares["a hobby's loop, 100 reads a second"]
            table.add_row(row, f"{share:.2f}", f"{loops:.2f}")
        out.print(table)
        walk, file = hour(), folder / "walk.npz"
        np.savez(file, **walk._asdict())
        ours = of_engine(walk)
        table = Table("an hour of a walk", "processor, s", "engines")
        table.add_row("the coach's engine, as the daemon feeds it", f"{ours:.1f}", "1.00")
        for row, script in {"scikit-digital-health": LUMBAR, "GaitPy": GAITPY}.items():
            theirs = of_script(python, script, str(file))
            cells = ["not installed", ""]
            if theirs is not None:
                cells = [f"{theirs:.1f}", f"{theirs / ours:.2f}"]
            table.add_row(f"{row}, afterwards", *cells)
        out.print(table)
    print(f"load of this machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
