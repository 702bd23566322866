"""The `coach` command, for a person at a terminal."""
