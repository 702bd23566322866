"""What the daemon costs: `python -m tests.bench.bench_cost [MINUTES]` (default 10).

`coach run --simulate` in a process of its own and in real time, walking. The simulated chip and
walker live in that process too; their processor time is measured at each call of the bus and
taken off. What a transfer costs on a real bus is not in the figures: it is the kernel's, and each
transfer then also puts the process to sleep until the adapter is done. Where it goes is measured
in a shorter run after that, with more meters, whose own cost is in each row. The floor is a Python
program that sleeps as often and does nothing: what waking up costs on this machine. At rest, and
beside others: `bench_others`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from firmware.device.daemon import POLL_S
from tests.bench.metered import CHIP, DRIVER, ENGINE, LOG, PARTS, PINS

ROOT = Path(__file__).parents[2]
MINUTES = 10.0
WARM_UP_S = 25.0
"""The simulated walker clips the device on and stands, then walks: what follows is walking."""

STARTS = 5
SYNCS_FOR_S = 60.0
PARTS_SHARE = 0.2  # of the minutes, once more for where it goes

FLOOR_S = 20.0
SLEEPS = f"""
import time
for _ in range({FLOOR_S / POLL_S:.0f}):
    time.sleep({POLL_S})
print(time.process_time())
"""

BARS = {
    "processor, % of one core": 0.7,
    "resident memory, MB": 60.0,
    "wake-ups a second": 25.0,
    "start to ready, s": 1.0,
}


@dataclass(frozen=True)
class Snapshot:
    """What a running daemon has used since its start."""

    said: dict[str, Any]
    woken: dict[int, int]
    written: int  # bytes that the disk has been given


class Running:
    """The metered daemon; leave the `with` and it has stopped."""

    def __init__(self, folder: Path, *, parts: bool = False) -> None:
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.metered", "run", "--simulate",
             "--set", f"log.directory={folder}", "--set", f"control.socket={folder}/sock"],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, PARTS: "1" if parts else ""},
        )  # fmt: skip
        self.pid = self._process.pid

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=20)

    def wait_ready(self) -> float:
        """Seconds from the start of the process until the walker hears that it is ready."""
        return self._line()["at"] - self.began

    def look(self) -> Snapshot:
        """Ask it for its figures, and the kernel."""
        task = Path(f"/proc/{self.pid}/task")
        woken = {int(p.name): _field(p / "status", "voluntary_ctxt_switches") for p in
                 task.iterdir()}  # fmt: skip
        self._process.send_signal(signal.SIGUSR1)
        written = _field(Path(f"/proc/{self.pid}/io"), "write_bytes")
        return Snapshot(self._line(), woken, written)

    def _line(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    @property
    def memory_mb(self) -> tuple[float, float]:
        """Resident: now, and the most so far."""
        status = Path(f"/proc/{self.pid}/status")
        return _field(status, "VmRSS") / 1024, _field(status, "VmHWM") / 1024

    def syncs(self, seconds: float) -> float | None:
        """Syncs a minute, counted by strace; None where there is none."""
        if shutil.which("strace") is None:
            return None
        command = ["strace", "-f", "-e", "trace=fsync,fdatasync", "-p", str(self.pid)]
        tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        time.sleep(seconds)
        tracer.send_signal(signal.SIGINT)
        _, said = tracer.communicate(timeout=20)
        return len(re.findall(r"f(?:data)?sync\(", said)) / seconds * 60


def _field(path: Path, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", path.read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def starts(folder: Path) -> list[float]:
    """Start to ready, the first with cold caches where this user may drop them."""
    taken = []
    for k in range(STARTS):
        if k == 0 and os.access("/proc/sys/vm/drop_caches", os.W_OK):
            os.sync()
            Path("/proc/sys/vm/drop_caches").write_text("3")
        with Running(folder) as daemon:
            taken.append(daemon.wait_ready())
    return taken


def figures(before: Snapshot, after: Snapshot) -> dict[str, float]:
    """Shares of one core (%) by part, and what else counts by the second."""
    seconds = after.said["at"] - before.said["at"]

    def share(used: float) -> float:
        return 100 * used / seconds

    def part(name: str) -> float:
        return share(after.said["used"].get(name, 0.0) - before.said["used"].get(name, 0.0))

    def thread(name: str) -> float:
        number = str(after.said["threads"].get(name))
        return share(
            after.said["thread_s"].get(number, 0.0) - before.said["thread_s"].get(number, 0.0)
        )

    total = share(after.said["cpu_s"] - before.said["cpu_s"])
    found = {
        "whole process": total,
        "of it the simulated chip and walker": part(CHIP),
        "coach": total - part(CHIP),
        "driver and sample clock": part(DRIVER) - part(CHIP),
        "engine": part(ENGINE),
        "log, for the loop": part(LOG),
        "log, its thread": thread("journal"),
        "buzzer and LED, for the loop": part(PINS),
        "buzzer and LED, timers": thread("timers"),
        "control socket and settings": thread("control"),
    }
    rest = found["coach"] - sum(list(found.values())[3:])
    found["the loop itself, and what no row names"] = rest
    woken = {n: w - before.woken.get(n, 0) for n, w in after.woken.items()}
    names = {n: name for name, n in after.said["threads"].items()}
    for number, count in woken.items():
        found[f"wake-ups/s: {names.get(number, number)}"] = count / seconds
    found["wake-ups/s"] = sum(woken.values()) / seconds
    found["written"] = (after.written - before.written) / seconds
    for name in ("transfers", "bytes"):
        found[name] = (after.said["counted"][name] - before.said["counted"][name]) / seconds
    return found


def walk(daemon: Running, minutes: float) -> dict[str, float]:
    """The figures of so much walking."""
    daemon.wait_ready()
    time.sleep(WARM_UP_S)
    before = daemon.look()
    time.sleep(60 * minutes)
    return figures(before, daemon.look())


def floor() -> float:
    """Share of a core (%) that waking up so often costs by itself."""
    done = subprocess.run([sys.executable, "-c", SLEEPS], capture_output=True, check=True)
    empty = subprocess.run(
        [sys.executable, "-c", "import time; print(time.process_time())"],
        capture_output=True, check=True,
    )  # fmt: skip
    return 100 * (float(done.stdout) - float(empty.stdout)) / FLOOR_S


def main() -> None:
    """Print the tables."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    out = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ready = starts(folder)
        with Running(folder) as daemon:
            found = walk(daemon, minutes)
            now_mb, most_mb = daemon.memory_mb
            syncs = daemon.syncs(min(SYNCS_FOR_S, 60 * minutes))
        with Running(folder, parts=True) as daemon:
            by_part = walk(daemon, PARTS_SHARE * minutes)
    bars = Table(f"{minutes:g} min of walking in real time", "measured", "bar")
    measured = (found["coach"], most_mb, found["wake-ups/s"], sorted(ready[1:])[len(ready) // 2])
    for (row, bar), value in zip(BARS.items(), measured, strict=True):
        bars.add_row(row, f"{value:.2f}", f"{bar:g}", style="" if value <= bar else "bold red")
    bars.add_row("start to ready, first, caches dropped, s", f"{ready[0]:.2f}", "")
    bars.add_row("floor: a program that only sleeps, % of one core", f"{floor():.2f}", "")
    bars.add_row("processor seconds an hour of walking", f"{36 * found['coach']:.0f}", "")
    bars.add_row("resident memory at the end, MB", f"{now_mb:.1f}", "")
    bars.add_row("over the bus, bytes a second", f"{found['bytes']:.0f}", "")
    bars.add_row("transfers a second", f"{found['transfers']:.0f}", "")
    counted = "no strace here" if syncs is None else f"{syncs:.0f}"
    bars.add_row("syncs to the card a minute", counted, "")
    bars.add_row("written to the card, MB an hour", f"{3600 * found['written'] / 1e6:.1f}", "15")
    out.print(bars)
    where = Table("where it goes", "")
    for row, value in by_part.items():
        if row not in ("transfers", "bytes", "written"):
            unit = "" if row.startswith("wake") else " % of one core"
            where.add_row(row, f"{value:.3f}{unit}")
    out.print(where)
    print(f"load of this machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
