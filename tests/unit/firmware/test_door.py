"""Who is let in at the control socket, who has to go for it, and what becomes of a slow client."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from firmware.device.control import connection, door
from firmware.device.control.connection import Connection

Client = tuple[Connection, socket.socket]
Make = Callable[..., Client]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes connections of a user, each with its other end."""
    monkeypatch.setattr(door, "may_command", lambda *_: True)
    ends: list[socket.socket] = []

    def make(user: int = 1000, asked_at: float = 0.0) -> Client:
        ours, theirs = socket.socketpair()
        ends.extend((ours, theirs))
        ours.setblocking(False)
        theirs.setblocking(False)
        made = Connection(ours, user)
        made.asked_at = asked_at
        return made, theirs

    yield make
    for end in ends:
        end.close()


def let_in(client: Make, user: int, held: dict[int, int]) -> tuple[str, Connection | None]:
    """What is said to one more of this user, where others hold so many; the later the newer."""
    others = [client(who, float(n))[0] for who, count in held.items() for n in range(count)]
    return door.refusal(client(user)[0], others, Path("socket"), "group")


def test_where_all_is_taken_the_oldest_of_who_holds_most_goes(client: Make) -> None:
    """Nobody keeps another out; who holds few keeps them."""
    said, goes = let_in(client, 9, {2: 8, 3: 8, 1: 10, 4: 8, 5: 8, 6: 8})
    assert said == ""
    assert goes is not None
    assert (goes.user, goes.asked_at) == (1, 0.0)


def test_roots_connections_take_nobodys_place_and_are_not_taken(client: Make) -> None:
    """They are counted apart from those of the others."""
    assert let_in(client, 9, {door.ROOT: 10, 1: 10, 2: 10, 3: 10, 4: 10}) == ("", None)


def test_who_sends_half_a_line_is_told_to_go(client: Make) -> None:
    """Not before its time, and not who sends the rest within it."""
    made, theirs = client()
    made.asked_at = 100.0
    theirs.send(b'{"do": ')
    made.fill()
    made.expire(100.0)
    made.expire(100.0 + connection.HALF_LINE_S)
    with pytest.raises(BlockingIOError):
        theirs.recv(100)
    made.expire(100.1 + connection.HALF_LINE_S)
    assert b"the rest of the line did not come" in theirs.recv(1000)


def test_who_follows_may_be_silent_and_who_asks_stays(client: Make) -> None:
    """A minute without a question ends only who waits for nothing."""
    follower, _ = client()
    follower.knows = 1
    asking, theirs = client()
    theirs.send(b"x\n")
    asking.fill()
    assert asking.line(connection.IDLE_S - 1) == b"x"
    idle, _ = client()
    for each in (follower, asking, idle):
        each.expire(connection.IDLE_S + 1)
    assert [each.closed for each in (follower, asking)] == [False, False]
    assert idle.line(0.0) is None
    idle.expire(connection.IDLE_S + 1)
    assert idle.closed


def test_who_does_not_read_is_dropped_before_it_takes_memory(client: Make) -> None:
    """Little more than what may wait, beside what the kernel keeps."""
    made, _ = client()
    made.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    sent = 0
    while not made.closed and sent < 16 * connection.MOST_UNREAD:
        made.send({"text": "x" * 1000})
        sent += 1000
    assert connection.MOST_UNREAD < sent < 2 * connection.MOST_UNREAD


def test_no_more_is_read_while_a_line_waits(client: Make) -> None:
    """So what one client sends ahead waits with the client, not in the daemon's memory."""
    made, theirs = client()
    assert made.may_read(0.0)
    theirs.send(b"x\ny\n")
    made.fill()
    assert not made.may_read(0.0)
    assert [made.line(0.0), made.line(0.0)] == [b"x", b"y"]
    assert made.may_read(0.0)


def test_who_has_hung_up_is_waited_for_no_longer_than_for_the_answer(
    client: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon wakes for it; with nobody else to serve it would sleep on."""
    monkeypatch.setattr(connection, "time", SimpleNamespace(monotonic=lambda: 50.0))
    made, theirs = client()
    made.knows = 1
    assert made.wait(50.0) == float("inf")
    theirs.close()
    made.fill()
    assert made.wait(50.0) == connection.LINGER_S
    made.expire(50.0 + connection.LINGER_S)
    assert made.closed
