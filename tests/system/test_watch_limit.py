"""The live view on a device whose limit is lowered: keys move what was set, and the screen is true.

The screen is textual's own, without a terminal; socket, settings file and its history are real.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coach.events import Cadence, Cue, Limit, Session, Stumble
from firmware.app import client
from firmware.records import (
    Fault,
    Mark,
    PartFailed,
    PinTrouble,
    Record,
    Recovered,
)
from firmware.settings import textfile
from firmware.settings.catalogue import Settings
from tests.support.controlled import Server
from tests.support.settingsfile import settings_file
from tests.support.waiting import LONGEST_S

app = pytest.importorskip("firmware.app.watch.app", reason="textual is not installed")


class Scripted(Server):
    """A device whose records are told by the test."""

    def tell(self, *records: Record) -> None:
        for record in records:
            self.control.publish(record)

    def prescribed(self) -> float:
        """What stands in the file."""
        return textfile.load(self.file).settings.cadence.max_spm


WALKING: tuple[Record, ...] = (
    Session(6.0, "started"),
    *(Cadence(float(t), 70.0, 0.9) for t in range(7, 50)),
    Mark(48.0, "changed shoes"),
)
STUMBLED = (Stumble(50.0, 49.7, 1.2), Limit(50.0, 64.48, "stumble"), Cadence(55.0, 66.0, 0.9))


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Scripted]:
    made = Scripted(tmp_path)
    yield made
    made.close()


class Seen:
    """The screen under test."""

    def __init__(self, screen: Any, pilot: Any) -> None:
        self.app, self.pilot = screen, pilot

    def text(self, part: str) -> str:
        return str(self.app.query_one(part).render())

    async def shows(self, part: str, words: str) -> None:
        """Wait until it is there."""
        await self.until(
            lambda: words in self.text(part), lambda: f"{words!r}: {self.text(part)!r}"
        )

    async def until(self, true: Callable[[], bool], what: Callable[[], str]) -> None:
        """As `eventually`, while the screen goes on."""
        end = time.monotonic() + LONGEST_S
        while not true():
            assert time.monotonic() < end, f"does not come: {what()}"
            await asyncio.sleep(0.025)

    async def keys(self, *names: str) -> None:
        await self.pilot.press(*names)


def watched(device: Scripted, script: Callable[[Seen], Awaitable[None]], width: int = 80) -> None:
    """Run the screen and the script over it."""

    async def run() -> None:
        screen = app.WatchApp(device.path, device.file)
        async with screen.run_test(size=(width, 24)) as pilot:
            await script(Seen(screen, pilot))

    asyncio.run(run())


def test_keys_move_the_prescribed_limit_not_the_lowered_one(device: Scripted) -> None:
    """Up within a minute of a stumble: 101 in the file; the lowered one is shown with its time."""
    device.tell(*WALKING, *STUMBLED)

    async def script(seen: Seen) -> None:
        await seen.shows("#words", "limit 64.5 for 55 s more, then 100")
        await seen.keys("up")
        await seen.shows("#said", "in force")
        await seen.shows("#words", "limit 64.5 for 55 s more, then 101")
        assert device.prescribed() == 101
        device.tell(Limit(110.0, 101.0, "settled"))
        await seen.shows("#words", "limit 101\n")

    watched(device, script)


def test_three_quick_keys_are_three_steps(device: Scripted) -> None:
    """However slow the card: the last one counts, and none is lost.

    Also where the daemon listens at another place than its file says (`coach watch --socket`).
    """
    settings_file(device.file.parent, "[cadence]\nmax_spm = 100\n")
    device.tell(*WALKING)

    async def script(seen: Seen) -> None:
        await seen.shows("#words", "limit 100")
        await seen.keys("down", "down", "down")
        await seen.shows("#words", "limit 97")
        await seen.until(lambda: device.prescribed() == 97, lambda: f"{device.prescribed()}")

    watched(device, script)


def test_at_the_end_of_the_range_the_truth_is_shown(device: Scripted) -> None:
    """Up at 200: no 201, and a sentence; a change that is refused snaps back."""
    device.daemon.change(
        Settings().changed({"cadence.max_spm": 200, "control.socket": device.path})
    )

    async def script(seen: Seen) -> None:
        await seen.shows("#words", "limit 200")
        await seen.keys("up", "up")
        await seen.shows("#said", "the limit goes from 30 to 200 steps/min")
        assert "limit 200" in seen.text("#words")
        device.file.write_text("[cadence]\nmax_spm = 8o\n")
        await seen.keys("down")
        await seen.shows("#said", "not valid TOML")
        await seen.shows("#words", "limit 200")

    watched(device, script)


def test_it_starts_with_what_the_device_knows(device: Scripted) -> None:
    """The chart has the cadences of before, and the last events stand there in sentences."""
    device.tell(*WALKING, Cue(49.0, "slow_down", "on"))

    async def script(seen: Seen) -> None:
        await seen.shows("#events", "0:42  remark: changed shoes")
        assert "0:43  told to slow down" in seen.text("#events")
        assert "█" in seen.text("#chart") or "▅" in seen.text("#chart")

    watched(device, script)


def test_what_was_told_before_a_session_is_not_at_its_time(device: Scripted) -> None:
    """A session after another: the last events of the one before have no time of this one."""
    before = (Cue(600.0, "slow_down", "on"), Mark(690.0, "tired"), Session(700.0, "ended"))
    device.tell(*WALKING, *before, Session(6.0, "started"), Mark(16.0, "again"), WALKING[1])

    async def script(seen: Seen) -> None:
        await seen.shows("#events", "0:10  remark: again")
        told = [line.rstrip() for line in seen.text("#events").split("\n")]
        assert told[-4:] == [
            "       remark: tired",
            "       the session ends",
            " 0:00  the session begins",
            " 0:10  remark: again",
        ]

    watched(device, script)


def nobody_listens(path: Path) -> None:
    """At the daemon's socket; one that is taken away it makes anew within a second."""
    dead = path.with_name("dead")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(dead))
    dead.replace(path)


