"""The `coach` command over a real shell: what it prints, where, and its exit codes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmware.app import demo, replay
from firmware.app.screen import Screen
from firmware.errors import DeviceError
from firmware.lab.evaluate.spread import spread
from firmware.log import sessions
from firmware.log.journal import CLOSE_WAIT_S
from firmware.log.schema import FILE_NAME
from firmware.log.writer import Closing, Item, LogWriter
from firmware.settings.catalogue import Settings
from firmware.terminal import console
from hardware.simulated.walker import Stand, Walk, Walker
from tests.support.settingsfile import settings_file
from tests.support.terminal import piped


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good recording of a brisk walk."""
    path = tmp_path_factory.mktemp("walk") / "walk.csv"
    t = np.arange(0, 40, 0.01)
    x = Walker((Stand(3.0), Walk(37.0, spm=96.0)), seed=2).signal(t)
    table = np.column_stack([t, x])
    np.savetxt(path, table, fmt="%.5f", delimiter=",", header="t,ax,ay,az,gx,gy,gz", comments="")
    return path


def test_bad_recordings_are_named_and_the_others_kept(tmp_path: Path, walk: Path) -> None:
    """One sentence for each bad file on standard error, results of the good ones, exit code 2."""
    empty, binary, text = tmp_path / "empty.csv", tmp_path / "binary.csv", tmp_path / "text.csv"
    empty.touch()
    binary.write_bytes(bytes(range(256)))
    text.write_text("t,ax,ay,az,gx,gy,gz\n0,0,0,1,0,0,0\n0.01,0,0,one,0,0,0\n")
    files = [empty, walk, binary, tmp_path, text, tmp_path / "none.csv"]
    done = piped("replay", "--format", "jsonl", *files)
    assert done.returncode == 2
    complaints = done.stderr.strip().splitlines()
    assert len(complaints) == 5
    assert any(f"{text}: line 3: expected a number for az, found 'one'" in c for c in complaints)
    assert "Traceback" not in done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert {r["recording"] for r in records} == {str(walk)}
    shown = [r["spm"] for r in records if r["type"] == "cadence" and r["t"] > 10]
    assert shown == pytest.approx([96.0] * len(shown), abs=6)


def killed(*_: object) -> Any:
    """As the kernel does for want of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed_is_told(walk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence says how to need less; work that is spread over processes is lost with one."""
    monkeypatch.setattr(replay, "replay_file", killed)
    sentence = "one of the processes was killed, as happens for want of memory: try with --jobs 1"
    with pytest.raises(DeviceError, match=sentence):
        replay.run([str(walk)] * 2, Settings(), "text", 2, io.StringIO())
    pytest.importorskip("joblib", reason="joblib is not installed (evaluate)")
    with pytest.raises(DeviceError, match=sentence):
        spread("killed", killed, [1, 2], jobs=2, dask=None)


def test_set_changes_what_is_said(walk: Path) -> None:
    """A lower limit brings the cue that the default does not."""
    default, lower = piped("replay", walk), piped("replay", "--set", "cadence.max_spm=80", walk)
    assert "told to slow down" not in default.stdout
    assert "told to slow down" in lower.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["replay", "--set", "cadence.max_smp=80", "x.csv"], "did you mean cadence.max_spm?"),
        (["replay", "--set", "cadence.max_spm=999", "x.csv"], "from 30 to 200 (steps/min)"),
        (["replay", "--config", "none.toml", "x.csv"], "none.toml: no such settings file"),
        (["replay"], "see coach replay --help"),
        (["dance"], "see coach --help"),
        (["demo", "--speed", "-1"], "see coach demo --help"),
    ],
)
def test_bad_arguments_get_a_sentence(arguments: list[str], expected: str) -> None:
    """Exit code 2, one line, and what to do."""
    done = piped(*arguments)
    assert done.returncode == 2
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_help_shows_an_example_and_the_exit_codes() -> None:
    """Every command's help ends with an example and the exit codes."""
    for command in (["run"], ["demo"], ["replay"], ["off"], ["log", "list"], ["log", "show"]):
        done = piped(*command, "--help")
        assert done.returncode == 0
        assert "example:\n  coach" in done.stdout
        assert "exit codes" in done.stdout


