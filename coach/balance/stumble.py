"""Stumbles, told by comparing the walker with the walker's own last seconds.

Some quantities say how the last 0.3 s of movement look: how strongly the trunk is shaken, jerked
and tilted (`coach.balance.motion`), and how unlike every earlier moment of this gait it moves
(`coach.balance.novelty`: the gait's own prediction of its next moment, at this phase of the step).
Of each the largest value of the newest 0.4 s is divided by the walker's usual, and the *excess* is
the geometric mean of the ratios: how many times its usual the movement is, all told. One number out
of the ordinary does not make a stumble: a turn rotates, a cough and a knock shake, a longer step
is shaken and tilted more but is like the others in shape. But the parts of a stumble follow one
another: the foot is caught, the trunk tilts, the other foot lands hard. So what was within 0.4 s
counts together, and is held against the usual of before.

With the hands on the rails the trunk sways more than it is shaken, and a small stumble is no
larger than a large step. But it comes where no step would: there the surprise in acceleration,
in rotation and in the load on the feet is what tells, beside the load's jerk.

The usual of a quantity is its largest value of the last ten seconds, and after that a memory
which fades over twelve: many steps, so that a heavy stepper, a limp and an uneven gait are their
own measure, and short enough to follow the belt. The newest 0.4 s are left out and an incident
does not enter, so that a stumble is never its own measure. Nor does one that was too small to be
told hide the next: the usual of a known walker grows no quicker than people change their gait.

None of this says anything before somebody walks. The detector is armed by 1.6 s of movement
with the strength of free steps, or, for somebody who hardly moves with the hands on the rails, by
some seconds of rhythm however faint. From then on it stays armed until the walker stands still:
the steps after a stumble are neither strong nor even, and a second one may follow.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from typing import Final

import numpy as np

from coach.balance.motion import HOP_S, Movement
from coach.balance.novelty import NEAREST_HOPS, Echo
from coach.balance.posture import Posture, impact_g
from coach.events import Event, Fall, Outcome, OutcomeKind, Stumble
from coach.samples import Hop, Rows
from coach.settings import StumbleSettings

EXCESS_AT_NORMAL = 0.7
"""How far beyond the usual is a stumble at sensitivity 1: set by the recordings, between the worst
of their walking (0.64) and the least of their stumbles (0.87). The lower part of it catches the
small stumbles of people with large steps, which no recording has."""

HELD_S = 10.0
"""The usual is the largest of this long: six steps of the slowest walkers. The larger steps of an
uneven gait come every few steps, and must not be forgotten in between."""

FADE_S = 12.0
"""Time constant with which the usual fades once it is older: the belt may have changed."""

GROWS_S = 2.0
"""Time constant with which the usual of a known walker grows at most: a stumble is over sooner, a
change of gait takes longer."""

KNOWN_HOPS = 60
"""3 s of walking, some steps, make a usual; before that it grows freely."""

FREE, QUIET, LOAD = slice(0, 4), slice(3, 7), 7
"""Order of the quantities: shaking, jerk, tilting | surprise | load's jerk, surprise in rotation,
surprise in load | load. Free steps are judged by the first four, quiet ones by surprise and what
follows; the load tells which they are."""

LEAST_USUAL: Final = [0.12, 0.12, 8.0, 0.04, 0.05, 5.0, 0.04, 0.08]
"""A usual below this (g; rotation: deg/s) counts as this. A shift of the grip or a light cough is
of this size; who moves less must not be alarmed by them."""

LEAST_RATIO = 0.8
"""What is below its usual does not speak against a stumble, or not more than this: a body that
topples slowly is not jerked."""

QUIET_LOAD_G = 0.25
"""A usual load below this is a quiet walk: hands on the rails. Free walkers, the slowest stroke
patients among them, are above."""

FEW_STEPS_HOPS = 12.0
"""The line is 1 + (this / hops walked)^2 times higher: the usual of few steps is a poor guide."""

CALM = 0.55
"""An excess below this part of the line is calm: of 1661 alarms, on recordings and on simulated
walkers, 4 came from so low within a single hop, while three in four hops or more are calm."""


# Armed: who walks?

STRONG_G, STRONG_DPS, STRONG_WITHIN_HOPS, STRONG_HOPS = 0.15, 15.0, 16, 32
"""Free steps exceed both at least every 0.8 s; 1.6 s of it is two or three steps. With 0.19 g, 25
deg/s or 2 s the first recorded stumble is missed; with all of them a fifth easier nearly twice as
many other movements raise an alarm."""

FAINT_G, FAINT_DPS, FAINT_WITHIN_HOPS = 0.02, 3.0, 40
"""Steps with the hands on the rails exceed both at least every 2 s; sensor noise does not. Whoever
does not is standing still."""

RHYTHM_LEAST, RHYTHM_HOPS = 0.7, 60
"""3 s of repetition as good as this: nobody fidgets, sits down or climbs stairs so evenly."""


class _Arming:
    """Counts how long somebody has been walking."""

    def __init__(self) -> None:
        self.walked_hops = 0  # up to now; 0 while it is not certain that somebody walks
        self._since_shake = self._since_turn = STRONG_WITHIN_HOPS
        self._since_faint = self._since_stir = self._since_rhythm = FAINT_WITHIN_HOPS
        self._strong = self._rhythmic = 0

    def feed(self, shake_g: float, turn_dps: float, rhythm: float) -> None:
        """Take in the next hop."""
        self._since_shake = 0 if shake_g > STRONG_G else self._since_shake + 1
        self._since_turn = 0 if turn_dps > STRONG_DPS else self._since_turn + 1
        moves = max(self._since_shake, self._since_turn) < STRONG_WITHIN_HOPS
        self._strong = self._strong + 1 if moves else 0
        self._since_faint = 0 if shake_g > FAINT_G else self._since_faint + 1
        self._since_stir = 0 if turn_dps > FAINT_DPS else self._since_stir + 1
        self._since_rhythm = 0 if rhythm > RHYTHM_LEAST else self._since_rhythm + 1
        still = max(self._since_faint, self._since_stir) >= FAINT_WITHIN_HOPS
        if still or self._since_rhythm >= FAINT_WITHIN_HOPS:
            self._rhythmic = 0
        elif self._since_rhythm == 0:
            self._rhythmic += 1
        if still:
            self.walked_hops = 0
        elif self.walked_hops:
            self.walked_hops += 1
        elif self._strong >= STRONG_HOPS or self._rhythmic >= RHYTHM_HOPS:
            self.walked_hops = max(self._strong, self._rhythmic)


# The usual.

_FADE: Final = math.exp(-HOP_S / FADE_S)
_HELD_HOPS: Final = round(HELD_S / HOP_S)
_GROWTH: Final = 1.0 + HOP_S / GROWS_S


class _Usual:
    """The largest of each quantity, held for 10 s and then fading; not the newest 0.4 s."""

    def __init__(self) -> None:
        self.learned_hops = 0
        self._largest = [0.0] * len(LEAST_USUAL)
        self._held = [0] * len(LEAST_USUAL)  # hops before each begins to fade
        self._newest: deque[list[float]] = deque()  # not yet usual
        self._going_on: deque[list[float]] = deque(maxlen=NEAREST_HOPS)

    def interrupt(self) -> None:
        """Samples are missing: what was usual stays so, what was going on does not."""
        self._newest.clear()
        self._going_on.clear()

    @property
    def shaking(self) -> float:
        """The usual shaking, g."""
        return self._largest[0]

    def excess(self, now: list[float]) -> float:
        """Take in the newest hop; return how many times its usual the movement is.

        The geometric mean over the quantities, of each the largest within 0.4 s.
        """
        self._going_on.append(now)
        told = QUIET if self._largest[LOAD] < QUIET_LOAD_G else FREE
        largest = map(max, [*zip(*self._going_on, strict=True)][told])
        product = 1.0
        for x, usual, least in zip(largest, self._largest[told], LEAST_USUAL[told], strict=True):
            product *= max(x / max(usual, least), LEAST_RATIO)
        return float(product ** (1.0 / (told.stop - told.start)))

    def unlearn(self, hops: int) -> None:
        """What was learned in the last `hops` was the beginning of a stumble."""
        for _ in range(min(hops, len(self._newest))):
            self._newest.pop()

    def learn(self, now: list[float], *, known: bool) -> None:
        """Let `now` become usual, from 0.4 s on; of a `known` walker not more than a gait grows."""
        self.learned_hops += 1
        self._newest.append(now)
        if len(self._newest) < NEAREST_HOPS:
            return
        for i, x in enumerate(self._newest.popleft()):
            if x >= self._largest[i]:
                most = _GROWTH * max(self._largest[i], LEAST_USUAL[i]) if known else x
                self._largest[i], self._held[i] = min(x, most), _HELD_HOPS
            elif self._held[i] > 0:
                self._held[i] -= 1
            else:
                self._largest[i] *= _FADE


# What follows a stumble.

INCIDENT_S = 3.0
"""So long without a new excess ends an incident: what comes sooner is still the same stumble."""

UNLEARNED_S = 6.0
"""This much of an incident does not become usual; whoever goes on like that has changed gait."""

FALL_AFTER_S = 6.0
"""A trunk that comes to lie so soon after a stumble has fallen, whatever the impact."""

SETTLE_S = 1.5
"""After a short gap nothing is judged before gravity and the movement are known again."""

SHORT_GAP_S = 2.0
"""The walker's usual survives a gap of this length; after a longer one it is learned anew."""

