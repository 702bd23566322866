"""`coach cues` as a person meets it: the table, the rhythms, and the sound of them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from coach.settings import MetronomeSettings
from firmware.app.client import Client, RefusedError
from firmware.device.control.orders import Orders, order
from firmware.protocol import read_request
from firmware.settings.catalogue import Settings
from firmware.signals import SIGNALS, taste
from hardware.simulated.walker import Segment, Stand, Walk
from tests.support.device import Device
from tests.support.running import Running
from tests.support.terminal import piped


@pytest.mark.parametrize("output", ["text", "markdown", "jsonl", "csv"])
def test_the_table_has_every_cue(output: str) -> None:
    """In each format: its name, when it comes, how it sounds, how to be without it."""
    done = piped("cues", "--format", output)
    assert done.returncode == 0
    for s in SIGNALS.values():
        assert s.name in done.stdout
        assert s.when in done.stdout
        assert s.pattern.sounds in done.stdout


def test_some_cues_only_and_unknown_ones() -> None:
    """Names narrow the table; a wrong one is a sentence with a suggestion."""
    done = piped("cues", "stumble", "fall", "--format", "jsonl")
    assert [json.loads(line)["cue"] for line in done.stdout.splitlines()] == ["stumble", "fall"]
    wrong = piped("cues", "stumbel")
    assert (wrong.returncode, wrong.stderr) == (
        2,
        "coach: there is no cue 'stumbel': did you mean stumble?\n",
    )


def test_rhythms_are_drawn_in_any_terminal() -> None:
    """In blocks where the terminal knows them, in ASCII elsewhere."""
    drawn = piped("cues", "--draw", "session_started", env={"PYTHONIOENCODING": "utf-8"}).stdout
    assert drawn.split() == ["session_started", "█▁█▁█████"]
    plain = piped("cues", "--draw", "slow_down", env={"PYTHONIOENCODING": "ascii"}).stdout
    assert plain.split() == ["slow_down", "##___##__________________..."]


def test_without_a_daemon_they_sound_on_the_pins(tmp_path: Path) -> None:
    """One after another, each with its line, for as long as it takes."""
    began = time.monotonic()
    done = piped(
        "cues", "--play", "ready", "half_way", "--socket", tmp_path / "none",
        env={"GPIOZERO_PIN_FACTORY": "mock"},
    )  # fmt: skip
    assert done.returncode == 0
    assert "One short beep: the device is ready." in done.stdout
    assert time.monotonic() - began > sum(
        taste(SIGNALS[name].pattern).seconds for name in ("ready", "half_way")
    )


@pytest.mark.skipif(Path("/dev/gpiochip0").exists(), reason="this machine has pins")
def test_a_machine_without_pins_draws_them(tmp_path: Path) -> None:
    """It says so, and shows the rhythms."""
    done = piped("cues", "--play", "all", "--socket", tmp_path / "none")
    assert done.returncode == 0
    assert done.stderr.startswith("coach: drawn only: No GPIO")
    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == len(SIGNALS)


def test_a_running_daemon_plays_them(tmp_path: Path) -> None:
    """Through the control socket, for the daemon owns the pins."""
    with Running(tmp_path) as daemon:
        done = piped("cues", "--play", "ready", "--socket", daemon.socket)
        assert (done.returncode, done.stderr) == (0, "")
        assert "One short beep" in done.stdout
        with Client(str(daemon.socket)) as client, pytest.raises(RefusedError, match="coach cues"):
            client.ask("play", name="nothing")


PLAN: tuple[Segment, ...] = (Stand(10.0), Walk(40.0, spm=80.0, amplitude_g=0.2))


def test_the_daemon_plays_only_while_no_session_runs(tmp_path: Path) -> None:
    """Before the walk the pins sound; in a session it is refused in a sentence."""
    orders = Orders()
    quiet = Settings().changed({"session.announce": "false"})
    device = Device(PLAN, tmp_path, orders=orders, settings=quiet)
    answers: list[dict[str, object]] = []
    heard: list[bool] = []
    play = order(read_request(b'{"v": 1, "do": "play", "name": "fall"}'))
    device.clock.call_at(4.0, lambda: orders.put(play, answers.append))
    device.clock.call_at(4.5, lambda: heard.append(device.simulation.buzzer_on))
    device.clock.call_at(9.5, lambda: heard.append(device.simulation.buzzer_on))
    device.clock.call_at(40.0, lambda: orders.put(play, answers.append))
    device.clock.call_at(40.5, lambda: heard.append(device.simulation.buzzer_on))
    device.run()
    assert answers[0] == {"seconds": 4.0}
    assert answers[1] == {"error": "a session runs: play them when it has ended"}
    assert heard == [True, False, False]


def test_the_metronome_beats_on_the_pins(tmp_path: Path) -> None:
    """Switched on, the buzzer ticks in the session; the log says when, and not each tick."""
    settings = Settings().changed({"session.announce": "false", "stage.advice": "false"})
    settings = settings.changed({"metronome.output": "sound"})
    assert settings.metronome == MetronomeSettings(output="sound")
    device = Device((Stand(4.0), Walk(50.0, spm=75.0, amplitude_g=0.2)), tmp_path,
                    settings=settings)  # fmt: skip
    pin = device.simulation.pins.pin(settings.buzzer.pin)
    device.run()
    ticks = sum(bool(state.state) for state in pin.states[1:])
    assert 35 <= ticks <= 60
    assert device.of_type("beat") == []
    assert next(r["state"] for r in device.of_type("metronome")) == "on"
