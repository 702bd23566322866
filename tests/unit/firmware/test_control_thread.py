"""The thread behind the control socket: when it wakes, when it sleeps, and how it ends."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from unittest.mock import patch

import pytest

from firmware.app import client
from firmware.device.control import server as control
from firmware.device.control import settingswatch
from firmware.device.control.orders import Orders
from firmware.device.control.settingswatch import SettingsWatch
from firmware.device.control.status import Status
from firmware.records import Mark
from firmware.settings.source import Source
from tests.support.controlled import Server
from tests.support.waiting import LONGEST_S, eventually


def test_a_socket_that_is_gone_already_is_no_trouble_at_the_end(tmp_path: Path) -> None:
    """Somebody has emptied the folder."""
    server = Server(tmp_path)
    Path(server.path).unlink()
    server.close()


def test_nobody_waits_for_the_next_look_at_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers, records, a reload and the end come at once; between looks the thread sleeps."""
    monkeypatch.setattr(settingswatch, "LOOK_S", 10 * LONGEST_S)
    server = Server(tmp_path)
    with server.connect() as talk, talk.makefile("rb") as got:
        talk.sendall(b'{"v":1,"do":"mute","muted":true}\n{"v":1,"do":"follow"}\n')
        assert {"muted", "cadences"} <= {*json.loads(got.readline()), *json.loads(got.readline())}
        for number in range(20):
            server.control.publish(Mark(1.0, f"{number}"))
            assert json.loads(got.readline())["text"] == f"{number}"
        read = threading.Event()
        server.control.reload(read.set)
        assert read.wait(LONGEST_S)
    server.close()
    assert not Path(server.path).exists()


def test_a_card_that_hangs_keeps_no_daemon_from_coaching_nor_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the thread that waits for it; what is shared with it is left alone."""
    waits, goes_on = threading.Event(), threading.Event()
    server = Server(tmp_path)
    with monkeypatch.context() as hanging, server.connect() as talk:
        talk.sendall(b'{"v":1,"do":"follow"}\n')
        assert talk.recv(1)
        hanging.setattr(Source, "changed", lambda _: waits.set() or not goes_on.wait(LONGEST_S))
        assert waits.wait(LONGEST_S)
        began = time.monotonic()
        for _ in range(2000):  # more than what wakes the thread has room for
            server.control.publish(Mark(1.0, "a step"))
        server.control.close()
        assert time.monotonic() - began < LONGEST_S / 2
        assert Path(server.path).is_socket()
        goes_on.set()
        server.close()


def test_no_socket_is_a_choice(tmp_path: Path) -> None:
    """Nothing is missing then, and nothing is tried again."""
    (tmp_path / "coach.toml").write_text('[control]\nsocket = ""\n')
    source, told = Source(tmp_path / "coach.toml"), list[str]()
    settings = source.begin()
    made = control.Control(settings, source, Orders(), Status(settings), told.append)
    looks = SettingsWatch.look
    with patch.object(SettingsWatch, "look", autospec=True, side_effect=looks) as look:
        made.start()
        eventually(lambda: look.call_count > 2)
    made.close()
    assert told == []


def test_it_sleeps_again_when_all_is_answered(server: Server) -> None:
    """One that never does would cost as much as the whole coach."""
    assert client.ask(server.path, "mute", muted=True)["ok"]
    with patch.object(
        SettingsWatch, "is_due", autospec=True, side_effect=SettingsWatch.is_due
    ) as turns:
        time.sleep(0.3)
    assert turns.call_count < 50
