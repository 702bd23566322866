"""One recording through the coach, and all that is asked of what it says."""

from __future__ import annotations

from coach.engine import Engine
from coach.events import Event
from coach.frozen import frozen
from coach.samples import Block, Floats
from firmware import recordings
from firmware.errors import UserError
from firmware.lab.evaluate import cadence, folder, rest, stumble
from firmware.lab.evaluate.folder import Item, Span
from firmware.settings.catalogue import Settings


@frozen
class Trial:
    """One piece of work: a recording, under these settings."""

    item: Item
    settings: Settings


@frozen
class Known:
    """A recording and its truth: foot contacts (s), and what is done when."""

    item: Item
    block: Block
    steps: Floats | None
    spans: list[Span]


@frozen
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


def measure(trial: Trial) -> Score:
    """Read the recording and score it."""
    item = trial.item
    try:
        block = recordings.read(item.path).block
        steps = None if item.steps is None else folder.read_steps(item.steps)
        known = Known(item, block, steps, folder.spans(item, float(block.t[-1] - block.t[0])))
    except UserError as e:
        return Score(item, error=str(e))
    return scored(known, Engine(trial.settings).feed(block))


def scored(known: Known, events: list[Event]) -> Score:
    """What is right of `events`, told of the recording."""
    item, block = known.item, known.block
    return Score(
        item,
        None if known.steps is None else cadence.windows(item, known.steps, block, events),
        tuple(stumble.alarms(item, span, block, events) for span in known.spans if span.kind),
        rest.told(known.spans, events),
    )
