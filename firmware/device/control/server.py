"""The control socket: JSON lines between the daemon and the `coach` command.

What is said is in `firmware.protocol`.

The server has a thread of its own and shares nothing with the daemon's loop but two queues. It
does a bounded amount of work a second, whatever comes: each client has its allowance, all have
one together, and who has spent it is simply not read from for a while. So a flood costs the
flooder's time and no cue.
"""

from __future__ import annotations

import contextlib
import errno
import grp
import logging
import os
import selectors
import socket
import stat
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from firmware.device.control.connection import Allowance, Connection
from firmware.device.control.orders import Order, Ordered, Orders, order, telling
from firmware.device.control.status import Status
from firmware.errors import DeviceError, UserError
from firmware.protocol import Message, ProtocolError, Request, read_request
from firmware.records import Record, SettingsRefused, encode
from firmware.settings.catalogue import Settings
from firmware.settings.source import Source

log = logging.getLogger("coach")

MOST_CLIENTS = 50
ALL_PER_S, ALL_BURST = 200.0, 100.0
"""Requests and connections of all clients together: 1 % of a processor at most."""

LOOK_S, LOOK_AGAIN_S = 0.6, 0.3
"""Between two looks at the settings file, and before the one that shows whether a change stands
still: so it is in force within 1 s, and a file that nobody touches wakes the processor little."""

SO_PEERGROUPS = 59
"""Of <asm-generic/socket.h>, Linux 4.13: the peer's supplementary groups."""

MOST_GROUPS = 256
"""Of one user; Python reads no more than 1024 bytes of a socket option."""


class Control:
    """Serves the socket and watches the settings file; `start` and `close` it.

    The daemon's side: it is given `orders`, and tells every record to `publish`.
    """

    def __init__(self, settings: Settings, source: Source, orders: Orders, status: Status) -> None:
        self._path = Path(settings.control.socket)
        self._group = settings.control.group
        self._source, self._orders, self._status = source, orders, status
        self._selector = selectors.DefaultSelector()
        self._listening: socket.socket | None = None
        self._clients: dict[int, Connection] = {}
        self._allowance = Allowance(ALL_PER_S, ALL_BURST)
        self._news: deque[Record] = deque()
        self._answers: deque[tuple[Connection, Message]] = deque()
        self._hear, self._wake = socket.socketpair()
        self._following = False
        self._reload: Callable[[], None] | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)

    def start(self) -> None:
        """Begin. Where the socket cannot be had, the coaching goes on and the log says why."""
        for end in (self._hear, self._wake):
            end.setblocking(False)
        self._selector.register(self._hear, selectors.EVENT_READ)
        if str(self._path) != ".":
            try:
                self._listening = listen(self._path, self._group)
                self._selector.register(self._listening, selectors.EVENT_READ)
            except (OSError, DeviceError) as e:
                log.warning("%s: no control socket: %s", self._path, e)
        self._thread.start()

    def close(self) -> None:
        """Hang up on everybody and take the socket away."""
        self._closed = True
        self._rouse()
        self._thread.join()
        for client in list(self._clients.values()):
            self._drop(client)
        if self._listening is not None:
            self._listening.close()
            self._path.unlink(missing_ok=True)
        self._selector.close()
        self._hear.close()
        self._wake.close()

    # --- Called from the daemon's thread, or a signal handler: never waits.

    def publish(self, record: Record) -> None:
        """A record of the daemon's, for whoever follows."""
        self._status.tell(record)
        if self._following:
            self._news.append(record)
            self._rouse()

    def reload(self, done: Callable[[], None]) -> None:
        """Read the settings file at once (SIGHUP); `done` is called when that is over."""
        self._reload = done
        self._rouse()

    def _answer(self, client: Connection, answer: Message) -> None:
        self._answers.append((client, answer))
        self._rouse()

    def _rouse(self) -> None:
        with contextlib.suppress(OSError):  # full: it is awake already
            self._wake.send(b"\0")

    # --- The server's thread.

    def _run(self) -> None:
        look_at = time.monotonic()
        while not self._closed:
            now = time.monotonic()
            if now >= look_at or self._reload is not None:
                self._look()
                look_at = now + (LOOK_AGAIN_S if self._source.unsettled else LOOK_S)
            self._take_lines(now)
            self._interests(now)
            spent = self._allowance.wait(now)
            if spent > 0:  # by a flood: then everybody waits a little
                time.sleep(spent)
            due = min([look_at - now, *(c.wait(now) for c in self._clients.values())])
            for key, events in self._selector.select(max(0.0, due)):
                self._serve(key, events)
            self._deliver()

    def _serve(self, key: selectors.SelectorKey, events: int) -> None:
        if key.fileobj is self._hear:
            with contextlib.suppress(BlockingIOError):
                self._hear.recv(4096)
        elif key.fileobj is self._listening:
            self._accept()
        else:
            client: Connection = key.data
            if events & selectors.EVENT_WRITE:
                client.flush()
            if events & selectors.EVENT_READ:
                client.fill()

    def _take_lines(self, now: float) -> None:
        """At most a line of each client that has one; who was served goes to the end."""
        for number, client in list(self._clients.items()):
            if self._allowance.wait(now) > 0:
                return
            line = client.line(now)
            if line is not None:
                self._allowance.spend(now)
                self._clients[number] = self._clients.pop(number)
                self._take(client, line)

    def _interests(self, now: float) -> None:
        """Wait for each client only for what it may do."""
        for client in list(self._clients.values()):
            client.expire(now)
            if client.closed:
                self._drop(client)
                continue
            wanted = selectors.EVENT_READ if client.may_read(now) else 0
            wanted |= selectors.EVENT_WRITE if client.has_output else 0
            self._register(client, wanted)
        self._following = any(c.following for c in self._clients.values())

    def _register(self, client: Connection, wanted: int) -> None:
        if wanted == client.registered:
            return
        if client.registered == 0:
            self._selector.register(client.socket, wanted, client)
        elif wanted == 0:
            self._selector.unregister(client.socket)
        else:
            self._selector.modify(client.socket, wanted, client)
        client.registered = wanted

    def _deliver(self) -> None:
        """Hand on what the daemon has answered and said."""
        while self._answers:
            client, answer = self._answers.popleft()
            client.send(answer)
        while self._news:
            record = encode(self._news.popleft())
            for client in self._clients.values():
                if client.following:
                    client.send(record)

    def _accept(self) -> None:
        assert self._listening is not None
        self._allowance.spend(time.monotonic())
        try:
            accepted, _ = self._listening.accept()
        except OSError:
            return  # gone again, or too many files open
        accepted.setblocking(False)
        client = Connection(accepted)
        refusal = self._refusal(accepted)
        if refusal:
            client.refuse(refusal)
            client.flush()
            accepted.close()
        else:
            self._clients[accepted.fileno()] = client

    def _refusal(self, accepted: socket.socket) -> str:
        if not may_command(accepted, self._path):
            return f"you may not command the daemon; members of the group {self._group} may"
        if len(self._clients) >= MOST_CLIENTS:
            return f"{MOST_CLIENTS} others are connected, which is the most; try again later"
        return ""

    def _drop(self, client: Connection) -> None:
        self._register(client, 0)
        self._clients.pop(client.socket.fileno(), None)
        client.socket.close()

    # --- Requests.

    def _take(self, client: Connection, line: bytes) -> None:
        try:
            request = read_request(line)
        except ProtocolError as e:
            client.refuse(str(e))
            return
        if request.do in ("status", "follow"):
            recent = self._status.recent() if request.do == "follow" else {}
            client.answer(request, {**self._state(), **recent})
            client.following = client.following or request.do == "follow"
        elif request.do == "reload":
            self._reread(client, request)
        else:
            self._order(client, request, order(request))

    def _state(self) -> Message:
        return {**self._status.snapshot(), "file": str(self._source.path)}

    def _reread(self, client: Connection, request: Request) -> None:
        try:
            settings = self._source.load()
        except UserError as e:
            client.answer(request, {"error": str(e)})
            self._refused(e)
            return
        self._order(client, request, self._putting(settings))

    def _putting(self, settings: Settings) -> Order:
        def act(daemon: Ordered) -> Message:
            daemon.change(settings)
            return {"file": str(self._source.path), "in_force": daemon.settings.as_dict()}

        return act

    def _order(self, client: Connection, request: Request, act: Order) -> None:
        def done(answer: Message) -> None:
            self._answer(client, request.answered(answer))

        if not self._orders.put(act, done):
            client.answer(request, {"error": "the daemon is busy; try again"})

    # --- The settings file.

    def _look(self) -> None:
        """Take a changed settings file, whoever has changed it; a broken one is refused whole."""
        done, self._reload = self._reload, None
        if done is None and not self._source.changed():
            return
        try:
            act = self._putting(self._source.load())
        except UserError as e:
            self._refused(e)
        else:
            self._orders.put(act)
        if done is not None:
            self._orders.put(lambda _: {}, lambda _: done())

    def _refused(self, error: UserError) -> None:
        log.warning("settings refused, the old ones stay: %s", error)

        self._orders.put(telling(lambda t: SettingsRefused(t, str(error))))


