"""The beat is on the step, knows no later sample, and is silent when it has nothing to say."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.engine import Engine
from coach.events import Beat, Cadence, Cue, Event, Limit, Metronome, Session, Step
from coach.guidance import GUIDANCE
from coach.guidance.metronome import BeatKeeper, Lead
from coach.keys import SettingError
from coach.samples import Block
from coach.settings import Band, CoachSettings, MetronomeSettings, StageSettings
from firmware.records import encode
from firmware.settings.catalogue import Settings
from hardware.simulated.walker import SideRails, Stand, Stumble, Walk, Walker

ON = MetronomeSettings(output="sound")
BAND = Band("any", 30.0, 120.0)


def walk(
    spm: float,
    seconds: int,
    keeper: BeatKeeper | None = None,
    *,
    jitter: float = 0.0,
    silent: bool = False,
    limit: float = 100.0,
    band: Band = BAND,
    begin: int = 0,
) -> tuple[list[Event], list[float]]:
    """What a keeper says to steps at `spm`, known a second at a time as the engine knows them."""
    keeper = keeper or BeatKeeper(ON)
    rng = np.random.default_rng(1)
    instants = begin + np.cumsum(60 / spm * (1 + jitter * rng.normal(size=int(seconds * spm))))
    steps = [float(s) for s in instants if s < begin + seconds]
    said: list[Event] = []
    told = begin - 1.0
    for frame in range(1, 20 * seconds + 1):
        t = begin + frame / 20
        events: list[Event] = []
        if frame % 20 == 0:
            events.append(Cadence(t, spm, 0.95))
            events += [Step(t, s) for s in steps if told < s <= t - 0.3]
            told = t - 0.3
        said += keeper.beat(events, Lead(t, silent, limit, band))
    return said, steps


def beats(said: list[Event]) -> list[float]:
    """The instants of the beats."""
    return [e.at for e in said if isinstance(e, Beat)]


def off(beat: float, steps: list[float], period: float) -> float:
    """From the nearest step, in periods."""
    return min((beat - s for s in steps), key=abs) / period


def test_the_beat_lies_on_the_steps() -> None:
    """One beat a step, each within a twentieth of the step time of it."""
    said, steps = walk(75.0, 60)
    found = beats(said)
    assert len(found) > 60
    assert max(abs(off(b, steps, 0.8)) for b in found if b < steps[-1]) < 0.05
    assert [e.state for e in said if isinstance(e, Metronome)] == ["on"]


@given(spm=st.floats(35, 120), jitter=st.floats(0, 0.05))
@settings(max_examples=30, deadline=None)
def test_uneven_steps_are_followed(spm: float, jitter: float) -> None:
    """Whatever the tempo: on average within a tenth of a step, evenly spaced, one for each."""
    said, steps = walk(spm, 60, jitter=jitter, limit=200.0)
    found = [b for b in beats(said) if b < steps[-1]]
    period = 60 / spm
    assert np.mean([abs(off(b, steps, period)) for b in found]) < 0.1
    gaps = np.diff(found)
    assert gaps.min() > 0.6 * period
    assert abs(np.mean(gaps) / period - 1) < 0.02 + jitter


@pytest.mark.parametrize(("target", "lead"), [(90.0, 1), (60.0, -1)])
def test_it_leads_towards_the_target(target: float, lead: int) -> None:
    """A quicker target is heard a little before the steps, a slower one a little after them."""
    keeper = BeatKeeper(MetronomeSettings(output="sound", spm=target))
    said, steps = walk(75.0, 60, keeper)
    early = [-off(b, steps, 0.8) * lead for b in beats(said) if 20 < b < steps[-1]]
    assert 0.0 < np.mean(early) < 0.2
    assert min(early) > -0.05


@given(
    limit=st.floats(40, 120),
    target=st.one_of(st.just(0.0), st.floats(30, 200)),
    spm=st.floats(40, 120),
)
@settings(max_examples=30, deadline=None)
def test_it_never_beats_above_the_limit(limit: float, target: float, spm: float) -> None:
    """Whatever the target and the walker, it leads to no more than the limit in force."""
    keeper = BeatKeeper(MetronomeSettings(output="sound", spm=target))
    said, _ = walk(spm, 40, keeper, limit=limit)
    told = [e.spm for e in said if isinstance(e, Metronome) and e.spm is not None]
    assert all(s <= limit for s in told)
    found = beats(said)
    if len(found) > 10 and spm <= limit:
        assert 60 * (len(found) - 1) / (found[-1] - found[0]) <= limit * 1.01


def test_without_a_target_it_stays_in_the_band() -> None:
    """The walker's own tempo within the stage's band; above it, a few per cent towards it."""
    said, _ = walk(95.0, 20, band=Band("rails", 30.0, 80.0))
    [on] = [e for e in said if isinstance(e, Metronome)]
    assert on.spm == pytest.approx(95.0 * (1 - GUIDANCE.metronome.lead))


def test_it_is_decided_before_it_sounds() -> None:
    """Every beat lies after its decision, and no more than a frame beyond what is looked ahead."""
    said, _ = walk(110.0, 60, jitter=0.04, limit=200.0)
    for beat in said:
        if isinstance(beat, Beat):
            assert 0 < beat.at - beat.t <= GUIDANCE.metronome.ahead_s + 1e-9


def test_it_is_silent() -> None:
    """While another cue is on or no session runs."""
    assert walk(75.0, 30, silent=True)[0] == []


def test_off_is_off() -> None:
    """By default nothing beats; switched off while it beats, it stops at once."""
    assert walk(75.0, 30, BeatKeeper(MetronomeSettings()))[0] == []
    keeper = BeatKeeper(ON)
    walk(75.0, 30, keeper)
    keeper.settings = MetronomeSettings()
    said, _ = walk(75.0, 10, keeper, begin=30)
    assert [e.type for e in said] == ["metronome"]


def test_switched_on_again_it_waits_for_new_steps() -> None:
    """What was known of the steps before is old by then."""
    keeper = BeatKeeper(ON)
    walk(75.0, 30, keeper)
    keeper.settings = MetronomeSettings()
    walk(75.0, 10, keeper, begin=30)
    keeper.settings = ON
    said, _ = walk(75.0, 20, keeper, begin=40)
    assert 44.0 < beats(said)[0] < 50.0


def test_a_step_out_of_time_throws_no_beat() -> None:
    """A foot that is set down a tenth of a second late hardly moves the beat, which stays even."""
    keeper, said, told = BeatKeeper(ON), list[Event](), 0.0
    steps = np.arange(0.3, 30.0, 0.75)
    steps[27] += 0.1  # the newest of those that are told at 21 s
    for frame in range(1, 600):
        t, events = frame / 20, list[Event]()
        if frame % 20 == 0:
            events = [Cadence(t, 80.0, 0.95)]
            events += [Step(t, s) for s in steps if told < s <= t - 0.3]
            told = t - 0.3
        said += keeper.beat(events, Lead(t, False, 200.0, BAND))
    assert np.abs(np.diff(beats(said)) - 0.75).max() < 0.05


def test_after_a_rest_it_waits_for_new_steps() -> None:
    """The walker begins anew with whichever foot, and whenever."""
    keeper = BeatKeeper(ON)
    walk(75.0, 30, keeper)
    keeper.beat([Cadence(40.0, None, 0.0)], Lead(40.0, False, 100.0, BAND))
    said, steps = walk(75.0, 20, keeper, begin=50)
    assert len([s for s in steps if s < beats(said)[0]]) >= GUIDANCE.metronome.listens_steps


@pytest.mark.parametrize("pause", [0.5, 0.8, 1.1, 1.4])
def test_who_slows_down_at_once_hears_no_two_beats_close_together(pause: float) -> None:
    """From two steps a second to one, wherever the first slow one falls: a beat is left out."""
    keeper = BeatKeeper(ON)
    quick = np.arange(0.3, 20.0, 0.5)
    steps = [*quick, *np.arange(quick[-1] + pause, 40.0, 1.0)]
    said, told = list[Event](), 0.0
    for frame in range(1, 800):
        t, events = frame / 20, list[Event]()
        if frame % 20 == 0:
            events = [Cadence(t, 120.0 if t < 22.0 else 60.0, 0.9)]
            events += [Step(t, s) for s in steps if told < s <= t - 0.3]
            told = t - 0.3
        said += keeper.beat(events, Lead(t, False, 200.0, BAND))
    assert np.diff(beats(said)).min() > 0.4


def test_a_stop_ends_it() -> None:
    """When no step comes any more it falls silent, even before the cadence says so."""
    keeper = BeatKeeper(ON)
    _, steps = walk(75.0, 30, keeper)
    said: list[Event] = []
    for frame in range(1, 100):
        said += keeper.beat([], Lead(30 + frame / 20, False, 100.0, BAND))
    assert max(beats(said)) < steps[-1] + 1.4 + 1.5 * 0.8 + GUIDANCE.metronome.ahead_s
    assert encode(said[-1])["state"] == "off"


@pytest.mark.parametrize("spm", ["5", "29.9", "201", "-1"])
def test_a_target_that_nobody_walks_is_refused(spm: str) -> None:
    """Nothing, or a cadence that can be walked."""
    with pytest.raises(SettingError, match=r"metronome\.spm"):
        Settings().changed({"metronome.spm": spm})


# --- In the engine, on a simulated walker.

BEATING = CoachSettings(
    metronome=ON, stage=StageSettings(plan="free 30-180", current="free", advice=False)
)
PLAN = (
    Stand(4.0),
    Walk(70.0, spm=78.0, amplitude_g=0.2, variability=0.03, events=(Stumble(50.0, size_g=0.9),)),
    SideRails(15.0),
    Walk(40.0, spm=78.0, amplitude_g=0.2),
)


@cache
def whole() -> tuple[list[Event], list[float]]:
    """What the engine says to a walk with a stumble and a rest, and when its steps truly were."""
    block, steps = samples()
    return Engine(BEATING).feed(block), steps


@cache
def samples() -> tuple[Block, list[float]]:
    """The walk with a sensor's noise."""
    walker = Walker(PLAN, seed=4)
    t = np.arange(0.0, walker.plan_s, 0.01)
    noise = np.random.default_rng(4).normal(0.0, [0.003] * 3 + [0.05] * 3, (len(t), 6))
    x = walker.signal(t) + noise
    return Block(t, x[:, :3], x[:, 3:]), [s.t for s in walker.truth.steps]


