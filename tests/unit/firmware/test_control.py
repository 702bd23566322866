"""The control socket: what is no request is refused in a sentence, and nobody is waited for."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.events import Step
from firmware import threads
from firmware.app import client
from firmware.device.control import door
from firmware.device.control import server as control
from firmware.device.control.connection import BURST, PER_S, Allowance
from firmware.device.control.status import Status, after
from firmware.errors import DeviceError
from firmware.protocol import REQUESTS, ProtocolError, read_request
from firmware.records import Mark, Record, decode
from firmware.settings.source import Source
from tests.support.controlled import Server
from tests.support.fuzzing import as_many
from tests.support.waiting import eventually


def test_a_question_is_answered_with_its_id(server: Server) -> None:
    """One line in, one line out; several on one connection in order."""
    [status] = server.say(b'{"v": 1, "do": "status", "id": 7}\n')
    assert (status["ok"], status["id"], status["limit_spm"]) == (True, 7, 100.0)
    orders = b'{"v":1,"do":"clear","id":"a"}\n{"v":1,"do":"mute","muted":true}\n'
    answers = server.say(orders)
    assert answers[0] == {"v": 1, "ok": True, "id": "a", "cleared": ["fall"]}
    assert answers[1]["muted"] is True


def test_what_is_asked_for_is_done(server: Server) -> None:
    """The buzzer is silenced, the remark is in the log with its words, the signal is played."""
    assert client.ask(server.path, "mute", muted=True)["muted"] is True
    client.ask(server.path, "mark", text="belt at 2")
    assert client.ask(server.path, "play", name="fall")["name"] == "fall"
    assert server.daemon.notes == [("mute", {"muted": True}), ("mark", Mark(60.0, "belt at 2"))]


BAD_LINES = {
    b"hello": "expected a line of JSON",
    b"[1]": "expected a JSON object",
    b"[" * 4000: "expected a line of JSON",
    b"\xff\xfe": "expected a line of JSON",
    b'{"do": "status"}': "expected v = 1",
    b'{"v": true, "do": "status"}': "expected v = 1",
    b'{"v": 1}': "expected do = one of",
    b'{"v": 1, "do": ["status"]}': "expected do = one of",
    b'{"v": 1, "do": "status", "x": 1}': "status: expected no arguments",
    b'{"v": 1, "do": "mute"}': "mute: expected muted",
    b'{"v": 1, "do": "mute", "muted": 1}': "mute: expected muted = true or false",
    b'{"v": 1, "do": "mark", "text": ""}': "mark: expected text = 1 to 200",
    b'{"v": 1, "do": "mark", "text": "a\\nb"}': "printable",
    b'{"v": 1, "do": "status", "id": [1]}': "expected id",
}


@pytest.mark.parametrize(("line", "expected"), BAD_LINES.items(), ids=range(len(BAD_LINES)))
def test_a_bad_line_is_refused_in_a_sentence(server: Server, line: bytes, expected: str) -> None:
    """It says what was expected, and does nothing."""
    [answer] = server.say(line + b"\n")
    assert answer["ok"] is False
    assert expected in answer["error"]
    assert server.daemon.notes == []


def test_too_long_a_line_and_too_many_bad_ones_end_it(server: Server) -> None:
    """The client is told why before the connection closes."""
    with server.connect() as talk:
        talk.sendall(b"x" * 4500)
        assert b"a line is at most 4096 bytes" in talk.recv(4096)
        assert talk.recv(4096) == b""
    with server.connect() as talk:
        talk.sendall(b"x\n" * 5)
        got = b"".join(iter(lambda: talk.recv(4096), b""))
    assert b"too many bad requests" in got


def test_a_flood_is_read_no_faster_than_its_allowance(server: Server) -> None:
    """After its burst a client gets ten answers a second; another one is served meanwhile."""
    with server.connect() as flood:
        began = time.monotonic()
        flood.sendall(b'{"v":1,"do":"mute","muted":true}\n' * 300)
        answers = 0
        while answers < BURST + 10:
            answers += flood.recv(4096).count(b"\n")
            assert answers <= BURST + PER_S * (time.monotonic() - began) + 1
        client.ask(server.path, "status")
        flood.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            answers += flood.recv(1 << 20).count(b"\n")
    assert answers < 300


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Says whose the connections are that come from now on."""
    now = [0]
    monkeypatch.setattr(door, "user", lambda _: now[0])
    return lambda number: now.__setitem__(0, number)


def held(server: Server, count: int) -> list[socket.socket]:
    """Connections that have been served, in this order."""
    made = []
    for _ in range(count):
        made.append(server.connect())
        made[-1].sendall(b'{"v":1,"do":"clear"}\n')
        assert b'"ok": true' in made[-1].recv(4096)
    return made


