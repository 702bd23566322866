"""Parsers under any input: some hundreds each time, 100,000 each by `make fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

CASES = int(os.environ.get("COACH_FUZZ_CASES", "300"))

as_many = settings(
    max_examples=CASES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
"""So many inputs, however long one takes."""
