"""Figures with people left out, and how sure they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.lab.evaluate import people
from firmware.lab.evaluate.cadence import Windows
from firmware.lab.evaluate.folder import Item
from firmware.lab.evaluate.trial import Score

CADENCE = "cadence within 3"


def score(dataset: str, subject: str, right: int, wrong: int) -> Score:
    """A recording with so many right and wrong windows."""
    true = np.full(right + wrong, 80.0)
    shown = np.concatenate([np.full(right, 81.0), np.full(wrong, 90.0)])
    item = Item(Path("x.csv"), dataset, subject, dataset, "", None)
    return Score(item, Windows(dataset, subject, true, shown, true, true))


SCORES = st.lists(
    st.builds(
        score,
        dataset=st.sampled_from(["one", "two"]),
        subject=st.sampled_from(["a", "b", "c"]),
        right=st.integers(0, 20),
        wrong=st.integers(1, 20),
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(SCORES, st.sampled_from(["person", "dataset"]))
def test_those_left_out_and_the_others_make_all(
    scores: list[Score], leave_out: people.LeaveOut
) -> None:
    """The value of all lies between the two, inside its own interval, and people add up."""
    everybody, *each = people.table(scores, leave_out)
    assert everybody.people == len({s.person for s in scores})
    assert sum(row.people for row in each) == everybody.people
    for row in each:
        if row.others is not None:
            low, high = sorted((row.value, row.others))
            assert low - 1e-9 <= everybody.value <= high + 1e-9
    if everybody.low is not None and everybody.high is not None:
        assert 0.0 <= everybody.low <= everybody.high <= 1.0


def test_one_bad_person_of_many_widens_the_interval() -> None:
    """Windows of one person are no independent witnesses."""
    alike = [score("d", f"p{n}", 90, 10) for n in range(10)]
    one_bad = [*[score("d", f"p{n}", 100, 0) for n in range(9)], score("d", "p9", 0, 100)]
    a, b = (people.table(scores, "person")[0] for scores in (alike, one_bad))
    assert a.value == b.value == 0.9
    assert a.low is not None
    assert b.low is not None
    assert b.low < 0.75 < a.low


def test_a_figure_without_truth_is_not_told() -> None:
    """No recording with steps: no share of right cadences, not zero."""
    item = Item(Path("x.csv"), "d", "s", "d", "", None)
    assert people.figure(CADENCE, [Score(item)]) is None
    assert people.figure(CADENCE, []) is None
