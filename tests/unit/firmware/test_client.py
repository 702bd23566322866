"""Anybody may answer on the socket that a settings file names: a command ends all the same."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from firmware.app import asking, cli, client, today
from firmware.app.examine import surroundings
from firmware.errors import DeviceError
from firmware.settings import place, source
from firmware.settings.catalogue import Settings
from tests.support.settingsfile import settings_file
from tests.support.terminal import piped
from tests.support.waiting import LONGEST_S

Answers = Callable[[bytes, int], str]


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[Answers]:
    """A daemon of somebody's own: says these bytes, so often, and hangs up; where it listens."""
    path = str(tmp_path / "s")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()
    gone = threading.Event()
    threads: list[threading.Thread] = []

    def serve(said: bytes, times: int) -> None:
        talk, _ = listening.accept()
        with closing(talk), suppress(OSError):
            talk.recv(4096)
            for _ in range(times):
                talk.sendall(said)
                if gone.wait(0.05 if times > 1 else 0.0):
                    break

    def start(said: bytes, times: int) -> str:
        threads.append(threading.Thread(target=serve, args=(said, times)))
        threads[-1].start()
        return path

    yield start
    gone.set()
    for thread in threads:
        thread.join(LONGEST_S)
    listening.close()


def test_a_daemon_that_dies_under_a_question_is_told_in_words(tmp_path: Path) -> None:
    """What was asked has not been read when the connection ends: no number of an error."""
    path = str(tmp_path / "s")

    def dies() -> None:
        talk, _ = listening.accept()
        with closing(talk):
            talk.recv(1)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        thread = threading.Thread(target=dies)
        thread.start()
        with pytest.raises(DeviceError) as told:
            client.ask(path, "status")
        thread.join(LONGEST_S)
    assert str(told.value) == f"{path}: the daemon cannot be reached: Connection reset by peer"


def test_an_answer_that_never_ends_is_not_waited_for(answers: Answers) -> None:
    """A byte now and then is no answer: patience is for all of it."""
    path = answers(b" ", 100)
    with (
        client.Client(path, patience_s=0.2) as talk,
        pytest.raises(DeviceError, match="does not answer"),
    ):
        talk.ask("status")


def test_an_order_that_is_not_answered_is_not_said_to_be_off(answers: Answers) -> None:
    """A daemon that stood still carries it out when it goes on."""
    path = answers(b" ", 100)
    with (
        client.Client(path, patience_s=0.2) as talk,
        pytest.raises(DeviceError, match="does not answer; what it was told to do may still be"),
    ):
        talk.ask("mute", muted=True)


@pytest.mark.parametrize("said", [b'{"ok":true}\n', b'{"ok":true,"cadence":5}\n'])
@pytest.mark.parametrize("what", ["status", "mute"])
def test_an_answer_of_another_version_is_a_sentence(
    answers: Answers, said: bytes, what: str
) -> None:
    """What is missing in it makes no traceback."""
    path = answers(said, 1)
    with pytest.raises(DeviceError, match="cannot be read; is the daemon of another version"):
        asking.status(path, "text") if what == "status" else asking.order(path, what)


def test_the_plain_view_of_another_version_is_a_sentence(answers: Answers) -> None:
    """As the other commands' is."""
    path = answers(b'{"ok":true,"cadence":5}\n', 1)
    done = piped("watch", "--plain", "--socket", path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "is the daemon of another version" in done.stderr


@pytest.mark.parametrize("said", [b'{"ok":true}\n', b'{"ok":true,"sensor":5,"profile":5}\n'])
@pytest.mark.parametrize("told_by", ["today", "doctor"])
def test_a_daemon_of_another_version_is_a_trouble_among_others(
    answers: Answers,
    said: bytes,
    told_by: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`coach` alone and the doctor name it, and go on."""
    path = answers(said, 1)
    if told_by == "doctor":
        settings = Settings().changed({"control.socket": path})
        finding, running = surroundings.daemon(settings)
        assert (finding.verdict, running) == ("warning", True)
        text = finding.text
    else:
        file = settings_file(tmp_path, socket=path)
        monkeypatch.setattr(source, "DEFAULT_PATH", file)
        assert today.run() == 0
        text = capsys.readouterr().out
        assert "log       no session yet" in text
    assert "is the daemon of another version" in text


@pytest.mark.parametrize("said", [b'{"ok":false,"error":"no"}\n', b"no answer\n"])
def test_the_doctor_leaves_its_sensor_to_a_daemon_that_cannot_be_asked(
    answers: Answers, said: bytes
) -> None:
    """Refused or garbled: it runs, and somebody may walk with it."""
    settings = Settings().changed({"control.socket": answers(said, 1)})
    found, has_the_sensor = surroundings.daemon(settings)
    assert (found.verdict, has_the_sensor) == ("warning", True)


def test_setup_without_a_settings_file_asks_the_daemon_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All is default then: what keeps it is that no daemon runs, and how to start one is said."""
    for module in (place, asking):
        monkeypatch.setattr(module, "DEFAULT_PATH", tmp_path / "coach.toml")
    monkeypatch.setattr(asking, "CONTROL_SOCKET", str(tmp_path / "none.sock"))
    assert cli.main(["setup"]) == 1
    assert "the daemon is not running; start it: sudo" in capsys.readouterr().err
