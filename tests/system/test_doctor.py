"""`coach doctor`, `coach calibrate` and `coach profile` as a person meets them."""

from __future__ import annotations

import errno
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from firmware import files
from firmware.app.examine import calibrate, doctor, surroundings, testbed
from firmware.app.examine.testbed import Rig
from firmware.log import clocks, retention
from firmware.settings.catalogue import Settings
from hardware.mpu6050 import LinuxPlaces
from hardware.simulated import Fault, SimulatedMpu6050, VirtualClock
from tests.support.machine import Machine
from tests.support.running import Running
from tests.support.settingsfile import settings_file
from tests.support.terminal import piped
from tests.support.waiting import eventually


def test_the_doctor_finds_a_simulated_device_well(tmp_path: Path) -> None:
    """Every line begins with its verdict; no fault, exit code 0. A simulation keeps nothing."""
    here = ["--simulate", "--set", f"log.directory={tmp_path}"]
    made = piped("calibrate", *here)
    assert made.returncode == 0, made.stderr
    assert "the chip's +z is up" in made.stdout
    assert made.stdout.endswith("simulated: nothing is kept\n")
    assert list(tmp_path.iterdir()) == []
    shown = re.findall(r"[+-][0-9.]+", made.stdout.partition("at rest: ")[2])[:3]
    assert [float(x) for x in shown] == pytest.approx([0.6, -0.4, 0.2], abs=0.1)
    kept = {"date": datetime.now(UTC).isoformat(), "gyro_bias_dps": [0.6, -0.4, 0.2]}
    (tmp_path / "calibration.json").write_text(json.dumps(kept))
    done = piped("doctor", "--quiet", *here)
    assert (done.returncode, done.stderr) == (0, "")
    found = {line[10:30].strip(): line.split()[0] for line in done.stdout.splitlines()}
    assert set(found.values()) <= {"ok", "warning"}
    for what in ("WHO_AM_I", "self-test", "noise", "true rate", "buzzer and LED", "calibration"):
        assert found[what] == "ok", done.stdout


@pytest.mark.parametrize(
    "text",
    ["[" * 50_000, "{}", "[]", "5", '{"date": "0001-01-01T00:00:00+14:00", "gyro_bias_dps": [1]}'],
    ids=["brackets", "nothing", "a list", "a number", "the first day of all"],
)
def test_a_calibration_of_another_hand_is_a_warning(tmp_path: Path, text: str) -> None:
    """Whatever somebody has written there: calibrate again."""
    (tmp_path / "calibration.json").write_text(text)
    found = doctor.calibration(tmp_path / "calibration.json")
    assert found.verdict == "warning"
    assert "coach calibrate" in found.text


@pytest.mark.parametrize(("sure", "verdict", "doubt"), [(False, "ok", "?"), (True, "warning", "")])
def test_a_calibration_under_a_clock_that_nobody_had_set_has_no_age(
    tmp_path: Path, sure: bool, verdict: str, doubt: str
) -> None:
    """A Pi that begins in 1970 has none that is fifty years old."""
    noon = datetime(1970, 1, 2, 12, tzinfo=UTC).isoformat()
    kept = {"date": noon, "date_sure": sure, "gyro_bias_dps": [0.6, -0.4, 0.2]}
    (tmp_path / "calibration.json").write_text(json.dumps(kept))
    found = doctor.calibration(tmp_path / "calibration.json")
    assert found.verdict == verdict
    assert f"of 1970-01-02{doubt}, " in found.text


@pytest.mark.parametrize("is_set", [False, True])
def test_a_calibration_says_whether_somebody_had_set_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_set: bool
) -> None:
    """Its date is worth as much as the clock then was, whatever sets it later."""
    settings = Settings().changed({"log.directory": str(tmp_path)})
    monkeypatch.setattr(testbed, "real", testbed.simulated)
    monkeypatch.setattr(clocks, "is_set", lambda: is_set)
    assert calibrate.run(settings, simulate=False) == 0
    kept = tmp_path / "calibration.json"
    assert json.loads(kept.read_text())["date_sure"] is is_set
    today = f"{datetime.now(UTC).astimezone():%Y-%m-%d}"
    assert f"of {today}{'' if is_set else '?'}, " in doctor.calibration(kept).text


