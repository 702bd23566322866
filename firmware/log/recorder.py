"""What of the stream goes into the log: whole sessions, from before their first step.

A session is noticed some seconds after it began. So everything is held back from the moment the
engine was born, and written when the session starts (or an alarm comes before it does): the log
then holds every sample that this engine ever saw, and a replay decides exactly as it did.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from firmware.log.journal import Journal, Opening
from firmware.records import Record

Times: TypeAlias = NDArray[np.int64]
Counts: TypeAlias = NDArray[np.int16]


class Recorder:
    """One engine's stream on its way to the log. `keep_raw` False leaves the samples out."""

    def __init__(self, journal: Journal, opening: Opening, *, keep_raw: bool) -> None:
        self._journal = journal
        self._opening = opening
        self._keep_raw = keep_raw
        self._held: list[Callable[[], None]] | None = []  # None once the session is being written

    @property
    def kept(self) -> bool:
        """The stream is going into the log."""
        return self._held is None

    def samples(self, t_us: Times, raw: Counts) -> None:
        """Samples as the engine was fed with them: t_us from its first sample, raw counts."""
        if self._keep_raw:
            self._pass(self._journal.samples, t_us, raw)

    def record(self, record: Record) -> None:
        """What the engine or the device has said."""
        self._pass(self._journal.record, record)

    def keep(self) -> None:
        """This stream is worth a place in the log: write what was held and all that comes."""
        if self._held is not None:
            held, self._held = self._held, None
            self._journal.begin(self._opening)
            for write in held:
                write()

    def finish(self, reason: str) -> None:
        """The stream is over; what was never worth keeping is forgotten."""
        if self.kept:
            self._journal.end(reason)

    def _pass(self, tell: Callable[..., None], *what: Any) -> None:  # noqa: ANN401 - anything told
        if self._held is None:
            tell(*what)
        else:
            self._held.append(partial(tell, *what))
