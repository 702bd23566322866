"""The daemon's words: written by a thread of their own, for whoever reads, or not."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator

import pytest

from firmware.device import words
from firmware.device.words import Words

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


def test_what_is_said_is_written_in_order(pipe: Pipe) -> None:
    """A line each, whatever characters."""
    handler = Words(pipe[1])
    for text in ("one", "zwölf", "a surrogate \udcff"):
        say(handler, text)
    handler.close()
    assert os.read(pipe[0], 1000).decode() == "one\nzwölf\na surrogate [U+DCFF]\n"


def test_a_reader_that_stands_still_keeps_nobody(pipe: Pipe, monkeypatch) -> None:
    """No call waits, memory has a bound, and what was lost is counted when it reads again."""
    monkeypatch.setattr(words, "MOST_WAITING", 20)
    handler = Words(pipe[1])
    began = time.monotonic()
    for number in range(2000):
        say(handler, f"{number} " + "x" * 200)
    assert time.monotonic() - began < AT_ONCE_S
    handler.close()
    assert time.monotonic() - began < AT_ONCE_S + words.CLOSE_WAIT_S
    got = b""
    while b"lines were lost" not in got:
        got += os.read(pipe[0], 4096)


def test_a_reader_that_is_gone_is_no_error(pipe: Pipe) -> None:
    """Nor is a format that does not fit."""
    handler = Words(pipe[1])
    os.close(pipe[0])
    say(handler, "nobody hears it")
    handler.emit(logging.LogRecord("coach", logging.INFO, "", 0, "%d", ("x",), None))
    handler.close()
