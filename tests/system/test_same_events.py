"""What the device decided live, a replay of its log decides again."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from firmware.log import sessions
from firmware.records import OF_DEVICE, encode
from hardware.simulated import Fault
from hardware.simulated.walker import Segment, Stand, Stumble, Walk
from tests.support.device import Device
from tests.support.terminal import piped

PLAN: tuple[Segment, ...] = (
    Stand(5.0),
    Walk(70.0, spm=106.0, amplitude_g=0.2, asymmetry=0.1, events=(Stumble(45.0, size_g=0.9),)),
    Stand(10.0),
)


@pytest.mark.parametrize("fault", [None, Fault.STALL], ids=["undisturbed", "with a gap"])
def test_a_replay_of_the_log_gives_the_same_events_exactly(
    tmp_path: Path, fault: Fault | None
) -> None:
    """Daemon on the simulated chip, its samples exported, `coach replay`: every event the same."""
    device = Device(PLAN, tmp_path)
    if fault is not None:
        device.simulation.chip.inject(fault, 1.5, delay=30.0)
    device.run()
    raw = tmp_path / "session.csv"
    piped("log", "export", "--log", tmp_path, "--format", "raw-csv", "-o", raw)
    out = piped("replay", "--format", "jsonl", raw).stdout
    replayed = [json.loads(line) for line in out.splitlines()]
    assert {r.pop("recording") for r in replayed} == {str(raw)}
    of_device = {kind.type for kind in OF_DEVICE}
    live = [r for r in device.records if r["type"] not in of_device]
    assert replayed == live
    kinds = Counter(r["type"] for r in live)
    assert kinds["step"] > 80
    assert {"cadence", "session", "cue", "stumble"} <= set(kinds)
    assert ("gap" in kinds) == (fault is not None)
    stored = sessions.read_one(device.log, "last").records()
    logged = [encode(r) for r in stored if not isinstance(r, OF_DEVICE)]
    unlogged = {"recent_spm": None, "newest_spm": None}
    live = [r | unlogged if r["type"] == "cadence" else r for r in live]
    assert sorted(map(str, logged)) == sorted(map(str, live))