def listen(path: Path, group: str) -> socket.socket:
    """A socket that the group alone can open, in place only when it is safe."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _check_free(path)
        new = path.with_name(path.name + ".new")
        new.unlink(missing_ok=True)
        before = os.umask(0o117)  # so that it never has another mode
        try:
            made.bind(str(new))
        finally:
            os.umask(before)
        try:
            os.chown(new, -1, grp.getgrnam(group).gr_gid, follow_symlinks=False)
        except KeyError:
            log.warning("there is no group %s: only this user and root may use the socket", group)
        made.listen(MOST_CLIENTS)
        made.setblocking(False)
        new.replace(path)
    except BaseException:
        made.close()
        raise
    return made


def _check_free(path: Path) -> None:
    """Raise `DeviceError` where another daemon answers on the path, or it is no socket."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise DeviceError("something else stands under this name; it is left alone")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        found = probe.connect_ex(str(path))
    if found in (0, errno.EAGAIN):
        raise DeviceError("another daemon listens there; stop it first")


def may_command(accepted: socket.socket, path: Path) -> bool:
    """Whether the peer is root, the daemon's user, or in the socket's group: the kernel knows."""
    size = struct.calcsize("3i")
    _, uid, gid = struct.unpack(
        "3i", accepted.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    )
    if uid in (0, os.geteuid()):
        return True
    try:
        groups = accepted.getsockopt(socket.SOL_SOCKET, SO_PEERGROUPS, 4 * MOST_GROUPS)
        allowed = path.stat().st_gid
    except OSError:
        return False
    return allowed in (gid, *struct.unpack(f"{len(groups) // 4}I", groups))
