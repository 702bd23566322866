"""Whatever happens and whatever is set meanwhile, what the walker is told holds together."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from coach.events import Cadence, Cue, Event, Fall, Session, Stumble
from coach.guidance import Guidance
from coach.keys import Value
from firmware.device.control.status import Status, after
from firmware.records import SettingsChanged
from firmware.sentences import sentence
from firmware.settings.catalogue import Settings

SET: tuple[dict[str, Value], ...] = (
    {"cadence.max_spm": 75.0},
    {"cadence.max_spm": 85.0},
    {"cadence.max_spm": 100.0},
    {"cadence.hold_s": 0.0},
    {"cadence.hysteresis_spm": 0.0},
    {"cadence.firm_after_s": 0.0},
    {"cadence.max_cues_per_min": 1},
    {"stumble.settle_s": 5.0},
    {"stumble.settle_percent": 0.0},
    {"session.start_after_s": 2, "session.end_after_s": 10},
    {"session.target_min": 1.0, "session.limit_min": 1.0},
    {"stage.sets_limit": True, "stage.current": "hands free"},
    {"stage.advice": False, "session.milestones": False},
    {"metronome.output": "sound", "metronome.spm": 120.0},
)
HAPPENS = ("stumble", "fall", "clear", "hand over", "")
STRETCH = st.tuples(
    st.sampled_from(SET) | st.sampled_from(HAPPENS),
    st.none() | st.floats(-8.0, 8.0),
    st.integers(1, 30),
)
"""What happens or is set, and then how far from the limit is walked (None: not), for how long."""


class Walk:
    """A guidance, and who listens: to whom every cue, and every limit, has to make sense."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.guidance = Guidance(self.settings)
        self.state = Status(self.settings).snapshot()
        self.begun: list[float] = []  # the slow-down cues
        self.most: int = 3
        self.t = 0.0

    def hear(self, events: list[Event]) -> None:
        before: Event | None = None
        for event in events:
            assert sentence(event)
            if isinstance(event, Cue):
                assert (event.state == "on") != (event.cue in self.state["cues"]), event
                gentler = before == Cue(event.t, "slow_down_firm", "off")
                if event == Cue(event.t, "slow_down", "on") and not gentler:
                    self.begun.append(event.t)
            self.state, before = after(self.state, event), event
        assert set(self.state["cues"]) == self.guidance.cues
        assert self.state["session"]["running"] == self.guidance.in_session
        assert sum(t > self.t - 60.0 for t in self.begun) <= self.most

    def set(self, wanted: dict[str, Value]) -> None:
        old = self.settings
        if (new := old.changed(wanted)) == old:
            return
        if new.cadence.max_cues_per_min < self.most:
            self.begun.clear()
        self.settings, self.most = new, new.cadence.max_cues_per_min
        changes = {key: new.value(key) for key in wanted if new.value(key) != old.value(key)}
        self.hear([SettingsChanged(self.t, changes), *self.guidance.adopt(new, self.t)])

    def happens(self, what: str | dict[str, Value]) -> None:
        if isinstance(what, dict):
            self.set(what)
        elif what == "clear":
            self.hear(self.guidance.clear(self.t))
        elif what == "hand over" and self.state["cadence"]["spm"] is None:
            self.hear(self.guidance.end(self.t, upright=True) if not self.guidance.cues else [])
        elif what == "stumble":
            self.respond(Stumble(self.t + 0.05, self.t, 1.0))
        elif what == "fall":
            self.respond(Fall(self.t + 0.05, self.t))

    def walk(self, above_spm: float | None, seconds: int) -> None:
        for _ in range(seconds):
            spm = None if above_spm is None else self.settings.cadence.max_spm + above_spm
            self.respond(Cadence(round(self.t + 0.5) + 0.5, spm, 0.9))
            told = self.guidance.cues & {"slow_down", "slow_down_firm"}
            assert len(told) <= (self.guidance.in_session and spm is not None)

    def respond(self, event: Event) -> None:
        limit = self.state["limit_spm"]
        said = self.guidance.respond([event], event.t, upright=True)
        self.t = event.t
        self.hear(said)
        if isinstance(event, Cadence) and Cue(self.t, "slow_down", "on") in said:
            assert event.spm is not None
            assert event.spm > min(limit, self.state["limit_spm"])


@given(st.lists(STRETCH, max_size=30))
@settings(deadline=None)
def test_what_is_told_holds_together(
    stretches: list[tuple[str | dict[str, Value], float | None, int]],
) -> None:
    """Every cue that goes on goes off, no more than were wanted come, and the limit told counts."""
    walk = Walk()
    for what, above_spm, seconds in stretches:
        walk.happens(what)
        walk.walk(above_spm, seconds)
    walk.walk(None, 700)
    assert walk.guidance.cues <= {"fall"}
    walk.happens("clear")
    walk.walk(None, 1)
    assert not walk.guidance.waits
    assert walk.state["limit_spm"] == walk.settings.cadence.max_spm
    assert not any(isinstance(e, Session) for e in walk.guidance.end(walk.t, upright=True))
