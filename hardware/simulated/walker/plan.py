"""What a simulated walker is told to do: a sequence of segments, with events inside them.

A plan is played one segment after the other. All times are seconds; `at` counts from the start
of the segment that the event belongs to. The segments are plain values: the same plan and the
same seed give the same walk. What begins just before the end of a segment, such as the recovery
from a stumble, is brought to its end, at the cost of the next segment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["backward", "forward"]
StumbleKind = Literal["trip", "slip"]
LyingSide = Literal["back", "front", "left", "right"]


@dataclass(frozen=True, slots=True)
class Knock:
    """Something hits the device: a short ringing of about `size_g` (g) from any side."""

    at: float
    size_g: float = 1.0


@dataclass(frozen=True, slots=True)
class Cough:
    """Two or three coughs, a third of a second apart, `size_g` (g) each."""

    at: float
    size_g: float = 0.4


@dataclass(frozen=True, slots=True)
class ClipSlip:
    """The clip gives way: the device turns by `angle_deg` about a level axis, and stays so."""

    at: float
    angle_deg: float = 40.0


@dataclass(frozen=True, slots=True)
class BeltChange:
    """The belt takes the walker to another tempo: from `at`, linearly over `over_s` (0: at once).

    At once means from the next step on. Ends a tempo that `Walker.set_cadence` has set.
    """

    at: float
    spm: float
    over_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Stumble:
    """A step that goes wrong and is recovered.

    `size_g`: the largest |acceleration| of the stumble is this much (g) above the walker's usual:
    the mean of the largest |acceleration| of each of the last 20 undisturbed steps. A `trip`
    arrests the swinging foot; in a `slip` the foot that has just landed slides away.
    One smaller than the walker's amplitude may be lost among the largest steps.
    The onset is at `at`, or at the nearest later instant at which the foot is where it must be.
    """

    at: float
    size_g: float = 0.8
    kind: StumbleKind = "trip"


@dataclass(frozen=True, slots=True)
class Fall:
    """A stumble that is not recovered: impact of `impact_g`, then lying still on `side`.

    The walker lies for `up_after` seconds, gets up, and walks on until the segment ends; with
    None, or where the segment has no room for it, he lies there until the segment ends. `side`
    and `impact_g` are drawn where they are None.
    """

    at: float
    up_after: float | None = None
    impact_g: float | None = None
    side: LyingSide | None = None


@dataclass(frozen=True, slots=True)
class Stand:
    """Standing with its slow sway and a shift of weight now and then."""

    seconds: float
    events: tuple[Knock | Cough, ...] = ()


@dataclass(frozen=True, slots=True)
class Sit:
    """Sitting down (if not yet seated), then sitting, the pelvis tilted back."""

    seconds: float
    events: tuple[Knock | Cough, ...] = ()


@dataclass(frozen=True, slots=True)
class Lie:
    """Lying down with care, then lying."""

    seconds: float
    side: LyingSide = "back"
    events: tuple[Knock | Cough, ...] = ()


@dataclass(frozen=True, slots=True)
class ClipOn:
    """The device is turned in the hand and knocked about; at the end it sits as mounted.

    `pace`: how far it is turned at a time, against 100 degrees to either side; people: 0.25.
    """

    seconds: float
    pace: float = 1.0


@dataclass(frozen=True, slots=True)
class ClipOff:
    """The device is taken off, turned in the hand for `handled_s`, and laid down as it comes.

    There it lies, as still as no body is, until a `ClipOn` brings it back: nothing else may follow.
    """

    seconds: float
    handled_s: float = 10.0
    pace: float = 1.0


@dataclass(frozen=True, slots=True)
class SideRails:
    """Two irregular steps out onto the belt's side rails, then standing there."""

    seconds: float
    events: tuple[Knock | Cough, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """Small irregular steps while turning by `angle_deg` (left is positive)."""

    seconds: float = 3.0
    angle_deg: float = 180.0


@dataclass(frozen=True, slots=True)
class Walk:
    """Walking with a rhythm.

    - `spm`: steps/min, 30 to 150; `BeltChange` events and `Walker.set_cadence` change it.
    - `amplitude_g`: half of the peak-to-peak of the vertical acceleration within a step (foot
      contact to foot contact), in g, as the mean over steps; 0.03 (hands on the rails) to 1. It
      goes in proportion when the tempo leaves `spm`.
    - `asymmetry`: (left step - right step) / mean, of step time and of amplitude; 0 to 0.3.
      The left step is the one that ends with the left foot's contact.
    - `variability`: coefficient of variation of the step time, each side against its own mean.
      The amplitude's from step to step is 0.05 + 3 x `variability`.
    - `wander`: how far the size of the steps wanders beside that, over some 15 to 80 steps: the
      standard deviation of its logarithm; 0.1 on a treadmill.
    - `odd_steps`: share of steps that are too long or too short by several times the variability,
      as where somebody looks up or catches the rail; 0.02 on a treadmill.
    - `drift`: fatigue. A share f of the segment having passed, the tempo is x (1 + drift f), the
      variability x (1 + 5 drift f), the asymmetry + drift f / 2 and the amplitude
      x (1 - drift f): quicker, shorter, less even steps on a belt that keeps its speed.
    """

    seconds: float
    spm: float = 80.0
    direction: Direction = "backward"
    amplitude_g: float = 0.25
    asymmetry: float = 0.0
    variability: float = 0.03
    wander: float = 0.0
    odd_steps: float = 0.0
    drift: float = 0.0
    events: tuple[Knock | Cough | ClipSlip | BeltChange | Stumble | Fall, ...] = ()


Segment = Stand | Sit | Lie | ClipOn | ClipOff | SideRails | Turn | Walk
