"""The simulated chip and its bus, without the driver: what the tests of its registers work at."""

from __future__ import annotations

import numpy as np
from smbus2 import i2c_msg

from hardware.mpu6050.registers import Reg
from hardware.simulated import SimulatedMpu6050, VirtualClock


def still(t):
    return np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], (len(t), 1))


class Bench:
    """A chip and a bus, without the driver."""

    def __init__(self, source=still, **chip):
        self.clock = VirtualClock()
        self.chip = SimulatedMpu6050(source, self.clock, **{"noise": 0.0} | chip)
        self.bus = self.chip.bus()

    def set(self, register, value):
        self.bus.write_byte_data(0x68, register, value)

    def get(self, register, length=1):
        return bytes(self.bus.read_i2c_block_data(0x68, register, length))

    def count(self):
        return int.from_bytes(self.get(Reg.FIFO_COUNT_H, 2), "big")

    def pop(self, length):
        answer = i2c_msg.read(0x68, length)
        self.bus.i2c_rdwr(i2c_msg.write(0x68, [Reg.FIFO_R_W]), answer)
        return bytes(answer)

    def wake(self, div=9, fifo=0x78):
        self.set(Reg.PWR_MGMT_1, 1)
        self.set(Reg.SMPLRT_DIV, div)
        self.set(Reg.CONFIG, 3)
        self.set(Reg.ACCEL_CONFIG, 0x18)
        self.set(Reg.GYRO_CONFIG, 0x18)
        self.set(Reg.INT_ENABLE, 0x10)
        self.set(Reg.FIFO_EN, fifo)
        self.set(Reg.USER_CTRL, 0x40)
        return self