def spans(events: list[Event], kind: type[Event], what: str) -> list[tuple[float, float]]:
    """From each `on` to the following `off`."""
    begin, found = math.inf, []
    for e in events:
        record = encode(e)
        if isinstance(e, kind) and record.get("cue", what) == what:
            if record["state"] == "on":
                begin = e.t
            else:
                found.append((begin, e.t))
    return found


def test_the_steps_of_a_walker_are_beaten() -> None:
    """A steady offset to the foot's contact, and little scatter about it."""
    events, steps = whole()
    found = [b for b in beats(events) if 20 < b < 50]
    assert len(found) > 30
    late = np.array([off(b, steps, 60 / 78) for b in found])
    assert np.abs(np.exp(2j * np.pi * late).mean()) > 0.9


def test_it_gives_way_to_every_cue_and_to_a_pause() -> None:
    """No beat while the stumble's cue is on, none on the rails, none outside the session."""
    events, _ = whole()
    found = beats(events)
    cues = {e.cue for e in events if isinstance(e, Cue)}
    assert "stumble" in cues
    for cue in cues:
        for on, until in spans(events, Cue, cue):
            assert [b for b in found if on + GUIDANCE.metronome.ahead_s < b < until] == []
    [start] = [e.t for e in events if isinstance(e, Session)]
    assert min(found) > start
    assert [b for b in found if 79 < b < 88] == []
    assert [b for b in found if b > 105] != []


