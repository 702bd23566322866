"""`coach setup`: from a device that has just been built to a first walk and its review.

It asks the daemon for everything, so nothing has to be stopped for it; what it learns goes into the
settings file at once. A step can be taken again at any time, by itself, and asks only for what it
is about: what is known already stands there and is kept with Enter.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from coach.events import Cadence, Session, Step
from coach.keys import SettingError, unknown
from firmware.app import client
from firmware.app.client import Client, RefusedError
from firmware.app.config import changing, profiles
from firmware.app.review import review
from firmware.app.watch import words
from firmware.device.control.status import after
from firmware.errors import EXIT_INTERRUPTED, EXIT_OK, UserError
from firmware.log import figures, index
from firmware.log.schema import FILE_NAME
from firmware.protocol import in_trouble
from firmware.records import Fault, Record, Recovered
from firmware.settings import textfile
from firmware.signals import SIGNALS
from firmware.terminal import console
from firmware.wording import NOBODY, clock, spm

FELT = 8
"""Steps: more than anybody makes while clipping it on."""

FELT_WITHIN_S = 60.0
TRIAL_S = 120.0
TOLD_EVERY_S = 15.0

FOUND_WITHIN_S = 5.0
CLOSED_WITHIN_S = 5.0
"""A session's end is written behind a queue; a card may stall for a second."""

LOOK_S = 0.1

BUZZER_IS_SILENT = """  Is its + at GPIO {pin}, its - at ground? Another way round it may be silent.
  A passive buzzer or one that is on when its pin is low takes a setting (docs/build.md), and then:
    sudo systemctl restart cadence-coach"""
MOTOR_IS_STILL = """  Is its transistor's base at GPIO {pin}? A motor alone on a pin ruins the Pi:
  docs/build.md has its wiring."""
LED_IS_DARK = """  Is its long leg at GPIO {pin}, through 330 ohm, and its short one at ground?
  One that is on when its pin is low takes a setting (docs/build.md), and then:
    sudo systemctl restart cadence-coach"""

State = dict[str, Any]


class _Left(Exception):  # noqa: N818 - no error: somebody has seen enough
    pass


class Guide:
    """Talks with a person on standard input and output, and with the daemon."""

    def __init__(self, path: Path, socket: str) -> None:
        self.path, self.socket = path, socket

    def say(self, text: str = "", end: str = "\n") -> None:
        """To the person."""
        sys.stdout.write(text + end)
        sys.stdout.flush()

    def ask(self, question: str) -> str:
        """One line of theirs; q leaves."""
        self.say(question, end=" ")
        line = sys.stdin.readline()
        if not line:
            self.say()
            raise _Left
        if not sys.stdin.isatty():
            self.say()
        answer = line.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()
        if answer == "q":
            raise _Left
        return answer

    def ask_for(self, question: str, answers: Sequence[str]) -> str:
        """One of these answers; anything else is asked about again."""
        while (answer := self.ask(question).lower()) not in answers:
            expected = ", ".join(a or "Enter" for a in answers)
            self.say(f"  {answer[:20]!r} is no answer: expected {expected} or q")
        return answer

    def daemon(self, what: str, **arguments: Any) -> State:  # noqa: ANN401 - JSON
        """Its answer. Raises `DeviceError`."""
        return client.ask(self.socket, what, **arguments)

    def follow(self) -> Iterator[tuple[State, Record]]:
        """What happens from now on, each time with the state after it."""
        with Client(self.socket) as followed:
            state = followed.ask("follow")
            if state["sensor"]["state"] == "fault":
                self.say(f"\n  {state['sensor']['message']}")
            followed.wait_for_ever()  # a sensor that is gone tells nothing
            for record in followed.records():
                state = after(state, record)
                yield state, record


def run(path: Path, socket: str, chosen: Sequence[str]) -> int:
    """The command; `chosen` steps, or all of them. Raises `UserError`."""
    for name in chosen:
        if name not in STEPS:
            raise UserError(unknown("step", name, STEPS))
    guide = Guide(path, socket)
    guide.daemon("status")  # before the first question
    waiting = list(chosen or STEPS)
    try:
        while waiting:
            guide.say(f"\n{waiting[0]}")
            STEPS[waiting[0]](guide)
            waiting.pop(0)
            waiting = waiting or _once_more(guide)
    except (_Left, KeyboardInterrupt) as e:
        guide.say(f"\nWhat was set stays. The rest: coach setup {' '.join(waiting)}".rstrip())
        return EXIT_OK if isinstance(e, _Left) else EXIT_INTERRUPTED
    guide.say("\nAll is set. What matters today: coach. All signals: coach cues --play all")
    return EXIT_OK


def _once_more(guide: Guide) -> list[str]:
    question = f"\nAnother time: {', '.join(STEPS)}? (Enter: done)"
    return [name] if (name := guide.ask_for(question, ["", *STEPS])) else []


# --- The steps.


def _sensor(guide: Guide) -> None:
    until = time.monotonic() + FOUND_WITHIN_S
    while True:
        state = guide.daemon("status")
        sensor = state["sensor"]
        if sensor["state"] == "ok":
            guide.say("  It answers, and its values are sound.")
            break
        if sensor["state"] == "starting" and time.monotonic() < until:
            time.sleep(LOOK_S)
            continue
        guide.say(f"  {sensor['message']}")
        guide.ask("  Mend that and press Enter (q: leave).")
        until = time.monotonic() + FOUND_WITHIN_S
    for message in (*(state[p]["message"] for p in in_trouble(state)), *state["parts"].values()):
        guide.say(f"  But: {message}")


