"""The walker's next stage comes by itself, and the physiotherapist's word goes before it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from firmware.device.keeper import Keeper
from firmware.log import sessions
from firmware.settings.reached import Reached, stated
from firmware.settings.source import Source
from hardware.simulated.walker import Segment, Stand, Stumble, Walk
from tests.support.device import Device
from tests.support.settingsfile import settings_file
from tests.support.terminal import piped


class Clinic:
    """A settings file, a log beside it, and one device used session after session."""

    def __init__(self, folder: Path, text: str = "") -> None:
        self.folder = folder
        self.file = settings_file(folder, f"{text}\n[stage]\ncomfort_min = 0.5\n")

    def session(self, *plan: Segment) -> list[tuple[str, str, str]]:
        """Switch on, walk, switch off; the stages that were told."""
        source = Source(self.file, remembers=True)
        device = Device((Stand(4.0), *plan), self.folder, settings=source.load())
        keeper = Keeper(Reached(self.folder), lambda: source.stated)
        device.on_record = keeper.tell
        device.run()
        keeper.close()
        return [(r["stage"], r["advice"], r["following"]) for r in device.of_type("stage")]

    def stages(self) -> list[str]:
        """`coach stage`, its marked lines."""
        return [
            " ".join(line.split())
            for line in piped("stage", "--config", self.file).stdout.splitlines()
            if line.rstrip().endswith(("set", "reached"))
        ]


EVEN = Walk(110.0, spm=70.0, amplitude_g=0.2, variability=0.02)
STUMBLING = Walk(40.0, spm=70.0, amplitude_g=0.2, events=(Stumble(30.0, size_g=0.9),))


def test_a_stage_is_reached_remembered_and_set_anew(tmp_path: Path) -> None:
    """Up at the session after 'ready for the next', back after a stumble, anywhere on demand."""
    clinic = Clinic(tmp_path)
    assert clinic.stages() == ["* rails 30 to 80 steps/min set, reached"]
    ready = ("rails", "ready for the next", "hands free")
    assert clinic.session(EVEN) == [("rails", "begins", "rails"), ready]
    assert clinic.stages() == [
        "rails 30 to 80 steps/min set",
        "* hands free 40 to 95 steps/min reached",
    ]
    told = clinic.session(STUMBLING)
    assert told == [("hands free", "begins", "hands free"), ("rails", "stepped back", "rails")]
    assert clinic.session(EVEN)[0] == ("rails", "begins", "rails")
    assert clinic.stages()[-1].endswith("hands free 40 to 95 steps/min reached")
    again = piped("stage", "rails", "--config", clinic.file)
    assert again.returncode == 0
    assert clinic.stages() == ["* rails 30 to 80 steps/min set, reached"]
    assert clinic.session(EVEN)[0] == ("rails", "begins", "rails")
    assert piped("stage", "tempo", "--config", clinic.file).returncode == 0
    assert clinic.session(EVEN)[0][0] == "tempo"
    logged = sessions.read_one(tmp_path / "coach.db", "last")
    assert logged.settings["stage.current"] == "tempo"


def test_each_walker_has_a_stage_of_their_own(tmp_path: Path) -> None:
    """What one profile has reached is not another's."""
    profiles = "[profiles.anna.cadence]\nmax_spm = 90\n[profiles.bert.cadence]\nmax_spm = 95\n"
    clinic = Clinic(tmp_path, f'[walker]\nprofile = "anna"\n{profiles}')
    clinic.session(EVEN)
    assert "* hands free" in clinic.stages()[-1]
    assert piped("profile", "use", "bert", "--config", clinic.file).returncode == 0
    assert clinic.stages() == ["* rails 30 to 80 steps/min set, reached"]
    clinic.session(EVEN)
    remembered = json.loads((tmp_path / "stages.json").read_text())
    assert set(remembered) == {"anna", "bert"}


def test_a_plan_of_one_stage_gives_no_advice(tmp_path: Path) -> None:
    """`free 30-180`, backward or forward: the session is led all the same, nothing is reached."""
    clinic = Clinic(tmp_path)
    settings = clinic.file.read_text() + 'plan = "free 30-180"\ncurrent = "free"\n'
    clinic.file.write_text(settings)
    forward = Walk(110.0, spm=110.0, direction="forward", amplitude_g=0.3, variability=0.02)
    assert clinic.session(forward) == [("free", "begins", "free")]
    assert clinic.session(STUMBLING) == [("free", "begins", "free")]
    assert not (tmp_path / "stages.json").exists()
    assert stated(Source(clinic.file).load()).stage == "free"


TOLD_OF_A_STAGE = """
import sys
from coach.events import Stage
from firmware.__main__ import main
from firmware.device import service

class Daemon(service.Daemon):
    def run(self, stop):
        self.tell(Stage(5.0, "rails", "ready for the next", "hands free"))

service.Daemon = Daemon
sys.exit(main(sys.argv[1:]))
"""
"""The program, with a daemon that tells of a stage and ends."""


def test_what_a_simulated_walker_reaches_is_nobodys_stage(tmp_path: Path) -> None:
    """`coach run --simulate` under the device's own settings moves no walker on."""
    clinic = Clinic(tmp_path)
    run = [sys.executable, "-c", TOLD_OF_A_STAGE, "run", "--simulate", "--config", str(clinic.file)]
    assert subprocess.run(run, check=False).returncode == 0
    assert not (tmp_path / "stages.json").exists()
