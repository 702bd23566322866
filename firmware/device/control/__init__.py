"""The control socket: how commands talk with the daemon, and the daemon with them.

`server.Control` serves the socket on a thread of its own; `settingswatch` looks at the settings
file on it. What is ordered waits in `orders.Orders` until the daemon has a moment; what the daemon
tells becomes a state in `status`, which who follows keeps for himself with `status.after`. What is
said, word by word: `firmware.protocol`.
"""

__all__ = ["orders", "server", "settingswatch", "status"]
