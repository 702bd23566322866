"""The sensor: an MPU-6050 on an I2C bus that is read in bursts and kept alive.

`Mpu6050` gives a `Reading` at each `read`: samples with their instants, and what happened to the
sensor meanwhile, each fault by a name of `hardware.errors`. `self_test` and `gyro_bias` look at a
sensor that is still.
"""

from hardware.mpu6050.driver import Mpu6050
from hardware.mpu6050.i2c import Bus, BusFactory, Device, identify, linux_bus
from hardware.mpu6050.places import MAY_BE_ELSEWHERE, LinuxPlaces, Places, look_elsewhere
from hardware.mpu6050.readings import Burst, SensorEvent
from hardware.mpu6050.registers import CHIPS
from hardware.mpu6050.selftest import STILL_DPS, STILL_G, gyro_bias, self_test

__all__ = [
    "CHIPS",
    "MAY_BE_ELSEWHERE",
    "STILL_DPS",
    "STILL_G",
    "Burst",
    "Bus",
    "BusFactory",
    "Device",
    "LinuxPlaces",
    "Mpu6050",
    "Places",
    "SensorEvent",
    "gyro_bias",
    "identify",
    "linux_bus",
    "look_elsewhere",
    "self_test",
]
