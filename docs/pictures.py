"""Make the README's picture of the demo: `make pictures`. The screen is the real one, frozen."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from rich.console import Console

from firmware.app import demo
from firmware.app.review import review
from firmware.app.screen import Screen
from firmware.device.simulation import Simulation
from firmware.log import sessions
from firmware.log.schema import FILE_NAME

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


def main() -> None:
    """Write docs/demo.svg and docs/review.svg."""
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
