"""How far a walker has come outlives the session, and yields to the physiotherapist's word."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.events import Session, Stage
from firmware.device import keeper as keeper_module
from firmware.device.keeper import Keeper
from firmware.errors import UserError
from firmware.files import Folder
from firmware.settings.catalogue import Settings
from firmware.settings.reached import FILE_NAME, Reached, Stated, stated
from firmware.settings.source import Source
from tests.support.settingsfile import settings_file
from tests.support.waiting import LONGEST_S, eventually

SET = Settings()


def stage(settings: Settings) -> str:
    return settings.stage.current


def test_what_was_reached_is_where_the_next_session_begins(tmp_path: Path) -> None:
    """Nothing remembered: the stage that is set. Then the one reached, also in a new process."""
    reached = Reached(tmp_path)
    assert stage(reached.applied(SET)) == "rails"
    reached.put(stated(SET), "hands free")
    assert stage(Reached(tmp_path).applied(SET)) == "hands free"


def test_another_stage_that_is_set_counts(tmp_path: Path) -> None:
    """As soon as `stage.current` changes, what was reached from the old one is void."""
    reached = Reached(tmp_path)
    reached.put(stated(SET), "hands free")
    assert stage(reached.applied(SET.changed({"stage.current": "tempo"}))) == "tempo"


def test_the_same_stage_can_be_set_again(tmp_path: Path) -> None:
    """`forget` makes the stage that is set count anew, for this walker alone."""
    reached = Reached(tmp_path)
    reached.put(Stated("", "rails"), "tempo")
    reached.put(Stated("anna", "rails"), "hands free")
    reached.forget("")
    assert stage(reached.applied(SET)) == "rails"
    assert reached.stage(Stated("anna", "rails")) == "hands free"


def test_who_may_write_the_log_may_begin_anew(tmp_path: Path) -> None:
    """What the service remembers is its group's as well: the physiotherapist is in it."""
    reached = Reached(tmp_path)
    reached.put(stated(SET), "hands free")
    assert reached.path.stat().st_mode & 0o777 == 0o664


def test_a_stage_that_the_plan_has_no_more_is_not_begun(tmp_path: Path) -> None:
    """An edited plan does not lead into a stage that is gone."""
    reached = Reached(tmp_path)
    reached.put(stated(SET), "hands free")
    edited = SET.changed({"stage.plan": "rails 30-80, quick 50-110"})
    assert stage(reached.applied(edited)) == "rails"


def test_a_session_leaves_what_was_reached_under_its_own_stage(tmp_path: Path) -> None:
    """Else nobody would come further than one stage."""
    reached = Reached(tmp_path)
    reached.put(stated(SET), "hands free")
    reached.walk(stated(SET))
    assert stage(reached.applied(SET)) == "hands free"


NAMES = st.sampled_from(["", "set", "reached", "rails"])
TREES = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=5)),
    lambda v: st.one_of(st.lists(v, max_size=3), st.dictionaries(NAMES, v, max_size=3)),
    max_leaves=6,
)


@given(st.one_of(st.binary(max_size=60), st.builds(lambda v: json.dumps(v).encode(), TREES)))
def test_a_file_of_anything_is_no_memory_and_no_harm(tmp_path_factory, content: bytes) -> None:
    """Whatever stands in it, a stage of the plan comes out, and it can be written anew."""
    folder = tmp_path_factory.mktemp("memory")
    (folder / FILE_NAME).write_bytes(content)
    reached = Reached(folder)
    assert stage(reached.applied(SET)) in ("rails", "hands free", "tempo", "incline")
    reached.put(stated(SET), "tempo")
    assert stage(reached.applied(SET)) == "tempo"


def test_what_makes_no_sense_is_put_aside(tmp_path: Path) -> None:
    """A bit has flipped: who mends it finds how far everybody had come."""
    reached = Reached(tmp_path)
    reached.put(Stated("anna", "rails"), "tempo")
    damaged = reached.path.read_bytes().replace(b"{", b"[", 1)
    reached.path.write_bytes(damaged)
    reached.put(Stated("bert", "rails"), "hands free")
    assert (tmp_path / "stages.json.damaged").read_bytes() == damaged
    assert reached.stage(Stated("bert", "rails")) == "hands free"


@pytest.mark.parametrize(
    "change",
    [
        lambda reached: reached.put(Stated("bert", "rails"), "hands free"),
        lambda reached: reached.walk(Stated("bert", "rails")),
        lambda reached: reached.forget("bert"),
    ],
)
def test_a_file_that_cannot_be_read_now_is_not_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Reached], None]
) -> None:
    """A card that fails to answer for a moment, or no handle left: nobody else's stage is lost."""
    reached = Reached(tmp_path)
    reached.put(Stated("anna", "rails"), "tempo")
    stood = reached.path.read_bytes()

    def fails(_folder: Folder, _name: str, _most: int) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "read", fails)
        with pytest.raises(UserError, match=r"stages\.json: .*Input/output error"):
            change(reached)
    assert reached.path.read_bytes() == stood
    assert not list(tmp_path.glob("*damaged"))


def test_where_nothing_was_reached_there_is_nothing_to_forget(tmp_path: Path) -> None:
    """No log yet, perhaps no folder for one: nobody needs to make it."""
    reached = Reached(tmp_path / "later")
    reached.forget("anna")
    reached.walk(Stated("anna", "rails"))
    assert not reached.path.parent.exists()