def test_who_may_not_read_the_calibration_is_told_who_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To calibrate anew would not help."""

    def refused(*_: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(files, "read", refused)
    found = doctor.calibration(tmp_path / "calibration.json")
    assert found.verdict == "warning"
    assert f"members of the group {tmp_path.group()} may" in found.text
    assert "coach calibrate" not in found.text


@pytest.mark.parametrize("who_am_i", [0x70, 0x72, 0x98])
def test_a_healthy_relative_of_the_chip_is_no_fault(who_am_i: int) -> None:
    """The doctor warns of what it is, finds nothing wrong with it, and it can be calibrated."""
    clock = VirtualClock()
    chip = SimulatedMpu6050(testbed.lying, clock, who_am_i=who_am_i)
    rig = testbed.Rig(clock, chip.bus, "the simulated bus", 0x68)
    assert {f.verdict for f in doctor.sensor(rig)} == {"ok", "warning"}
    burst, _, troubles = testbed.collect(rig, 3.0)
    assert burst is not None
    assert troubles == []


def test_a_chip_at_its_other_address_is_examined_there(tmp_path: Path) -> None:
    """As the daemon uses it there: a warning with what to mend, no fault; it can be calibrated."""
    machine = Machine(tmp_path, SimulatedMpu6050(testbed.lying, VirtualClock(), address=0x69))
    with machine.patched():
        rig = Rig(machine.clock, machine.bus(1), "/dev/i2c-1", 0x68, LinuxPlaces(1, 0x68))
        found = {f.what: f for f in doctor.sensor(rig)}
        burst, _, troubles = testbed.collect(rig, 3.0)
    place = found.pop("bus and address")
    assert place.verdict == "warning"
    assert "but at 0x69 on /dev/i2c-1: AD0 is high" in place.text
    assert {f.verdict for f in found.values()} == {"ok"}
    assert burst is not None
    assert troubles == []
    assert machine.open == set()


def test_a_device_without_a_sensor_is_a_fault_with_what_to_do(tmp_path: Path) -> None:
    """Exit code 1, no traceback, and a remedy on the line."""
    file = settings_file(tmp_path, "[sensor]\nbus = 31\n")
    done = piped("doctor", "--quiet", "--config", file)
    assert done.returncode == 1
    assert "fault     sensor" in done.stdout
    assert "/dev/i2c-31 does not exist: enable I2C" in done.stdout
    assert "Traceback" not in done.stderr


def test_what_the_daemon_says_of_itself_is_told(tmp_path: Path) -> None:
    """A log that cannot be written is a fault; and while it runs nobody else resets its sensor."""
    (tmp_path / "coach.db").mkdir()
    with Running(tmp_path) as daemon:
        eventually(lambda: daemon.coach("status").returncode == 1)
        done = daemon.coach("doctor", "--quiet")
        assert done.returncode == 1
        assert re.search(r"^fault     daemon .*the log has stopped", done.stdout, re.MULTILINE)
        assert "warning   sensor and pins       the daemon has them" in done.stdout
        refused = daemon.coach("calibrate")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "the daemon has the sensor: sudo systemctl stop" in refused.stderr


def test_a_broken_settings_file_is_among_the_findings(tmp_path: Path) -> None:
    """The doctor does not refuse to look because the file is bad: it says so."""
    file = settings_file(tmp_path, "[cadence]\nmax_spm = 5\n")
    done = piped("doctor", "--simulate", "--quiet", "--config", str(file))
    assert done.returncode == 1
    assert "fault     settings" in done.stdout
    assert "from 30 to 200" in done.stdout


def test_under_a_broken_file_the_doctor_looks_where_it_was_told_to(tmp_path: Path) -> None:
    """What `--set` says and what of the file can be read count; a `--set` that cannot be used does
    not pass in silence.
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    file = settings_file(tmp_path, "[led]\npin = 22\n[broken\n")
    asked = ("doctor", "--simulate", "--quiet", "--config", file, "--set")
    done = piped(*asked, f"log.directory={elsewhere}")
    assert re.search(rf"^\w+ +disk .*{elsewhere}", done.stdout, re.MULTILINE), done.stdout
    assert "LED on GPIO 22 " in done.stdout
    refused = piped(*asked, "led.pin=-1")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--set: led.pin = '-1': expected" in refused.stderr