def test_a_member_has_an_allowance(server: Server, as_user: Callable[[int], None]) -> None:
    """The eleventh connection of one user gets a sentence; others are served meanwhile."""
    as_user(1001)
    others = held(server, door.MOST_OF_A_USER)
    with server.connect() as late:
        assert b"you hold 10 connections" in late.recv(4096)
    as_user(1002)
    assert client.ask(server.path, "status")["ok"]
    others.pop().close()
    as_user(1001)
    assert client.ask(server.path, "status")["ok"]


def test_all_members_together_keep_nobody_out(
    server: Server, as_user: Callable[[int], None]
) -> None:
    """Who holds less than others gets a place of theirs; root always gets one."""
    kept = {}
    for user in range(1001, 1006):
        as_user(user)
        kept[user] = held(server, door.MOST_OF_A_USER)
    as_user(1006)
    assert client.ask(server.path, "status")["ok"]
    assert b"others need the connection" in kept[1001][0].recv(4096)
    as_user(0)
    of_root = held(server, door.MOST_OF_A_USER)
    assert client.ask(server.path, "status")["ok"]
    assert b"others need the connection" in of_root[0].recv(4096)


def test_an_error_that_nobody_has_thought_of_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket is served on; the trouble is told once, and its end."""
    monkeypatch.setattr(threads, "AGAIN_S", 0.01)
    told: list[str] = []
    server = Server(tmp_path, told.append)
    broken = [True]
    changed = Source.changed

    def failing(self: Source) -> bool:
        if broken:
            raise ZeroDivisionError("a bug")
        return changed(self)

    monkeypatch.setattr(Source, "changed", failing)
    eventually(lambda: len(told) == 1)
    assert "ZeroDivisionError: a bug" in told[0]
    assert "\n" not in told[0]
    broken.clear()
    assert client.ask(server.path, "status")["ok"]
    eventually(lambda: told[1:] == [""])
    server.close()


class Telling(Status):
    """While somebody begins to follow, the daemon goes on: a step before the state, one after."""

    tell_on: Callable[[Record], None]

    def so_far(self) -> tuple[int, dict[str, Any]]:
        self.tell_on(Step(1.0, 0.5))
        made = super().so_far()
        self.tell_on(Step(2.0, 0.5))
        self.tell_on(Mark(2.0, "the last"))
        return made


def test_who_follows_is_told_each_record_once(tmp_path: Path) -> None:
    """Those of the moment of the answer too: each is in the state or comes after it."""
    server = Server(tmp_path, status=Telling)
    assert isinstance(server.status, Telling)
    server.status.tell_on = server.control.publish
    try:
        with server.connect() as talk, talk.makefile("rb") as got:
            talk.sendall(b'{"v":1,"do":"follow"}\n')
            state = json.loads(got.readline())
            while (record := json.loads(got.readline()))["type"] != "mark":
                state = after(state, decode(record))
        assert state["steps"] == 2
    finally:
        server.close()


def test_who_reads_late_is_told_all(server: Server) -> None:
    """The last words too, though none follow: a laptop that has slept for a while."""
    with server.connect() as slow, slow.makefile("rb") as got:
        slow.sendall(b'{"v":1,"do":"follow"}\n')
        got.readline()
        for number in range(350):  # more than a socket takes, less than who never reads has room
            server.control.publish(Mark(float(number), "x" * 200))
        assert client.ask(server.path, "status")["ok"]  # by now the socket is full
        assert [json.loads(got.readline())["t"] for _ in range(350)] == list(range(350))


def test_who_never_reads_is_dropped(server: Server) -> None:
    """A follower that reads nothing is let go before it costs memory; nobody waits for it."""
    with server.connect() as lazy:
        lazy.sendall(b'{"v":1,"do":"follow"}\n')
        assert b'"ok":true' in lazy.recv(4096).replace(b" ", b"")
        end = select.poll()
        end.register(lazy, select.POLLHUP)

        def more() -> bool:
            for _ in range(100):
                server.control.publish(Mark(1.0, "x" * 200))
            return bool(end.poll(0))

        eventually(more)


def test_only_the_group_may_open_it(server: Server) -> None:
    """No other user can even connect; what is made afterwards has its usual rights."""
    assert stat.S_IMODE(Path(server.path).stat().st_mode) in (0o600, 0o660)
    later = Path(server.path).with_name("later")
    later.mkdir()
    assert later.stat().st_mode & 0o700 == 0o700


def test_a_stranger_is_refused_with_a_sentence(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should the file's permissions fail, the kernel's word on who it is still stands."""
    monkeypatch.setattr(door, "may_command", lambda *_: False)
    with server.connect() as talk:
        assert b"you may not command the daemon; members of the group" in talk.recv(4096)
        assert talk.recv(4096) == b""


