"""An archive on its way to a file or a pipe."""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

GZIP = 16 + zlib.MAX_WBITS
"""Asks zlib for gzip's header and trailer (its manual: deflateInit2)."""


class _Smaller(io.BufferedIOBase):
    """Compresses what tarfile writes. gzip's own writer ends its stream well whatever happens."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._made = zlib.compressobj(zlib.Z_BEST_COMPRESSION, wbits=GZIP)
        self.write(b"")  # the header: nothing at all would be an empty archive to some readers

    def write(self, data: bytes) -> int:  # type: ignore[override]  # tarfile hands over no other
        self._out.write(self._made.compress(data))
        return len(data)

    def end(self) -> None:
        self._out.write(self._made.flush())


@contextmanager
def packed(out: BinaryIO) -> Iterator[tarfile.TarFile]:
    """A compressed one, to put entries into.

    It is ended only when the block ends well: whoever unpacks what has failed half-way is told so.
    It names no date of its own: there is room for one between 1970 and 2106, and a machine without
    a battery clock may be anywhere.
    """
    smaller = _Smaller(out)
    with tarfile.open(fileobj=smaller, mode="w|") as archive:
        yield archive
    smaller.end()