def test_a_file_that_broke_under_a_running_coach_leaves_it_its_sensor(tmp_path: Path) -> None:
    """The coach runs on under the settings of before: where it listens is read all the same."""
    with Running(tmp_path) as daemon:
        with daemon.file.open("a") as file:
            file.write("[broken\n")
        done = daemon.coach("doctor", "--quiet")
        assert "fault     settings" in done.stdout
        assert "warning   sensor and pins       the daemon has them" in done.stdout


def test_settings_that_contradict_each_other_are_among_the_findings(tmp_path: Path) -> None:
    """Those of each profile too, whoever walks now."""
    file = settings_file(tmp_path, '[profiles.anna.stage]\nplan = "a 30-40"\n')
    done = piped("doctor", "--simulate", "--quiet", "--config", str(file))
    assert re.search(r"^warning   settings .*anna.*stage.current", done.stdout, re.MULTILINE)


def rig(**chip: Any) -> tuple[Rig, SimulatedMpu6050]:
    clock = VirtualClock()
    made = SimulatedMpu6050(testbed.lying, clock, **chip)
    return Rig(clock, made.bus, "the simulated bus", 0x68), made


def verdicts(made: Rig) -> dict[str, str]:
    return {finding.what: finding.verdict for finding in doctor.sensor(made)}


def test_a_sick_sensor_is_told_apart_from_a_well_one() -> None:
    """Noise, a rate that is far off and a bus that hangs each show on their line."""
    assert set(verdicts(rig()[0]).values()) == {"ok"}
    assert verdicts(rig(noise=6.0)[0])["noise"] == "warning"
    assert verdicts(rig(rate_error=0.045)[0])["true rate"] == "warning"
    sick, chip = rig()
    chip.inject(Fault.NACK)
    assert verdicts(sick) == {"sensor": "fault"}


def test_power_is_read_from_the_firmwares_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under-voltage now is a fault, since the boot a warning."""
    soc = "devices/platform/soc@107c000000/soc@107c000000:firmware"  # as on a Pi 5
    word = tmp_path / soc / "get_throttled"
    word.parent.mkdir(parents=True)
    for text, verdict in (("0\n", "ok"), ("50005\n", "fault"), ("50000\n", "warning")):
        word.write_text(text)
        read = surroundings.throttled(tmp_path)
        monkeypatch.setattr(surroundings, "throttled", lambda read=read: read)
        assert surroundings.power().verdict == verdict
        monkeypatch.undo()


def test_little_room_for_the_log_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card that fills up is a warning, one on which nothing is recorded any more a fault."""
    settings = Settings().changed({"log.directory": str(tmp_path)})
    monkeypatch.setattr(surroundings, "in_memory", lambda _: False)
    least = retention.KEEP_FREE_MB
    for free, verdict in ((10 * least, "ok"), (2 * least, "warning"), (0.8 * least, "fault")):
        monkeypatch.setattr(retention, "free_mb", lambda _, free=free: free)
        assert surroundings.disk(settings).verdict == verdict


