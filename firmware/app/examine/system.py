"""How the Pi's system is set, where a crash, a power-off or a slow answer hangs on it.

None of this keeps the coach from working, and what is not there (no Wi-Fi, no Pi) is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from firmware.app.examine.surroundings import Finding, asked
from hardware import supply

JOURNAL = Path("/var/log/journal")
"""journald.conf(5): where this folder is, `Storage=auto` keeps the journal on the card."""

PERSIST = "module/pinctrl_bcm2835/parameters/persist_gpio_outputs"
GOVERNOR = "devices/system/cpu/cpu0/cpufreq/scaling_governor"
NETWORKS = "class/net"


def findings(system: Path = supply.SYSTEM, journal_folder: Path = JOURNAL) -> Iterator[Finding]:
    """Everything that this system has of it."""
    yield journal(journal_folder)
    yield from pins_after_a_crash(system)
    yield from processor(system)
    yield from wifi(system)


def journal(folder: Path) -> Finding:
    """Whether systemd's journal outlives the power."""
    if folder.is_dir():
        return Finding("journal", "ok", f"kept in {folder}")
    text = "in memory, gone at power-off; what matters stands in the coach's own log as well"
    return Finding("journal", "ok", text)


def pins_after_a_crash(system: Path) -> Iterator[Finding]:
    """What the kernel does with the buzzer of a program that has been killed."""
    says = supply.shown(system / PERSIST)
    if says == "Y":
        text = "stay as they are until coach off has run; at once with dtparam=strict_gpiod"
        yield Finding("pins after a crash", "ok", f"{text} in /boot/firmware/config.txt")
    elif says:
        yield Finding("pins after a crash", "ok", "let go of by the kernel")


def processor(system: Path) -> Iterator[Finding]:
    """Whether it may run as quickly as it can when a stumble is to be told."""
    governor = supply.shown(system / GOVERNOR)
    if governor == "powersave":
        todo = "add cpufreq.default_governor=ondemand to /boot/firmware/cmdline.txt"
        yield Finding("processor", "warning", f"held at its slowest (powersave): {todo}")
    elif governor:
        yield Finding("processor", "ok", f"as quick as is needed ({governor})")


def wifi(system: Path) -> Iterator[Finding]:
    """Whether a wireless network sleeps between what is typed over SSH."""
    for network in sorted((system / NETWORKS).glob("*/wireless")):
        name = network.parent.name
        _, _, says = (asked("iw", "dev", name, "get", "power_save") or "").rpartition(" ")
        if says == "on":
            todo = f"sudo iw dev {name} set power_save off"
            yield Finding("Wi-Fi", "warning", f"{name} saves power, SSH may answer late: {todo}")
        elif says:
            yield Finding("Wi-Fi", "ok", f"{name} does not sleep")
