"""Whatever somebody typed, wherever it is shown: no command moves a cursor or makes a formula."""

from __future__ import annotations

import argparse
import csv
import io
import json
import shutil
import socket
import sqlite3
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from firmware import protocol
from firmware.app import cli
from firmware.device.control.status import Status
from firmware.log import prescriptions
from firmware.log.schema import FILE_NAME
from firmware.records import Fault, Mark, PartFailed, Record, SettingsChanged, encode
from firmware.settings.catalogue import Settings
from tests.support.logbook import Walk, write
from tests.support.terminal import shown

TYPED = "=cmd|'/c calc'!A0 \x1b[2J\u202eexe\x07\x7f\r\x9b[/x][red]\u2028"
"""A formula, escapes of two kinds, an override, a bell, a carriage return, markup, a separator."""

WHOLE = "=cmd|'/c calc'!A0 [U+001B][2J[U+202E]exe[U+0007][U+007F][U+000D][U+009B][/x][red][U+2028]"

LEFT_OUT = {
    ("run",): "has no end; what it says goes through firmware.device.words, see test_words",
    ("demo",): "takes a minute, and its walker types nothing",
    ("off",): "wants pins",
    ("calibrate",): "wants a sensor",
    ("setup",): "asks at each step; what it says goes where all the others' words go",
}


