"""One client of the control socket: its bytes in and out, and what it may spend."""

from __future__ import annotations

import math
import select
import socket
import time

from firmware import protocol
from firmware.protocol import LONGEST_REQUEST, Message, Request

MOST_UNREAD = 64 * 1024
"""Bytes that wait for a client to read them: some minutes of `follow`."""

PER_S, BURST = 10.0, 30.0
"""Requests of one client."""

MOST_BAD = 5
"""Bad requests after which a client is told to go."""

HALF_LINE_S = 10.0
"""A line takes no longer to come than this."""

LINGER_S = 1.0
"""Who has hung up after a question is kept so long for the answer."""

MISSED = "some records could not be told, for the card did not answer; follow anew"

IDLE_S = 60.0
"""A client that does not follow and asks nothing gives its place to others."""


class Allowance:
    """A bucket of tokens that fills with time: `spend` when `wait` is 0."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s, self._burst = per_s, burst
        self._tokens, self._at = burst, 0.0

    def spend(self, now: float) -> None:
        """One request."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_s) - 1.0
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until there is a token (0: now)."""
        tokens = self._tokens + (now - self._at) * self._per_s
        return max(0.0, (1.0 - tokens) / self._per_s)


class Connection:
    """A client. Nothing here ever waits or raises; `closed` says that it should be dropped."""

    def __init__(self, accepted: socket.socket, user: int) -> None:
        self.socket = accepted
        self.user = user
        self.asked_at = time.monotonic()
        self.knows: int | None = None
        """Of who follows: the number of the last record that it was told."""
        self.closed = False
        self.registered = 0  # what the selector waits for
        self._in = b""
        self._out = b""
        self._allowance = Allowance(PER_S, BURST)
        self._bad = 0
        self._half_since: float | None = None
        self._hung_up_at: float | None = None

    @property
    def has_output(self) -> bool:
        """Something waits to be read by the client."""
        return bool(self._out)

    @property
    def over(self) -> bool:
        """The client has left, and has asked nothing that is still to be answered."""
        if b"\n" in self._in:
            return False
        left = select.poll()
        left.register(self.socket, 0)  # both ways shut: who has only said all may still read
        try:
            return bool(left.poll(0)) and not self.socket.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def may_read(self, now: float) -> bool:
        """Whether to read more: not while lines wait that are not due."""
        if self._hung_up_at is not None or b"\n" in self._in:
            return False
        return self._allowance.wait(now) == 0

    def wait(self, now: float) -> float:
        """Seconds until its next line may be taken or read, or it goes, if only time is needed."""
        wait = self._allowance.wait(now)
        due = wait if wait > 0 or b"\n" in self._in else math.inf
        if self._hung_up_at is not None:
            due = min(due, max(0.0, self._hung_up_at + LINGER_S - now))
        return due

    def fill(self) -> None:
        """Read what has come, a line's length at most."""
        try:
            got = self.socket.recv(LONGEST_REQUEST)
        except BlockingIOError:
            return
        except OSError:
            got = b""
        if not got:  # it may still read: `printf ... | nc -U` does
            self._hung_up_at = time.monotonic()
        self._in += got

    def line(self, now: float) -> bytes | None:
        """The next request, if there is one and the client may make it."""
        head, newline, rest = self._in.partition(b"\n")
        if len(head) > LONGEST_REQUEST:
            self._end(f"a line is at most {LONGEST_REQUEST} bytes")
            return None
        if not newline or self._allowance.wait(now) > 0:
            return None
        self._in = rest
        self._allowance.spend(now)
        self.asked_at, self._half_since = now, None
        return head

    def expire(self, now: float) -> None:
        """Give up on who sends half a line, or nothing at all."""
        if not self._in or b"\n" in self._in:
            self._half_since = None
        elif self._half_since is None:
            self._half_since = now
        elif now - self._half_since > HALF_LINE_S:
            self._end("the rest of the line did not come")
        if self._hung_up_at is not None:
            self.closed = self.closed or now - self._hung_up_at >= LINGER_S or self.over
        if self.knows is None and now - self.asked_at > IDLE_S:
            self._end("nothing was asked for a minute")

    def tell(self, number: int, record: Message) -> None:
        """A record with its number, to who follows. Who has missed one knows a wrong state."""
        if self.knows is None or number <= self.knows:
            return
        if number > self.knows + 1:
            self._end(MISSED)
        self.knows = number
        self.send(record)

    def answer(self, request: Request, answer: Message) -> None:
        """The answer to a request; with `error` in it, a refusal."""
        self.send(request.answered(answer))

    def refuse(self, sentence: str) -> None:
        """A line that is no request; too many of them, and the client has to go."""
        self._bad += 1
        self.send(protocol.refusal(sentence))
        if self._bad >= MOST_BAD:
            self._end("too many bad requests")

    def send(self, message: Message) -> None:
        """Put a line into the output; who does not read is dropped."""
        if self.closed:
            return
        self._out += protocol.encode(message)
        if len(self._out) > MOST_UNREAD:
            self.closed = True
        self.flush()

    def flush(self) -> None:
        """Hand over as much as the client takes."""
        if self.closed or not self._out:
            return
        try:
            self._out = self._out[self.socket.send(self._out) :]
        except BlockingIOError:
            pass
        except OSError:
            self.closed = True

    def _end(self, sentence: str) -> None:
        """Say why, and close: who does not even read that need not be waited for."""
        self.send(protocol.refusal(sentence))
        self.closed = True
