"""A loose wire in the system's log: told, then counted."""

from __future__ import annotations

import pytest

from firmware.device.sensorlog import SensorLog
from firmware.records import Fault, Recovered, Warned


def lines(
    caplog: pytest.LogCaptureFixture, times: int, *, every_s: float, lasts_s: float
) -> list[str]:
    """What a wire says that breaks so often, showing two faces each time; then a quarter hour."""
    caplog.set_level("INFO", logger="coach")
    hears, t = SensorLog(), 0.0
    for k in range(times):
        begins = 100.0 + k * every_s
        for name, after in (("transfer", 0.0), ("device_not_found", 0.1)):
            hears.hear(Fault(0.0, name, f"{name} {k}"), begins + after)
        hears.hear(Recovered(0.0, "transfer", 9, lasts_s, f"over {k}"), begins + lasts_s)
        while (t := max(t, begins) + 0.5) < begins + every_s:
            hears.look(t)
    for after in range(900):
        hears.look(t + after)
    return caplog.messages


def test_a_fault_now_and_then_is_told_each_time(caplog: pytest.LogCaptureFixture) -> None:
    """Every twenty seconds, each face and each end."""
    told = lines(caplog, 30, every_s=20.0, lasts_s=5.0)
    assert told == [
        f"{said} {k}" for k in range(30) for said in ("transfer", "device_not_found", "over")
    ]


@pytest.mark.parametrize(("every_s", "lasts_s"), [(0.4, 0.2), (3.0, 2.5), (25.0, 24.0)])
def test_one_that_comes_and_goes_all_the_time_is_counted(
    caplog: pytest.LogCaptureFixture, every_s: float, lasts_s: float
) -> None:
    """Three times it is told, then its number, each minute and at its end; however long it is."""
    times = round(600.0 / every_s)
    told = lines(caplog, times, every_s=every_s, lasts_s=lasts_s)
    assert told[8] == "over 2"
    assert len(told) <= 9 + 2 * 12
    missing = f"{times * lasts_s:.1f} s missing"
    assert f"transfer: {times} times within" in told[-2]
    assert told[-2].endswith(missing)
    assert f"device not found: {times} times within" in told[-1]


def test_one_that_stays_at_last_is_told_to_stand(caplog: pytest.LogCaptureFixture) -> None:
    """Once; a quarter of an hour brings no other line."""
    caplog.set_level("INFO", logger="coach")
    hears = SensorLog()
    for k in range(5):
        hears.hear(Fault(0.0, "transfer", f"fault {k}"), 2.0 * k)
        if k < 4:
            hears.hear(Recovered(0.0, "transfer", 9, 1.0, f"over {k}"), 2.0 * k + 1.0)
    for t in range(8, 900):
        hears.look(float(t))
    assert caplog.messages[6:] == ["transfer: 5 times within 0:08, 4.0 s missing, and goes on"]


def test_what_changes_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A chip of another make is one line."""
    SensorLog().hear(Warned(0.0, "clone_chip", "a clone"), 1.0)
    assert caplog.messages == ["a clone"]
