"""The control socket with real users: members of its group, somebody else, and root."""

from __future__ import annotations

import grp
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from firmware.app import client
from firmware.device.control.door import MOST_OF_A_USER
from firmware.device.control.orders import Orders
from firmware.device.control.server import Control
from firmware.device.control.status import Status
from firmware.errors import DeviceError
from firmware.settings.source import Source
from tests.support.waiting import LONGEST_S

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")

GREEDY, MEMBER, STRANGER = 12345, 12346, 12347


@pytest.fixture
def group() -> grp.struct_group:
    """Some group of this machine, which is nobody's own here."""
    return next(g for g in grp.getgrall() if g.gr_gid not in (0, os.getegid()))


@pytest.fixture
def path(group: grp.struct_group) -> Iterator[str]:
    """A daemon's socket in a folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        made = f"{folder}/c.sock"
        given = [f"control.socket={made}", f"control.group={group.gr_name}"]
        source = Source(None, given)
        settings = source.load()
        control = Control(settings, source, Orders(), Status(settings))
        control.start()
        yield made
        control.close()


def as_user(number: int, groups: list[int], act: Callable[[], None]) -> int:
    """Do something as somebody else, in a process of its own; 0 where it went well."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups(groups)
            os.setgid(number)
            os.setuid(number)
            act()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_one_member_keeps_nobody_out(path: str, group: grp.struct_group) -> None:
    """However many connections one holds, another member is served, and so is root."""
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([group.gr_gid])
            os.setuid(GREEDY)
            with ExitStack() as held:
                for _ in range(5 * MOST_OF_A_USER):
                    one = held.enter_context(socket.socket(socket.AF_UNIX))
                    one.settimeout(LONGEST_S)
                    one.connect(path)
                    with suppress(OSError):  # hung up on already
                        one.sendall(b'{"v": 1, "do": "status"}\n')
                os.write(ready[1], b"x")
                os.read(done[0], 1)
        finally:
            os._exit(0)
    os.read(ready[0], 1)
    try:
        assert client.ask(path, "status")["ok"]
        assert as_user(MEMBER, [group.gr_gid], lambda: _is_served(path)) == 0
    finally:
        os.write(done[1], b"x")
        os.waitpid(child, 0)
        for end in (*ready, *done):
            os.close(end)


def test_somebody_else_is_not_let_in(path: str) -> None:
    """The socket's own mode says so."""
    assert as_user(STRANGER, [], lambda: _is_refused(path)) == 0


def _is_served(path: str) -> None:
    assert client.ask(path, "status")["ok"]


def _is_refused(path: str) -> None:
    with pytest.raises(DeviceError, match="may not command the daemon; members of the group"):
        client.ask(path, "status")
