"""The commands' side of the control socket: one question, one answer.

Standard library only, and little of it: `coach status` must answer at once.
"""

from __future__ import annotations

import contextlib
import math
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmware import protocol
from firmware.errors import DeviceError, why
from firmware.files import may_not
from firmware.protocol import LONGEST_ANSWER, Message, ProtocolError

if TYPE_CHECKING:
    from firmware.records import Record

PATIENCE_S = 5.0
"""The daemon answers within a tenth of a second; after this long it will not."""


QUESTIONS = ("status", "follow")
"""What changes nothing, however late it is heard."""

LATE = "; what it was told to do may still be done: see coach status"
"""An order waits for a daemon that stands still, and is carried out when that goes on."""

NOT_RUNNING = "the daemon is not running; start it: sudo systemctl start cadence-coach"


class NotRunningError(DeviceError):
    """Nobody listens on the socket."""


class RefusedError(DeviceError):
    """The daemon said no; the message is its sentence."""


class Client:
    """A connection to the daemon: `with Client(path) as c: c.ask("status")`.

    Raises `NotRunningError`, or `DeviceError` where the daemon may not be asked.
    """

    def __init__(self, path: str, patience_s: float = PATIENCE_S) -> None:
        self._path = path
        if not path:
            raise NotRunningError("the daemon has no control socket: control.socket is empty")
        self._rest = b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(patience_s)
        try:
            self._socket.connect(path)
        except (FileNotFoundError, ConnectionRefusedError) as e:
            self._socket.close()
            raise NotRunningError(f"{path}: {NOT_RUNNING}") from e
        except PermissionError as e:
            self._socket.close()
            raise DeviceError(f"{path}: {may_not('command the daemon', Path(path))}") from e
        except (OSError, ValueError) as e:
            self._socket.close()
            raise DeviceError(f"{path}: the daemon cannot be reached: {why(e)}") from e

    def ask(self, what: str, **arguments: Any) -> Message:  # noqa: ANN401 - JSON
        """One request and its answer. Raises `RefusedError` with the daemon's sentence."""
        try:
            self._socket.sendall(protocol.encode(protocol.request(what, **arguments)))
        except BrokenPipeError:
            pass  # refused before it was asked; its sentence is there to be read
        except OSError as e:
            raise DeviceError(f"{self._path}: the daemon cannot be reached: {why(e)}") from e
        answer = self._line("" if what in QUESTIONS else LATE)
        if not answer.get("ok"):
            raise RefusedError(f"refused: {answer.get('error', 'without a reason')}")
        return answer

    def records(self) -> Iterator[Record]:
        """After `ask("follow")`: what the coach says, as it says it, until the daemon ends."""
        from firmware.records import RecordError, decode

        while True:
            line = self._line()
            try:
                yield decode(line)
            except RecordError as e:
                sentence = line.get("error", "the daemon's answer cannot be read")
                raise DeviceError(f"{self._path}: {sentence}") from e

    def wait_for_ever(self) -> None:
        """From now on silence is no fault: nothing may be said for a long time."""
        self._socket.settimeout(None)

    def hang_up(self) -> None:
        """From any thread: whoever waits for a record is told that there is none any more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the connection back."""
        self._socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _line(self, late: str = "") -> Message:
        until = time.monotonic() + (self._socket.gettimeout() or math.inf)
        try:
            while b"\n" not in self._rest:
                got = self._socket.recv(4096)
                if not got:
                    raise NotRunningError(f"{self._path}: the daemon has hung up")
                self._rest += got
                if len(self._rest) > LONGEST_ANSWER:
                    raise DeviceError(f"{self._path}: the daemon's answer is too long")
                if time.monotonic() > until:  # it comes, byte by byte
                    raise TimeoutError
        except TimeoutError as e:
            raise DeviceError(f"{self._path}: the daemon does not answer{late}") from e
        except OSError as e:
            raise DeviceError(f"{self._path}: the daemon cannot be reached: {why(e)}") from e
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            return protocol.decode(line)
        except ProtocolError as e:
            raise DeviceError(f"{self._path}: the daemon's answer cannot be read") from e


def ask(path: str, what: str, **arguments: Any) -> Message:  # noqa: ANN401 - JSON
    """One question on a connection of its own."""
    with Client(path) as client:
        return client.ask(what, **arguments)
