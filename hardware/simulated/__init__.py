"""A sensor without one: a simulated MPU-6050 on a simulated bus, with faults, in a time of its own.

The driver cannot tell it from a real chip. `walker` holds the person who wears it.
"""

from hardware.simulated.bus import SimulatedBus
from hardware.simulated.chip import SimulatedMpu6050
from hardware.simulated.clock import VirtualClock
from hardware.simulated.faults import Fault

__all__ = ["Fault", "SimulatedBus", "SimulatedMpu6050", "VirtualClock"]
