"""The log on an overlay file system, as the read-only mode of Raspberry Pi OS has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MOUNTED = """
set -e
cd {folder}
mkdir lower disk log
mount -t tmpfs lower lower
mount -t tmpfs disk disk
mkdir disk/upper disk/work
mount -t overlay -o lowerdir=lower,upperdir=disk/upper,workdir=disk/work overlay log || exit 77
cd {root}
exec {python} -c '{program}' {folder}/log/coach.db
"""

PROGRAM = """
import sys
from pathlib import Path
from firmware.log.lock import LogLock, is_written
log = Path(sys.argv[1])
log.touch()
lock = LogLock(log)
said = [is_written(log)]
lock.take()
said.append(is_written(log))
lock.release()
said.append(is_written(log))
print(said)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
@pytest.mark.skipif(shutil.which("unshare") is None, reason="no unshare here")
def test_a_session_that_runs_is_known_to_run(tmp_path: Path) -> None:
    """Whoever asks sees the coach's lock, though file and folder are of different devices there."""
    script = MOUNTED.format(folder=tmp_path, root=ROOT, python=sys.executable, program=PROGRAM)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    if done.returncode == 77:
        pytest.skip(f"no overlay file system here: {done.stderr}")
    assert done.stdout == "[False, True, False]\n", done.stderr
