"""Recordings: samples in CSV files, ours or other programs', read as what they are or refused.

`read` finds the columns (`columns`), gives each sample its instant (`stamps`) and makes sure of the
units (`units`), so that nothing is taken for a walk that is none.
"""

from firmware.recordings.columns import parse_columns
from firmware.recordings.table import Reading, Recording, read, write
from firmware.recordings.text import LARGEST
from firmware.recordings.units import parse_units

__all__ = ["LARGEST", "Reading", "Recording", "parse_columns", "parse_units", "read", "write"]
