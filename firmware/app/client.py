"""The commands' side of the control socket: one question, one answer.

Standard library only, and little of it: `coach status` must answer at once.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

from firmware.errors import DeviceError

VERSION = 1
"""Of the protocol; it rises when an old client would misunderstand."""

PATIENCE_S = 5.0
"""The daemon answers within a tenth of a second; after this long it will not."""

LONGEST_LINE = 64 * 1024
"""Bytes of an answer."""


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
            raise NotRunningError(f"{path}: the daemon is not running") from e
        except PermissionError as e:
            self._socket.close()
            raise DeviceError(
                f"{path}: you may not command the daemon; members of its socket's group may"
            ) from e
        except (OSError, ValueError) as e:
            self._socket.close()
            raise DeviceError(f"{path}: the daemon cannot be reached: {e}") from e

    def ask(self, what: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """One request and its answer. Raises `RefusedError` with the daemon's sentence."""
        request = {"v": VERSION, "do": what, **arguments}
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except BrokenPipeError:
            pass  # refused before it was asked; its sentence is there to be read
        except OSError as e:
            raise DeviceError(f"{self._path}: the daemon cannot be reached: {e}") from e
        answer = self._line()
        if not answer.get("ok"):
            raise RefusedError(f"refused: {answer.get('error', 'without a reason')}")
        return answer

    def records(self) -> Iterator[dict[str, Any]]:
        """After `ask("follow")`: what the coach says, as it says it, until the daemon ends."""
        while True:
            yield self._line()

    def wait_for_ever(self) -> None:
        """From now on silence is no fault: nothing may be said for a long time."""
        self._socket.settimeout(None)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _line(self) -> dict[str, Any]:
        try:
            while b"\n" not in self._rest:
                got = self._socket.recv(4096)
                if not got:
                    raise NotRunningError(f"{self._path}: the daemon has hung up")
                self._rest += got
                if len(self._rest) > LONGEST_LINE:
                    raise DeviceError(f"{self._path}: the daemon's answer is too long")
        except TimeoutError as e:
            raise DeviceError(f"{self._path}: the daemon does not answer") from e
        except OSError as e:
            raise DeviceError(f"{self._path}: the daemon cannot be reached: {e}") from e
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError as e:
            raise DeviceError(f"{self._path}: the daemon's answer cannot be read") from e
        if not isinstance(answer, dict):
            raise DeviceError(f"{self._path}: the daemon's answer cannot be read")
        return answer


def ask(path: str, what: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """One question on a connection of its own."""
    with Client(path) as client:
        return client.ask(what, **arguments)
