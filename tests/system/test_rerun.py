"""`coach log replay` of a session in which much was changed: then, and under other limits."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from coach.events import Beat, Cadence, Cue, Event, Metronome, Session, Stage
from firmware import __version__
from firmware.app.review import rerun
from firmware.device.control.orders import Ordered, Orders
from firmware.log import samples, sessions
from firmware.records import OF_DEVICE, Cleared, Recorded, SettingsChanged
from firmware.settings.catalogue import Settings
from hardware.mpu6050 import Burst
from hardware.simulated.walker import Segment, Stand, Stumble, Walk
from tests.support.device import Device
from tests.support.terminal import piped

PLAN: tuple[Segment, ...] = (
    Stand(5.0),
    Walk(85.0, spm=92.0, amplitude_g=0.2, variability=0.02, events=(Stumble(60.0, size_g=0.9),)),
    Stand(5.0),
)
START = {"stage.comfort_min": "0.5", "stage.current": "hands free", "metronome.output": "sound"}
CHANGES: dict[float, dict[str, str]] = {
    20.3: {"cadence.max_spm": "85"},
    35.1: {"cadence.max_spm": "100", "stage.current": "tempo"},
    50.7: {"metronome.output": "off"},
}
CLEARED_AT = 66.0


def changed(daemon: Ordered, *, new: Settings) -> dict[str, object]:
    daemon.change(new)
    return {}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of a session with three live changes and a cleared alarm."""
    made = tmp_path_factory.mktemp("log")
    orders = Orders()
    device = Device(PLAN, made, orders=orders, settings=Settings().changed(START))
    settings = device.settings
    for t, change in CHANGES.items():
        settings = settings.changed(change)
        device.clock.call_at(t, partial(orders.put, partial(changed, new=settings)))
    device.clock.call_at(CLEARED_AT, lambda: orders.put(lambda d: {"cleared": d.clear()}))
    device.run()
    return made


def again(folder: Path, *assignments: str) -> list[Event]:
    """The replay's events."""
    path = folder / "coach.db"
    session = sessions.read_one(path, "last")
    pieces = (Burst(*piece) for piece in samples.pieces(path, "last"))
    return rerun.again(session, rerun.then_in_force(session), assignments, pieces)


def test_what_was_changed_live_is_changed_again(folder: Path) -> None:
    """Every event of the session comes again, with the beats that were not logged."""
    session = sessions.read_one(folder / "coach.db", "last")
    assert len(session.of(SettingsChanged)) == 3
    assert len(session.of(Cleared)) == 1
    events = again(folder)
    now = [e for e in events if not isinstance(e, Beat)]
    now = [Cadence(e.t, e.spm, e.confidence) if isinstance(e, Cadence) else e for e in now]
    logged = [r for r in session.records() if not isinstance(r, OF_DEVICE)]
    assert sorted(map(str, now)) == sorted(map(str, logged))
    assert {"slow_down", "stumble"} <= {e.cue for e in events if isinstance(e, Cue)}
    assert sum(isinstance(e, Beat) for e in events) > 10


def test_other_limits_hold_throughout(folder: Path) -> None:
    """What `--set` names is not changed by what was changed then; stages and beats go with it."""
    high = again(folder, "cadence.max_spm=120")
    assert not [e for e in high if isinstance(e, Cue) and e.cue == "slow_down" and e.t < 60]
    low = again(folder, "cadence.max_spm=70")
    assert next(e.t for e in low if isinstance(e, Cue) and e.cue == "slow_down") < 25
    free = again(folder, "stage.plan=free 30-180", "stage.current=free")
    assert [e.stage for e in free if isinstance(e, Stage)] == ["free"]
    led = again(folder, "metronome.output=light", "metronome.spm=88", "cadence.max_spm=120")
    told = [e.spm for e in led if isinstance(e, Metronome) and e.spm is not None]
    assert told[0] < 92


def test_a_beat_at_another_tempo_differs(folder: Path) -> None:
    """It stands beside the one of then, and is not said to be the same."""
    done = piped("log", "replay", "last", "--log", folder, "--set", "metronome.spm=70")
    assert done.returncode == 0, done.stderr
    beats = [line for line in done.stdout.splitlines() if line.count("the beat begins at") == 2]
    others = [line for line in beats if len(set(re.findall(r"at ([\d.]+) a minute", line))) == 2]
    assert others
    assert "nothing differs" not in done.stdout


LOWER = ["cadence.max_spm=70"]
OTHER_DECISIONS = [
    (None, [], "settings are those of then, but it was recorded by a coach whose version the log"),
    (None, LOWER, "a coach whose version the log does not tell (this is "),
    ("0.1.7", [], "by another coach, 0.1.7 (this is "),
    ("0.1.7", LOWER, "so not all of it need come of --set"),
    (__version__, [], f"so is the version of the coach ({__version__}), so samples are missing"),
    (__version__, LOWER, "lines differ\n"),
]


@pytest.mark.parametrize(("version", "assignments", "told"), OTHER_DECISIONS)
def test_another_decision_is_laid_to_the_coach_where_it_is_another(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    version: str | None,
    assignments: list[str],
    told: str,
) -> None:
    """What an older engine said differently is not laid to a setting; each says which it was."""
    session = sessions.read_one(folder / "coach.db", "last")
    assert [e.version for e in session.of(Recorded)] == [__version__]
    cues = [e for e in session.of(Cue) if e.cue != "slow_down"]
    said: list[Event] = [] if version is None else [Recorded(0.0, version)]
    other = replace(session, events=[*said, *session.of(Session), *cues])
    rerun.print_pairs(other, session.of(Session, Cue), assignments)
    assert told in capsys.readouterr().out
    rerun.print_pairs(replace(other, events=said), session.of(Session)[:1], assignments)
    assert "; 1 line differs" in capsys.readouterr().out


def test_the_command_sets_both_beside_each_other(folder: Path) -> None:
    """Stages, the metronome and the number of beats are in the comparison."""
    done = piped("log", "replay", "last", "--log", folder)
    assert done.returncode == 0, done.stderr
    assert "stage hands free" in done.stdout
    assert "metronome" in done.stdout
    assert "beats of the metronome; nothing differs" in done.stdout
    wrong = piped("log", "replay", "last", "--log", folder, "--set", "cadence.max_spm=5")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("coach: --set: cadence.max_spm = '5': expected")
