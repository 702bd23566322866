"""An emulated Pi: QEMU's raspi3b with Debian's arm64 kernel, and Debian on its SD card."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.hil.guest import Guest
from tests.hil.pi.board import EmulatedBoard
from tests.hil.pi.build import PiKit

BOARDS = {"3-b": "", "zero-2-w": "mem=512M"}
"""Device trees, and what the kernel is told besides: QEMU gives every one of them 1 GB."""

SENSOR = 0x68
CARD = "1G"
KERNEL = (
    *("root=/dev/mmcblk0", "console=ttyAMA0,115200", "quiet", "systemd.show_status=0"),
    "pinctrl_bcm2835.persist_gpio_outputs=y",  # as Raspberry Pi OS has it
)


class EmulatedGuest(Guest):
    """A Pi with the device tree `name`, made of `kit`, with `board` on its header.

    Each instruction takes it 2 ns, whoever of its four cores runs it.
    """

    boot_s = 600.0
    command_s = 600.0

    def __init__(self, name: str, kit: PiKit, board: EmulatedBoard, folder: Path) -> None:
        super().__init__(folder)
        self._name = name
        self._kit = kit
        self._board = board
        self._card = folder / "card"

    def _write_card(self) -> None:
        make = ("mke2fs", "-q", "-t", "ext4", "-d", str(self._kit.root), str(self._card), CARD)
        subprocess.run(make, check=True, capture_output=True)
        for file in self.share.iterdir():
            write = f"write {file} /mnt/share/{file.name}"
            subprocess.run(
                ["debugfs", "-w", "-R", write, str(self._card)], check=True, capture_output=True
            )

    def _machine(self, in_memory: bool) -> tuple[list[str], dict[str, str] | None]:
        assert not in_memory
        if not self._card.exists():
            self._write_card()
        made = self._kit.tools / "pi"
        return [
            *self._kit.program("qemu-system-aarch64", self._kit.board),
            *("-machine", "raspi3b", "-icount", "shift=1,sleep=off"),
            *("-kernel", str(made / "kernel"), "-initrd", str(made / "initramfs.gz")),
            *("-dtb", str(made / f"{self._name}.dtb")),
            *("-append", " ".join((*KERNEL, BOARDS[self._name]))),
            *("-drive", f"if=sd,format=raw,file={self._card}"),
            *("-device", f"coach-board,bus=i2c-bus.1,address={SENSOR:#x}"),
            *(
                "-display",
                "none",
                "-monitor",
                "none",
                "-L",
                str(self._kit.tools / "usr/share/qemu"),
            ),
            *("-chardev", f"file,id=console,path={self._console},append=on"),
            *("-serial", "chardev:console", "-serial", "stdio"),
        ], {"BOARD_SOCKET": str(self._board.socket)}
