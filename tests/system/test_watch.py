"""`coach watch` in a real terminal (tmux): what it shows, what keys do, and how it leaves."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware.app.watch.parts import CHART_ROWS, drawn
from tests.support.running import Running
from tests.support.terminal import on_terminal
from tests.support.waiting import LONGEST_S, eventually

tmux_only = pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux here")


class Terminal:
    """A shell in tmux, on a server of its own: one that is ending would refuse the next."""

    _numbers = itertools.count()

    def __init__(self, width: int, height: int) -> None:
        name = f"coach-{os.getpid()}-{next(self._numbers)}"
        self._tmux = ["tmux", "-L", name, "-f", "/dev/null"]
        size = ["-x", str(width), "-y", str(height)]
        self("new-session", "-d", *size, "-s", "s", "env PS1='ready> ' TERM=screen-256color sh")
        eventually(lambda: "ready>" in self.screen())

    def __call__(self, *command: str) -> str:
        done = subprocess.run([*self._tmux, *command], check=True, capture_output=True, text=True)
        return done.stdout

    def screen(self, *options: str) -> str:
        return self("capture-pane", "-p", "-t", "s", *options)

    def keys(self, *keys: str) -> None:
        self("send-keys", "-t", "s", *keys)

    def shows(self, text: str) -> None:
        """Wait until the screen shows it."""
        eventually(lambda: re.search(text, self.screen()), seen=self.screen)

    def watch(self, running: Running, before: str = "") -> None:
        command = f"{sys.executable} -m firmware watch --config {running.file}"
        self.keys(f"{before} {command}", "Enter")
        self.shows("limit 100")

    def is_clean(self) -> None:
        """Back at the prompt, on the usual screen, with cursor, echo and line editing."""
        self.shows(r"ready>\s*$")
        assert self("display-message", "-p", "-t", "s", "#{alternate_on}#{cursor_flag}") == "01\n"
        self.keys("stty -a | tr ' ' '\\n' | grep -cx -e echo -e icanon -e isig", "Enter")
        self.shows("\n3\n")

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("watched"))
    yield made
    made.end()


@pytest.fixture
def terminal() -> Iterator[Callable[[int, int], Terminal]]:
    opened: list[Terminal] = []

    def open_one(width: int, height: int) -> Terminal:
        opened.append(Terminal(width, height))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@tmux_only
@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60)])
def test_it_shows_the_session_and_keys_move_the_limit(
    running: Running, terminal: Callable[[int, int], Terminal], width: int, height: int
) -> None:
    """Cadence, limit, clock, health, chart and keys fit; up moves the limit, u takes it back."""
    screen = terminal(width, height)
    screen.watch(running)
    for text in ("steps/min", "session", "steadiness|step time", "cues:", "sensor ok", "power ok"):
        screen.shows(text)
    screen.shows("100 -+")  # the chart's line at the limit
    screen.shows("up/down limit  m mute  k mark  c clear  u undo  q quit")
    lines = screen.screen().splitlines()
    assert max(map(len, lines)) <= width
    screen.keys("Up")
    screen.shows("limit 101")
    screen.shows("in force")
    assert running.limit() == 101
    screen.keys("u")
    screen.shows("limit 100")
    screen.keys("m")
    screen.shows("cues: .*, muted")
    screen.keys("m")
    screen.shows("the buzzer sounds again")
    screen.shows(r"session \d+:")  # which holds a remark
    screen.keys("k")
    screen.shows("a remark for the log")
    screen.keys(f"changed shoes {width}", "Enter")
    screen.shows(f"remark: changed shoes {width}")  # and not one of another screen's
    screen.keys("q")
    screen.is_clean()


@tmux_only
@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM", "SIGHUP"])
def test_it_leaves_the_terminal_clean(
    running: Running, terminal: Callable[[int, int], Terminal], how: str
) -> None:
    """Interrupted, killed, or told that the connection is lost: the terminal is as before."""
    screen = terminal(80, 24)
    screen.watch(running)
    if how == "Ctrl-C":
        screen.keys("C-c")
    else:
        shell = screen("display-message", "-p", "-t", "s", "#{pane_pid}").strip()
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text(encoding="ascii")
        os.kill(int(children.split()[0]), getattr(signal, how))
    screen.is_clean()


@tmux_only
def test_a_lost_connection_ends_it(
    running: Running, terminal: Callable[[int, int], Terminal]
) -> None:
    """When the terminal itself is gone, so is the process."""
    screen = terminal(80, 24)
    screen.watch(running)
    shell = screen("display-message", "-p", "-t", "s", "#{pane_pid}").strip()
    children = Path(f"/proc/{shell}/task/{shell}/children").read_text(encoding="ascii")
    process = Path("/proc") / children.split()[0]
    screen.close()
    eventually(lambda: not process.exists())


@tmux_only
def test_without_colour_it_says_the_same(
    running: Running, terminal: Callable[[int, int], Terminal]
) -> None:
    """With NO_COLOR the zone is a word, and nothing depends on a hue."""
    screen = terminal(80, 24)
    screen.watch(running, "NO_COLOR=1")
    screen.shows("not walking|in zone|ABOVE LIMIT")
    coloured = re.findall(r"\x1b\[[0-9;]*?38;2;(\d+);(\d+);(\d+)m", screen.screen("-e"))
    assert all(r == g == b for r, g, b in coloured)  # shades of grey at most
    screen.keys("q")
    screen.is_clean()


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_draw_gets_lines(running: Running, term: str) -> None:
    """As an editor's own, or none that is known: not one control sequence, and a way to leave."""
    command = [sys.executable, "-m", "firmware", "watch", "--config", str(running.file)]
    env = {**os.environ, "TERM": term}
    code, text = on_terminal(command, columns=80, env=env, keys=("limit 100", b"\x03"))
    assert "\x1b" not in text
    assert text.startswith("coach: this terminal cannot draw, so lines instead of the screen")
    assert code == 130


def test_plain_is_lines(running: Running) -> None:
    """In a pipe it is text, a line at a time; it ends with SIGTERM and leaves no traceback."""
    command = [sys.executable, "-m", "firmware", "watch", "--config", str(running.file)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _ in range(7)]
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=LONGEST_S)
        errors = process.stderr.read()
    assert lines[0].startswith("cadence ")
    assert any("session" in line for line in lines)
    assert "\x1b" not in "".join(lines)
    assert errors.startswith("coach: no terminal, so lines instead of the screen; over SSH: ssh -t")
    assert errors.count("\n") == 1


def test_watching_nobody_is_a_sentence(tmp_path: Path) -> None:
    """Without a daemon there is no screen, only what is wrong."""
    command = [
        sys.executable,
        "-m",
        "firmware",
        "watch",
        "--socket",
        str(tmp_path / "none"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_S)
    assert (done.returncode, "the daemon is not running" in done.stderr) == (1, True)


def test_the_chart_keeps_its_size() -> None:
    """Whatever the cadences: so many rows of so many cells, with the limit's line in one."""
    walks: tuple[list[float | None], ...]
    walks = ([], [None] * 5, [90.0] * 300, [30.0, None, 200.0])
    for cadences in walks:
        lines = drawn(cadences, 100.0, 60).split("\n")
        assert [len(line) for line in lines] == [65] * CHART_ROWS
        assert sum(line.startswith(" 100 ") for line in lines) == 1
