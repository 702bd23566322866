"""What people type, and through what: ssh without quotes, narrow terminals, old locales."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.app.cli import parser
from firmware.log import sessions
from firmware.log.schema import FILE_NAME
from firmware.settings.catalogue import KEYS
from firmware.signals import SIGNALS
from tests.support import logbook
from tests.support.logbook import Walk, write
from tests.support.settingsfile import settings_file
from tests.support.terminal import COMMAND, ROOT, piped, shown

LATIN_1 = "café".encode("latin-1")


@pytest.mark.parametrize(
    ("typed", "name", "value"),
    [
        (["mark", "changed", "shoes"], "text", "changed shoes"),
        (["mark", "changed shoes"], "text", "changed shoes"),
        (["mark", "--socket", "s", "changed", "shoes"], "text", "changed shoes"),
        (["mark", "-held", "the", "rail"], "text", "-held the rail"),
        (["mark", "--", "--held"], "text", "--held"),
        (["stage", "hands", "free"], "name", "hands free"),
        (["stage"], "name", None),
        (["log", "note", "last", "--text", "held", "the", "rail"], "text", "held the rail"),
        (["log", "note", "last", "--text", "-held"], "text", "-held"),
        (["log", "note", "last", "--text=-held"], "text", "-held"),
        (["log", "note", "--walker", "anna", "b", "--text", "x", "y"], "walker", "anna b"),
        (["log", "note", "last", "--incline", "-2,5"], "incline", "-2,5"),
        (["log", "note", "last", "--incline", "-2.5"], "incline", "-2.5"),
        (["programme", "--walker", "anna", "b"], "walker", "anna b"),
    ],
)
def test_free_text_needs_no_quotes(typed: list[str], name: str, value: str | None) -> None:
    """Words are joined up to the next option; a minus does not make them an option."""
    if typed[:3] == ["log", "note", "--walker"]:
        typed = [*typed[:2], "last", *typed[2:]]
    assert getattr(parser().parse_args(typed), name) == value


def test_a_name_of_two_words_over_ssh(tmp_path: Path) -> None:
    """`coach config set stage.current=hands free` sets both words."""
    file = settings_file(tmp_path)
    done = piped("config", "set", "--config", file, "stage.current=hands", "free")
    assert done.stdout.startswith("stage.current = hands free (was rails)\n"), done.stderr


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["lgo"], "there is no 'lgo': did you mean log?"),
        (["log", "shwo"], "there is no 'shwo': did you mean show?"),
        (["note", "last"], "there is no 'note': did you mean log note?"),
        (["show"], "there is no 'show': did you mean config show or log show?"),
        (["xyzzy"], "expected one of run, demo"),
    ],
)
def test_an_unknown_command_is_told_the_nearest(typed: list[str], hint: str) -> None:
    """One sentence with what was probably meant, and exit code 2."""
    done = piped(*typed)
    assert done.returncode == 2
    assert hint in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_session_is_not_looked_for_among_recordings() -> None:
    """The command that plays it again is named."""
    done = piped("replay", "last", "none.csv")
    assert "coach: last: cannot be read: No such file or directory; of a session:" in done.stderr
    assert "coach log replay last\ncoach: none.csv: cannot be read: No such file" in done.stderr
    assert done.stderr.count("coach log replay") == 1


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("log note last felt well", "'felt well' is not expected here; see coach log note --help"),
        ("status --json", "'--json' is not expected here; see coach status --help"),
        ("demo --speed fast", "--speed: 'fast': expected a number above 0, as 2.5"),
        ("demo --seed -1", "--seed: '-1': expected a whole number from 0"),
        ("replay --jobs 0 walk.csv", "--jobs: '0': expected a whole number from 1"),
        ("replay --columns ax=a,ax=b walk.csv", "'ax=a,ax=b': expected names for t, ax, ay, az,"),
        ("replay --columns ax=a,ay=a walk.csv", "'ax=a,ay=a': expected names for t, ax, ay, az,"),
        ("evaluate people --jobs -2 .", "--jobs: '-2': expected a whole number from 1"),
        ("backup here.tgz", "'here.tgz' is not expected here; see coach backup --help"),
    ],
)
def test_what_is_too_much_names_the_command_that_helps(typed: str, hint: str) -> None:
    """Its own help, not that of all of them."""
    assert hint in piped(*typed.split()).stderr


def test_a_setting_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    """The last of the two may not be the one that was meant, and nothing would say so."""
    file = settings_file(tmp_path)
    before = file.read_bytes()
    given = ("cadence.max_spm=80", "led.pin=22", "cadence.max_spm=90")
    done = piped("config", "set", *given, "--config", file)
    sentence = "coach: cadence.max_spm: is given twice; expected one value for it\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", sentence)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "typed",
    ["log export -o", "log report -o", "log compare 1 2 -o", "log merge . -o", "share -o",
     "backup -o", "log list --log", "status --config", "run --config"],
)  # fmt: skip
def test_a_name_that_is_empty_is_no_name(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As of a variable that nobody has set: it is not the folder in which one stands."""
    with pytest.raises(SystemExit):
        parser().parse_args([*typed.split(), ""])
    said = capsys.readouterr().err
    assert "'': expected the name of a file or a folder; see coach" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "typed",
    ["log export -o", "log report -o", "log compare 1 2 -o", "backup -o", "status --config",
     "config set cadence.max_spm=80 --config", "log list --config", "run --config",
     "config check", "config diff", "evaluate stumble . --plot"],
)  # fmt: skip
def test_a_file_is_not_given_the_name_of_a_folder(
    typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`-o x/` made a file of that name, `--config x/` changed one."""
    with pytest.raises(SystemExit):
        parser().parse_args([*typed.split(), "x/"])
    assert "'x/': expected the name of a file, not of a folder;" in capsys.readouterr().err


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
def test_names_are_never_cut(columns: int, tmp_path: Path) -> None:
    """Every key and cue stands whole in a terminal of 60 columns and more; no line is wider."""
    keys = shown("config", "keys", columns=columns)
    file = settings_file(tmp_path)
    values = shown("config", "show", "--config", file, columns=columns)
    cues = shown("cues", columns=columns)
    for name in KEYS:
        assert name in keys.split()
        assert name in values.split()
    assert set(SIGNALS) <= set(cues.split())
    write(tmp_path, *(Walk(700, mono_start_us=k) for k in range(7)))
    of_log = [
        shown("log", *words, "--log", tmp_path, columns=columns)
        for words in (["list"], ["show"], ["compare", "1", "2"], ["progress"])
    ]
    plain = re.sub(r"\x1b\[[0-9;]*m", "", keys + values + cues + "".join(of_log))
    assert max(map(len, plain.splitlines())) <= columns
    assert "…" not in plain


def in_a_shell(line: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """What a line with a pipe or a `>` in it comes to."""
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, cwd=ROOT, env=env
    )


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """`coach config keys | head -1` prints one line and complains of nothing."""
    done = in_a_shell(f"{' '.join(COMMAND)} config keys | head -1")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize("words", ["log show", "log list", "programme", "log export --format csv"])
def test_a_reader_that_is_gone_is_no_error(words: str, tmp_path: Path) -> None:
    """Whatever draws the screen: exit code 0, and not a word."""
    write(tmp_path, Walk(700))
    done = in_a_shell(f"set -o pipefail; {' '.join(COMMAND)} {words} --log {tmp_path} | true")
    assert (done.returncode, done.stderr) == (0, "")


EXPORTS = ["log export --format csv", "log export --format raw-csv", "log report", "backup"]


@pytest.mark.parametrize("words", EXPORTS)
@pytest.mark.parametrize(
    "line",
    ["{} /dev/stdout | true", "{} /dev/stderr 2>&1 | true", "head -c 1 pipe >rest & {} pipe"],
)
def test_nor_is_one_of_a_pipe_that_has_a_name(words: str, line: str, tmp_path: Path) -> None:
    """Standard output and error, and a pipe in a folder."""
    write(tmp_path, Walk(1500, raw=True))
    os.mkfifo(tmp_path / "pipe")
    command = f"{' '.join(COMMAND)} {words} --log {tmp_path} -o"
    done = in_a_shell(f"set -o pipefail; cd {tmp_path}; {line.format(command)}")
    assert done.returncode == 0, done.stderr
    assert "cannot be written" not in done.stderr


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1"])
def test_output_by_its_name_is_what_the_shell_has_opened(name: str, tmp_path: Path) -> None:
    """What stands there before, and what comes after, stays."""
    write(tmp_path, Walk(20))
    export = f"{' '.join(COMMAND)} log export --format csv --log {tmp_path} -o"
    done = in_a_shell(f"(echo before; {export} {name}; echo after) >> {tmp_path}/file")
    assert (done.returncode, done.stderr) == (0, "")
    plain = in_a_shell(f"{export} -").stdout
    assert (tmp_path / "file").read_text() == f"before\n{plain}after\n"


@pytest.mark.parametrize("name", ["/dev/fd/3", "/proc/self/fd/3"])
def test_so_is_any_handle_that_the_shell_has_opened(name: str, tmp_path: Path) -> None:
    """A script that keeps several outputs open loses none of them."""
    write(tmp_path, Walk(20))
    export = f"{' '.join(COMMAND)} log export --format csv --log {tmp_path} -o"
    done = in_a_shell(f"exec 3>{tmp_path}/file; echo before >&3; {export} {name}; echo after >&3")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    plain = in_a_shell(f"{export} -").stdout
    assert (tmp_path / "file").read_text() == f"before\n{plain}after\n"


@pytest.mark.parametrize("name", ["/dev/fd/3", "/dev/fd/4", "/dev/fd/5", "/dev/stdout"])
def test_a_handle_that_nobody_has_opened_is_said(name: str, tmp_path: Path) -> None:
    """Even where the log has that number: it is not written over."""
    write(tmp_path, Walk(20))
    before = (tmp_path / FILE_NAME).read_bytes()
    export = f"{' '.join(COMMAND)} log export --format csv --log {tmp_path} -o {name} >&-"
    done = in_a_shell(export)
    assert done.returncode == 2
    assert done.stderr == f"coach: {name}: cannot be written: Bad file descriptor\n"
    assert (tmp_path / FILE_NAME).read_bytes() == before


LOADING = """
import os, signal, sys
from firmware.__main__ import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` leaves it ignored
class Finder:
    def find_spec(self, name, *_):
        if name in ("firmware.app.cli", "firmware.device.command"):
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.exit(main())
"""


@pytest.mark.parametrize("typed", ["log list", "run --simulate"])
def test_a_slip_that_is_taken_back_at_once_is_no_fault(typed: str) -> None:
    """Ctrl-C while the command is still being loaded, which takes a while on a small Pi."""
    command = [sys.executable, "-c", LOADING, *typed.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_locale_is_good_enough(encoding: str, tmp_path: Path) -> None:
    """What it cannot show is shown as something else; nothing breaks off."""
    logbook.write(tmp_path, logbook.Walk(seconds=60))
    env = {"LC_ALL": "C", "PYTHONIOENCODING": encoding}
    for typed in (["cues", "--draw"], ["log", "show", "--log", str(tmp_path)], ["config", "keys"]):
        done = piped(*typed, env=env)
        assert (done.returncode, done.stderr) == (0, ""), typed


def test_bytes_of_another_locale_get_a_sentence(tmp_path: Path) -> None:
    """Latin-1 in arguments: a replacement character or one sentence, never a traceback."""
    folder = tmp_path / "log"
    folder.mkdir()
    logbook.write(folder, logbook.Walk(seconds=60))
    file = settings_file(tmp_path)
    done = piped("log", "note", "1", "--log", folder, "--text", LATIN_1)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("text", "caf\ufffd") in sessions.read_one(folder / FILE_NAME, "1").notes
    for typed in (
        ["config", "set", "--config", file, b"stage.current=" + LATIN_1],
        ["config", "set", "--config", file, LATIN_1 + b"=3"],
        ["config", "get", LATIN_1],
        ["profile", "new", "--config", file, LATIN_1],
        ["replay", LATIN_1 + b".csv"],
        ["log", "list", "--log", LATIN_1],
        ["log", "show", "--log", folder, LATIN_1],
        ["cues", LATIN_1],
        [LATIN_1],
    ):
        done = piped(*typed)
        assert done.returncode in (1, 2), typed
        assert done.stderr.count("\n") == 1, done.stderr
        assert "Traceback" not in done.stderr


WITHOUT_LOG = ("--help", "--version", "log --help", "config keys", "cues")


@pytest.mark.parametrize("where", ["> /dev/full", ">&-", "2>&- >&-"])
@pytest.mark.parametrize(
    "words", [*WITHOUT_LOG, "log list", "log show 1", "log report 1 -o -", "backup -o -"]
)
def test_output_that_goes_nowhere_is_a_sentence(words: str, where: str, tmp_path: Path) -> None:
    """A full disk behind `>` is said; a closed output is no reason to fall over."""
    write(tmp_path, Walk(60))
    log = "" if words in WITHOUT_LOG else f" --log {tmp_path}"
    command = f"{' '.join(COMMAND)} {words}{log} {where}"
    done = in_a_shell(command, {**os.environ, "PYTHONUNBUFFERED": ""})  # as a person's
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if where == "> /dev/full":
        assert (done.returncode, done.stdout) == (1, "")
        assert "the output cannot be written: No space left on device" in done.stderr


def test_input_that_is_closed_is_answered_as_one_that_has_ended(tmp_path: Path) -> None:
    """A program may start the command without an input: nobody can be asked, and that is said."""
    write(tmp_path, Walk(60))
    file = settings_file(tmp_path)
    coach = " ".join(COMMAND)
    done = in_a_shell(f"{coach} log delete 1 --log {tmp_path} <&-")
    assert (done.returncode, done.stderr) == (
        2,
        "coach: to delete session 1 for good, add --yes\n",
    )
    spoils = {**os.environ, "EDITOR": "sh -c 'echo spoilt >> $0'"}
    done = in_a_shell(f"{coach} config edit --config {file} <&-", spoils)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "spoilt" not in file.read_text()