OVERLAY = """\
overlayroot / overlay rw,lowerdir=/media/root-ro,upperdir={0}/rw/up,workdir={0}/rw/work 0 0
tmpfs {0}/rw tmpfs rw,size=200000k 0 0
/dev/mmcblk0p3 {0}/data ext4 rw 0 0
"""


def test_a_log_that_the_next_power_cut_forgets_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the read-only mode of Raspberry Pi OS all that is written lies in memory."""
    mounts = tmp_path / "mounts"
    mounts.write_text(OVERLAY.format(tmp_path))
    assert surroundings.in_memory(Path("/var/lib/cadence-coach"), mounts)
    assert not surroundings.in_memory(tmp_path / "data/log", mounts)
    assert not surroundings.in_memory(tmp_path / "data/log", tmp_path / "no mounts here")
    monkeypatch.setattr(surroundings, "in_memory", lambda _: True)
    found = surroundings.disk(Settings().changed({"log.directory": str(tmp_path)}))
    assert found.verdict == "warning"
    assert "gone at power-off" in found.text


def test_a_profile_remembers_a_walkers_limit(tmp_path: Path) -> None:
    """A limit set while anna walks is hers; without her the common one is back."""
    file = settings_file(tmp_path, "[cadence]\nmax_spm = 90\n")

    def said(*arguments: str) -> str:
        done = piped(*arguments, "--config", str(file))
        assert done.returncode == 0, done.stderr
        return done.stdout

    said("profile", "new", "anna")
    said("profile", "use", "anna")
    assert "cadence.max_spm = 75 (was 90)" in said("config", "set", "cadence.max_spm=75")
    assert said("config", "get", "cadence.max_spm") == "75\n"
    assert "profile anna" in said("config", "show")
    assert "* anna  cadence.max_spm = 75" in said("profile", "list")
    said("profile", "none")
    assert said("config", "get", "cadence.max_spm") == "90\n"
    said("profile", "delete", "anna")
    refused = piped("profile", "use", "anna", "--config", str(file))
    assert (refused.returncode, "there is no profile 'anna'" in refused.stderr) == (2, True)
    said("config", "undo")
    assert "anna" in said("profile", "list")


def test_the_editor_is_offered_again_and_then_counts(tmp_path: Path) -> None:
    """What the editor leaves is checked: a bad file stays out, a good one is taken."""
    file = settings_file(tmp_path, "[cadence]\nmax_spm = 90\n")
    command = [sys.executable, "-m", "firmware", "config", "edit", "--config", str(file)]

    def edited(script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env={"EDITOR": f"sed -i {script}", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
        )

    bad = edited("s/90/900/")
    assert (bad.returncode, "is unchanged" in bad.stderr) == (2, True)
    assert "max_spm = 90\n" in file.read_text()
    good = edited("s/90/85/")
    assert good.stdout.startswith("cadence.max_spm = 85 (was 90)\n")


@pytest.mark.parametrize(
    ("editor", "why"),
    [("/no/such/editor", "No such file or directory"), ("vi '", "No closing quotation")],
)
def test_an_editor_that_cannot_be_started_is_named(tmp_path: Path, editor: str, why: str) -> None:
    """In words: no number of an error, and its name once."""
    file = tmp_path / "coach.toml"
    done = subprocess.run(
        [sys.executable, "-m", "firmware", "config", "edit", "--config", str(file)],
        env={"EDITOR": editor, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    told = (
        f"coach: the editor {editor!r} cannot be started ({why}); set EDITOR to one that is there"
    )
    assert (done.returncode, done.stderr) == (2, f"{told}\n")


@pytest.mark.parametrize("output", ["text", "markdown", "jsonl", "csv"])
def test_the_reference_table_has_every_key(output: str) -> None:
    """In each format."""
    from firmware.settings.catalogue import KEYS

    table = piped("config", "keys", "--format", output).stdout
    assert all(key in table for key in KEYS)
