"""vhost-user: how a guest's kernel and a device outside of it share memory and ring each other.

The kernel connects to a Unix socket and hands over its memory as file descriptors; the device
answers the requests that it finds there in rings (virtio 1.2, 2.7), and does not copy anything
through the socket. Only what a user-mode kernel asks for is here: split rings, no interrupts of
the device's own, no migration. Source: QEMU's docs/interop/vhost-user.rst.
"""

from __future__ import annotations

import mmap
import os
import selectors
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

VERSION_1 = 1 << 32  # a virtio device of today
PROTOCOL = 1 << 30  # it has protocol features
PROTOCOL_FEATURES = 1 << 3 | 1 << 5 | 1 << 9
"""Replies on request; a channel back (the kernel takes no interrupt without it); configuration."""

REPLY_WANTED = 1 << 3
HEADER = struct.Struct("<III")  # request, flags, size
IS_REPLY = 1 | 1 << 2  # version 1, a reply
FDS_MAX = 8

GET_FEATURES, SET_MEM_TABLE = 1, 5
SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, GET_VRING_BASE = 8, 9, 10, 11
SET_VRING_KICK, SET_VRING_CALL = 12, 13
GET_PROTOCOL_FEATURES, GET_QUEUE_NUM, SET_BACKEND_REQ_FD, GET_CONFIG = 15, 17, 21, 24

DESCRIPTOR = struct.Struct("<QIHH")  # address, length, flags, next
CHAINED, DEVICE_WRITES = 1, 2
NO_INTERRUPT = 1


class GoneError(Exception):
    """The kernel has hung up."""


class Region(NamedTuple):
    """A piece of the guest's memory, under its two addresses."""

    guest: int
    size: int
    user: int
    offset: int
    memory: mmap.mmap


class Memory:
    """The guest's memory. Buffers are named by the guest's address, rings by the front-end's."""

    def __init__(self, table: bytes, fds: list[int]) -> None:
        self._regions = []
        for i, fd in enumerate(fds):
            guest, size, user, offset = struct.unpack_from("<QQQQ", table, 8 + 32 * i)
            memory = mmap.mmap(fd, offset + size)
            os.close(fd)
            self._regions.append(Region(guest, size, user, offset, memory))

    def buffer(self, address: int) -> tuple[mmap.mmap, int]:
        """The mapping and the place in it of a guest's address."""
        for r in self._regions:
            if r.guest <= address < r.guest + r.size:
                return r.memory, address - r.guest + r.offset
        raise ValueError(f"no memory of the guest at {address:#x}")

    def ring(self, address: int) -> tuple[mmap.mmap, int]:
        """The same for an address of the front-end."""
        for r in self._regions:
            if r.user <= address < r.user + r.size:
                return r.memory, address - r.user + r.offset
        raise ValueError(f"no memory of the front-end at {address:#x}")


def _store(memory: mmap.mmap, at: int, value: int) -> None:
    """A number of 16 bits, all at once.

    The kernel may look at any instant, and `struct.pack_into` clears what it writes to first: a
    kernel that looks in between sees a count of 0, takes old answers for new ones, and gives the
    ring up ("is not a head").
    """
    with memoryview(memory) as whole, whole[at : at + 2] as place, place.cast("H") as number:
        number[0] = value


class Request(NamedTuple):
    """What the kernel sent, and where the answer goes."""

    head: int
    sent: bytes
    room: int
    answer_to: list[tuple[int, int]]  # address, length


class Ring:
    """One queue of requests."""

    def __init__(self) -> None:
        self.size = 0
        self.seen = 0  # of the requests offered, modulo 2**16
        self.addresses: tuple[int, int, int] | None = None  # descriptors, used, offered
        self.kick: int | None = None  # rung by the kernel
        self.call: int | None = None  # rung by the device

    def close(self) -> None:
        """Forget both bells."""
        for fd in (self.kick, self.call):
            if fd is not None:
                os.close(fd)
        self.kick = self.call = None

    def offered(self, memory: Memory) -> Iterator[Request]:
        """The requests that nobody has looked at yet."""
        assert self.addresses is not None
        ring, at = memory.ring(self.addresses[2])
        while struct.unpack_from("<H", ring, at + 2)[0] != self.seen:
            (head,) = struct.unpack_from("<H", ring, at + 4 + 2 * (self.seen % self.size))
            self.seen = (self.seen + 1) & 0xFFFF
            yield self._request(memory, head)

    def _request(self, memory: Memory, head: int) -> Request:
        assert self.addresses is not None
        descriptors, start = memory.ring(self.addresses[0])
        sent, answer_to = b"", []
        index, flags = head, CHAINED
        while flags & CHAINED:
            place = start + DESCRIPTOR.size * index
            address, length, flags, index = DESCRIPTOR.unpack_from(descriptors, place)
            if flags & DEVICE_WRITES:
                answer_to.append((address, length))
            else:
                buffer, at = memory.buffer(address)
                sent += buffer[at : at + length]
        return Request(head, sent, sum(length for _, length in answer_to), answer_to)

    def answer(self, memory: Memory, request: Request, answer: bytes) -> None:
        """Put the answer where the request wants it, and ring."""
        assert self.addresses is not None
        rest = answer
        for address, length in request.answer_to:
            part, rest = rest[:length], rest[length:]
            buffer, at = memory.buffer(address)
            buffer[at : at + len(part)] = part
        ring, at = memory.ring(self.addresses[1])
        (count,) = struct.unpack_from("<H", ring, at + 2)
        struct.pack_into("<II", ring, at + 4 + 8 * (count % self.size), request.head, len(answer))
        _store(ring, at + 2, (count + 1) & 0xFFFF)
        offers, at = memory.ring(self.addresses[2])
        if self.call is not None and not struct.unpack_from("<H", offers, at)[0] & NO_INTERRUPT:
            os.write(self.call, struct.pack("<Q", 1))


