"""Runs on the device: the daemon, the `coach` command, the onboard log and the settings file."""

__version__ = "0.2.0"