def leaves(
    parser: argparse.ArgumentParser, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Every command that there is."""
    below = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not below:
        yield above
    for action in below:
        for name, one in action.choices.items():
            yield from leaves(one, (*above, name))


class World:
    """A device whose settings, log, files and daemon hold what somebody typed."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "=log"
        self.log.mkdir()
        self.config = self.log / "coach.toml"
        self.socket = str(folder / "s")
        self.config.write_text(
            f"[log]\ndirectory = {json.dumps(str(self.log))}\n"
            f"[control]\nsocket = {json.dumps(self.socket)}\n"
            "[walker]\nprofile = 'anna'\n[profiles.anna.cadence]\nmax_spm = 80\n"
        )
        write(self.log, *(_Typed(100, mono_start_us=k, raw=True) for k in range(3)))
        with closing(sqlite3.connect(self.log / FILE_NAME)) as db, db:
            for number in (1, 2, 3):
                notes = {"walker": TYPED, "text": TYPED, "pain_before": "3", "pain_after": "2"}
                for key, value in (notes if number < 3 else {"text": TYPED}).items():
                    db.execute(
                        "INSERT INTO note (session, key, value) VALUES (?, ?, ?)",
                        (number, key, value),
                    )
            db.execute("UPDATE session SET ended = ? WHERE id = 2", (TYPED,))
        prescriptions.keep(self.log, "anna", {TYPED: (TYPED, TYPED)})
        prescriptions.keep(self.log, TYPED, {"stage.current": (TYPED, TYPED)})
        (self.log / "stages.json").write_text(
            json.dumps({"anna": {"set": "rails", "reached": TYPED}})
        )
        self.recording = self.log / f"walk{TYPED.replace('/', '')}.csv"
        self.recording.write_text(f"t,{TYPED.strip()},ay\n1,2,3\n")
        collected = folder / "collected" / TYPED.replace("/", "")
        collected.mkdir(parents=True)
        shutil.copy(self.log / FILE_NAME, collected / FILE_NAME)
        (collected / "other.db").write_text(TYPED)
        self.collected = collected.parent
        self.backup = self.log / "b.tar.gz"
        self.out = self.log / "out\x1b[2J"
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(self.socket)
        self._door.listen()
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        """A daemon that says what somebody typed, whatever it is asked."""
        status = Status(Settings())
        told: tuple[Record, ...] = (
            Fault(1.0, TYPED, TYPED),
            PartFailed(2.0, TYPED, TYPED),
            Mark(3.0, TYPED),
        )
        for record in told:
            status.tell(record)
        changed = SettingsChanged(4.0, {"stage.current": TYPED})
        says = {"muted": True, "cleared": [TYPED], "in_force": {"cadence.max_spm": TYPED}}
        seen = {"cues": [TYPED], "profile": TYPED, "file": TYPED, "stage": TYPED, "error": TYPED}
        answer = {**status.so_far()[1], **says, **seen, "ok": True}
        while True:
            try:
                one, _ = self._door.accept()
            except OSError:
                return
            with one:
                asked = one.makefile().readline()
                one.sendall(protocol.encode(answer))
                if "follow" in asked:
                    for record in (*told, changed):
                        one.sendall(protocol.encode(encode(record)))

    def close(self) -> None:
        self._door.close()

    def lines(self) -> dict[tuple[str, ...], list[list[str]]]:
        """For each command the arguments that it is tried with, in an order that goes."""
        config = ["--config", str(self.config)]
        log = ["--log", str(self.log)]
        lines: dict[tuple[str, ...], list[list[str]]] = {
            ("config", "keys"): [[], ["--format", "csv"]],
            ("config", "show"): [config],
            ("config", "get"): [["log.directory", *config], [TYPED, *config]],
            ("config", "check"): [config, [str(self.recording)]],
            ("config", "diff"): [config, [str(self.recording), *config]],
            ("config", "set"): [["cadence.max_spm=79", *config], [f"{TYPED}={TYPED}", *config]],
            ("config", "unset"): [["cadence.max_spm", *config], [TYPED, *config]],
            ("config", "edit"): [config],
            ("config", "undo"): [config],
            ("status",): [config],
            ("mute",): [config],
            ("unmute",): [config],
            ("clear",): [config],
            ("mark",): [[*config, TYPED]],
            ("profile", "list"): [config],
            ("profile", "new"): [["bert", *config], [TYPED, *config]],
            ("profile", "use"): [["bert", *config], [TYPED, *config]],
            ("profile", "none"): [config],
            ("profile", "delete"): [["bert", *config], [TYPED, *config]],
            ("prescribe",): [["anna", *config], ["anna", "--limit", TYPED, *config]],
            ("stage",): [config, [*config, TYPED]],
            ("cues",): [[], ["--format", "csv"], [TYPED]],
            ("programme",): [
                [*config, *log],
                [*config, *log, "--walker", TYPED],
                [*config, *log, "--format", "csv", "--walker", TYPED],
            ],
            ("watch",): [["--plain", *config]],
            ("doctor",): [["--simulate", "--quiet", *config]],
            ("replay",): [[str(self.recording)], [str(self.recording), "--columns", f"t={TYPED}"]],
            ("evaluate", "cadence"): [[str(self.collected)]],
            ("evaluate", "stumble"): [[str(self.collected)]],
            ("evaluate", "people"): [[str(self.collected)]],
            ("log", "list"): [log, [*log, "--format", "csv"], [*log, "--since", TYPED]],
            ("log", "show"): [[*log, "all"], [*log, TYPED]],
            ("log", "replay"): [[*log, "1"], [*log, TYPED]],
            ("log", "report"): [[*log, "1", "-o", "-"], [*log, "1", "-o", str(self.out)]],
            ("log", "compare"): [[*log, "1", "2"], [*log, "1", "2", "-o", "-"]],
            ("log", "progress"): [
                [*log, *config, "--walker", TYPED],
                [*log, *config, "--walker", TYPED, "-o", "-"],
                [*log, *config, "--walker", f"{TYPED}?"],
            ],
            ("log", "export"): [
                [*log, "all", "--format", "csv"],
                [*log, "all", "--format", "jsonl"],
                [*log, "1", "--format", "raw-csv"],
            ],
            ("log", "merge"): [[str(self.collected), "-o", str(self.out) + "-set"]],
            ("log", "note"): [
                [*log, "1"],
                [*log, "1", "--text", TYPED],
                [*log, "1", "--date", "\x1b"],
            ],
            ("log", "prune"): [[*log, "--set", f"log.max_days={TYPED}"], log],
            ("log", "verify"): [log, ["--log", str(self.collected / TYPED.replace("/", ""))]],
            ("share",): [[*config, *log, "-o", f"{self.out}-pages"]],
            ("backup",): [[*config, *log, "-o", str(self.backup)]],
            ("restore",): [[str(self.recording), *config, *log], [str(self.backup), *config, *log]],
            ("log", "delete"): [[*log, "3", "--yes"], [*log, TYPED, "--yes"]],
            ("completion",): [["bash"]],
        }
        return lines


class _Typed(Walk):
    """A session in which somebody typed; an old coach may have checked nothing of it."""

    def records(self) -> list[dict[str, Any]]:
        stage = {"stage": TYPED, "advice": "begins", "following": TYPED}
        typed = [
            {"t": 7.0, "type": "stage", **stage},
            {"t": 8.0, "type": "mark", "text": TYPED},
            {"t": 9.0, "type": "settings", "changes": {"stage.current": TYPED, TYPED: TYPED}},
            {"t": 10.0, "type": "fault", "name": TYPED, "message": TYPED},
            {"t": 11.0, "type": TYPED, TYPED: TYPED},
        ]
        return sorted([*super().records(), *typed], key=lambda r: float(r["t"]))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


def unseen(text: str) -> set[str]:
    """What stands in it that nobody sees, but for the ends of lines and columns."""
    bad = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return {c for c in text if unicodedata.category(c) in bad} - set("\n\t")


def test_no_command_shows_what_cannot_be_seen(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command that there is, with all that it shows, says and writes."""
    monkeypatch.setenv("EDITOR", "true")
    lines = world.lines()
    untried = set(leaves(cli.parser())) - set(lines) - set(LEFT_OUT)
    assert not untried, "a new command: say with which words it is tried"
    spelled_out = set()
    for command, several in lines.items():
        for arguments in several:
            try:
                code = cli.main([*command, *arguments])
            except SystemExit as e:  # argparse's way of saying no
                code = int(str(e.code))
            said = capsys.readouterr()
            assert code in (0, 1, 2), arguments
            assert unseen(said.out) | unseen(said.err) == set(), (command, arguments)
            if WHOLE in said.out + said.err:
                spelled_out.add(command)
            if "csv" in arguments:
                no_formulas(said.out)
    assert {
        ("log", "show"),
        ("log", "note"),
        ("status",),
        ("watch",),
        ("log", "list"),
    } <= spelled_out
    pages = [world.out, *Path(f"{world.out}-pages").iterdir()]
    assert len(pages) > 4
    assert [page for page in pages if unseen(page.read_text())] == []
    for file in Path(f"{world.out}-set").glob("*.csv"):
        no_formulas(file.read_text())


def no_formulas(text: str) -> None:
    """No cell of a table begins as a formula does, but for numbers below nothing."""
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            assert not cell.startswith(("=", "+", "@")), cell
            assert not cell.startswith("-") or float(cell) < 0


def test_a_terminal_is_as_safe_as_a_pipe(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rich draws with control characters of its own, and passes on none of anybody's."""
    monkeypatch.setenv("TERM", "dumb")
    for command in (["log", "show", "1"], ["log", "list"], ["log", "compare", "1", "2"]):
        text = shown(*command, "--log", world.log, columns=120)
        assert "Session" in text or "session" in text or "notes" in text
        assert unseen(text) == set()
