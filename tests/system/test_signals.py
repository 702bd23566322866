"""What signals and a reader that stands still do to the daemon: nothing that leaves a pin on."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.app import client
from tests.support.terminal import COMMAND
from tests.support.waiting import LONGEST_S, eventually


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
def deaf(tmp_path: Path, socket: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`coach run --simulate`, its standard error a pipe that is full and that nobody reads."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(write, True)
    command = [
        *(*COMMAND, "run", "--simulate"),
        *("--set", f"control.socket={socket}", "--set", f"log.directory={tmp_path}"),
    ]
    with subprocess.Popen(command, stderr=write) as daemon:
        os.close(write)
        eventually(lambda: answers(socket))
        yield daemon
        daemon.kill()
    os.close(read)


def answers(socket: Path) -> bool:
    return bool(client.ask(str(socket), "status")["ok"])


def test_a_reader_that_stands_still_stops_nothing(
    deaf: subprocess.Popen[bytes], socket: Path
) -> None:
    """Samples are decided on, orders are carried out, and SIGTERM is obeyed."""
    for _ in range(20):  # each is said on standard error, too
        client.ask(str(socket), "clear")
    seen = client.ask(str(socket), "status")["t"]
    eventually(lambda: client.ask(str(socket), "status")["t"] > seen)
    deaf.send_signal(signal.SIGTERM)
    assert deaf.wait(timeout=LONGEST_S) == 0


ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGPWR, signal.SIGXCPU)
NOTHING = (
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF),
    *(signal.SIGIO, signal.SIGRTMIN, signal.SIGRTMAX),
)


@pytest.mark.parametrize("number", ENDS, ids=lambda n: n.name)
def test_signals_that_end_a_process_end_it_in_order(
    deaf: subprocess.Popen[bytes], socket: Path, number: signal.Signals
) -> None:
    """With exit code 0 and the socket taken away: the pins went off on that way."""
    deaf.send_signal(number)
    assert deaf.wait(timeout=LONGEST_S) == 0
    assert not socket.exists()


def test_signals_that_mean_nothing_do_nothing(deaf: subprocess.Popen[bytes], socket: Path) -> None:
    """All of them, one after another: it answers as before."""
    for number in NOTHING:
        deaf.send_signal(number)
        assert answers(socket)
    assert deaf.poll() is None