def test_an_empty_log_says_so(tmp_path: Path) -> None:
    """Before the first session there is nothing to list, and that is no crash."""
    done = piped("log", "list", "--log", tmp_path)
    assert done.returncode == 1
    assert "there is no log here yet" in done.stderr


def test_a_log_is_named_by_its_folder(tmp_path: Path) -> None:
    """Who names the file itself is told so, and not that nobody has walked yet."""
    (tmp_path / "coach.db").touch()
    done = piped("log", "list", "--log", tmp_path / "coach.db")
    assert done.returncode == 2
    assert done.stderr.endswith("coach.db: is a file; expected the folder that holds coach.db\n")


def test_the_demo_succeeds_and_its_log_can_be_read(tmp_path: Path) -> None:
    """`coach demo` ends with code 0; list, show and export then find its session."""
    demo = piped("demo", "--speed", "10000", "--log", tmp_path)
    assert demo.returncode == 0, demo.stdout
    assert "told to slow down" in demo.stdout
    assert "FAULT" not in demo.stdout
    assert " 15:" in piped("log", "list", "--log", tmp_path).stdout
    assert "steps/min" in piped("log", "show", "--log", tmp_path).stdout
    out = tmp_path / "seconds.csv"
    assert piped("log", "export", "--log", tmp_path, "--format", "csv", "-o", out).returncode == 0
    assert out.read_text().startswith("t,spm,confidence\n0.0,")
    missing = piped("log", "show", "99", "--log", tmp_path)
    assert (missing.returncode, "there is no session 99" in missing.stderr) == (2, True)


def test_the_demo_is_not_played_where_no_log_can_be_kept(tmp_path: Path) -> None:
    """One sentence at once, and not after it all."""
    (tmp_path / "file").write_text("")
    for place in ("file", "file/below"):
        done = piped("demo", "--speed", "10000", "--log", tmp_path / place)
        assert (done.returncode, done.stdout) == (2, "")
        assert "expected a folder for the log" in done.stderr


def test_the_demo_waits_for_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine writes the end of the walk when it has long been over."""
    write = LogWriter.write

    def late(self: LogWriter, items: Sequence[Item]) -> None:
        if any(isinstance(item, Closing) for item in items):
            time.sleep(2 * CLOSE_WAIT_S)
        write(self, items)

    monkeypatch.setattr(LogWriter, "write", late)
    plan = [Stand(4.0), Walk(30.0, spm=80.0), Stand(90.0)]  # until the session ends by itself
    monkeypatch.setattr(demo, "treadmill_session", lambda _limit_spm: plan)
    settings = demo.demo_settings(tmp_path)
    demo.play(settings, 10_000.0, 1, Screen(console(), settings, 10_000.0))
    assert sessions.read_one(tmp_path / FILE_NAME, "last").ended == "no steps for a while"


def test_the_shell_completes_commands() -> None:
    """After loading the completion, bash offers `config` for `coach conf`."""
    script = piped("completion", "bash")
    assert script.returncode == 0, script.stderr
    asked = f"""
        {script.stdout}
        COMP_WORDS=(coach conf) COMP_CWORD=1 COMP_LINE='coach conf' COMP_POINT=10
        function=$(complete -p coach | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        $function coach conf coach
        echo "${{COMPREPLY[@]}}"
    """
    bash = subprocess.run(
        ["bash", "-c", asked], capture_output=True, text=True, timeout=120, check=False
    )
    assert bash.stdout.split() == ["config"], bash.stderr


def test_the_therapist_chooses_the_stage(tmp_path: Path) -> None:
    """`coach stage` shows the plan and sets the next stage; an unknown name is refused."""
    file = settings_file(tmp_path, '[stage]\nplan = "rails 30-80, hands free 40-95"\n')
    assert piped("stage", "--config", file).stdout.startswith("* rails")
    chosen = piped("stage", "hands free", "--config", file)
    assert chosen.returncode == 0, chosen.stderr
    assert "* hands free" in piped("stage", "--config", file).stdout
    wrong = piped("stage", "flying", "--config", file)
    assert (wrong.returncode, "expected one of rails, hands free" in wrong.stderr) == (2, True)
