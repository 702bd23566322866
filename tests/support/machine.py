"""Numbered I2C buses of which one has a simulated chip, and may become another."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from hardware.mpu6050 import LinuxPlaces, Mpu6050, places
from hardware.simulated import SimulatedBus, SimulatedMpu6050


class Machine:
    """Numbered buses as files, a chip on one of them, and a driver configured for 0x68 on bus 1."""

    def __init__(self, root: Path, chip: SimulatedMpu6050) -> None:
        self.clock, self.chip = chip.clock, chip
        self.number = 1
        self.dev, self.sys = root / "dev", root / "sys"
        self.looked_at: list[int] = []
        self.open: set[Port] = set()
        for number, name in ((0, "camera"), (1, "bcm2835"), (20, "display")):
            self.add(number, name)

    @contextmanager
    def patched(self) -> Iterator[None]:
        """The driver's search sees this machine's buses."""
        with (
            patch.object(places, "DEVICES", self.dev),
            patch.object(places, "ADAPTERS", self.sys),
            patch.object(places, "linux_bus", self.bus),
        ):
            yield

    def add(self, number: int, name: str) -> None:
        self.dev.mkdir(parents=True, exist_ok=True)
        (self.dev / f"i2c-{number}").touch()
        (self.sys / f"i2c-{number}").mkdir(parents=True, exist_ok=True)
        (self.sys / f"i2c-{number}" / "name").write_text(name + "\n")

    def bus(self, number: int, _address: int = 0x68):
        def open_bus() -> Port:
            if not (self.dev / f"i2c-{number}").exists():
                raise FileNotFoundError(errno.ENOENT, "No such file")
            self.looked_at.append(number)
            return Port(self, number)

        return open_bus

    def sensor(self) -> Mpu6050:
        """A driver that expects the chip at 0x68 on bus 1."""
        return Mpu6050(self.bus(1), self.clock, bus_name="/dev/i2c-1", places=LinuxPlaces(1, 0x68))

    def move(self, number: int, name: str = "bcm2835") -> None:
        """The adapter with the chip leaves, and comes back as another number."""
        (self.dev / f"i2c-{self.number}").unlink()
        self.add(number, name)
        self.number = number


class Port(SimulatedBus):
    """A bus of the machine, open; the chip is on it only while the machine says so."""

    def __init__(self, machine: Machine, number: int) -> None:
        super().__init__(machine.chip)
        self._machine, self._number = machine, number
        machine.open.add(self)

    def close(self) -> None:
        super().close()
        self._machine.open.discard(self)

    def _transfer(self, address: int, data: bytes, length: int) -> bytes:
        if not (self._machine.dev / f"i2c-{self._number}").exists():
            raise OSError(errno.ENODEV, "No such device")
        if self._machine.number != self._number:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        return super()._transfer(address, data, length)