def _buzzer(guide: Guide) -> None:
    if guide.daemon("status")["muted"]:
        guide.say("  It is muted: you will only see it. It sounds again with: coach unmute")
    _tried(guide, "session_ended", "Did you hear two long beeps?", BUZZER_IS_SILENT, "buzzer.pin")


def _motor(guide: Guide) -> None:
    settings = textfile.load_if_there(guide.path).settings
    if not settings.motor.pin:
        guide.say("  None is fitted (motor.pin = 0).")
    elif settings.hearing.output == "sound":
        guide.say("  Only danger moves it: hearing.output = sound.")
        _tried(guide, "stumble", "Did it rattle for three seconds?", MOTOR_IS_STILL, "motor.pin")
    else:
        _tried(guide, "session_ended", "Did you feel it twice?", MOTOR_IS_STILL, "motor.pin")


def _led(guide: Guide) -> None:
    _tried(guide, "fault", "Did the LED blink in threes?", LED_IS_DARK, "led.pin")


def _tried(guide: Guide, signal: str, question: str, advice: str, pin: str) -> None:
    """Play until somebody has noticed it, or goes on without."""
    guide.say(f"  {SIGNALS[signal].pattern.sounds.partition(':')[0].rstrip('.')}:")
    while True:
        try:
            time.sleep(float(guide.daemon("play", name=signal)["seconds"]))
        except RefusedError as e:
            guide.say(f"  {e}")
            guide.ask("  Press Enter to try again (q: leave).")
            continue
        answer = guide.ask_for(f"  {question} (y, n; Enter: again)", ["y", "n", ""])
        if answer == "y":
            return
        if answer == "n":
            settings = textfile.load_if_there(guide.path).settings
            guide.say(advice.format(pin=settings.value(pin)))
            if guide.ask_for("  Enter: again; s: go on without.", ["", "s"]) == "s":
                return


def _name(guide: Guide) -> None:
    layers = textfile.load_if_there(guide.path)
    kept = layers.profile or NOBODY
    while True:
        name = guide.ask(f"  Who walks? One short name (Enter: {kept})")
        try:
            name = textfile.check_name(name) if name else layers.profile
            break
        except SettingError as e:
            guide.say(f"  {e}")
    if name != layers.profile:
        if name not in layers.profiles:
            for line in profiles.make(guide.path, name):
                guide.say(f"  {line}")
        profiles.use(guide.path, name)


def _limit(guide: Guide) -> None:
    stands = spm(textfile.load_if_there(guide.path).settings.cadence.max_spm)
    while True:
        answer = guide.ask(f"  Above how many steps/min should it beep? (Enter: {stands})")
        try:
            if answer:
                changing.assign(guide.path, [f"cadence.max_spm={answer}"])
            return
        except UserError as e:
            guide.say(f"  {e}")


def _steps(guide: Guide) -> None:
    guide.say("  Clip the device firmly to the waistband, at the back or the hip.")
    while True:
        guide.ask("  Press Enter and walk.")
        if _felt(guide):
            return
        guide.say("  No walk was felt. Clip it tighter, and walk on for ten seconds.")


def _felt(guide: Guide) -> bool:
    """Whether enough steps came in time; told as they come."""
    until, felt = time.monotonic() + FELT_WITHIN_S, 0  # records count from their engine's start
    guide.say("  steps: ", end="")
    for state, record in guide.follow():
        if isinstance(record, Step):
            felt += 1
            guide.say(".", end="")
        if isinstance(record, Fault | Recovered):
            guide.say(f"\n  {record.message}")
        shown = state["cadence"]["spm"]
        if felt >= FELT and shown is not None:
            guide.say(f" {shown:.0f} steps/min")
            return True
        if time.monotonic() > until:
            break
    guide.say()
    return False


def _walk(guide: Guide) -> None:
    guide.say("  Two minutes as on every day. It beeps when you are too fast; then slow down.")
    guide.ask("  Press Enter and walk.")
    full, told_at = False, float("-inf")
    for state, record in guide.follow():
        session = state["session"]
        if isinstance(record, Session) and record.state == "ended":
            break
        if isinstance(record, Cadence):
            if session["running"] and not full and record.t >= told_at + TOLD_EVERY_S:
                told_at = record.t
                guide.say(f"  {clock(session['for_s']):>5}  {words.cadence(state)}")
            if session["running"] and session["for_s"] >= TRIAL_S and not full:
                full = True
                guide.say("  That is enough: stand still. A minute later two long beeps end it.")
        else:
            for line in words.lines(record, state):
                guide.say(f"  {line}")
    _review(guide)


def _review(guide: Guide) -> None:
    settings = textfile.load_if_there(guide.path).settings
    log = Path(settings.log.directory) / FILE_NAME
    until = time.monotonic() + CLOSED_WITHIN_S
    while True:
        rows = index.read_rows(log)
        if (rows and rows[-1].ended is not None) or time.monotonic() > until:
            break
        time.sleep(LOOK_S)
    if rows:
        with index.reading(log) as db:
            review.print_session(console(), *figures.measured(db, rows[-1].id))


STEPS: dict[str, Callable[[Guide], None]] = {
    "sensor": _sensor,
    "buzzer": _buzzer,
    "motor": _motor,
    "led": _led,
    "name": _name,
    "limit": _limit,
    "steps": _steps,
    "walk": _walk,
}
"""In the order in which they are taken."""