def test_two_programs_that_change_it_at_once_lose_nothing(tmp_path: Path) -> None:
    """The daemon and somebody with `coach stage`: each walker's stage is there in the end."""
    many = f"""
import sys
from pathlib import Path
from firmware import alone
from firmware.settings.reached import Reached, Stated
alone.LOCK_WAIT_S = {LONGEST_S}  # the other goes on for as long as the disk takes for all of its
reached = Reached(Path(sys.argv[1]))
for k in range(40):
    reached.put(Stated(f"{{sys.argv[2]}} {{k}}", "rails"), "tempo")
    reached.forget(f"{{sys.argv[2]}} {{k - 1}}") if k % 2 else None
"""
    both = [subprocess.Popen([sys.executable, "-c", many, tmp_path, who]) for who in "ab"]
    assert [one.wait() for one in both] == [0, 0]
    there = {f"{who} {k}" for who in "ab" for k in range(1, 40, 2)}
    assert json.loads((tmp_path / FILE_NAME).read_bytes()).keys() == there


def test_the_keeper_remembers_advice_of_the_session_under_which_it_was_given(
    tmp_path: Path,
) -> None:
    """For who walked when it began, though another profile is chosen; then it is their turn."""
    reached = Reached(tmp_path)
    now = [Stated("anna", "rails")]
    keeper = Keeper(reached, lambda: now[0])
    keeper.tell(Session(0.0, "started"))
    keeper.tell(Stage(0.0, "rails", "begins", "rails"))
    now[0] = Stated("bert", "tempo")
    keeper.tell(Stage(9.0, "rails", "ready for the next", "hands free"))
    eventually(lambda: reached.stage(Stated("anna", "rails")) == "hands free")
    assert reached.stage(Stated("bert", "tempo")) is None
    keeper.tell(Session(9.0, "ended"))
    keeper.tell(Session(0.0, "started"))
    keeper.tell(Stage(9.0, "tempo", "stepped back", "rails"))
    eventually(lambda: reached.stage(Stated("bert", "tempo")) == "rails")
    keeper.close()
    assert reached.stage(Stated("anna", "rails")) == "hands free"


def test_what_was_reached_ends_with_a_session_under_another_stage(tmp_path: Path) -> None:
    """Though the first one is set again later; who only looks at another one loses nothing."""
    reached, rails, tempo = Reached(tmp_path), Stated("", "rails"), Stated("", "tempo")
    now = [rails]
    keeper = Keeper(reached, lambda: now[0])
    keeper.tell(Stage(9.0, "rails", "ready for the next", "hands free"))
    now[0] = tempo
    keeper.tell(Session(0.0, "started"))
    keeper.close()
    assert reached.stage(rails) == "hands free"
    keeper = Keeper(reached, lambda: now[0])
    keeper.tell(Session(0.0, "started"))
    keeper.tell(Stage(0.0, "tempo", "begins", "tempo"))
    keeper.close()
    assert reached.stage(tempo) is reached.stage(rails) is None


def test_a_folder_that_cannot_be_written_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The session goes on; journal, LED and status say what is not remembered, until it is."""
    said: list[str] = []
    folder = tmp_path / "later"
    keeper = Keeper(Reached(folder), lambda: Stated("", "rails"), said.append)
    keeper.tell(Stage(9.0, "tempo", "stepped back", "hands free"))
    eventually(lambda: said)
    [sentence] = said
    assert sentence == (
        f"the stage reached is not remembered: {folder}/{FILE_NAME}: cannot be written: No such"
        " file or directory; set it by hand: coach stage hands free"
    )
    assert sentence in caplog.text
    folder.mkdir()
    keeper.tell(Session(0.0, "started"))
    keeper.tell(Stage(0.0, "rails", "begins", "rails"))
    keeper.close()
    assert said[1:] == [""]


def test_what_could_not_be_written_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is there again, say: the newest stage of each walker is remembered."""
    monkeypatch.setattr(keeper_module, "AGAIN_S", 0.05)
    said: list[str] = []
    folder, now = tmp_path / "later", [Stated("anna", "rails")]
    keeper = Keeper(Reached(folder), lambda: now[0], said.append)
    keeper.tell(Stage(9.0, "rails", "ready for the next", "hands free"))
    keeper.tell(Stage(9.0, "hands free", "ready for the next", "tempo"))
    now[0] = Stated("bert", "rails")
    keeper.tell(Session(0.0, "started"))
    keeper.tell(Stage(9.0, "rails", "ready for the next", "hands free"))
    eventually(lambda: said)
    folder.mkdir()
    eventually(lambda: said[-1] == "")
    keeper.close()
    assert Reached(folder).stage(Stated("anna", "rails")) == "tempo"
    assert Reached(folder).stage(Stated("bert", "rails")) == "hands free"


def test_the_device_takes_a_new_memory_as_it_takes_a_new_file(tmp_path: Path) -> None:
    """`Source` sees that a stage was reached or forgotten; who only reads the file does not."""
    file = settings_file(tmp_path)
    source, plain = Source(file, remembers=True), Source(file)
    assert stage(source.load()) == "rails"
    assert source.stated == Stated("", "rails")
    Reached(tmp_path).put(source.stated, "hands free")
    assert [source.changed() for _ in range(2)] == [False, True]
    assert stage(source.load()) == "hands free"
    assert source.stated == Stated("", "rails")
    assert stage(plain.load()) == "rails"
    Reached(tmp_path).forget("")
    assert [source.changed() for _ in range(3)] == [False, True, True]
    assert stage(source.load()) == "rails"
    assert not source.changed()
