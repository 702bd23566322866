"""Who is let in at the control socket, who has to go for it, and what becomes of a slow client."""

from __future__ import annotations

import errno
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from coach.events import Step
from firmware.app import client as command
from firmware.device.control import connection, door
from firmware.device.control import server as control
from firmware.device.control.connection import Connection
from firmware.errors import DeviceError
from firmware.records import Mark, encode
from firmware.settings.source import Source
from tests.support.controlled import Server
from tests.support.waiting import LONGEST_S, eventually

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
    idle, left = client()
    for each in (follower, asking, idle):
        each.expire(1.0)
        each.expire(connection.IDLE_S + 1)
    assert [each.closed for each in (follower, asking)] == [False, False]
    assert idle.closed
    assert b"nothing was asked for a minute" in left.recv(1000)


def test_who_does_not_read_is_dropped_before_it_takes_memory(client: Make) -> None:
    """Little more than what may wait, beside what the kernel keeps."""
    made, _ = client()
    made.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    sent = 0
    while not made.closed and sent < 16 * connection.MOST_UNREAD:
        made.send({"text": "x" * 1000})
        sent += 1000
    assert connection.MOST_UNREAD < sent < 2 * connection.MOST_UNREAD


def test_who_reads_slowly_gets_every_line_whole(client: Make) -> None:
    """What the kernel takes of it is a part of a line; the rest follows."""
    made, theirs = client()
    made.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    for number in range(40):
        made.send({"number": number, "text": "x" * 1000})
    got = b""
    while made.has_output:
        got += theirs.recv(700)
        made.flush()
    while not got.endswith(b"}\n") or got.count(b"\n") < 40:
        got += theirs.recv(700)
    assert [json.loads(line)["number"] for line in got.splitlines()] == [*range(40)]


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


def test_who_sends_on_while_it_asks_has_time_for_each_line(client: Make) -> None:
    """The rest of a packet is the next line's beginning, and counts from there."""
    made, theirs = client()
    made.asked_at = 100.0
    for second in range(30):
        theirs.send(b"the end\nthe beginning and ")
        made.fill()
        assert made.line(100.0 + second) is not None
        made.expire(100.0 + second)
    assert not made.closed


def test_who_leaves_before_what_they_asked_is_done_holds_their_place_until_then(
    client: Make,
) -> None:
    """Else who comes, asks and goes again and again would have no bound; who has read nothing of
    the answer, and waits for none, holds none."""
    made, theirs = client()
    theirs.send(b"x\n")
    theirs.close()
    assert not made.over
    made.fill()
    assert not made.over
    assert made.line(0.0) == b"x"
    assert made.over
    unread, theirs = client()
    unread.send({"text": "x"})
    theirs.close()
    assert unread.over


def test_who_leaves_without_reading_the_answer_is_no_trouble(tmp_path: Path) -> None:
    """A live view that is killed, say: nobody is told of a part of the coach that has failed."""
    told: list[str] = []
    server = Server(tmp_path, told.append)
    with server.connect() as talk:
        talk.sendall(b'{"v":1,"do":"follow"}\n')
        assert talk.recv(1)  # the rest of the answer is there
    eventually(lambda: command.ask(server.path, "status")["ok"])
    server.close()
    assert told == []


class Peer:
    """A socket whose other end is of this user and group, as the kernel tells it."""

    def __init__(self, uid: int, gid: int, groups: list[int] | None) -> None:
        self._options = {socket.SO_PEERCRED: struct.pack("3i", 1, uid, gid)}
        if groups is not None:
            self._options[door.SO_PEERGROUPS] = struct.pack(f"{len(groups)}I", *groups)

    def getsockopt(self, _: int, option: int, __: int) -> bytes:
        """A kernel that does not know the option refuses it."""
        if option not in self._options:
            raise OSError(errno.ENOPROTOOPT, "Protocol not available")
        return self._options[option]


DAEMON, GROUP = 990, 50


@pytest.mark.parametrize(
    ("uid", "gid", "groups", "may"),
    [
        (0, 0, None, True),
        (DAEMON, 7, None, True),
        (1000, GROUP, [], True),
        (1000, 7, [8, GROUP], True),
        (1000, 7, [8, 51], False),
        (1000, 7, [], False),
        (1000, 7, None, False),
        (1000, GROUP, None, False),
    ],
)
def test_who_may_command(
    monkeypatch: pytest.MonkeyPatch,
    uid: int,
    gid: int,
    groups: list[int] | None,
    may: bool,
) -> None:
    """Root, the daemon's own user, the group's members; where that cannot be known, nobody else."""
    path = cast("Path", SimpleNamespace(stat=lambda: SimpleNamespace(st_gid=GROUP)))
    monkeypatch.setattr(os, "geteuid", lambda: DAEMON)
    assert door.may_command(cast("socket.socket", Peer(uid, gid, groups)), path) == may


