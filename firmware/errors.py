"""Errors that a person reads, and the exit codes of the `coach` command."""

from __future__ import annotations

EXIT_OK = 0
EXIT_FAILED = 1
"""Something went wrong while running: the device, the log."""
EXIT_BAD_INPUT = 2
"""What was given cannot be used: a file, a setting, an argument."""


class UserError(Exception):
    """Its message is one whole sentence: what, where, what was expected, what to do."""

    exit_code = EXIT_BAD_INPUT


class DeviceError(UserError):
    """The device cannot do its work: no sensor, no pins, no log."""

    exit_code = EXIT_FAILED
