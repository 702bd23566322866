"""The Python packages that only some commands need, and how this installation gets one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from firmware.errors import UserError

OF_DEBIAN = {
    "distributed": (3, 11),
    "joblib": (3, 11),
    "matplotlib": (3, 11),
    "rich": (3, 11),
    "shtab": (3, 11),
    "textual": (3, 13),
    "tomlkit": (3, 11),
}
"""What Debian has as python3-NAME, and the Python of its first release that is new enough."""


@contextmanager
def needed(what: str, package: str, otherwise: str = "") -> Iterator[None]:
    """What is imported within is this package. Raises `UserError` where it is not there."""
    try:
        yield
    except ImportError as e:
        raise UserError(missing(what, package) + otherwise) from e


def missing(what: str, package: str) -> str:
    """The sentence on a package which is not there."""
    return f"{what} needs the Python package {package}: {how_to_get(package)}"


def how_to_get(package: str) -> str:
    """What to do here: a command that works on this installation, or where else to go."""
    if sys.prefix != sys.base_prefix:  # a checkout's virtual environment, or that of make install
        command = f"{sys.prefix}/bin/python -m pip install {package}"
        return command if os.access(sys.prefix, os.W_OK) else f"sudo {command}"
    if sys.version_info >= OF_DEBIAN.get(package, (4,)):
        return f"sudo apt install python3-{package}"
    return "this system has none; take the log to a computer with a checkout of the coach"
