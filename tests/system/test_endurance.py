"""Twenty minutes of walks, rests and faults: nothing creeps, and every cue reaches the buzzer."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.endurance import Endurance

SECONDS = 1200.0
LOG_MB = 0.3
"""Far less than the sessions bring: the log has to give way. The write-ahead log comes on top."""


@pytest.mark.slow
def test_nothing_creeps_and_no_cue_is_lost() -> None:
    """Threads and files stay, memory settles, stamps stay true, each cue is seen at the pin."""
    day = Endurance(SECONDS, SECONDS / 8, seed=4, fault_every_s=150.0, max_mb=LOG_MB)
    seen = day.run()
    assert seen.faults >= 2
    assert seen.recovered >= seen.faults - 1
    assert seen.cues >= 1
    assert seen.lost == []
    assert seen.unheard == []
    assert len({m.threads for m in seen.marks}) == 1
    assert len({m.files for m in seen.marks}) == 1
    assert seen.marks[-1].rss_mb - seen.marks[len(seen.marks) // 2].rss_mb < 3.0
    off = day.errors_s[np.isfinite(day.errors_s)]
    assert len(off) > SECONDS / 2
    assert abs(off).max() < 0.005
    assert abs(np.median(off)) < 0.001