def test_a_key_that_nobody_hears_does_not_end_the_view(device: Scripted) -> None:
    """The daemon is still followed where it takes no other connection: the walk is shown on."""
    device.tell(*WALKING)

    async def script(seen: Seen) -> None:
        await seen.shows("#words", "limit 100")
        nobody_listens(Path(device.path))
        await seen.keys("up")
        await seen.shows("#said", "daemon not running: in force at next start")
        await seen.keys("m")
        await seen.shows("#said", "c.sock: the daemon is not running")
        device.tell(Cadence(60.0, 71.0, 0.9))
        await seen.shows("#words", "session 0:54")
        await seen.shows("#words", "limit 101")  # the daemon has seen by itself what is in the file
        assert "muted" not in seen.text("#words")

    watched(device, script)


def test_keys_are_heard_in_their_order(device: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the first one takes: muted and unmuted is not muted."""
    device.tell(*WALKING)
    ask, asked = client.ask, list[bool]()

    def slowly(path: str, what: str, **arguments: Any) -> Any:
        asked.append(arguments["muted"])
        if arguments["muted"]:
            time.sleep(0.5)
        return ask(path, what, **arguments)

    async def script(seen: Seen) -> None:
        await seen.shows("#words", "limit 100")
        monkeypatch.setattr(client, "ask", slowly)
        await seen.keys("m")
        await seen.keys("m")
        await seen.shows("#said", "the buzzer sounds again")
        await asyncio.sleep(0.6)
        assert "the buzzer sounds again" in seen.text("#said")
        assert asked == [True, False]

    watched(device, script)


def test_what_comes_while_it_ends_is_no_trouble(
    device: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts of the screen are gone then, and the device goes on telling."""
    device.tell(*WALKING)
    taken: list[Record] = []

    class Ending(app.WatchApp):  # type: ignore[name-defined]  # of a module that may be missing
        def _take(self, told: list[Record]) -> None:
            taken.extend(told)
            super()._take(told)

        async def on_unmount(self) -> None:  # before its own, which stops the listening
            del taken[:]
            device.tell(Cadence(51.0, 70.0, 0.9))
            while not taken:
                await asyncio.sleep(0.01)
            self._say("limit set")

    monkeypatch.setattr(app, "WatchApp", Ending)
    watched(device, lambda seen: seen.shows("#words", "limit 100"))


def test_without_samples_no_cadence_is_shown(device: Scripted) -> None:
    """The last one would stand there as if the walker went on, in zone, for as long as it lasts."""
    device.tell(*WALKING, PinTrouble(50.0, "GPIO 17 for the buzzer is taken"))
    device.tell(PartFailed(50.0, "stages", "the stage reached is not remembered"))
    device.tell(Cue(51.0, "slow_down", "on"), Cue(52.0, "fall", "on"))

    async def script(seen: Seen) -> None:
        await seen.shows("#words", "in zone")
        assert "cues: slow_down, fall" in seen.text("#words")
        assert "pins trouble   stages trouble   power" in seen.text("#health")
        device.tell(Fault(55.0, "no_answer", "check its wires"))
        await seen.shows("#words", "steps/min   unknown")
        assert "cues: fall" in seen.text("#words")  # nobody knows how fast the walker is
        assert seen.app.query_one("#spm").value == "--"
        device.tell(Recovered(60.0, "no_answer", 500, 5.0, "it is back"), Cadence(61.0, 72.0, 0.9))
        await seen.shows("#words", "in zone")

    watched(device, script)


def test_a_daemon_that_is_gone_is_told_and_nothing_of_it_is_well(device: Scripted) -> None:
    """No part of it is ok, and the answer to the last key is no news when it is back."""
    device.tell(*WALKING)

    async def script(seen: Seen) -> None:
        await seen.shows("#health", "sensor ok   log ok")
        await seen.pilot.press("up")
        await seen.shows("#said", "in force")
        device.close()
        await seen.shows("#words", "start cadence-coach; trying again")
        assert "ok" not in seen.text("#health").replace("power ok", "")
        assert "power" in seen.text("#health")  # which is looked at here
        assert seen.text("#said") == ""

    watched(device, script)


@pytest.mark.parametrize("width", [60, 80])
def test_sixty_columns_hold_everything(device: Scripted, width: int) -> None:
    """No key and no word is cut."""
    device.tell(*WALKING, *STUMBLED)

    async def script(seen: Seen) -> None:
        await seen.shows("#words", "limit 64.5 for 55 s more, then 100")
        room = seen.app.query_one("#words").size.width
        assert max(map(len, seen.text("#words").split("\n"))) <= room
        assert len(seen.text("#keys")) <= width
        assert "q quit" in seen.text("#keys")

    watched(device, script, width)
