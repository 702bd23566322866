"""The daemon's words: written by a thread of their own, for whoever reads, or not."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from firmware.device import words
from firmware.device.words import Words
from tests.support.waiting import LONGEST_S

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    read, write = os.pipe()
    yield read, write
    for end in (read, write):
        with contextlib.suppress(OSError):
            os.close(end)


AT_ONCE_S = 20.0
"""On a machine with other work too; who waited for the reader would wait for ever."""


def say(handler: Words, text: str) -> None:
    handler.emit(logging.LogRecord("coach", logging.INFO, "", 0, text, None, None))


def test_what_is_said_is_written_in_order(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line each, whatever characters, and all of it when it is closed, which waits no longer."""
    monkeypatch.setattr(words, "CLOSE_WAIT_S", 10 * AT_ONCE_S)
    threads = threading.active_count()
    handler = Words(pipe[1])
    for text in ("one", "zwölf", "a surrogate \udcff", "two\nlines", *["more"] * 900):
        say(handler, text)
    began = time.monotonic()
    handler.close()
    assert time.monotonic() - began < AT_ONCE_S
    assert threading.active_count() == threads
    told = select.select([pipe[0]], [], [], 0)[0] and os.read(pipe[0], 1 << 16).decode()
    assert told == "one\nzwölf\na surrogate [U+DCFF]\ntwo\nlines\n" + "more\n" * 900


def test_a_reader_that_stands_still_keeps_nobody(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No call waits, memory has a bound, and what was lost is counted when it reads again."""
    monkeypatch.setattr(words, "MOST_WAITING", 20)
    writes = threading.Event()

    def writing(handle: int, text: bytes) -> int:
        writes.set()
        return os.write(handle, text)

    monkeypatch.setattr(words, "os", SimpleNamespace(write=writing))
    full = b"x" * fcntl.fcntl(pipe[1], fcntl.F_SETPIPE_SZ, 4096)
    os.write(pipe[1], full)
    handler = Words(pipe[1])
    say(handler, "0")
    assert writes.wait(LONGEST_S)
    began = time.monotonic()
    for number in range(1, 2000):
        say(handler, f"{number}")
    handler.close()
    assert time.monotonic() - began < AT_ONCE_S + words.CLOSE_WAIT_S
    got = os.read(pipe[0], len(full))
    while b"\n20\n" not in got:
        got += os.read(pipe[0], 4096)
    say(handler, "goes on")
    handler.close()
    got += os.read(pipe[0], 4096)
    lost = "WARNING 1979 lines were lost: nobody read them in time"
    assert got.removeprefix(full).decode().split("\n") == [
        *("0", lost, *map(str, range(1, 21)), "goes on", "")
    ]


def test_a_process_ends_though_nobody_reads_its_words() -> None:
    """A terminal that was stopped keeps no service from stopping."""
    text = (
        "import logging; from firmware.device.words import Words; handler = Words()\n"
        "for _ in range(3000): handler.emit(logging.makeLogRecord({'msg': 100 * 'x'}))\n"
        "handler.close()"
    )
    with subprocess.Popen([sys.executable, "-c", text], stderr=subprocess.PIPE) as process:
        try:
            assert process.wait(LONGEST_S) == 0
        finally:
            process.kill()


def test_a_reader_that_is_gone_is_no_error(pipe: Pipe) -> None:
    """Nor is a format that does not fit."""
    handler = Words(pipe[1])
    os.close(pipe[0])
    say(handler, "nobody hears it")
    for misfit in ("%d", "%q"):
        handler.emit(logging.LogRecord("coach", logging.INFO, "", 0, misfit, ("x",), None))
    handler.close()
