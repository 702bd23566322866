"""Make the terminal's pictures for README and docs: `make pictures`. Each screen is a real one."""

from __future__ import annotations

import contextlib
import grp
import io
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

from rich.console import Console

from firmware.app import demo, guided
from firmware.app.review import review
from firmware.app.screen import Screen
from firmware.device.control.orders import Orders
from firmware.device.control.server import Control
from firmware.device.control.status import Status
from firmware.device.daemon import Daemon
from firmware.device.simulation import Simulation
from firmware.log import sessions
from firmware.log.journal import Journal
from firmware.log.schema import FILE_NAME
from firmware.settings.source import Source
from hardware.simulated import VirtualClock
from hardware.simulated.walker import BeltChange, Segment, Stand, Walk, Walker

HERE = Path(__file__).parent
WIDTH = 92


class Frozen(Screen):
    """Keeps the frame in which the slow-down cue is sounding."""

    frame: object = None

    def refresh(self, now: float, device: Simulation) -> None:
        """Freeze the first frame with the buzzer on while the cadence is too high."""
        playing = device.indicators.playing
        if self.frame is None and device.buzzer_on and playing and playing.name == "slow_down":
            self.frame = self._frame(now, device)


FAST = 15.0
FIRST_WALK: tuple[Segment, ...] = (
    Stand(6.0),
    Walk(
        180.0,
        spm=68.0,
        amplitude_g=0.2,
        events=(BeltChange(75.0, 90.0, over_s=4.0), BeltChange(100.0, 72.0, over_s=4.0)),
    ),
    Stand(80.0),
)
ANSWERS = {
    "two long beeps?": "y",
    "in threes?": "y",
    "Who walks?": "anna",
    "should it beep?": "80",
}
"""By the end of the question; all others are answered with Enter."""


class Person:
    """Standard input and the screen: types what is asked for, and walks when told to."""

    def __init__(self, screen: io.StringIO, walks: Callable[[], None]) -> None:
        self._screen, self._walks, self._walking = screen, walks, False

    def isatty(self) -> bool:
        """A person at a terminal."""
        return True

    def readline(self) -> str:
        """The answer to what stands last on the screen."""
        asked = self._screen.getvalue().rpartition("\n")[2]
        if asked.endswith("Press Enter and walk. ") and not self._walking:
            self._walking = True  # and on, from the first steps to the trial
            self._walks()
        line = next((a for question, a in ANSWERS.items() if question in asked), "") + "\n"
        self._screen.write(line)
        return line


@contextlib.contextmanager
def device(folder: Path, clock: VirtualClock) -> Iterator[Simulation]:
    """A device that stands on the table, with its socket in the folder."""
    (folder / "coach.toml").write_text(
        f'[log]\ndirectory = "{folder}"\n[control]\nsocket = "{folder}/s"\n'
        f'group = "{grp.getgrgid(os.getgid()).gr_name}"\n'
    )
    source, orders = Source(folder / "coach.toml"), Orders()
    settings = source.load()
    simulation = Simulation([Stand(1e5)], settings, clock)
    journal = Journal(folder / FILE_NAME)
    control = Control(settings, source, orders, Status(settings))
    parts = (simulation.sensor, simulation.indicators, journal, clock)
    daemon = Daemon(settings, *parts, control.publish, orders)
    over = threading.Event()
    thread = threading.Thread(target=daemon.run, args=(over.is_set,))
    control.start()
    thread.start()
    try:
        yield simulation
    finally:
        over.set()
        thread.join()
        control.close()
        journal.close()


def setup() -> str:
    """What stands on the screen after `coach setup`."""
    screen, clock = io.StringIO(), VirtualClock(FAST)
    with tempfile.TemporaryDirectory() as name, device(Path(name), clock) as simulation:

        def walks() -> None:
            walker, began = Walker(FIRST_WALK), clock.now() - 1.0  # what waits in the chip is older
            simulation.chip.source = lambda t: walker.signal(t - began)

        with (
            contextlib.redirect_stdout(screen),
            mock.patch.object(sys, "stdin", Person(screen, walks)),
            mock.patch.dict(os.environ, {"COLUMNS": str(WIDTH)}),
        ):
            guided.run(Path(name) / "coach.toml", None, [])
    return screen.getvalue().strip()


def main() -> None:
    """Write docs/demo.svg, docs/review.svg and docs/setup.svg."""
    picture(
        "setup.svg",
        lambda out: out.print(setup(), markup=False, highlight=False),
        "ssh -t pi coach setup",
    )
    silent = Console(file=io.StringIO(), force_terminal=False)
    with tempfile.TemporaryDirectory() as folder:
        settings = demo.demo_settings(Path(folder))
        screen = Frozen(silent, settings, 18.0)
        demo.play(settings, 1e6, 1, screen)
        session = sessions.read_one(Path(folder) / FILE_NAME, "last")
    picture("demo.svg", lambda out: out.print(screen.frame), "coach demo")
    picture("review.svg", lambda out: review.print_session(out, session), "coach log show")


def picture(name: str, draw: object, title: str) -> None:
    """Draw onto a recording console and save what it shows."""
    out = Console(record=True, file=io.StringIO(), force_terminal=True, width=WIDTH)
    draw(out)
    out.save_svg(str(HERE / name), title=title)


if __name__ == "__main__":
    main()
