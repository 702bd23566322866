"""What `coach status` counts while a session runs is what its log has when it is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.device.control.status import Status
from firmware.log import figures, sessions
from hardware.simulated.walker import Stand, Stumble, Walk
from tests.support.device import Device

COUNTS = ("steps", "stumbles", "falls")


@pytest.mark.parametrize("at_s", [5.0, 12.0])
def test_the_live_counts_are_those_of_the_log(tmp_path: Path, at_s: float) -> None:
    """Also of the steps, and of a stumble, by which the walk was noticed."""
    walk = Walk(24.0, spm=80.0, amplitude_g=0.2, events=(Stumble(at_s),))
    device = Device((Stand(75.0), walk), tmp_path)  # the second engine's log
    status = Status(device.settings)
    device.on_record = status.tell
    device.run()
    [told] = device.of_type("stumble")
    [began] = device.of_type("session")
    assert (told["t"] < began["t"]) == (at_s < 10.0)
    logged = figures.summarise(sessions.read_one(device.log, "1"))
    state = status.snapshot()
    assert {name: state[name] for name in COUNTS} == {n: getattr(logged, n) for n in COUNTS}
