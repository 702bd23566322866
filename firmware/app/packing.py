"""An archive on its way to a file or a pipe."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO


@contextmanager
def packed(out: BinaryIO) -> Iterator[tarfile.TarFile]:
    """A compressed one, to put entries into.

    It names no date of its own: there is room for one between 1970 and 2106, and a machine without
    a battery clock may be anywhere.
    """
    with (
        gzip.GzipFile("", mode="wb", fileobj=out, mtime=0) as smaller,
        tarfile.open(fileobj=smaller, mode="w|") as archive,
    ):
        yield archive
