"""The FIT file, read back by Garmin's own decoder and by one other reader."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from coach.events import Stage
from firmware.app.review import fit
from firmware.errors import UserError
from firmware.log import sessions
from firmware.log.figures import summarise
from tests.support.logbook import Walk, write

sdk = pytest.importorskip("garmin_fit_sdk", reason="Garmin's SDK is not installed (extra fit)")


@pytest.fixture
def session(tmp_path: Path) -> sessions.StoredSession:
    """A quarter of an hour whose cadence is never a whole number of strides."""
    return sessions.read_one(write(tmp_path, Walk(900, spm=87.3)), "last")


def decoded(data: bytes) -> Any:
    """Messages and errors, as Garmin's decoder has them."""
    return sdk.Decoder(sdk.Stream.from_byte_array(bytearray(data))).read()


def staged(session: sessions.StoredSession) -> sessions.StoredSession:
    """The same with two stages after the first."""
    stages = [
        Stage(t, name, "begins", name)
        for t, name in ((6.0, "rails"), (200.0, "rails"), (300.0, "free"), (600.0, "rails"))
    ]
    return replace(session, events=[*session.events, *stages])


def test_garmins_decoder_accepts_it(session: sessions.StoredSession) -> None:
    """A FIT file of good integrity: an activity of one treadmill walk, a lap a stage."""
    data = fit.encode(staged(session))

    def decoder() -> Any:  # each way of using it reads its stream to the end
        return sdk.Decoder(sdk.Stream.from_byte_array(bytearray(data)))

    assert decoder().is_fit()
    assert decoder().check_integrity()
    messages, errors = decoder().read()
    assert errors == []
    [whole] = messages["session_mesgs"]
    assert (whole["sport"], whole["sub_sport"]) == ("walking", "treadmill")
    assert whole["num_laps"] == len(messages["lap_mesgs"]) == 3
    assert sum(lap["total_timer_time"] for lap in messages["lap_mesgs"]) == 895
    start = datetime.fromtimestamp(session.wall_start + 4, UTC)
    assert abs((whole["start_time"] - start).total_seconds()) <= 1
    walked = [2 * (r["cadence"] + r["fractional_cadence"]) for r in messages["record_mesgs"]]
    assert walked == pytest.approx([spm for _, spm, _ in session.seconds], abs=0.02)
    average = 2 * (whole["avg_cadence"] + whole["avg_fractional_cadence"])
    assert average == pytest.approx(sum(walked) / len(walked), abs=0.02)


def test_a_cadence_just_below_a_whole_number_of_strides_is_that_number(
    session: sessions.StoredSession,
) -> None:
    """Whoever reads the whole number alone, as many sites do, had a stride a minute less."""
    session = replace(session, seconds=[(t, 101.999, 0.9) for t, _, _ in session.seconds])
    messages, _ = sdk.Decoder(sdk.Stream.from_byte_array(bytearray(fit.encode(session)))).read()
    [whole] = messages["session_mesgs"]
    for made in (*messages["record_mesgs"], {"cadence": whole["max_cadence"]}):
        assert made["cadence"] == 51
        assert made.get("fractional_cadence", 0.0) == 0.0


def test_another_reader_finds_the_same_cadence(session: sessions.StoredSession) -> None:
    """fitdecode agrees to half a step a minute, second by second."""
    fitdecode = pytest.importorskip("fitdecode", reason="fitdecode is not installed")
    with fitdecode.FitReader(fit.encode(session)) as reader:
        records = [
            frame
            for frame in reader
            if isinstance(frame, fitdecode.FitDataMessage) and frame.name == "record"
        ]
    read = [2 * (r.get_value("cadence") + r.get_value("fractional_cadence")) for r in records]
    assert read == pytest.approx([spm for _, spm, _ in session.seconds], abs=0.5)


def test_a_rest_is_a_pause(session: sessions.StoredSession) -> None:
    """Timer and mean are those of the review; standing stops the timer."""
    seconds = [(t, None if 300 <= t < 366 else spm, c) for t, spm, c in session.seconds]
    rested = replace(session, seconds=seconds)
    messages, errors = decoded(fit.encode(rested))
    assert errors == []
    s = summarise(rested)
    [whole] = messages["session_mesgs"]
    assert whole["total_timer_time"] == s.walking_s == 895 - 66
    assert whole["total_elapsed_time"] == 895
    records = messages["record_mesgs"]
    walked = [2 * (r["cadence"] + r["fractional_cadence"]) for r in records]
    assert min(walked) > 0
    assert s.cadence_mean is not None
    assert sum(walked) / len(walked) == pytest.approx(s.cadence_mean, abs=0.02)
    kinds = [e["event_type"] for e in messages["event_mesgs"] if e["event"] == "timer"]
    assert kinds == ["start", "stop_all", "start", "stop_all"]


def test_a_walk_that_begins_at_a_half_second_is_no_longer_than_it_took(
    session: sessions.StoredSession,
) -> None:
    """The timer never runs for longer than the time that has passed."""
    begun = replace(session, seconds=[(4.0, None, 0.0), (4.5, 90.0, 0.9), *session.seconds])
    [whole] = decoded(fit.encode(begun))[0]["session_mesgs"]
    assert whole["total_timer_time"] == whole["total_elapsed_time"] == 895


def test_the_clock_on_the_wall_is_in_it(
    session: sessions.StoredSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sites that show local time need no place for it."""
    monkeypatch.setenv("TZ", "Asia/Riyadh")
    time.tzset()
    try:
        [activity] = decoded(fit.encode(session))[0]["activity_mesgs"]
    finally:
        monkeypatch.undo()
        time.tzset()
    stamp = (activity["timestamp"] - fit.EPOCH).total_seconds()
    assert activity["local_timestamp"] - stamp == pytest.approx(3 * 3600, abs=1)


@pytest.mark.parametrize("changes", [{"wall_sure": False}, {"wall_start": 1000.0}])
def test_a_session_without_a_date_is_refused(
    session: sessions.StoredSession, changes: dict[str, Any]
) -> None:
    """No 1970 that becomes 2106: the sentence says how to give a date."""
    with pytest.raises(UserError, match=r"no sure date.* coach log note 1 --date"):
        fit.encode(replace(session, **changes))


def test_a_session_without_seconds_is_refused(session: sessions.StoredSession) -> None:
    """After pruning there is nothing to put into a FIT file, and it says so."""
    with pytest.raises(UserError, match="holds no walking"):
        fit.encode(replace(session, seconds=[]))
