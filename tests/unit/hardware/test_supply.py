"""The power supply, as the two drivers of the kernel show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware import supply

DIPPED_SINCE_BOOT = 0x10000


def alarm(system: Path, shown: str, driver: str = "rpi_volt", number: int = 0) -> None:
    folder = system / f"class/hwmon/hwmon{number}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "name").write_text(f"{driver}\n")
    (folder / "in0_lcrit_alarm").write_text(shown)


def word(system: Path, shown: str, soc: str = "soc/soc:firmware") -> None:
    folder = system / "devices/platform" / soc
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "get_throttled").write_text(shown)


def test_no_kernel_tells_nothing(tmp_path: Path) -> None:
    """A machine that is no Pi, or not even has the folders."""
    assert supply.throttled(tmp_path) is None
    assert not supply.dips(tmp_path)


def test_the_drivers_alarm_counts(tmp_path: Path) -> None:
    """Whichever number it has among other sensors; the whole word then has its lowest bit."""
    alarm(tmp_path, "1\n", "cpu_thermal")
    alarm(tmp_path, "0\n", number=3)
    assert not supply.dips(tmp_path)
    assert supply.throttled(tmp_path) == 0
    alarm(tmp_path, "1\n", number=3)
    assert supply.dips(tmp_path)
    assert supply.throttled(tmp_path) == supply.UNDER_VOLTAGE


def test_what_the_alarm_says_goes_before_what_has_been(tmp_path: Path) -> None:
    """Where both are there, the word's memory is told to whoever examines the device only."""
    word(tmp_path, "10000\n")
    alarm(tmp_path, "0\n")
    assert not supply.dips(tmp_path)
    assert supply.throttled(tmp_path) == DIPPED_SINCE_BOOT


@pytest.mark.parametrize("soc", ["soc/soc:firmware", "soc@107c000000/soc@107c000000:firmware"])
@pytest.mark.parametrize(
    ("shown", "dips"), [("0\n", False), ("50005\n", True), ("50000\n", True), ("e0008\n", False)]
)
def test_the_word_alone_counts_also_for_what_has_been(
    tmp_path: Path, soc: str, shown: str, dips: bool
) -> None:
    """On every kernel that shows it, wherever; heat is no under-voltage."""
    word(tmp_path, shown, soc)
    assert supply.dips(tmp_path) is dips


@pytest.mark.parametrize("shown", ["", "not permitted", "\xff"])
def test_what_is_no_word_tells_nothing(tmp_path: Path, shown: str) -> None:
    """It is no reason to say that the supply is weak, nor to fail."""
    word(tmp_path, shown)
    alarm(tmp_path, shown)
    assert not supply.dips(tmp_path)
    assert supply.throttled(tmp_path) == 0
