"""Stumbles, told by comparing the walker with the walker's own last seconds.

Six quantities say how the last 0.3 s of movement look: how strongly the trunk is shaken, jerked and
tilted (`coach.balance.motion`), and how new its acceleration, rotation and load are: unlike what
this gait does at this phase of the step (`coach.balance.novelty`). Of who has walked for six
seconds a seventh is how surprising the rotation is at that phase (`coach.balance.surprise`). Of
each the largest value of the newest 0.4 s is divided by the walker's baseline
(`coach.balance.baseline`), and so are all together; the *anomaly ratio* is the geometric mean: how
many times its usual the movement is, all told. One number out of the ordinary does not make a
stumble: a turn rotates, a cough and a knock shake, a longer step is shaken and tilted more but is
like the others in shape, a clip that slips turns the device and nothing else. But the parts of a
stumble follow one another: the foot is caught, the trunk tilts, the other foot lands hard. So what
was within 0.4 s counts together, and is held against the baseline of before.

Hands that let go of the rails make every quantity three times as large, but they make it of the
same steps. So a stumble must be more unlike the steps before, however much those are enlarged, than
like them, and what is partly like them counts less; and a baseline that is left behind by larger
steps follows them at once.

How far beyond its baseline a stumble must be depends on how well the baseline is known. After many
steps little is needed; of two steps nobody knows what the third will be. So the line is itself to
a power that falls towards 1 with the steps walked since the walk, or a pause in it, began. Of who
walks unevenly it is further away (`coach.balance.unevenness`).

None of this says anything before somebody walks (`coach.balance.arming`), and none of it is
computed while nobody moves. The steps after a stumble are neither strong nor even, and a second one
may follow: whoever goes on stays armed.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from coach.balance.arming import Arming
from coach.balance.baseline import Baseline
from coach.balance.handling import HandlingWatch
from coach.balance.motion import Movement, summary
from coach.balance.novelty import Novelty
from coach.balance.parameters import BALANCE, BalanceParameters
from coach.balance.posture import Posture, impact_g
from coach.balance.vectors import length
from coach.events import Event, Fall, Handling, Outcome, OutcomeKind, Stumble
from coach.samples import FRAME_S, Floats, Frame, Row, Rows
from coach.settings import StumbleSettings

GYRO_FRAMES: Final = 40
"""Two seconds: so long a gyroscope is watched for a sign of life."""


class _Incident:
    """One stumble from its alarm to its end: one alarm, one outcome."""

    def __init__(self, onset: float, severity: float) -> None:
        self.onset = onset
        self.severity = severity  # largest anomaly ratio over the line
        self.age_s = self.quiet_s = self.still_s = 0.0
        self._open = True

    def goes_on(self, severity: float) -> None:
        """Take in the next frame's anomaly ratio over the line."""
        self.age_s += FRAME_S
        self.quiet_s = 0.0 if severity > 1.0 else self.quiet_s + FRAME_S
        self.severity = max(self.severity, severity)

    def close(self, t: float, kind: OutcomeKind) -> list[Event]:
        """Say once what followed."""
        still_open, self._open = self._open, False
        return [Outcome(t, self.onset, kind, round(self.severity, 2))] if still_open else []


DEAD_G = 0.3
"""No accelerometer on a living body reads less than this five times without any variation."""


