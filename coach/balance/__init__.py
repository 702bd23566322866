"""Whether somebody keeps their balance: stumbles, falls, and the device that is handled instead.

`StumbleDetector` takes the frames of the samples and tells events; `BalanceParameters` are all of
its constants.
"""

from coach.balance.parameters import BalanceParameters
from coach.balance.stumble import StumbleDetector

__all__ = ["BalanceParameters", "StumbleDetector"]
