"""What can happen to the simulated chip and its wires."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Fault(Enum):
    """What can happen to the chip or its wires. How long it lasts is said to `inject`."""

    NACK = "no transfer is acknowledged (errno 121)"
    STUCK = "a line is held low: transfers take their time limit and fail (errno 110)"
    BUS_GONE = "the bus has left the machine (errno 19), and cannot be opened (errno 2)"
    SHORT_READ = "bursts from the FIFO break off half-way"
    STALL = "the next transfer takes this long: the FIFO overflows meanwhile"
    BROWN_OUT = "the supply fails: silence, then a chip that has reset itself and sleeps"
    FROZEN = "all samples are alike, until a reset if no duration is given"
    SILENT = "no samples are taken, until a reset if no duration is given"


class Injected(NamedTuple):
    """A fault from one instant (s, on the chip's clock) to another."""

    begin: float
    end: float
    fault: Fault
