"""From movement to cadence: the walker's tempo, steps and steadiness.

Every half second the newest movement (`coach.gait.movement`) is compared with what was before
(`coach.gait.self_similarity`), which moves a belief about the stride period (`coach.gait.rhythm`).
While there is a rhythm, the phase of the strides gives the tempo (`coach.gait.phase`) and the
instants of steps (`coach.gait.steps`), at each whole second. All of it is blind to how the sensor
is mounted: only sums over all axes, and what lies along gravity, are used.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import numpy as np

from coach.events import Cadence, Steadiness, Step
from coach.gait.confidence import confidence
from coach.gait.movement import PIECE_N, VERTICAL, Movement
from coach.gait.parameters import GAIT, GaitParameters
from coach.gait.phase import tempo
from coach.gait.rest import Rest
from coach.gait.rhythm import RhythmFilter
from coach.gait.self_similarity import SelfSimilarity
from coach.gait.steps import find_steps, sides
from coach.gait.turn import Turn
from coach.gait.variability import SPAN_S, regularity_and_symmetry, step_amplitude, step_time_cv
from coach.samples import RASTER_HZ, Floats, Frame

GaitEvent = Cadence | Step | Steadiness

FORGET_S: Final = 2.0
"""A gap longer than this forgets the walker: nobody knows what happened in it."""

STEADINESS_EVERY_S: Final = 5
"""Rhythm of the steadiness events: several steps anew, even at a slow walk."""

PIECES_PER_S: Final = RASTER_HZ // PIECE_N

TURN_LASTS: Final = 6
"""Half seconds after a turn (or a gap) in which strides still are compared with those in it."""

REMEMBERED, PIECES_HELD, PIECES_BETWEEN = 12, 3, 3
"""Half seconds in which a new tempo may have been taken up, for which it must be held, and which
may lie between it and the one before: about a stride."""

HARDLY: Final = 0.25
"""A period that differs by this share of the whole change is still the old one, or the new one."""

NEVER: Final = -2  # before any raster index, and before the one before the first


class GaitTracker:
    """Give it frames; it answers with cadence (each second), steps and steadiness.

    A frame may hold any number of raster samples: an hour in one call gives the same events
    as frame by frame.
    """

    def __init__(self, *, parameters: GaitParameters = GAIT) -> None:
        self._p = parameters
        self._movement = Movement(parameters.lever)
        self._similarity = SelfSimilarity(parameters.evidence)
        self._rhythm = RhythmFilter(parameters.rhythm)
        self._piece: list[Floats] = []  # the samples of the half second that goes on
        self._rest = Rest(parameters.evidence)
        self._still = True  # the newest half second
        self._torn = False  # the half second that goes on is left out: a long gap is in it
        self._last_end = NEVER
        self._newest_step = 0.0  # of those told; at first the first sample, also after a long gap
        self._periods: deque[float] = deque(maxlen=REMEMBERED)  # logarithms, by half second
        self._turn = Turn(parameters.tempo)
        self._straight = TURN_LASTS  # half seconds since a turn
        self._whole = TURN_LASTS  # half seconds since a gap
        self._told_t = math.inf  # the newest second of which was told
        self._before_spm: float | None = None  # the last tempo told but for those after a turn
        self._turned_t = -math.inf  # when the body last turned, of those who had a tempo
        self._doubted_t = math.inf  # when it was first doubted since it was last believed
        self._walked_s = 0  # for so long a cadence has been told
        self._steps: deque[float] = deque()

    def gap(self, missing_s: float, end: float) -> list[GaitEvent]:
        """Tell that `missing_s` seconds of samples are missing, up to `end`, before the next frame.

        That nobody is known to walk is said at once: the samples to come may be too few to make a
        second, again and again. Gaps that hide the end of each second between them, in step with
        it, are as good as a long one.
        """
        if missing_s <= FORGET_S and end <= self._told_t + 1.0 + FORGET_S:
            self._whole = 0
            return []
        self._told_t = end
        self._movement.forget()
        self._similarity.forget()
        self._rhythm.forget()
        self._before_spm = None
        self._last_end = NEVER
        self._rest.end()
        self._torn = self._still = True
        return self._nobody_walks(end)

    def track(self, frame: Frame) -> list[GaitEvent]:
        """The events that these samples complete."""
        end, x = frame
        index = end - len(x)  # raster index of the last sample before these
        if index != self._last_end:
            self._bridge(index, x[:1])
        self._last_end = end
        events: list[GaitEvent] = []
        done = 0
        while done < len(x):
            some = x[done : done + PIECE_N - index % PIECE_N]  # of the piece that goes on
            self._piece.append(some)
            done += len(some)
            index += len(some)
            if index % PIECE_N == 0:
                self._take_piece()
                events += self._decide(index // PIECE_N)
        return events

    def _bridge(self, index: int, value: Floats) -> None:
        """Let `value` (1, 6) stand for the missing samples up to raster index `index`."""
        known = self._last_end
        if known == NEVER:
            known = index // PIECE_N * PIECE_N
            self._newest_step = index / RASTER_HZ
        for missing in range(known, index):
            self._piece.append(value)
            if (missing + 1) % PIECE_N == 0:
                self._take_piece()

    def _take_piece(self) -> None:
        piece: Floats = np.concatenate(self._piece)
        self._piece.clear()
        if self._torn:
            self._torn = False
            return
        if self._rest.goes_on(piece):
            return
        self._movement.push(piece)
        self._similarity.update(self._movement.ring, self._movement.end)
        self._still = self._similarity.rests
        if self._still:
            self._rest.begin(piece)
        if self._rest.reading is not None:
            self._movement.forget(self._rest.reading)
            self._similarity.forget()

    def _decide(self, piece: int) -> list[GaitEvent]:
        """Another half second is over, the `piece`-th of the stream."""
        turns = self._movement.turning_dps > self._p.rhythm.turn_dps
        self._straight = 0 if turns else self._straight + 1
        t = piece / PIECES_PER_S
        if turns and self._walked_s:
            self._turn.goes_on(t)
        if turns and self._before_spm is not None:
            self._turned_t = t
        self._whole += 1
        if self._still:
            self._rhythm.forget()
            self._before_spm = None
            if self._rest.reading is None:
                self._similarity.interrupt()
        else:
            evidence = self._similarity.evidence()
            seamless = min(self._straight, self._whole) >= TURN_LASTS
            alike = self._similarity.newest if seamless else None
            self._rhythm.update(evidence, alike, self._movement.leaned_deg)
            self._periods.append(self._rhythm.log_stride)
        if piece % PIECES_PER_S == 0:
            self._told_t = t
            return self._tell(t)
        changes = self._rhythm.walking != bool(self._walked_s)
        return [e for e in self._tell(t) if not isinstance(e, Steadiness)] if changes else []

    def _tell(self, t: float) -> list[GaitEvent]:
        """The events of an instant: a whole second, or a half at which a walk begins or ends."""
        if not self._rhythm.walking:
            return self._nobody_walks(t)
        p, slow, stride_s = self._p, self._movement.slow, self._rhythm.stride_s
        now = tempo(slow, stride_s, p.tempo, self._similarity.noise)
        if now is None or now.spm < p.tempo.slowest_spm:
            return self._nobody_walks(t)
        through = self._turn.through(now, t, slow, stride_s, self._similarity.noise)
        sure = confidence(now.steadiness, through.scatter_spm, p.confidence)
        since = now.since_change(p.tempo) if self._has_changed() else through
        recent_spm, newest_spm = now.newest_spm(stride_s), now.newest_spm(0.5 * stride_s)
        if self._doubtful(t, recent_spm, since.spm):
            return [Cadence(t, None, 0.0)]
        events: list[GaitEvent] = [Cadence(t, since.spm, sure, recent_spm, newest_spm)]
        events += self._new_steps(t, find_steps(slow, now, p.steps), 60.0 / now.spm)
        self._walked_s += 1
        if round(t) % STEADINESS_EVERY_S == 0:
            events.append(self._steadiness(t, stride_s))
        return events

    def _nobody_walks(self, t: float) -> list[GaitEvent]:
        self._walked_s = 0
        self._turn.forget()
        self._steps.clear()
        return [Cadence(t, None, 0.0)]

    def _doubtful(self, t: float, recent_spm: float, told_spm: float) -> bool:
        """Whether this is a quicker tempo than the one before a turn that has just been made.

        It is doubted no longer for further turns: who turns again and again would never have one.
        """
        p = self._p.tempo
        if self._before_spm is None or t > min(self._turned_t, self._doubted_t) + p.doubt_s:
            self._before_spm = told_spm
            self._doubted_t = math.inf
            return False
        doubtful = math.log(max(recent_spm, told_spm) / self._before_spm) > p.doubt
        if doubtful:
            self._doubted_t = min(self._doubted_t, t)
        return doubtful

    def _has_changed(self) -> bool:
        """Whether a new tempo has been taken up suddenly, and is held.

        A belt that gathers speed or runs down has no two tempos: it is shown as the mean.
        """
        p, periods = self._p.tempo, self._periods
        if self._walked_s < p.known_s or len(periods) < REMEMBERED:
            return False
        change = abs(periods[-1] - periods[0])
        if change <= p.sudden:
            return False
        old = [abs(period - periods[0]) <= HARDLY * change for period in periods]
        new = [abs(period - periods[-1]) <= HARDLY * change for period in periods]
        held = all(old[:PIECES_HELD]) and all(new[-PIECES_HELD:])
        return held and sum(old) + sum(new) >= REMEMBERED - PIECES_BETWEEN

    def _new_steps(self, t: float, ago: list[float], step_s: float) -> list[Step]:
        found: list[Step] = []
        after = self._newest_step + 0.5 * step_s
        for since, side in zip(ago, sides(ago, self._movement.slow), strict=True):
            at = t + since
            if since <= -self._p.steps.settled_s and at > after:
                found.append(Step(t, at, side))
                self._steps.append(at)
                self._newest_step = at
        while self._steps and self._steps[0] < t - SPAN_S:
            self._steps.popleft()
        return found

    def _steadiness(self, t: float, stride_s: float) -> Steadiness:
        along = self._movement.slow[VERTICAL]
        regularity, symmetry = regularity_and_symmetry(along, stride_s) or (None, None)
        cv = step_time_cv(list(self._steps))
        amplitude_g = step_amplitude(self._movement.magnitude, stride_s)
        return Steadiness(t, cv, regularity, symmetry, amplitude_g)
