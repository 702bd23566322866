"""The guest: a machine that can lose its power, and a shell in it for the test."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from pathlib import Path

from tests.hil.build import HERE, Kit
from tests.hil.virtio import VirtioBoard

MEMORY = "512M"  # a Zero 2 W's
DISK_MB = 512
I2C_ADAPTER, GPIO_CHIP = 34, 41  # virtio's device numbers
END = "\x1e"  # stands before a command's exit code


class GuestError(Exception):
    """The guest did not do what it was asked to."""


class Guest:
    """A machine with a shell for the test; its files are in `folder`.

    What it writes is on a disk that outlives it, as an SD card does: `power_on` again after
    `power_cut`. What lies in `share` it sees in /mnt/share.
    """

    # A few times what a quiet machine takes: a busy one is no defect of what is tested.
    boot_s = 180.0
    command_s = 300.0

    def __init__(self, folder: Path) -> None:
        self.share = folder / "share"
        self.share.mkdir()
        self._console = folder / "console.log"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def power_on(self, *, in_memory: bool = False) -> None:
        """Boot, and wait for the shell: systemd runs by then, but not all of its services.

        With `in_memory` no write reaches the disk (Raspberry Pi OS's read-only mode).
        """
        command, environment = self._machine(in_memory)
        with self._console.open("ab") as console:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=console,
                start_new_session=True,
                env=environment,
            )
        self._said = b""
        self._until("\n", self.boot_s)

    def _machine(self, in_memory: bool) -> tuple[list[str], dict[str, str] | None]:
        """What to start, and its environment."""
        raise NotImplementedError

    def power_cut(self) -> None:
        """Take the power away at this instant: what is not on the disk is lost."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None

    def run(self, command: str, seconds: float | None = None) -> tuple[int, str]:
        """Run a shell command as root: its exit code, and what it said."""
        assert self._process is not None
        assert self._process.stdin is not None
        seconds = seconds or self.command_s
        line = f"( {command}\n) < /dev/null 2>&1; printf '\\036%d\\n' $?\n"
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()
        output = self._until(END, seconds)
        return int(self._until("\n", seconds)), output

    def ask(self, command: str, seconds: float | None = None) -> str:
        """The same for a command that must succeed; without the last line's end."""
        code, output = self.run(command, seconds)
        if code:
            raise GuestError(f"{command!r} ended with {code}:\n{output}")
        return output.rstrip("\n")

    def console(self) -> str:
        """The last that the kernel and systemd said."""
        return self._console.read_text(errors="replace")[-3000:]

    def _until(self, mark: str, seconds: float) -> str:
        """What comes on the line before `mark`."""
        assert self._process is not None
        assert self._process.stdout is not None
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as ready:
            ready.register(self._process.stdout, selectors.EVENT_READ)
            while mark.encode() not in self._said:
                left = deadline - time.monotonic()
                if left <= 0 or not ready.select(left):
                    raise GuestError(
                        f"no answer within {seconds:.0f} s; its line: {self._said!r}; its console:"
                        f"\n{self.console()}"
                    )
                piece = os.read(self._process.stdout.fileno(), 65536)
                if not piece:
                    raise GuestError(f"the kernel ended; its console:\n{self.console()}")
                self._said += piece
        before, _, self._said = self._said.partition(mark.encode())
        return before.decode(errors="replace")


class UserModeGuest(Guest):
    """Debian with systemd on a user-mode kernel, made of `kit`, with `board` on its buses.

    `card` is what lies in the boot partition of its card, for its first start.
    """

    def __init__(
        self, kit: Kit, board: VirtioBoard, folder: Path, card: Path | None = None
    ) -> None:
        super().__init__(folder)
        self._card = card
        self._kit = kit
        self._board = board
        self._disk = folder / "disk"
        with self._disk.open("wb") as disk:
            disk.truncate(DISK_MB << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self._disk)], check=True)

    def _machine(self, in_memory: bool) -> tuple[list[str], dict[str, str] | None]:
        command = [
            *(str(self._kit.kernel), f"mem={MEMORY}", "quiet", f"uml_dir={self._folder}"),
            *("root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", f"init={HERE}/init.sh"),
            *(f"hil.root={self._kit.root}", f"hil.share={self.share}", f"ubd0={self._disk}"),
            f"virtio_uml.device={self._board.i2c}:{I2C_ADAPTER}",
            f"virtio_uml.device={self._board.gpio}:{GPIO_CHIP}",
            *(["hil.memory"] if in_memory else []),
            "cloud-init=disabled" if self._card is None else f"hil.card={self._card}",
            *("con0=null,fd:2", "con=null", "ssl0=fd:0,fd:1", "ssl=null", "systemd.show_status=0"),
        ]
        return command, None
