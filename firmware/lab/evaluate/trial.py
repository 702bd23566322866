"""One recording through the coach, and all that is asked of what it says."""

from __future__ import annotations

from dataclasses import dataclass

from coach.engine import ENGINE, Engine, EngineParameters
from firmware import recordings
from firmware.errors import UserError
from firmware.lab.evaluate import cadence, folder, rest, stumble
from firmware.lab.evaluate.folder import Item
from firmware.settings.catalogue import Settings


@dataclass(frozen=True, slots=True)
class Trial:
    """One piece of work: a recording, under these settings."""

    item: Item
    settings: Settings
    parameters: EngineParameters = ENGINE


@dataclass(frozen=True, slots=True)
class Score:
    """Of one recording: what its truth is good for, the rest is None; or why it has no score."""

    item: Item
    cadence: cadence.Windows | None = None
    alarms: tuple[stumble.Alarms, ...] = ()
    rest: rest.Rest | None = None
    error: str | None = None

    @property
    def person(self) -> str:
        """Subjects of the same name in two datasets are two people."""
        return f"{self.item.dataset} {self.item.subject}"


def score(trial: Trial) -> Score:
    """Run the engine once over the recording."""
    item = trial.item
    try:
        block = recordings.read(item.path).block
        steps = None if item.steps is None else folder.read_steps(item.steps)
        spans = folder.spans(item, float(block.t[-1] - block.t[0]))
    except UserError as e:
        return Score(item, error=str(e))
    events = Engine(trial.settings, parameters=trial.parameters).feed(block)
    return Score(
        item,
        None if steps is None else cadence.windows(item, steps, block, events),
        tuple(stumble.alarms(item, span, block, events) for span in spans if span.kind),
        rest.told(spans, events),
    )
