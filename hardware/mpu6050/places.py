"""Where else the sensor may be: at its other address, or on a bus that came back as another number.

AD0 picks the chip's address, and a loose wire there flips it; an adapter that is unplugged and
plugged in again may become another /dev/i2c-N. Neither is a reason to stop coaching. So where
nothing answers in its place, the chip is looked for, in this order: at the other address of the
same bus; then, only while the configured bus does not exist, on the other buses, first on
those of an adapter of the same name. Looking is one read of WHO_AM_I, which harms no device, and
only a known chip counts. What was configured always comes first, so a chip that is back there is
found there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from hardware import errors
from hardware.mpu6050.i2c import BusFactory, Device, identify, linux_bus

DEVICES = Path("/dev")
ADAPTERS = Path("/sys/class/i2c-dev")
"""linux/Documentation/i2c/dev-interface.rst: i2c-N/name is the adapter's name."""

OTHER_ADDRESS = {0x68: 0x69, 0x69: 0x68}
"""PS-MPU-6000A-00 6.4: AD0 is the lowest bit of the address."""


MAY_BE_ELSEWHERE = (
    errors.BusNotFoundError,
    errors.DeviceNotFoundError,
    errors.DeviceBusyError,  # a clock chip has the same address, and the kernel holds it
    errors.UnknownChipError,
)
"""What is answered by looking elsewhere. A bus that is stuck or closed to the user is not."""


class Place(NamedTuple):
    """A bus, an address on it, the bus's name, and what to do if the chip is there to stay."""

    factory: BusFactory
    address: int
    bus_name: str
    advice: str


Places = Callable[[], Iterator[Place]]
"""Called whenever the chip has to be looked for: the places as they are at that moment."""


class Found(NamedTuple):
    """A chip that answers elsewhere: on an open bus, its WHO_AM_I, where, and a sentence."""

    device: Device
    who_am_i: int
    place: Place
    message: str


def look_elsewhere(missed: Device, places: Iterable[Place]) -> Found | None:
    """The chip where it answers now; None where it does nowhere."""
    for place in places:
        device = Device(place.factory, place.address, place.bus_name)
        if str(device) == str(missed):
            continue
        try:
            device.open()
            value = identify(device)
        except errors.SensorError:
            device.close()
            continue
        return Found(
            device,
            value,
            place,
            f"The MPU-6050 answers not at {missed} but at {device}: {place.advice}.",
        )
    return None


class LinuxPlaces:
    """The places on this machine, for a sensor configured for /dev/i2c-`number` and `address`."""

    def __init__(self, number: int, address: int) -> None:
        self._number, self._address = number, address
        self._name = _adapter(number)  # as long as it has been seen

    def __call__(self) -> Iterator[Place]:
        """The configured place, then the others."""
        yield from self._both(self._number)
        if (DEVICES / f"i2c-{self._number}").exists():
            self._name = _adapter(self._number) or self._name
            return
        found = (re.fullmatch(r"i2c-(\d+)", path.name) for path in DEVICES.glob("i2c-*"))
        numbers = [int(match[1]) for match in found if match]
        for number in sorted(numbers, key=lambda n: (_adapter(n) != self._name, n)):
            yield from self._both(number)

    def _both(self, number: int) -> Iterator[Place]:
        for address in (self._address, OTHER_ADDRESS[self._address]):
            advice = []
            if number != self._number:
                advice.append(f"its bus has another number; set sensor.bus to {number} if it stays")
            if address != self._address:
                level = "high" if address == 0x69 else "low"
                advice.append(
                    f"AD0 is {level}; mend its wire or set sensor.address to 0x{address:02x}"
                )
            said = ", and ".join(advice) or "that is its usual place"
            yield Place(linux_bus(number, address), address, f"/dev/i2c-{number}", said)


def _adapter(number: int) -> str:
    try:
        return (ADAPTERS / f"i2c-{number}" / "name").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
