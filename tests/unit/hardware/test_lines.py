"""Lines by way of the kernel alone; a kernel's answers here, a real one's in tests/hil."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from hardware.errors import NoGpioError, PinBusyError
from hardware.lines import header_chip, switch_off

GET_CHIP_INFO, GET_LINES = 0x8044B401, 0xC250B407
ACTIVE_LOW, OUTPUT = 1 << 1, 1 << 3


class Kernel:
    """Answers for chips that are plain files: their labels, and who asked for which line how."""

    def __init__(self, devices: Path, labels: list[str]) -> None:
        self.labels = {f"gpiochip{n}": label for n, label in enumerate(labels)}
        self.asked: list[tuple[str, int, int]] = []
        self.taken: set[int] = set()
        self.not_ours: set[str] = set()
        for name in self.labels:
            (devices / name).touch()

    def ioctl(self, file, request: int, argument: bytes) -> bytes:
        name = Path(file.name).name
        if name in self.not_ours:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if request == GET_CHIP_INFO:
            return struct.pack("32s32sI", name.encode(), self.labels[name].encode(), 54)
        assert request == GET_LINES
        pin, flags = struct.unpack_from("I", argument)[0], struct.unpack_from("Q", argument, 288)[0]
        if pin in self.taken:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        self.asked.append((name, pin, flags))
        return argument[:-4] + struct.pack("i", os.open(os.devnull, os.O_RDONLY))


@pytest.fixture
def pi5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    kernel = Kernel(tmp_path, ["gpio-brcmstb@107d508500", "pinctrl-rp1"])
    monkeypatch.setattr(fcntl, "ioctl", kernel.ioctl)
    return kernel


@pytest.mark.usefixtures("pi5")
def test_the_header_is_found_by_the_label_of_its_chip(tmp_path: Path) -> None:
    """On a Pi 5 it is chip 4, or 0, or another: kernels differ."""
    assert header_chip(tmp_path) == tmp_path / "gpiochip1"


def test_a_chip_that_is_not_ours_to_open_hides_no_other(tmp_path: Path, pi5: Kernel) -> None:
    """The group gpio may have the header's alone."""
    pi5.not_ours.add("gpiochip0")
    assert header_chip(tmp_path) == tmp_path / "gpiochip1"


def test_where_no_label_is_known_it_is_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine that only plays a Pi; where there is none, that is said."""
    with pytest.raises(NoGpioError, match="no Raspberry Pi"):
        header_chip(tmp_path)
    monkeypatch.setattr(fcntl, "ioctl", Kernel(tmp_path, ["virtio", "other"]).ioctl)
    assert header_chip(tmp_path) == tmp_path / "gpiochip0"


def test_both_pins_become_outputs_that_are_off(tmp_path: Path, pi5: Kernel) -> None:
    """One that is on when low is off when high."""
    switch_off([("buzzer", 17, True), ("LED", 27, False)], tmp_path)
    assert pi5.asked == [("gpiochip1", 17, OUTPUT), ("gpiochip1", 27, OUTPUT | ACTIVE_LOW)]


def test_one_that_is_taken_keeps_no_other_on(tmp_path: Path, pi5: Kernel) -> None:
    """The rest is switched off, and then it is said."""
    pi5.taken.add(17)
    with pytest.raises(PinBusyError, match="GPIO 17 for the buzzer is taken"):
        switch_off([("buzzer", 17, True), ("LED", 27, True)], tmp_path)
    assert pi5.asked == [("gpiochip1", 27, OUTPUT)]


LGPIO = """
import os
handle = os.path.join(os.environ["LG_WD"], ".lgd-nfy0")
os.mkfifo(handle)
read = os.open(".lgd-nfy0", os.O_RDWR)
"""
"""As the real one does when it is loaded: made where LG_WD says, opened where it works."""


def test_loading_the_pin_driver_leaves_nothing_where_it_was_started(tmp_path: Path) -> None:
    """Whether or not one may write there, or to /tmp: a full card must not take the pins away."""
    (tmp_path / "lgpio.py").write_text(LGPIO)
    here = tmp_path / "here"
    here.mkdir(mode=0o111)
    script = (
        "import os, sys, tempfile; sys.path.insert(0, sys.argv[1]); tempfile.tempdir = '/nowhere'\n"
        "from hardware.indicators.factory import load_lgpio\n"
        "load_lgpio()\n"
        "print(os.getcwd(), os.path.exists(os.environ['LG_WD']))"
    )
    path = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{here} False\n"
    here.chmod(0o755)
    assert list(here.iterdir()) == []
