"""What the commands cost until they have answered: `python -m tests.bench.bench_startup [TIMES]`.

Processor time, the least of so many runs, which a busy machine disturbs little; beside it how many
times Python alone, which does nothing. Python runs without `site`: what a development environment
adds to its start (.pth files) is none of the product's. With the path of another checkout after
TIMES, its figures come first, each run of it
beside one of this. Where valgrind is installed, it counts the
instructions as well, which no other program on the machine changes. A core of a Pi Zero 2 W takes
about twelve times as long as a desktop's of 2020.
"""

from __future__ import annotations

import compileall
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.bench_growth import cost, surroundings
from tests.support.logbook import Walk, write

ROOT = Path(__file__).parents[2]
TIMES = 15
SESSIONS = 50

COUNTER = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]


def commands(folder: Path) -> dict[str, list[str]]:
    """Name and arguments of Python, for what is asked most."""
    config, log = ["--config", str(folder / "coach.toml")], ["--log", str(folder)]
    nobody = ["--socket", "/nonexistent"]
    coach = {
        "--version": ["--version"],
        "status": ["status", *nobody],
        "mute": ["mute", *nobody],
        "config get": ["config", "get", "cadence.max_spm", *config],
        "config set": ["config", "set", "cadence.max_spm=80", *config],
        "stage": ["stage", *config],
        "log list": ["log", "list", *log],
        "log note": ["log", "note", "last", *log, "--pain-after", "2"],
        "log show": ["log", "show", *log],
        "programme": ["programme", *log],
        "cues": ["cues"],
        "watch": ["watch", "--plain", *nobody],
        "--help": ["--help"],
        "run, until it begins": ["run", "--config", "/nonexistent"],  # it ends there
    }
    return {
        "python": ["-c", "pass"],
        "python, argparse": ["-c", "import argparse"],
        "python, numpy": ["-c", "import numpy"],
        **{name: ["-m", "firmware", *given] for name, given in coach.items()},
    }


def processor_s(arguments: list[str], times: int, roots: list[Path]) -> list[float]:
    """The least processor time (s) of a run of Python in each checkout, taken in turn."""
    taken = [[cost(arguments, root, 1)[0] for root in roots] for _ in range(times)]
    return [min(of_root) for of_root in zip(*taken, strict=True)]


def instructions(arguments: list[str], root: Path) -> int | None:
    """As valgrind counts them; None where there is none."""
    if shutil.which(COUNTER[0]) is None:
        return None
    command = [*COUNTER, sys.executable, "-S", *arguments]
    done = subprocess.run(
        command, cwd=root, env=surroundings(root), capture_output=True, text=True, check=False
    )
    found = re.search(r"I +refs: +([\d,]+)", done.stderr)
    return None if found is None else int(found[1].replace(",", ""))


def main() -> None:
    """Print a line a command."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    roots = [*(Path(name).resolve() for name in sys.argv[2:3]), ROOT]
    for root in roots:  # as an installation has it
        for package in ("coach", "hardware", "firmware"):
            compileall.compile_dir(root / package, quiet=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "coach.toml").write_text("[cadence]\nmax_spm = 90\n")
        write(folder, *(Walk(900, mono_start_us=k) for k in range(SESSIONS)))
        (alone,) = processor_s(["-c", "pass"], times, [ROOT])
        for command, arguments in commands(folder).items():
            said = []
            for root, seconds in zip(roots, processor_s(arguments, times, roots), strict=True):
                count = instructions(arguments, root)
                counted = "" if count is None else f", {count / 1e6:5.0f} M instructions"
                said.append(f"{1e3 * seconds:6.1f} ms, {seconds / alone:5.1f} pythons{counted}")
            print(f"{command:22}{'   |'.join(said)}", flush=True)


if __name__ == "__main__":
    main()