STOPPED_S = 2.0
"""Standing still so long after a stumble means that the walker has stopped."""

STILL_SHARE = 0.25
"""Shaking below this share of the walker's usual is standing."""


class _Incident:
    """One stumble from its alarm to its end: one alarm, one outcome."""

    def __init__(self, onset: float, severity: float) -> None:
        self.onset = onset
        self.severity = severity  # largest excess over the line
        self.age_s = self.quiet_s = self.still_s = 0.0
        self._open = True

    def feed(self, severity: float) -> None:
        """Take in the next hop's excess over the line."""
        self.age_s += HOP_S
        self.quiet_s = 0.0 if severity > 1.0 else self.quiet_s + HOP_S
        self.severity = max(self.severity, severity)

    def close(self, t: float, kind: OutcomeKind) -> list[Event]:
        """Say once what followed."""
        still_open, self._open = self._open, False
        return [Outcome(t, self.onset, kind, round(self.severity, 2))] if still_open else []


# The detector.

REGAINED_S = 5.0
"""Walking this long after a fall is proof of an upright walker, wherever the clip is now."""

DEAD_G = 0.3
"""No accelerometer on a living body reads less than this five times without any variation."""

READING_MAX = 8000.0
"""g or deg/s: far beyond any sensor of this kind; cut off here, no square overflows."""


