"""GPIO lines by way of the kernel alone: which chip has the header, and switching off in a hurry.

Playing goes through gpiozero. After a crash a buzzer may be left sounding, and loading gpiozero
takes a Pi half a second: here an output is set with one call
(linux/Documentation/userspace-api/gpio).
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from hardware.errors import NoGpioError, PinError, from_gpio

DEVICES = Path("/dev")

HEADERS = (b"pinctrl-rp1", b"pinctrl-bcm2711", b"pinctrl-bcm2835")
"""Labels of the chips whose lines 2 to 27 are the header's: of the Pi 5, the 4, all before."""

_CHIP_INFO = struct.Struct("32s32sI")
"""struct gpiochip_info: name, label, number of lines."""

_LINE_REQUEST = struct.Struct("64I 32s Q I 20x 240x I I 20x i")
"""struct gpio_v2_line_request: offsets, consumer; its config: flags, number of attributes, none of
them; number of lines, buffer size, and the file descriptor that comes back."""

_GET_CHIP_INFO, _GET_LINES = 0x8044B401, 0xC250B407
_ACTIVE_LOW, _OUTPUT = 1 << 1, 1 << 3  # GPIO_V2_LINE_FLAG_...

_CONSUMER = b"cadence-coach"


def header_chip(devices: Path = DEVICES) -> Path:
    """The device file of the chip with the header's lines: 0 but on some kernels of the Pi 5.

    Raises `NoGpioError` where there is none at all.
    """
    chips = sorted(devices.glob("gpiochip*"))
    for chip in chips:
        try:
            label = _label(chip)
        except OSError:  # not ours to open
            continue
        if label in HEADERS:
            return chip
    if not chips:
        raise NoGpioError(f"No GPIO here (no {devices}/gpiochip0): this is no Raspberry Pi.")
    return chips[0]


def switch_off(pins: Iterable[tuple[str, int, bool]], devices: Path = DEVICES) -> None:
    """Make outputs of the pins (what for, BCM number, active high) and leave them off.

    Raises `PinError` by name, when it has done what it could of the others.
    """
    failed: list[PinError] = []
    chip = header_chip(devices)
    for what, pin, active_high in pins:
        try:
            _hold_off(chip, pin, active_high)
        except OSError as error:
            failed.append(from_gpio(error, what, pin))
    if failed:
        raise failed[0]


def _label(chip: Path) -> bytes:
    with chip.open("r+b", buffering=0) as file:
        answer = fcntl.ioctl(file, _GET_CHIP_INFO, bytes(_CHIP_INFO.size))
    label: bytes = _CHIP_INFO.unpack(answer)[1]
    return label.rstrip(b"\0")


def _hold_off(chip: Path, pin: int, active_high: bool) -> None:
    """An output begins inactive; when it is given back, the level stays or falls to the pull."""
    flags = _OUTPUT if active_high else _OUTPUT | _ACTIVE_LOW
    asked = _LINE_REQUEST.pack(pin, *[0] * 63, _CONSUMER, flags, 0, 1, 0, -1)
    with chip.open("r+b", buffering=0) as file:
        answer = fcntl.ioctl(file, _GET_LINES, asked)
    os.close(_LINE_REQUEST.unpack(answer)[-1])
