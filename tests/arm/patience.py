"""For pytest's -p: property tests without a time limit for each example.

An emulated processor keeps none, and what exceeds one is then run hundreds of times more.
"""

from hypothesis import settings

settings.register_profile("patience", deadline=None)
settings.load_profile("patience")
