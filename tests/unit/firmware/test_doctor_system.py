"""What the doctor says of how the system is set."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.app.examine import system

GOVERNOR = "devices/system/cpu/cpu0/cpufreq/scaling_governor"
PERSIST = "module/pinctrl_bcm2835/parameters/persist_gpio_outputs"


def put(file: Path, text: str) -> None:
    """As the kernel shows it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{text}\n")


def test_what_is_not_there_is_no_finding(tmp_path: Path) -> None:
    """A machine that is no Pi: of its journal something is said, of all else nothing."""
    found = list(system.findings(tmp_path, tmp_path / "journal"))
    assert [(f.what, f.verdict) for f in found] == [("journal", "ok")]
    assert "gone at power-off" in found[0].text


def test_a_journal_on_the_card_is_kept(tmp_path: Path) -> None:
    """Its folder is there."""
    assert system.journal(tmp_path).text == f"kept in {tmp_path}"


@pytest.mark.parametrize(("says", "expected"), [("Y", "strict_gpiod"), ("N", "by the kernel")])
def test_what_becomes_of_the_buzzer_in_a_crash(tmp_path: Path, says: str, expected: str) -> None:
    """As Raspberry Pi OS has it, the pin stays until it is switched off."""
    put(tmp_path / PERSIST, says)
    (found,) = system.pins_after_a_crash(tmp_path)
    assert expected in found.text


@pytest.mark.parametrize(("governor", "verdict"), [("powersave", "warning"), ("ondemand", "ok")])
def test_a_processor_held_at_its_slowest_is_told(
    tmp_path: Path, governor: str, verdict: str
) -> None:
    """Whoever saves power by it is told what it costs and what to do."""
    put(tmp_path / GOVERNOR, governor)
    (found,) = system.processor(tmp_path)
    assert found.verdict == verdict
    assert governor in found.text


@pytest.mark.parametrize(("says", "verdict"), [("on", "warning"), ("off", "ok")])
def test_a_network_that_sleeps_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, verdict: str
) -> None:
    """What `iw` says of each wireless network, with the command that ends it; a cable has none."""
    tools = tmp_path / "tools"
    put(tools / "iw", f'#!/bin/sh\necho "Power save: {says}"')
    (tools / "iw").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    (tmp_path / "class/net/wlan0/wireless").mkdir(parents=True)
    (tmp_path / "class/net/eth0").mkdir()
    (found,) = system.wifi(tmp_path)
    assert found.verdict == verdict
    assert "wlan0" in found.text


def test_a_tool_that_fails_is_no_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As without the right to ask."""
    put(tmp_path / "iw", "#!/bin/sh\nexit 1")
    (tmp_path / "iw").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "class/net/wlan0/wireless").mkdir(parents=True)
    assert list(system.wifi(tmp_path)) == []
