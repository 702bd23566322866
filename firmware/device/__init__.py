"""The device: sensor and pins tied to the coach and the log, and whoever commands them.

`command` is `coach run` as the service starts it; `service` puts the daemon together from real or
simulated parts; `daemon` goes round: read, decide, tell; `announcer` turns what is told into sound
and light; `notify` speaks to systemd; `control` serves the socket; `simulation` is a whole device
without one. What stands here loads neither `firmware.app` nor `firmware.lab`.
"""

__all__ = ["announcer", "command", "control", "daemon", "notify", "service", "simulation"]
