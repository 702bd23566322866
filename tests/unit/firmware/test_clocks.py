"""Whether the date is known, on a machine without a battery clock and on one with it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from firmware.log import clocks

UNSYNCHRONIZED, NO_ERROR_KNOWN_US = 0x40, 16_000_000


class Machine:
    """The files and the kernel's word that tell who has set the clock."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.boot, self.timesyncd, self.rtcs = folder / "boot", folder / "sync", folder / "rtc"
        self.kernel = (UNSYNCHRONIZED, NO_ERROR_KNOWN_US)
        self.boots(str(folder))
        monkeypatch.setattr(clocks, "BOOT_ID", self.boot)
        monkeypatch.setattr(clocks, "SYNCHRONIZED", self.timesyncd)
        monkeypatch.setattr(clocks, "RTCS", self.rtcs)
        monkeypatch.setattr(clocks, "discipline", lambda: self.kernel)
        self.run = folder / "run"
        self.run.mkdir()
        monkeypatch.setattr(clocks, "REMEMBERED", self.run / "clock")
        monkeypatch.setattr(clocks, "_known", {})

    def boots(self, name: str) -> None:
        self.boot.write_text(f"{name}\n")

    def restarts_the_service(self) -> None:
        """Another process: what it knows is what stands somewhere."""
        clocks._known.clear()

    def rtc(self, seconds: float, name: str = "rtc0") -> None:
        (self.rtcs / name).mkdir(parents=True, exist_ok=True)
        (self.rtcs / name / "since_epoch").write_text(f"{seconds:.0f}\n")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


@pytest.mark.usefixtures("machine")
def test_a_pi_that_nobody_told_the_time_does_not_know_it() -> None:
    """Neither the kernel's word, nor timesyncd's, nor a clock with a battery."""
    assert clocks.set_by() == ""
    assert not clocks.is_set()


@pytest.mark.parametrize(
    "kernel",
    [(0x2001, 500_000), (UNSYNCHRONIZED, 1_000), (0, NO_ERROR_KNOWN_US)],
    ids=["ntpd", "chrony without rtcsync", "synchronised, no error told"],
)
def test_a_time_service_is_believed(machine: Machine, kernel: tuple[int, int]) -> None:
    """Also chrony as Debian ships it and as it is without rtcsync, which vouches for nothing."""
    machine.kernel = kernel
    assert clocks.set_by() == "a time service"


def test_timesyncd_is_believed_by_its_file(machine: Machine) -> None:
    """It stays when the kernel's error has grown too large again."""
    machine.timesyncd.touch()
    assert clocks.set_by() == "systemd-timesyncd"


def test_a_battery_clock_is_believed_once_it_was_set(machine: Machine) -> None:
    """It shows what the system shows, and no time before the coach was written."""
    machine.rtc(12_345)
    assert clocks.set_by() == ""
    machine.rtc(time.time() - 3600)
    assert clocks.set_by() == ""
    machine.rtc(time.time(), "rtc1")
    assert clocks.set_by() == "the battery clock rtc1"


def test_a_battery_clock_without_its_battery_is_not_believed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has set the system's clock, and both show the year 2000."""
    monkeypatch.setattr(time, "time", lambda: 946_684_800.0)
    machine.rtc(946_684_800)
    assert clocks.set_by() == ""


def test_once_set_it_is_set_for_this_boot(machine: Machine) -> None:
    """The service may stop and the error may grow; after the next boot nothing is known again."""
    machine.kernel = (0, 1_000)
    assert clocks.is_set()
    machine.kernel = (UNSYNCHRONIZED, NO_ERROR_KNOWN_US)
    assert clocks.set_by() == "a time service"
    machine.boots("the next")
    assert not clocks.is_set()


def test_it_stays_set_when_the_service_starts_again(machine: Machine) -> None:
    """Though the error has grown meanwhile; another boot's note counts for nothing."""
    machine.kernel = (0, 1_000)
    assert clocks.is_set()
    machine.kernel = (UNSYNCHRONIZED, NO_ERROR_KNOWN_US)
    machine.restarts_the_service()
    assert clocks.set_by() == "a time service"
    machine.restarts_the_service()
    machine.boots("the next")
    assert clocks.set_by() == ""


@pytest.mark.parametrize("note", [b"", b"\xff", b"x" * 5000], ids=["empty", "no text", "huge"])
def test_a_note_that_cannot_be_is_none(machine: Machine, note: bytes) -> None:
    """Nor one that cannot be written: then the clock is asked each time."""
    (machine.run / "clock").write_bytes(note)
    assert clocks.set_by() == ""
    (machine.run / "clock").unlink()
    machine.run.rmdir()
    machine.kernel = (0, 1_000)
    assert clocks.is_set()


def test_a_machine_s_sleep_sets_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was before it keeps its date: the two clocks' difference is what it was."""
    before = clocks.read().offset_s
    awake = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: awake - 3600.0)
    assert abs(clocks.read().offset_s - before) < 1.0


def test_the_kernel_here_says_what_adjtimex_says() -> None:
    """The structure is the kernel's: the error is a number of microseconds, the status has bits."""
    status, error_us = clocks.discipline()
    assert 0 <= status < 1 << 16
    assert 0 <= error_us <= NO_ERROR_KNOWN_US