def test_after_a_gap_it_waits_for_new_steps() -> None:
    """Nobody knows where the walker's next step belongs; the same walk without a gap is beaten."""
    block, _ = samples()
    there = (block.t < 30.0) | (block.t >= 31.0)
    found = beats(Engine(BEATING).feed(Block(*(part[there] for part in block))))
    assert [b for b in beats(whole()[0]) if 31.0 < b < 34.0] != []
    assert [b for b in found if 31.0 < b < 34.0] == []
    assert [b for b in found if 36.0 < b < 50.0] != []


def test_a_short_gap_silences_it_before_the_next_cadence() -> None:
    """It is off with the first samples after the gap, though nothing else is said there."""
    block, _ = samples()
    there = (block.t < 30.0) | (block.t >= 30.3)
    said = Engine(BEATING).feed(Block(*(part[there] for part in block)))
    [off] = [e for e in said if isinstance(e, Metronome) and e.state == "off" and e.t < 32.0]
    assert 30.2 < off.t < 30.5


def test_it_can_be_switched_off_on_the_way() -> None:
    """The engine beats no more from the next frame on."""
    block, _ = samples()
    engine = Engine(BEATING)
    first, later = (Block(*(part[i:j] for part in block)) for i, j in ((0, 3000), (3000, 3400)))
    assert beats(engine.feed(first)) != []
    engine.adopt(replace(BEATING, metronome=MetronomeSettings()))
    said = [e for e in engine.feed(later) if isinstance(e, Beat | Metronome)]
    assert [(e.type, round(e.t, 2)) for e in said] == [("metronome", 30.0)]


def test_it_keeps_to_the_limit_that_a_stumble_has_lowered() -> None:
    """While the limit is lower the beat leads to it."""
    events, _ = whole()
    [limit] = [e for e in events if isinstance(e, Limit) and e.reason == "stumble"]
    told = [e for e in events if isinstance(e, Metronome) and e.t > limit.t and e.spm is not None]
    assert told
    assert all(e.spm is not None and e.spm <= limit.max_spm for e in told if e.t < limit.t + 60)


@given(cuts=st.lists(st.integers(0, 12_900), max_size=30), n=st.integers(2, 12_900))
@settings(max_examples=5, deadline=None)
def test_cutting_and_later_samples_change_no_beat(cuts: list[int], n: int) -> None:
    """Beats are events as all others: the same however samples are cut, and causal."""
    block, _ = samples()
    engine, out = Engine(BEATING), []
    edges = [0, *sorted(c for c in cuts if c < n), n]
    for a, b in itertools.pairwise(edges):
        out += engine.feed(Block(*(part[a:b] for part in block)))
    assert out == whole()[0][: len(out)]
    last_frame = ((n - 1) // 5) * 5 / 100
    assert len(out) == sum(e.t <= last_frame + 1e-9 for e in whole()[0])