def _without_power(rows: Rows) -> bool:
    """Whether these samples are the zeros of a chip that has lost its power."""
    first = rows[0]
    if abs(first[0]) > DEAD_G or first[0] != rows[-1][0]:  # nearly always: the quick way out
        return False
    return max(map(abs, first[:3])) < DEAD_G and rows == [first] * len(rows)


class StumbleDetector:
    """Feed it hops, get `Stumble`, `Fall` and `Outcome` events.

    `settings` is all that a person may change. Strictly causal; a rotation of the sensor or
    another beginning of time changes nothing. `calm`: no stumble is to be told at the next hop.
    """

    def __init__(self, settings: StumbleSettings | None = None) -> None:
        self.change(settings or StumbleSettings())
        self._posture = Posture()
        self._movement = Movement()
        self._dead_s = 0.0  # of a sensor without power
        self._walked_s = 0.0  # since a fall
        self._restart()

    def _restart(self) -> None:
        self.calm = True
        self._echo = Echo()
        self._usual = _Usual()
        self._arming = _Arming()
        self._settle_s = 0.0
        self._rising: float | None = None  # since when the excess has been above 1
        self._incident: _Incident | None = None

    def change(self, settings: StumbleSettings) -> None:
        """Another sensitivity from the next hop on; what is usual for the walker stays known."""
        self._line = 1.0 + EXCESS_AT_NORMAL / settings.sensitivity

    @property
    def armed(self) -> bool:
        """Whether somebody walks whose usual is known."""
        return self._known_hops >= STRONG_HOPS and self._settle_s <= 0.0

    @property
    def _known_hops(self) -> int:
        """Hops of walking up to now of which the usual has learned."""
        return min(self._arming.walked_hops, self._usual.learned_hops)

    @property
    def upright(self) -> bool:
        """Whether the posture is the one from before the last fall (True before any)."""
        return not self._posture.fallen

    def gap(self, missing_s: float) -> None:
        """Samples are missing for `missing_s` seconds: no alarm comes from what lies between."""
        self._posture.gap(missing_s)
        self._movement.gap()
        if missing_s > SHORT_GAP_S:
            self._restart()
            return
        self._echo.interrupt()
        self._usual.interrupt()
        self._rising = None
        self._settle_s = SETTLE_S

    def feed(self, hop: Hop) -> list[Event]:
        """Take in the next hop; return what it decides."""
        rows: Rows = hop.x.tolist()
        if _without_power(rows):
            self._dead_s += HOP_S
            self.gap(self._dead_s)
            return []
        self._dead_s = 0.0
        if math.hypot(*itertools.chain.from_iterable(rows)) > READING_MAX:  # at once: quicker
            rows = np.clip(hop.x, -READING_MAX, READING_MAX).tolist()
        self._movement.feed(rows)
        self._echo.feed(self._movement.swing)
        self._arming.feed(self._movement.step_g, self._movement.turn_dps, self._echo.rhythm)
        return self._judge(hop.t) + self._follow(hop.t, impact_g(rows))

    def _judge(self, t: float) -> list[Event]:
        """Hold the present movement against the usual: a stumble begins, goes on, or is over."""
        self._settle_s = max(self._settle_s - HOP_S, 0.0)
        if self._settle_s > 0.0:
            self.calm = self._settle_s > HOP_S
            return []
        movement = self._movement
        shaken, turned, loaded = self._echo.surprise
        now = [movement.shaking, movement.jerk, movement.tilting, shaken]
        now += [movement.load_jerk, turned, loaded, movement.load_g]
        excess = self._usual.excess(now)
        if excess <= 1.0:
            self._rising = None
        elif self._rising is None:
            self._rising = t - HOP_S
        walked = self._known_hops
        line = self._line * (1.0 + (FEW_STEPS_HOPS / max(walked, STRONG_HOPS)) ** 2)
        self.calm = excess < CALM * line
        if walked < STRONG_HOPS:
            line = math.inf
        incident, events = self._incident, list[Event]()
        if incident is None:
            if excess > line and self._rising is not None:
                incident = self._incident = _Incident(self._rising, excess / line)
                self._usual.unlearn(round((t - self._rising) / HOP_S))
                events.append(Stumble(t, incident.onset, round(incident.severity, 2)))
        else:
            incident.feed(excess / line)
        if incident is None or incident.age_s > UNLEARNED_S:
            self._usual.learn(now, known=walked >= KNOWN_HOPS)
        return events

    def _follow(self, t: float, impact: float) -> list[Event]:
        """What becomes of the walker: fallen, stopped, recovered."""
        incident, posture, events = self._incident, self._posture, list[Event]()
        stumbled = incident is not None and incident.age_s < FALL_AFTER_S
        if posture.feed(self._movement.acc, impact, stumbled=stumbled):
            onset = incident.onset if incident else t - posture.onset_s
            events.append(Fall(t, onset))
            if incident:
                events += incident.close(t, "fall")
        self._walked_s = self._walked_s + HOP_S if posture.fallen and self.armed else 0.0
        if self._walked_s > REGAINED_S:
            posture.accept()
        if incident is None:
            return events
        moves = self._movement.shaking > STILL_SHARE * self._usual.shaking
        incident.still_s = 0.0 if moves else incident.still_s + HOP_S
        if stumbled and posture.leans:  # may still be falling
            return events
        if incident.still_s > STOPPED_S:
            events += incident.close(t, "stopped")
        if incident.quiet_s > INCIDENT_S and not 0.0 < incident.still_s <= STOPPED_S:
            events += incident.close(t, "stopped" if posture.leans else "recovered")
            self._incident = None
        return events