def test_where_the_socket_is_gone_nobody_else_may(tmp_path: Path) -> None:
    """Whose it was cannot be asked any more."""
    assert not door.may_command(cast("socket.socket", Peer(1000, 0, [0])), tmp_path / "gone")


def test_what_a_daemon_left_half_made_is_in_nobodys_way(tmp_path: Path) -> None:
    """Killed before its socket was in place."""
    with socket.socket(socket.AF_UNIX) as half:
        half.bind(str(tmp_path / "c.sock.new"))
    with door.listen(tmp_path / "c.sock", "") as made, pytest.raises(BlockingIOError):
        made.accept()  # nobody: it is not waited for


def test_a_daemon_too_busy_to_answer_keeps_its_socket(tmp_path: Path) -> None:
    """So many wait for it that the kernel lets nobody in: it is alive all the same."""
    path = tmp_path / "c.sock"
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as waits:
        busy.bind(str(path))
        busy.listen(0)
        waits.connect(str(path))
        with pytest.raises(DeviceError, match="another daemon"):
            door.listen(path, "")


def test_who_comes_again_and_again_has_no_more_than_all_have(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections cost as much as requests do: a flood of them is let in no faster."""
    let_in: list[float] = []
    monkeypatch.setattr(door, "user", lambda _: let_in.append(time.monotonic()) or 0)
    began = time.monotonic()
    while time.monotonic() - began < 1.0:
        with socket.socket(socket.AF_UNIX) as talk:
            talk.connect(server.path)
    came = len(let_in)
    lasted = time.monotonic() - began
    assert came <= control.ALL_BURST + control.ALL_PER_S * lasted + 1


def test_who_has_left_holds_no_connection(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many questions one after another, each on a connection of its own; then all who are there."""
    monkeypatch.setattr(door, "user", lambda _: 1000)
    for _ in range(3 * door.MOST_OF_A_USER):
        assert command.ask(server.path, "status")["ok"]
    held = [command.Client(server.path) for _ in range(door.MOST_OF_A_USER)]
    assert all(one.ask("status")["ok"] for one in held)
    for one in held:
        one.close()
    assert command.ask(server.path, "status")["ok"]


def test_what_who_has_left_had_asked_is_done(server: Server) -> None:
    """An order that is sent without waiting for its answer."""
    with server.connect() as talk:
        talk.sendall(b'{"v":1,"do":"mark","text":"a"}\n' * 20)
    eventually(lambda: len(server.daemon.notes) == 20)


def test_who_follows_past_what_could_be_kept_is_told_to_ask_anew(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the thread waits for a card that hangs a few minutes of records are kept, no more."""
    waits, goes_on = threading.Event(), threading.Event()

    def hanging(_: Source) -> bool:
        waits.set()
        return not goes_on.wait(LONGEST_S)

    with server.connect() as talk, talk.makefile("rb") as got:
        talk.sendall(b'{"v":1,"do":"follow"}\n')
        assert json.loads(got.readline())["ok"]
        monkeypatch.setattr(Source, "changed", hanging)
        assert waits.wait(LONGEST_S)
        for _ in range(2 * control.MOST_NEWS):
            server.control.publish(Step(1.0, 0.5))
        goes_on.set()
        said = [json.loads(line) for line in got]
    assert [line["error"] for line in said] == [connection.MISSED]


def test_nobody_is_woken_for_who_follows_no_more(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step is written out only while somebody waits for it."""
    written: list[object] = []
    monkeypatch.setattr(control, "encode", lambda record: written.append(record) or encode(record))
    with server.connect() as talk:
        talk.sendall(b'{"v":1,"do":"follow"}\n')
        assert b'"ok"' in talk.recv(4096)
        server.control.publish(Mark(1.0, "one"))
        eventually(lambda: len(written) == 1)

    def forgotten() -> bool:
        before = len(written)
        server.control.publish(Mark(1.0, "another"))
        command.ask(server.path, "status")
        return len(written) == before

    eventually(forgotten)


def test_the_socket_goes_with_the_daemon(tmp_path: Path) -> None:
    """Nobody asks a daemon that has ended."""
    server = Server(tmp_path)
    assert Path(server.path).is_socket()
    server.close()
    assert not Path(server.path).exists()


def test_no_group_is_a_choice(
    client: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is missing then, and the sentence names who may; a group that is lost is told."""
    with door.listen(tmp_path / "none", ""):
        assert caplog.messages == []
    with door.listen(tmp_path / "lost", "nobodys-group"):
        assert "there is no group nobodys-group" in caplog.text
    monkeypatch.setattr(door, "may_command", lambda *_: False)
    said, _ = door.refusal(client()[0], [], tmp_path, "")
    assert said == "you may not command the daemon; root and its own user may"
