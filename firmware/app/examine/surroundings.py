"""What the device stands on: groups, disk, clock, power, service. Each look is a `Finding`."""

from __future__ import annotations

import grp
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from firmware.app import asking, client
from firmware.errors import DeviceError, UserError
from firmware.log import clocks, retention
from firmware.log.schema import FILE_NAME
from firmware.settings import textfile
from firmware.settings.catalogue import Settings
from firmware.settings.place import MissingError
from hardware import supply

Verdict = Literal["ok", "warning", "fault"]

LITTLE_MB = 200
"""Free space: some forty hours of raw log, until there is so little that the log stops."""

MOUNTS = Path("/proc/self/mounts")
IN_MEMORY = ("tmpfs", "ramfs", "zram")

_NOW = {0: "under-voltage", 1: "frequency capped", 2: "throttled", 3: "too hot"}

SERVICE = "cadence-coach"
NO_SERVICE = "the coach is not installed as a service"


class Finding(NamedTuple):
    """One line of the doctor's: what was looked at, how it is, what to do."""

    what: str
    verdict: Verdict
    text: str


def settings_file(path: Path) -> Finding:
    """Whether the settings file can be used."""
    try:
        found = textfile.load(path).contradictions()
    except MissingError:
        return Finding("settings", "ok", f"{path} is not there: all values are defaults")
    except UserError as e:
        return Finding("settings", "fault", f"{e}; mend it with coach config edit")
    if found:
        return Finding("settings", "warning", f"{path}: {'; '.join(found)}")
    return Finding("settings", "ok", str(path))


def groups(settings: Settings) -> Iterator[Finding]:
    """Whether this user may touch the bus and the pins and command the daemon."""
    mine = {os.getegid(), *os.getgroups()}
    for name in ("i2c", "gpio", settings.control.group):
        if not name:
            continue
        try:
            number = grp.getgrnam(name).gr_gid
        except KeyError:
            yield Finding(f"group {name}", "warning", f"there is none here: {NO_SERVICE}")
            continue
        if os.geteuid() == 0 or number in mine:
            yield Finding(f"group {name}", "ok", "you may use it")
        else:
            todo = f"sudo usermod -aG {name} $USER, then log in again"
            yield Finding(f"group {name}", "warning", f"you are not in it: {todo}")


def disk(settings: Settings) -> Finding:
    """Room for the log, and whether it can be written."""
    folder = Path(settings.log.directory)
    if not folder.is_dir():
        text = f"{folder} is not there: {NO_SERVICE}; or set log.directory"
        return Finding("disk", "warning", text)
    free = retention.free_mb(folder / FILE_NAME)
    text = f"{free:.0f} MB free in {folder}"
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return Finding("disk", "fault", f"{folder} is on a read-only file system; check the card")
    if in_memory(folder):
        text = f"{folder} is kept in memory and gone at power-off"
        return Finding("disk", "warning", f"{text}: end the read-only mode (overlay), or move it")
    try:
        retention.check_room(folder / FILE_NAME)
    except DeviceError as e:
        return Finding("disk", "fault", f"{e}: coach log prune")
    if free < LITTLE_MB:
        return Finding("disk", "warning", f"{text}; delete old sessions: coach log prune")
    return Finding("disk", "ok", text)


def in_memory(folder: Path, mounts: Path = MOUNTS) -> bool:
    """Whether what is written there is lost with the power, as under raspi-config's overlay."""
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return False
    mounted = {Path(point): (kind, options) for _, point, kind, options, *_ in lines}
    place = folder.resolve()
    nearest = next(p for p in (place, *place.parents, Path()) if p in mounted or p == Path())
    kind, options = mounted.get(nearest, ("", ""))
    upper = [o.removeprefix("upperdir=") for o in options.split(",") if o.startswith("upperdir=")]
    if kind == "overlay" and upper and Path(upper[0]) != folder:
        return in_memory(Path(upper[0]), mounts)
    return kind in IN_MEMORY


def clock() -> Finding:
    """Whether the wall clock has been set since the boot."""
    who = clocks.set_by()
    if who:
        return Finding("clock", "ok", f"set by {who}")
    text = "not set since the boot: dates in the log are uncertain until the network sets it"
    return Finding("clock", "warning", text)


def power() -> Finding:
    """Whether the supply holds and the processor keeps cool."""
    word = throttled()
    if word is None:
        return Finding("power", "ok", "no Raspberry Pi's firmware to ask")
    now = [name for bit, name in _NOW.items() if word >> bit & 1]
    before = [name for bit, name in _NOW.items() if word >> (bit + supply.SINCE_BOOT) & 1]
    todo = "use a stronger battery pack and a short cable, and give it air"
    if now:
        return Finding("power", "fault", f"{', '.join(now)} at this moment: {todo}")
    if before:
        return Finding("power", "warning", f"{', '.join(before)} since the boot: {todo}")
    return Finding("power", "ok", "no under-voltage and no throttling since the boot")


def throttled(system: Path = supply.SYSTEM) -> int | None:
    """The firmware's word on power and heat; None where there is none."""
    word = supply.throttled(system)
    if word is not None:
        return word
    try:
        return int((asked("vcgencmd", "get_throttled") or "").partition("=")[2], 16)
    except ValueError:
        return None


def asked(program: str, *words: str) -> str | None:
    """What a program of the system answers; empty where it cannot, None where there is none."""
    command = shutil.which(program)
    if command is None:
        return None
    try:
        return subprocess.run(  # noqa: S603 - found on the path
            [command, *words], capture_output=True, text=True, timeout=5, check=False
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def service() -> Finding:
    """Whether systemd runs the daemon."""
    said = asked("systemctl", "is-active", SERVICE)
    if said is None:
        return Finding("service", "warning", "no systemd here; start it with coach run")
    if said == "active":
        return Finding("service", "ok", "active")
    todo = f"sudo systemctl start {SERVICE}" if said == "inactive" else f"journalctl -u {SERVICE}"
    verdict: Verdict = "fault" if said == "failed" else "warning"
    return Finding("service", verdict, f"{said or 'unknown'}: {todo}")


def daemon(settings: Settings) -> tuple[Finding, bool]:
    """What the daemon says of itself, and whether it runs and so has the sensor.

    One that may not be asked, or does not answer, has it as well.
    """
    path = settings.control.socket
    try:
        state = client.ask(path, "status")
        with asking.understood(path):
            health = [state[part] for part in ("sensor", "log", "pins", "settings")]
            troubles = [h["message"] for h in health if h["message"] and h["state"] != "starting"]
            troubles += state["parts"].values()
            uptime_s = float(state["uptime_s"])
    except client.NotRunningError:
        return Finding("daemon", "ok", "not running"), False
    except DeviceError as e:
        return Finding("daemon", "warning", str(e)), True
    if troubles:
        return Finding("daemon", "fault", "; ".join(troubles)), True
    return Finding("daemon", "ok", f"running for {uptime_s:.0f} s, all is well"), True
