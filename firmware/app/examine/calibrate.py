"""`coach calibrate`: what the sensor shows at rest, and how it sits on the walker.

The coach needs none of it to decide (it finds gravity by itself, in any mounting). It tells
whether the chip drifts from one year to the next, and whether the clip sits as it used to.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from firmware.app.examine import surroundings, testbed
from firmware.app.examine.testbed import Rig
from firmware.errors import EXIT_OK, DeviceError
from firmware.log import clocks
from firmware.output import replacing
from firmware.settings.catalogue import Settings
from hardware import HardwareError
from hardware.mpu6050 import Burst, gyro_bias

FILE_NAME = "calibration.json"
REST_S = 3.0
"""On the table: three times what the bias needs."""
WORN_S = 5.0
"""Standing: the sway of a second or two averages out."""
UPRIGHT_G = 0.1
"""Standing still, gravity is 1 g to this; what differs more is a chip out of order."""


def run(settings: Settings, *, simulate: bool) -> int:
    """The command. Raises `DeviceError`, also where the daemon has the sensor."""
    if not simulate and surroundings.daemon(settings)[1]:
        raise DeviceError(
            "the daemon has the sensor: sudo systemctl stop cadence-coach first, start it after"
        )
    rig = testbed.simulated(settings) if simulate else testbed.real(settings)
    try:
        _ask("Lay the device on the table and leave it alone")
        bias = gyro_bias(_samples(rig, REST_S))
        _ask("Clip it on as for walking and stand still")
        worn = _samples(rig, WORN_S).acc.mean(axis=0)
    except HardwareError as e:
        raise DeviceError(str(e)) from e
    size = float(np.linalg.norm(worn))
    if abs(size - 1.0) > UPRIGHT_G:
        raise DeviceError(
            f"gravity shows as {size:.2f} g instead of 1 g: stand still and try again, "
            "or test the chip with coach doctor"
        )
    axis = int(np.argmax(np.abs(worn)))
    up = ("-" if worn[axis] < 0 else "+") + "xyz"[axis]
    tilt = float(np.degrees(np.arccos(min(1.0, abs(float(worn[axis])) / size))))
    made: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "date_sure": clocks.is_set(),
        "gyro_bias_dps": [round(x, 3) for x in bias.dps],
        "gyro_noise_dps": [round(x, 3) for x in bias.noise_dps],
        "gravity_g": [round(float(x), 4) for x in worn],
        "up": up,
        "tilt_deg": round(tilt, 1),
    }
    x, y, z = bias.dps
    sys.stdout.write(f"gyroscope at rest: {x:+.2f} {y:+.2f} {z:+.2f} deg/s (x y z)\n")
    sys.stdout.write(f"mounting: the chip's {up} is up, {tilt:.0f} degrees tilted\n")
    if simulate:
        sys.stdout.write("simulated: nothing is kept\n")
        return EXIT_OK
    path = Path(settings.log.directory) / FILE_NAME
    with replacing(path) as file:
        json.dump(made, file, indent=2)
        file.write("\n")
    sys.stdout.write(f"kept in {path}\n")
    return EXIT_OK


def _samples(rig: Rig, seconds: float) -> Burst:
    burst, _, troubles = testbed.collect(rig, seconds)
    if troubles or burst is None:
        raise DeviceError(troubles[0] if troubles else "no sample came: try coach doctor")
    return burst


def _ask(what: str) -> None:
    """Tell a person what to do, and wait for them where there is one."""
    if sys.stdin.isatty():
        sys.stdout.write(f"{what}, then press Enter. ")
        sys.stdout.flush()
        sys.stdin.readline()
    else:
        sys.stdout.write(f"{what}.\n")
