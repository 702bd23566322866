"""A chip that is not where it was configured is found, named, and used."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.errors import BusNotFoundError, DeviceNotFoundError
from hardware.mpu6050 import Bus, LinuxPlaces, Mpu6050
from hardware.mpu6050.places import Place
from hardware.simulated import Fault, SimulatedMpu6050, VirtualClock
from tests.support.machine import Machine
from tests.support.rig import ramp


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path, SimulatedMpu6050(ramp, VirtualClock()))
    with made.patched():
        yield made


def play(machine: Machine, sensor: Mpu6050, seconds: float):
    """Read for a while: all samples' count and all events."""
    count, events = 0, []
    until = machine.clock.now() + seconds
    while machine.clock.now() < until:
        machine.clock.sleep(0.05)
        burst, told = sensor.read()
        count += 0 if burst is None else len(burst)
        events += told
    return count, events


def test_at_the_other_address_it_is_used_and_ad0_named(machine: Machine) -> None:
    """With AD0 high the driver goes on at 0x69 and says what to mend or to set."""
    machine.chip.address = 0x69
    sensor = machine.sensor()
    sensor.open()
    count, events = play(machine, sensor, 2.0)
    assert count > 150
    [told] = events
    assert (told.kind, told.name) == ("warning", "found_elsewhere")
    assert "not at 0x68 on /dev/i2c-1 but at 0x69 on /dev/i2c-1: AD0 is high" in told.message
    assert "set sensor.address to 0x69" in told.message


def test_a_flickering_ad0_is_followed_there_and_back(machine: Machine) -> None:
    """The wire of AD0 comes off during a walk and is put on again: within a second each time."""
    sensor = machine.sensor()
    sensor.open()
    play(machine, sensor, 2.0)
    names = []
    for address in (0x69, 0x68):
        machine.chip.address = address
        count, events = play(machine, sensor, 2.0)
        assert count > 100
        names.append([e.name for e in events])
        assert events[-1].kind == "recovered"
    assert names[0] == names[1] == ["transfer", "found_elsewhere", "transfer"]


def test_a_bus_that_comes_back_as_another_number_is_found(machine: Machine) -> None:
    """Adapter unplugged and plugged in again: the one of the same name is asked first."""
    sensor = machine.sensor()
    sensor.open()
    play(machine, sensor, 2.0)
    machine.looked_at.clear()
    machine.move(7)
    count, events = play(machine, sensor, 2.0)
    assert count > 100
    assert machine.looked_at == [7]
    assert any("set sensor.bus to 7 if it stays" in e.message for e in events)
    machine.move(1)
    count, events = play(machine, sensor, 2.0)
    assert count > 100
    assert any("that is its usual place" in e.message for e in events)


def test_other_buses_are_left_alone_while_the_own_exists(machine: Machine) -> None:
    """A sensor that is unplugged is waited for, and no display or camera is asked."""
    sensor = machine.sensor()
    sensor.open()
    machine.looked_at.clear()
    machine.chip.inject(Fault.NACK)
    play(machine, sensor, 3.0)
    assert set(machine.looked_at) == {1}


def test_looking_in_vain_keeps_no_bus_open(machine: Machine) -> None:
    """However long the sensor is away, no file is left open for each look at another place."""
    sensor = machine.sensor()
    sensor.open()
    machine.chip.inject(Fault.NACK)
    for number in (1, 7):
        machine.move(number)
        play(machine, sensor, 5.0)
        assert len(machine.open) <= 1


def test_found_nowhere_it_is_the_configured_place_that_is_named(machine: Machine) -> None:
    """The error of the configured bus and address comes out, not that of the last place tried."""
    machine.chip.inject(Fault.NACK)
    with pytest.raises(DeviceNotFoundError, match="0x68 on /dev/i2c-1"):
        machine.sensor().open()
    machine.move(7)
    with pytest.raises(BusNotFoundError, match="/dev/i2c-1 does not exist"):
        machine.sensor().open()


def test_an_unknown_chip_in_its_place_is_no_hindrance(machine: Machine) -> None:
    """A clock chip sits at 0x68, the sensor at 0x69: the sensor is found."""
    machine.chip.address = 0x69
    places = LinuxPlaces(1, 0x68)
    stranger = SimulatedMpu6050(ramp, machine.clock, who_am_i=0x12)
    sensor = Mpu6050(stranger.bus, machine.clock, bus_name="/dev/i2c-1", places=places)
    sensor.open()
    assert play(machine, sensor, 1.0)[0] > 50


def test_a_chip_that_the_kernel_holds_in_its_place_is_no_hindrance(machine: Machine) -> None:
    """The clock chip at 0x68 has a driver of its own."""
    machine.chip.address = 0x69

    def held() -> Bus:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    places = LinuxPlaces(1, 0x68)
    sensor = Mpu6050(held, machine.clock, bus_name="/dev/i2c-1", places=places)
    sensor.open()
    assert play(machine, sensor, 1.0)[0] > 50


@pytest.mark.usefixtures("machine")
def test_the_usual_place_comes_first() -> None:
    """The configured place comes first among the places, always."""
    first = next(LinuxPlaces(1, 0x68)())
    assert isinstance(first, Place)
    assert (first.address, first.bus_name) == (0x68, "/dev/i2c-1")
