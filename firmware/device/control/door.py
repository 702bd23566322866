"""Who may come in: a socket that the group alone can open, and each user's share of connections."""

from __future__ import annotations

import contextlib
import errno
import grp
import logging
import os
import socket
import stat
import struct
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from firmware.device.control.connection import Connection
from firmware.errors import DeviceError

log = logging.getLogger("coach")

MOST_CLIENTS, MOST_OF_A_USER = 50, 10
"""Connections of all but root, and of one user."""

ROOT = 0

SO_PEERGROUPS = 59
"""Of <asm-generic/socket.h>, Linux 4.13: the peer's supplementary groups."""

MOST_GROUPS = 256
"""Of one user; Python reads no more than 1024 bytes of a socket option."""


def refusal(
    client: Connection, others: Iterable[Connection], path: Path, group: str
) -> tuple[str, Connection | None]:
    """Why somebody may not come in (empty: they may), and who has to go for it.

    Room is made for root, and for who holds fewer connections than others: so nobody keeps anybody
    else out, however many they hold. Who goes has asked nothing for longest.
    """
    if not may_command(client.socket, path):
        who = f"members of the group {group} may" if group else "root and its own user may"
        return f"you may not command the daemon; {who}", None
    held: dict[int, list[Connection]] = {}
    for other in others:
        held.setdefault(other.user, []).append(other)
    own, of_root = held.get(client.user, []), held.pop(ROOT, [])
    if client.user == ROOT:
        return "", _oldest(of_root) if _are(MOST_OF_A_USER, of_root) else None
    if _are(MOST_OF_A_USER, own):
        return f"you hold {len(own)} connections, which is the most; close one of them", None
    full = _are(MOST_CLIENTS, list(chain.from_iterable(held.values())))
    return "", _oldest(max(held.values(), key=len)) if full else None


def _are(most: int, held: list[Connection]) -> bool:
    """Whether so many are there; who has left counts no more, though that was not seen yet."""
    return len(held) >= most and sum(not connection.over for connection in held) >= most


def _oldest(held: list[Connection]) -> Connection:
    return min(held, key=lambda connection: connection.asked_at)


def user(accepted: socket.socket) -> int:
    """Whose connection it is: the kernel knows."""
    return _peer(accepted)[0]


def _peer(accepted: socket.socket) -> tuple[int, int]:
    size = struct.calcsize("3i")
    told = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, uid, gid = struct.unpack("3i", told)
    return uid, gid


def listen(path: Path, group: str) -> socket.socket:
    """A socket that the group alone can open (empty: no group), in place only when it is safe."""
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
        if group:
            _give(new, group)
        made.listen(MOST_CLIENTS)
        made.setblocking(False)
        new.replace(path)
    except BaseException:
        made.close()
        raise
    return made


def _give(path: Path, group: str) -> None:
    try:
        os.chown(path, -1, grp.getgrnam(group).gr_gid, follow_symlinks=False)
    except KeyError:
        log.warning("there is no group %s: only this user and root may use the socket", group)


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
    uid, gid = _peer(accepted)
    if uid in (0, os.geteuid()):
        return True
    try:
        groups = accepted.getsockopt(socket.SOL_SOCKET, SO_PEERGROUPS, 4 * MOST_GROUPS)
        allowed = path.stat().st_gid
    except OSError:
        return False
    return allowed in (gid, *struct.unpack(f"{len(groups) // 4}I", groups))
