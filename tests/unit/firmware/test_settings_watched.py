"""The settings file is watched: whoever changes it, it counts soon, and what is wrong is told."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from unittest.mock import patch

import pytest

from firmware import files
from firmware.app import client
from firmware.device.control.orders import A_TURN, MOST_WAITING, Orders
from firmware.device.control.settingswatch import SettingsWatch
from firmware.errors import DeviceError
from firmware.records import SettingsRefused, SettingsTaken
from firmware.settings.source import Source
from tests.support.controlled import Server
from tests.support.waiting import LONGEST_S, eventually


def told(server: Server) -> list[str]:
    """What kinds of record the daemon was told, in order."""
    return [kind for kind, _ in server.daemon.notes]


def looked_at_again() -> None:
    """Until the file has been looked at twice more."""
    with patch.object(SettingsWatch, "look", autospec=True, side_effect=SettingsWatch.look) as look:
        eventually(lambda: look.call_count > 2)


def test_a_file_that_cannot_be_read_for_a_moment_is_tried_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said once; in force as soon as it can be read, though nobody has touched it since."""
    unreadable = [True]
    opened = files.Folder.read

    def failing(self: files.Folder, name: str, most: int) -> bytes:
        if unreadable and name == server.file.name:
            raise PermissionError(13, "Permission denied")
        return opened(self, name, most)

    monkeypatch.setattr(files.Folder, "read", failing)
    server.file.write_text("[cadence]\nmax_spm = 83\n")
    eventually(lambda: bool(server.daemon.notes))
    looked_at_again()
    assert told(server) == ["settings_refused"]
    unreadable.clear()
    eventually(lambda: server.daemon.settings.cadence.max_spm == 83)


def test_a_refusal_ends_with_a_good_file_and_the_next_one_is_told_again(server: Server) -> None:
    """Though it is for the same mistake; who asks for the file to be read ends it as well."""
    expected: list[str] = []
    for _ in range(2):
        server.file.write_text("[cadence]\nmax_spm = 8O\n")
        expected.append("settings_refused")
        eventually(lambda: told(server) == expected)
        server.file.write_text("[cadence]\nmax_spm = 81\n")
        assert client.ask(server.path, "reload")["in_force"]["cadence.max_spm"] == 81
        expected.append("settings_taken")
        eventually(lambda: told(server) == expected)


def test_settings_are_taken_however_many_orders_wait(server: Server) -> None:
    """A file that was read counts as taken: what it says must come into force."""
    begun, held_up = threading.Event(), threading.Event()
    orders = server.orders
    orders.put(lambda _: {"begun": begun.set(), "waited": held_up.wait(LONGEST_S)})
    assert begun.wait(LONGEST_S)  # from now on nothing is taken out
    for _ in range(MOST_WAITING + A_TURN):
        orders.put(lambda _: {})
    with server.connect() as talk, talk.makefile("rb") as answers:
        talk.sendall(b'{"v":1,"do":"clear"}\n')
        assert json.loads(answers.readline())["error"] == "the daemon is busy; try again"
        server.file.write_text("[cadence]\nmax_spm = 82\n")
        talk.sendall(b'{"v":1,"do":"reload"}\n{"v":1,"do":"status"}\n')
        first = json.loads(answers.readline())
        held_up.set()
        assert "error" not in first
        assert json.loads(answers.readline())["in_force"]["cadence.max_spm"] == 82


def test_an_edited_file_is_refused_and_taken_though_nobody_asks(server: Server) -> None:
    """Both are told, once each, as after a command."""
    server.file.write_text("[cadence]\nmax_spm = 8O\n")
    eventually(lambda: told(server) == ["settings_refused"])
    server.file.write_text("[cadence]\nmax_spm = 84\n")
    eventually(lambda: told(server) == ["settings_refused", "settings_taken"])
    assert server.daemon.settings.cadence.max_spm == 84


def test_a_refusal_ends_with_its_file(server: Server) -> None:
    """Told in true words, and once; what was in force stays, and the next one is told again."""
    for _ in range(2):
        server.daemon.notes.clear()
        server.file.write_text("[cadence]\nmax_spm = 8O\n")
        eventually(lambda: told(server) == ["settings_refused"])
        server.file.unlink()
        eventually(lambda: told(server) == ["settings_refused", "settings_taken"])
        looked_at_again()
        ((_, refused), (_, ended)) = server.daemon.notes
        assert isinstance(refused, SettingsRefused)
        assert isinstance(ended, SettingsTaken)
        assert ended.message == (
            f"{server.file}: the refused file is gone; what is in force stays so until the coach"
            " starts anew"
        )
        assert server.daemon.settings.cadence.max_spm == 100


def test_a_refused_file_that_is_away_for_a_look_is_refused_still(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an editor moves it away for an instant: nothing is told."""
    server.file.write_text("[cadence]\nmax_spm = 8O\n")
    eventually(lambda: told(server) == ["settings_refused"])
    changed, looks = Source.changed, list[bool]()
    aside = server.file.with_suffix(".aside")

    def away_once(self: Source) -> bool:
        source, to = (server.file, aside) if not looks else (aside, server.file)
        if source.exists():
            source.rename(to)
        looks.append(changed(self))
        return looks[-1]

    monkeypatch.setattr(Source, "changed", away_once)
    eventually(lambda: len(looks) > 3)
    assert "settings_taken" not in told(server)


def test_a_file_that_is_asked_for_and_missing_is_refused_until_it_is_there(server: Server) -> None:
    """No file has gone that could end that."""
    server.file.unlink()
    with pytest.raises(DeviceError, match="no such settings file"):
        client.ask(server.path, "reload")
    looked_at_again()
    assert told(server) == ["settings_refused"]


def test_who_asks_for_a_bad_file_to_be_read_has_it_told(server: Server) -> None:
    """The one who asks gets the sentence, as often as they ask; so do the log and who follows."""
    server.file.write_text("[cadence]\nmax_spm = 8O\n")
    with pytest.raises(DeviceError, match="not valid TOML"):
        client.ask(server.path, "reload")
    eventually(lambda: told(server) == ["settings_refused"])
    with pytest.raises(DeviceError, match="not valid TOML"):
        client.ask(server.path, "reload")


def test_a_change_counts_within_a_second_and_not_by_halves(tmp_path: Path) -> None:
    """An editor may be writing still: nothing is taken before the file has stood still."""
    file, orders, taken = tmp_path / "coach.toml", Orders(), list[float]()
    file.write_text("[cadence]\nmax_spm = 100\n")
    source = Source(file)
    source.begin()
    orders.rouse = lambda: taken.append(at)
    watch = SettingsWatch(source, orders)
    at = 10.0
    watch.look(at)
    asleep = watch.look_at - at
    assert asleep > 0.5  # a file that nobody touches costs little
    for text in ("[cadence]\nmax_sp", "[cadence]\nmax_spm = 83\n"):
        at = watch.look_at
        file.write_text(text)
        watch.look(at)
        assert 0.1 < watch.look_at - at < 1.0 - asleep
    assert taken == []
    at = watch.look_at
    watch.look(at)
    assert taken == [at]
    assert watch.look_at - at == asleep