def test_a_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    """After a kill the old socket's file is in nobody's way; a living one is respected."""
    path = tmp_path / "c.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with door.listen(path, "") as first:
        assert path.is_socket()
        with pytest.raises(DeviceError, match="another daemon"):
            door.listen(path, "")
        first.close()


def test_what_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    """A settings file, say, whose name has got into the wrong place."""
    path = tmp_path / "coach.toml"
    path.write_text("[cadence]\n")
    with pytest.raises(DeviceError, match="something else stands under this name"):
        door.listen(path, "")
    assert path.read_text() == "[cadence]\n"


def test_a_socket_that_is_taken_away_is_made_anew(server: Server) -> None:
    """Within a second: a coach that runs is not said not to; who is connected stays so."""
    with contextlib.closing(client.Client(server.path)) as connected:
        assert connected.ask("status")["ok"]
        Path(server.path).unlink()
        eventually(lambda: client.ask(server.path, "status")["ok"])
        assert connected.ask("status")["ok"]
    assert stat.S_IMODE(Path(server.path).stat().st_mode) == 0o660


def test_a_socket_that_cannot_be_had_is_told_and_had_as_soon_as_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start and later: until then who asks is told that the coach does not run."""
    monkeypatch.setattr(control, "LISTEN_AGAIN_S", 0.05)
    told: list[str] = []
    with door.listen(tmp_path / "c.sock", ""):
        server = Server(tmp_path, told.append)
        eventually(lambda: len(told) == 1)
        assert "no control socket: another daemon listens there" in told[0]
    eventually(lambda: client.ask(server.path, "status")["ok"])
    assert told[1:] == [""]
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    eventually(lambda: told[2:])
    assert "No such file or directory" in told[2]
    moved.rename(tmp_path)
    eventually(lambda: client.ask(server.path, "status")["ok"])
    assert (told[-1], len(told)) == ("", 4)
    server.close()


def test_a_thread_that_works_again_does_not_hide_that_there_is_no_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One trouble is over, the other is not."""
    monkeypatch.setattr(threads, "AGAIN_S", 0.01)
    look, fails = Source.changed, [True]

    def failing(self: Source) -> bool:
        if fails:
            fails.clear()
            raise ZeroDivisionError("a bug")
        return look(self)

    monkeypatch.setattr(Source, "changed", failing)
    told: list[str] = []
    with door.listen(tmp_path / "c.sock", ""):
        server = Server(tmp_path, told.append)
        eventually(lambda: len(told) == 3)
        assert ["another daemon" in said for said in told] == [True, False, True]
        server.close()


def test_the_client_is_told_why_not(tmp_path: Path) -> None:
    """No socket, a path that is too long, a server that hangs up: a sentence each."""
    with pytest.raises(client.NotRunningError, match="not running"):
        client.ask(str(tmp_path / "none"), "status")
    with pytest.raises(DeviceError, match="cannot be reached"):
        client.ask("x" * 300, "status")


def test_an_allowance_fills_with_time() -> None:
    """A burst, then so many a second."""
    allowance = Allowance(10.0, 3.0)
    for _ in range(3):
        assert allowance.wait(0.0) == 0
        allowance.spend(0.0)
    assert allowance.wait(0.0) == pytest.approx(0.1)
    assert allowance.wait(0.11) == 0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
fields = st.dictionaries(
    st.sampled_from(["v", "do", "id", "muted", "text", "x"]),
    json_values | st.sampled_from([1, *REQUESTS]),
)
lines = st.one_of(
    st.binary(max_size=80),
    fields.map(lambda d: json.dumps(d).encode()),
    fields.map(lambda d: json.dumps({"v": 1, "do": "mark", **d}).encode()),
    st.tuples(fields, st.integers(0, 80)).map(lambda p: json.dumps(p[0]).encode()[: p[1]]),
)


@pytest.mark.slow
@pytest.mark.fuzz
@as_many
@given(lines)
def test_any_line_is_a_request_or_a_sentence(line: bytes) -> None:
    """Whatever comes: a checked request, whose answer is JSON, or one line that says what for."""
    try:
        request = read_request(line)
    except ProtocolError as e:
        assert "\n" not in str(e)
        return
    assert request.do in REQUESTS
    answer = json.loads(json.dumps(request.answered({})))
    assert answer["ok"] is True
    if request.do == "mark":
        assert request.arguments["text"].isprintable()


def test_random_bytes_change_nothing_and_stop_nobody(server: Server) -> None:
    """After many clients that sent rubbish the socket answers as before."""
    before = server.daemon.settings
    for seed in range(30):
        with server.connect() as talk:
            talk.sendall(os.urandom(200 + 7 * seed))
    eventually(lambda: client.ask(server.path, "status")["ok"])
    assert server.daemon.notes == []
    assert server.daemon.settings == before