class VhostDevice:
    """A device behind the socket `path`: one kernel after the other, on a thread of its own.

    Derived classes say what it is: `config`, its configuration space, `features`, and `answer`.
    """

    config = b""
    features = 0

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, name=path.name, daemon=True).start()

    def answer(self, sent: bytes, room: int) -> bytes:
        """What the device says to a request; `room` is the length of the answer that is awaited."""
        raise NotImplementedError

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                _Session(self, connection).run()


class _Session:
    """The time from one kernel's start to its end."""

    def __init__(self, device: VhostDevice, connection: socket.socket) -> None:
        self._device = device
        self._socket = connection
        self._memory: Memory | None = None
        self._rings: dict[int, Ring] = {}
        self._bells = selectors.DefaultSelector()
        self._back: list[int] = []  # the channel back: wanted by the kernel, used by nobody

    def run(self) -> None:
        self._bells.register(self._socket, selectors.EVENT_READ)
        try:
            while True:
                for key, _ in self._bells.select():
                    if key.data is None:
                        self._message()
                    else:
                        os.read(key.fd, 8)
                        self._work(key.data)
        except (GoneError, ConnectionError) as error:  # as after each power cut
            sys.stderr.write(f"{self._device.name}: the kernel has hung up ({error!r})\n")
        finally:
            self._bells.close()
            for ring in self._rings.values():
                ring.close()
            for fd in self._back:
                os.close(fd)

    def _work(self, ring: Ring) -> None:
        if self._memory is None or ring.addresses is None:
            return
        for request in ring.offered(self._memory):
            ring.answer(self._memory, request, self._device.answer(request.sent, request.room))

    def _message(self) -> None:
        """One message of the kernel's, and its reply if it wants one."""
        header, fds, _, _ = socket.recv_fds(self._socket, HEADER.size, FDS_MAX)
        if len(header) < HEADER.size:
            raise GoneError
        request, flags, size = HEADER.unpack(header)
        body = self._socket.recv(size, socket.MSG_WAITALL) if size else b""
        reply = self._obey(request, body, fds)
        if reply is None and flags & REPLY_WANTED:
            reply = struct.pack("<Q", 0)
        if reply is not None:
            self._socket.sendall(HEADER.pack(request, IS_REPLY, len(reply)) + reply)

    def _obey(self, request: int, body: bytes, fds: list[int]) -> bytes | None:
        match request:
            case _ if request in (GET_FEATURES, GET_PROTOCOL_FEATURES, GET_QUEUE_NUM):
                known = {
                    GET_FEATURES: self._device.features | VERSION_1 | PROTOCOL,
                    GET_PROTOCOL_FEATURES: PROTOCOL_FEATURES,
                }
                return struct.pack("<Q", known.get(request, 1))
            case _ if request == GET_CONFIG:
                offset, length = struct.unpack_from("<II", body)
                config = self._device.config.ljust(256, b"\0")
                return body[:12] + config[offset : offset + length]
            case _ if request == SET_MEM_TABLE:
                self._memory = Memory(body, fds)
            case _ if request == SET_BACKEND_REQ_FD:
                self._back += fds
            case _ if SET_VRING_NUM <= request <= SET_VRING_CALL:
                return self._set_up(request, body, fds)
        return None

    def _set_up(self, request: int, body: bytes, fds: list[int]) -> bytes | None:
        """What concerns one ring, whose number comes first in every such message."""
        number = body[0]
        ring = self._rings.setdefault(number, Ring())
        if request == SET_VRING_NUM:
            _, ring.size = struct.unpack("<II", body)
        elif request == SET_VRING_BASE:
            _, ring.seen = struct.unpack("<II", body)
        elif request == SET_VRING_ADDR:
            _, _, descriptors, used, offered, _ = struct.unpack("<IIQQQQ", body)
            ring.addresses = descriptors, used, offered
        elif request == GET_VRING_BASE:  # which also stops the ring
            ring.addresses = None
            return struct.pack("<II", number, ring.seen)
        elif request == SET_VRING_CALL:
            ring.call = fds[0] if fds else None
        elif request == SET_VRING_KICK and fds:
            ring.kick = fds[0]
            self._bells.register(ring.kick, selectors.EVENT_READ, ring)
            self._work(ring)  # what came before there was a bell
        return None
