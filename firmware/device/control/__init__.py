"""The control socket: how commands talk with the daemon, and the daemon with them."""
