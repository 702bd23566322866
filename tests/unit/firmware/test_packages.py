"""The advice on a package that is missing works where it is given."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from firmware import packages


def test_in_a_virtual_environment_its_own_pip_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """That of a checkout, or of `make install`, with sudo where it is root's."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert packages.how_to_get("rich") == f"{tmp_path}/bin/python -m pip install rich"
    monkeypatch.setattr(sys, "prefix", "/opt/theirs")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert packages.how_to_get("rich") == "sudo /opt/theirs/bin/python -m pip install rich"


@pytest.mark.parametrize(
    ("package", "python", "expected"),
    [
        ("rich", (3, 11), "sudo apt install python3-rich"),
        ("textual", (3, 13), "sudo apt install python3-textual"),
        ("textual", (3, 11), "this system has none"),
        ("pyarrow", (3, 13), "this system has none"),
    ],
)
def test_the_systems_python_is_given_what_debian_has(
    monkeypatch: pytest.MonkeyPatch, package: str, python: tuple[int, int], expected: str
) -> None:
    """As far as that release has it, new enough; else it is said where to go instead."""
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr(sys, "version_info", python)
    sentence = str(packages.missing("this", package))
    assert sentence.startswith(f"this needs the Python package {package}: {expected}")
