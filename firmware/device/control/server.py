"""The control socket: JSON lines between the daemon and the `coach` command.

What is said is in `firmware.protocol`.

The server has a thread of its own and shares nothing with the daemon's loop but two queues. It
does a bounded amount of work a second, whatever comes: each client has its allowance, all have
one together, and who has spent it is simply not read from for a while. So a flood costs the
flooder's time and no cue.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from firmware.device.control import door
from firmware.device.control.connection import Allowance, Connection
from firmware.device.control.orders import Order, Orders, order
from firmware.device.control.settingswatch import SettingsWatch
from firmware.device.control.status import Status
from firmware.errors import DeviceError
from firmware.protocol import Message, ProtocolError, Request, read_request
from firmware.records import Record, encode
from firmware.settings.catalogue import Settings
from firmware.settings.source import Source
from firmware.threads import Tended, Told, only_logged

log = logging.getLogger("coach")

CLOSE_WAIT_S = 1.0

ALL_PER_S, ALL_BURST = 200.0, 100.0
"""Requests and connections of all clients together: 1 % of a processor at most."""

MOST_NEWS = 500
"""Records that wait while this thread does, for a card that hangs, say: two minutes of a walk."""

LISTEN_AGAIN_S = 2.0
"""Between two tries to get a socket that could not be had."""


class Control:
    """Serves the socket and watches the settings file; `start` and `close` it.

    The daemon's side: it is given `orders`, and tells every record to `publish`.
    """

    def __init__(
        self,
        settings: Settings,
        source: Source,
        orders: Orders,
        status: Status,
        told: Told = only_logged,
    ) -> None:
        self._path = Path(settings.control.socket)
        self._group = settings.control.group
        self._orders, self._status = orders, status
        self._settings = SettingsWatch(source, orders)
        self._selector = selectors.DefaultSelector()
        self._listening: socket.socket | None = None
        self._clients: dict[int, Connection] = {}
        self._allowance = Allowance(ALL_PER_S, ALL_BURST)
        self._news: deque[tuple[int, Record]] = deque(maxlen=MOST_NEWS)
        self._answers: deque[tuple[Connection, Message]] = deque()
        self._hear, self._wake = socket.socketpair()
        self._following = False
        self._closed = False
        self._listen_at = 0.0  # when to try again to get a socket
        self._thread = Tended("control", self._turn, told)

    def start(self) -> None:
        """Begin. Where the socket cannot be had, that is told, and it is tried again."""
        for end in (self._hear, self._wake):
            end.setblocking(False)
        self._selector.register(self._hear, selectors.EVENT_READ)
        if self._wanted:
            self._listen()
        self._thread.start()

    def close(self) -> None:
        """Hang up on everybody and take the socket away."""
        self._closed = True
        self._rouse()
        if not self._thread.join(CLOSE_WAIT_S):
            return  # it waits for a card that hangs; what is shared with it is left alone
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
        number = self._status.tell(record)
        if self._following:
            self._news.append((number, record))
            self._rouse()

    def reload(self, done: Callable[[], None]) -> None:
        """Read the settings file at once (SIGHUP); `done` is called when that is over."""
        self._settings.reload(done)
        self._rouse()

    def _answer(self, client: Connection, request: Request, answer: Message) -> None:
        self._answers.append((client, request.answered(answer)))
        self._rouse()

    def _rouse(self) -> None:
        with contextlib.suppress(OSError):  # full: it is awake already
            self._wake.send(b"\0")

    @property
    def _wanted(self) -> bool:
        """A socket is set."""
        return str(self._path) != "."

    def _listen(self) -> None:
        """Get the socket, or tell why not: to who asks, the coach would seem not to run."""
        said = ""
        try:
            self._listening = door.listen(self._path, self._group)
            self._selector.register(self._listening, selectors.EVENT_READ)
        except (OSError, DeviceError) as e:
            said = f"{self._path}: no control socket: {e}"
            self._listen_at = time.monotonic() + LISTEN_AGAIN_S
        self._thread.tell(said, f"{self._path}: the control socket is there")

    # --- The server's thread.

    def _turn(self) -> bool:
        now = time.monotonic()
        if self._settings.is_due(now):
            self._settings.look(now)
            if self._listening is not None and not self._path.exists():
                self._listen_again()
            elif self._listening is None and self._wanted and now >= self._listen_at:
                self._listen()
        self._take_lines(now)
        self._interests(now)
        spent = self._allowance.wait(now)
        if spent > 0:  # by a flood: then everybody waits a little
            time.sleep(spent)
        due = min([self._settings.look_at - now, *(c.wait(now) for c in self._clients.values())])
        for key, events in self._selector.select(max(0.0, due)):
            self._serve(key, events)
        self._deliver()
        return not self._closed

    def _listen_again(self) -> None:
        """Somebody has taken the socket away."""
        assert self._listening is not None
        log.warning("%s: the control socket was taken away; it is made anew", self._path)
        self._selector.unregister(self._listening)
        self._listening.close()
        self._listening = None
        self._listen()

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
        self._following = any(c.knows is not None for c in self._clients.values())

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
            number, record = self._news.popleft()
            told = encode(record)
            for client in self._clients.values():
                client.tell(number, told)

    def _accept(self) -> None:
        assert self._listening is not None
        self._allowance.spend(time.monotonic())
        try:
            accepted, _ = self._listening.accept()
        except OSError:
            return  # gone again, or too many files open
        accepted.setblocking(False)
        client = Connection(accepted, door.user(accepted))
        refusal, outgoing = door.refusal(client, self._clients.values(), self._path, self._group)
        if outgoing is not None:
            outgoing.refuse("others need the connection")
            self._drop(outgoing)
        if refusal:
            client.refuse(refusal)
            accepted.close()
        else:
            self._clients[accepted.fileno()] = client

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
        if request.do == "status":
            client.answer(request, self._with_file(self._status.snapshot()))
        elif request.do == "follow":
            self._following = True  # first: what is told from now on is kept for the client
            client.knows, state = self._status.so_far()
            client.answer(request, self._with_file(state))
        elif request.do == "reload":
            self._reread(client, request)
        else:
            self._order(client, request, order(request))

    def _with_file(self, state: Message) -> Message:
        return {**state, "file": self._settings.path}

    def _reread(self, client: Connection, request: Request) -> None:
        if refusal := self._settings.read_again(partial(self._answer, client, request)):
            client.answer(request, {"error": refusal})

    def _order(self, client: Connection, request: Request, act: Order) -> None:
        if not self._orders.put(act, partial(self._answer, client, request)):
            client.answer(request, {"error": "the daemon is busy; try again"})
