"""Files that are whole or not there at all."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from firmware.errors import UserError


@contextmanager
def replacing(path: Path, mode: int = 0o644) -> Iterator[TextIO]:
    """A text file that takes `path`'s place when the block ends well, and vanishes otherwise.

    Raises `UserError` where the folder cannot be written to.
    """
    with replacing_bytes(path, mode) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        try:
            yield text
        finally:
            text.flush()
            text.detach()


@contextmanager
def replacing_bytes(path: Path, mode: int = 0o644) -> Iterator[BinaryIO]:
    """The same for a file that is no text."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as e:
        raise UserError(f"{path}: cannot be written: {e.strerror}") from e
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as e:
        temporary.unlink(missing_ok=True)
        raise UserError(f"{path}: cannot be written: {e.strerror}") from e
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