class StumbleDetector:
    """Give it frames, get `Stumble`, `Fall`, `Outcome` and `Handling` events.

    `settings` is all that a person may change. Strictly causal; a rotation of the sensor or
    another beginning of time changes nothing.
    """

    def __init__(
        self, settings: StumbleSettings | None = None, *, parameters: BalanceParameters = BALANCE
    ) -> None:
        self._p = parameters
        self.adopt(settings or StumbleSettings())
        self._posture = Posture(parameters.posture)
        self._movement = Movement(parameters.motion)
        self._handling = HandlingWatch(parameters.handling)
        self._dead_s = 0.0  # of a sensor without power, or that hangs
        self._newest_row: Row | None = None
        self._restart()

    def _restart(self) -> None:
        p = self._p
        self._to_pass = 1  # so many frames to come are not to be judged
        self._novelty = Novelty(p.novelty)
        self._baseline = Baseline(p.baseline, p.unevenness)
        self._arming = Arming(p.arming)
        self._dead_frames = GYRO_FRAMES  # since the gyroscope's last sign of life
        self._settle_s = 0.0
        self._rested = 0  # frames up to now in which nobody has moved
        self._rising: float | None = None  # since when the anomaly ratio has been above 1
        self._incident: _Incident | None = None
        self._larger = 0  # frames up to now of larger steps, and of nothing else
        # Of the newest frames beyond the line, how unlike earlier steps each is.
        self._beyond: deque[float] = deque(maxlen=round(p.baseline.newest_frames))

    def adopt(self, settings: StumbleSettings) -> None:
        """Another sensitivity from the next frame on; the walker's baseline stays known."""
        self._line = 1.0 + self._p.stumble.excess / settings.sensitivity

    @property
    def armed(self) -> bool:
        """Whether somebody walks whose baseline is known."""
        return self._known >= self._p.arming.walked_frames and self._settle_s <= 0.0

    @property
    def rests(self) -> bool:
        """Nobody has moved for so long that there is nothing to judge."""
        return self._arming.rests and self._incident is None

    @property
    def calm_frames(self) -> int:
        """No stumble is to be told at so many of the next frames: it takes more to become one.

        So they are not judged at all, and the one after them is.
        """
        return self._to_pass

    @property
    def _stumbled(self) -> bool:
        """Whether a stumble just was."""
        incident = self._incident
        return incident is not None and incident.age_s < self._p.posture.stumbled_s

    @property
    def undecided(self) -> bool:
        """Whether what becomes of a lean, or of a stumble, is not known yet."""
        return self._incident is not None or (self._posture.leans and self.upright)

    def may_tell_within(self, frames: int) -> bool:
        """Whether a stumble or a fall may be told so soon (`frames` of less than `lying_s`)."""
        falls = self._posture.leans or self._incident is not None
        return falls or self._arming.may_prove_within(frames)

    @property
    def _known(self) -> int:
        """Frames of walking up to now from which the baseline has learned."""
        return min(self._arming.walked, self._baseline.learned)

    @property
    def upright(self) -> bool:
        """Whether the posture is the one from before the last fall (True before any)."""
        return not self._posture.fallen

    def gap(self, missing_s: float) -> None:
        """Samples are missing for `missing_s` seconds: no alarm comes from what lies between."""
        if missing_s <= self._p.stumble.bridged_s:
            return
        self._posture.interrupt(missing_s, stumbled=self._stumbled)
        self._handling.interrupt()
        if missing_s > self._p.stumble.short_gap_s:
            self._movement.interrupt()
            self._restart()
            return
        self._movement.bridge()
        self._baseline.interrupt()
        self._arming.interrupt()
        self._rising = None
        self._settle_s = self._p.stumble.settle_s

    def detect(self, frame: Frame, *, cadence_told: bool = False) -> list[Event]:
        """Take in the next frame; what it decides.

        `cadence_told`: the gait analysis has told a cadence for this moment, so somebody walks.
        """
        rows = frame.rows
        impact = impact_g(rows, self._newest_row)
        if self._hangs(rows):
            self._dead_s += FRAME_S
            return []
        if self._dead_s:
            self.gap(self._dead_s)  # as if there had been no samples
            self._dead_s = 0.0
        self._movement.feel(rows)
        self._arming.feel(self._movement, told=cadence_told)
        if self.rests:
            self._rest(1)
            return self._follow(frame.t, impact)
        return self._judge(frame.t, frame.x) + self._follow(frame.t, impact)

    def _hangs(self, rows: Rows) -> bool:
        """Whether these are the zeros of a chip that has lost its power, or a reading that stays.

        A body that is off its weight moves, and no reading of it is the next one's twin; who lies
        still may be, where a recording has few digits.
        """
        first, before = rows[0], self._newest_row
        self._newest_row = rows[-1]
        if first[0] != rows[-1][0] or rows != [first] * len(rows):  # nearly always: the quick way
            return False
        if self._dead_s or max(map(abs, first[:3])) < DEAD_G:
            return True
        if first != before or self._posture.leans:
            return False
        return abs(self._movement.load_of(first)) > self._p.arming.still_g

    def rest(self, piece: Frame) -> list[Event] | None:
        """Take in whole frames at once, in which nobody moves, still less walks.

        None if more may come of them, or of what was before: then nothing is taken in.
        """
        if not self.rests or self._dead_s:
            return None
        x = summary(piece.x)
        frames, trunk = len(x.means), x.trunk
        moves = self._movement.largest_load(x) > self._p.arming.still_g
        if moves or length(trunk) < DEAD_G or not self._posture.may_rest(trunk, x.largest_g):
            return None
        self._newest_row = piece.x[-1].tolist()
        self._movement.feel_rest(x)
        self._arming.feel(self._movement, told=False, frames=frames)
        self._rest(frames)
        self._posture.rest(trunk, frames)
        handled = self._handling.rest(x.means, self._posture)
        return [Handling(piece.t, handled)] if handled else []

    def _rest(self, frames: int) -> None:
        """Nobody moves: there is nothing to judge, and nothing to learn."""
        self._movement.rest()
        self._rested += frames
        self._rising = None
        self._to_pass = 1

    def _judge(self, t: float, x: Floats) -> list[Event]:
        """Hold the movement against the baseline: a stumble begins, goes on, or is over."""
        p, movement, baseline = self._p.stumble, self._movement, self._baseline
        if self._rested:
            baseline.rest(self._rested)
            self._rested = 0
        movement.follow(x)
        self._novelty.remember(movement.swing)
        lives = length(movement.turn) >= self._p.baseline.dead_dps
        self._dead_frames = 0 if lives else self._dead_frames + 1
        dead = self._turns_unknown
        self._arming.watch(share=baseline.share(movement.shaking, movement.tilting), dead=dead)
        if self._settle_s > 0.0:
            self._settle_s = max(self._settle_s - FRAME_S, 0.0)
        if self._settle_s > 0.0:
            self._to_pass = min(round(self._settle_s / FRAME_S) - 1, round(p.calm_frames))
            return []
        passed = self._to_pass > 0 and self._incident is None
        if not passed:
            self._novelty.compare()
        known, new = self._known, self._novelty
        rotation, load = new.surprise
        if known < self._p.arming.walked_frames:  # of who stood, the first step is beyond measure
            rotation = min(rotation, self._p.baseline.ratio_most)
        now = [movement.shaking, movement.jerk, movement.tilting, *new.novelty, rotation, load]
        if passed:
            self._to_pass -= 1
            baseline.pass_over(now)
            return []
        ratio = baseline.anomaly(now, known=known, dead=dead)
        events = self._hear_out(t, ratio, known)
        incident = self._incident
        if incident is None or incident.age_s > p.unlearned_s:
            baseline.learn(now, known=known, larger=self._freed)
        return events

    def _hear_out(self, t: float, ratio: float, known: int) -> list[Event]:
        """What an anomaly ratio says: a stumble begins, or goes on, or steps have become larger."""
        p, incident = self._p.stumble, self._incident
        least = self._p.arming.walked_frames
        line = self._line ** (1.0 + p.few_frames / max(known, least))
        line *= self._baseline.unevenness(known)
        self._to_pass = round(p.calm_frames) if ratio < p.calm else 0
        if known < least or not self._arming.steps:
            line = math.inf
        severity, larger = self._severity(ratio, line, known)
        self._larger = self._larger + 1 if larger else 0
        if ratio <= 1.0:
            self._rising = None
        elif self._rising is None or self._freed:
            self._rising = t - FRAME_S
        if incident is not None:
            incident.goes_on(severity)
        elif severity > 1.0 and not larger and self._rising is not None:
            incident = self._incident = _Incident(self._rising, severity)
            self._baseline.unlearn(round((t - self._rising) / FRAME_S))
            return [Stumble(t, incident.onset, round(incident.severity, 2))]
        return []

    def _severity(self, ratio: float, line: float, known: int) -> tuple[float, bool]:
        """The anomaly ratio over the line; and whether what is beyond it are larger steps.

        Of a walker who is known that counts which is unlike all earlier steps, however much those
        are enlarged: its share of the amplitude, in units of a usual one. Once steps have become
        larger, one frame that is unlike them is no stumble: it counts with those before it.
        """
        p, beyond = self._p.stumble, ratio > line
        if not beyond:
            self._beyond.clear()
        reaches = ratio > line * math.sqrt(p.unlike_usual / p.unlike_most)
        if not reaches or known < self._p.baseline.known_frames:
            return ratio / line, False
        unlike = self._novelty.unlike(self._baseline.usual_novelty)
        if beyond:
            self._beyond.append(unlike)
            if self._larger >= p.larger_frames and not self._turns_unknown:
                unlike = sum(self._beyond) / len(self._beyond)
        larger = beyond and unlike <= p.unlike_share
        return ratio / line * math.sqrt(min(unlike, p.unlike_most) / p.unlike_usual), larger

    @property
    def _turns_unknown(self) -> bool:
        """Whether the gyroscope is dead."""
        return self._dead_frames >= GYRO_FRAMES

    @property
    def _freed(self) -> bool:
        """Whether steps have become larger, and nothing else has followed for so long."""
        return self._larger >= self._p.baseline.newest_frames

    def _follow(self, t: float, impact: float) -> list[Event]:
        """What becomes of the walker: fallen, stopped, recovered; and of the device."""
        p, incident, posture = self._p, self._incident, self._posture
        movement, walks = self._movement, self.armed and self._arming.loads
        events: list[Event] = []
        stumbled = self._stumbled
        fell = posture.follow(movement.acc, impact, stumbled=stumbled)
        if fell:
            onset = incident.onset if incident else t - posture.onset_s
            events.append(Fall(t, onset))
            if incident:
                events += incident.close(t, "fall")
        if fell or self._settle_s <= 0.0:  # who walked before a short gap may walk on
            posture.regain(walks=walks)
        handled = self._handling.watch(movement.acc, movement.gyro, posture, walks=walks)
        if handled:
            events.append(Handling(t, handled))
        if incident is None:
            return events
        shaking, _ = self._baseline.share(movement.shaking, movement.tilting)
        moves = shaking > p.stumble.still_share
        incident.still_s = 0.0 if moves else incident.still_s + FRAME_S
        if stumbled and posture.leans:  # may still be falling
            return events
        stopped_s = p.stumble.stopped_s
        if incident.still_s > stopped_s:
            events += incident.close(t, "stopped")
        if incident.quiet_s > p.stumble.incident_s and not 0.0 < incident.still_s <= stopped_s:
            events += incident.close(t, "stopped" if posture.leans else "recovered")
            self._incident = None
        return events
