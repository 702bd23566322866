"""`coach doctor`: looks at everything the device needs, and says what to do about it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np

from firmware import files
from firmware.app.examine import surroundings, system, testbed
from firmware.app.examine.calibrate import FILE_NAME
from firmware.app.examine.surroundings import Finding
from firmware.app.examine.testbed import Rig
from firmware.errors import EXIT_FAILED, EXIT_OK, NOT_OUR_JSON, why
from firmware.settings.catalogue import Settings
from firmware.wording import doubt
from hardware import HardwareError
from hardware.errors import NotStillError
from hardware.indicators import patterns
from hardware.mpu6050 import CHIPS, STILL_DPS, STILL_G, Burst, self_test

NOISE_S = 3.0
"""Long enough for the rate to be known to 0.1 % and the noise to a few per cent."""

NOISE_G, NOISE_DPS = 0.012, 0.3
"""Four times the chip's own (PS 6.1, 6.2 at 44 Hz), and well below a movement."""

RATE_OFF = 0.03
"""The product specification allows the oscillator a few per cent."""

BLINK_S = 1.5
OLD_DAYS = 180

LARGEST_CALIBRATION = 1 << 16
"""Bytes; it takes some hundred."""


def run(settings: Settings, path: Path, *, simulate: bool, quiet: bool) -> int:
    """The command; its exit code is 1 where there is a fault."""
    worst = EXIT_OK
    for finding in _findings(settings, path, simulate=simulate, quiet=quiet):
        sys.stdout.write(f"{finding.verdict:<8}  {finding.what:<20}  {finding.text}\n")
        sys.stdout.flush()
        if finding.verdict == "fault":
            worst = EXIT_FAILED
    return worst


def _findings(settings: Settings, path: Path, *, simulate: bool, quiet: bool) -> Iterator[Finding]:
    yield surroundings.settings_file(path)
    said, running = surroundings.daemon(settings)
    yield said
    if running and not simulate:
        text = "the daemon has them; for a full test: sudo systemctl stop cadence-coach"
        yield Finding("sensor and pins", "warning", text)
    else:
        yield from sensor(testbed.simulated(settings) if simulate else testbed.real(settings))
        yield from pins(settings, mock=simulate, quiet=quiet)
    yield calibration(Path(settings.log.directory) / FILE_NAME)
    yield from surroundings.groups(settings)
    yield surroundings.disk(settings)
    yield surroundings.clock()
    yield surroundings.power()
    yield surroundings.service()
    yield from system.findings()


# --- The sensor.


def sensor(rig: Rig) -> Iterator[Finding]:
    """Bus, address, identity, self-test, noise and rate; the first fault ends it."""
    try:
        rig, who_am_i, elsewhere = rig.found()
    except HardwareError as e:
        yield Finding("sensor", "fault", str(e))
        return
    chip = CHIPS[who_am_i]
    here = f"a chip answers at 0x{rig.address:02x} on {rig.bus_name}"
    yield Finding("bus and address", "warning" if elsewhere else "ok", elsewhere or here)
    if chip.genuine:
        yield Finding("WHO_AM_I", "ok", chip.name)
    else:
        yield Finding("WHO_AM_I", "warning", f"{chip.name}, a relative: works, without self-test")
    yield _self_test(rig)
    try:
        burst, hz, troubles = testbed.collect(rig, NOISE_S)
    except HardwareError as e:
        yield Finding("samples", "fault", str(e))
        return
    for trouble in troubles:
        yield Finding("samples", "fault", trouble)
    if burst is None:
        yield Finding("samples", "fault", "none came in three seconds: check wiring and supply")
        return
    yield _noise(burst)
    off = hz / 100.0 - 1.0
    verdict: surroundings.Verdict = "ok" if abs(off) <= RATE_OFF else "warning"
    yield Finding("true rate", verdict, f"{hz:.2f} Hz ({off:+.1%} of 100; it is measured and used)")


def _self_test(rig: Rig) -> Finding:
    try:
        result = self_test(rig.bus, rig.clock, rig.address, bus_name=rig.bus_name)
    except NotStillError as e:
        return Finding("self-test", "warning", str(e))
    except HardwareError as e:
        return Finding("self-test", "fault", str(e))
    verdicts: dict[str, surroundings.Verdict] = {"passed": "ok", "failed": "fault"}
    return Finding("self-test", verdicts.get(result.verdict, "warning"), result.message)


def _noise(burst: Burst) -> Finding:
    acc, gyro = float(burst.acc.std(axis=0).max()), float(burst.gyro.std(axis=0).max())
    text = f"{1000 * acc:.1f} mg, {gyro:.2f} deg/s rms"
    if acc > STILL_G or gyro > STILL_DPS:
        return Finding("noise", "warning", f"{text}: it moves; lay it down and try again")
    if acc > NOISE_G or gyro > NOISE_DPS:
        return Finding("noise", "warning", f"{text}: more than the chip's own; check the supply")
    return Finding("noise", "ok", text)


# --- Pins, calibration.


def pins(settings: Settings, *, mock: bool, quiet: bool) -> Iterator[Finding]:
    """Really beep and blink; only a person can say whether it was heard and seen."""
    try:
        with testbed.indicators(settings, mock=mock) as shown:
            shown.mute(quiet)
            shown.show(patterns.SLOW_DOWN)
            time.sleep(BLINK_S)  # real time, also on a simulated chip: a person listens
            trouble = shown.trouble
    except HardwareError as e:
        yield Finding("buzzer and LED", "fault", str(e))
        return
    where = f"buzzer on GPIO {settings.buzzer.pin}, LED on GPIO {settings.led.pin}"
    where += f", motor on GPIO {settings.motor.pin}" if settings.motor.pin else ""
    if trouble is not None:
        yield Finding("buzzer and LED", "fault", str(trouble))
    else:
        heard = "blinked" if quiet else "beeped and blinked"
        yield Finding("buzzer and LED", "ok", f"{where} have {heard}; if not, check the wiring")


def calibration(path: Path) -> Finding:
    """Whether the device has been calibrated, and how long ago."""
    todo = "coach calibrate takes a minute"
    try:
        found = json.loads(files.read(path, LARGEST_CALIBRATION))
        made = datetime.fromisoformat(found["date"]).astimezone()
        bias = float(np.linalg.norm(found["gyro_bias_dps"]))
        days = (datetime.now(made.tzinfo) - made).days
        sure = found.get("date_sure", True)  # not there before version 0.2.0
    except FileNotFoundError:
        return Finding("calibration", "warning", f"none yet: {todo}")
    except PermissionError:
        mine = files.may_not("read it", path.parent)
        return Finding("calibration", "warning", f"{path}: {mine}")
    except (OSError, *NOT_OUR_JSON) as e:
        return Finding("calibration", "warning", f"{path} cannot be used ({why(e)}): {todo}")
    text = f"of {made:%Y-%m-%d}{doubt(sure=sure)}, gyroscope off by {bias:.2f} deg/s"
    if sure and days > OLD_DAYS:
        return Finding("calibration", "warning", f"{text}, {days} days old: {todo}")
    return Finding("calibration", "ok", text)
