"""Writes what a memory card needs so that a Pi becomes a coach by itself: `make card`.

Raspberry Pi OS trixie asks cloud-init at its first start. It reads these files from the card's boot
partition, where any computer can put them: I2C on, a user with a key, the network, the package.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

BOOT = Path("/boot/firmware")
"""Where the Pi sees the boot partition."""

INSTALL = """
for again in $(seq 60); do
    apt-get update
    apt-get install --yes "$0" && break
    sleep 10
done
"""
"""A Pi has no battery clock: until the network has set it, apt takes its lists for tomorrow's."""

PLAIN_NAME = "[a-z][a-z0-9-]{0,30}"
"""What useradd and a host's name both take."""


def user_data(name: str, hostname: str, key: str, package: str) -> dict[str, Any]:
    """The first start: who may log in, and what is installed."""
    return {
        "hostname": hostname,
        "manage_etc_hosts": True,
        "ssh_pwauth": False,
        "users": [
            {
                "name": name,
                "groups": ["adm", "sudo", "i2c", "gpio"],
                "shell": "/bin/bash",
                "sudo": "ALL=(ALL) NOPASSWD:ALL",
                "lock_passwd": True,
                "ssh_authorized_keys": [key],
            }
        ],
        "rpi": {"interfaces": {"i2c": True}},
        "runcmd": [
            ["systemctl", "enable", "--now", "ssh"],
            ["sh", "-c", INSTALL, str(BOOT / package)],
            ["usermod", "-aG", "cadence-coach", name],
        ],
    }


def network_config(wifi: str, password: str, country: str) -> dict[str, Any]:
    """A cable as it comes, and the wireless network, if one is named (netplan's format)."""
    config: dict[str, Any] = {
        "version": 2,
        "ethernets": {"eth0": {"dhcp4": True, "optional": True}},
    }
    if wifi:
        access = {wifi: {"password": password} if password else {}}
        config["wifis"] = {
            "wlan0": {
                "dhcp4": True,
                "optional": True,
                "regulatory-domain": country,
                "access-points": access,
            }
        }
    return config


def main() -> int:
    """Write the folder; a key that is none, or a network without its country, is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--key", type=Path, required=True, help="your public SSH key")
    parser.add_argument("--name", default="coach", help="whom you log in as")
    parser.add_argument("--hostname", default="coach")
    parser.add_argument("--wifi", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--country", default="")
    args = parser.parse_args()
    try:
        key = args.key.expanduser().read_text(encoding="ascii").strip()
    except (OSError, ValueError) as e:
        parser.error(f"{args.key}: {e}; expected a public SSH key (ssh-keygen makes one)")
    if not key.startswith(("ssh-", "ecdsa-", "sk-")):
        parser.error(f"{args.key} is no public SSH key: expected a line like ssh-ed25519 AAAA...")
    for given, name in ((args.name, "NAME"), (args.hostname, "the host's name")):
        if not re.fullmatch(PLAIN_NAME, given):
            parser.error(f"{name} {given!r}: expected small letters, digits and -, as in anna-pi")
    if args.wifi and not re.fullmatch("[A-Z]{2}", args.country):
        parser.error("a wireless network takes the country's two letters: COUNTRY=DE")
    if args.password and not 8 <= len(args.password) <= 63:
        parser.error("PASSWORD: a wireless network's has 8 to 63 characters; this one has not")
    try:
        _write(args, key)
    except OSError as e:
        parser.error(f"{args.folder}: what a card takes cannot be written whole: {e}")
    sys.stdout.write(
        f"{args.folder}: write Raspberry Pi OS Lite (trixie, 64 bit) to a card, copy all of this"
        " into its boot partition, and start the Pi. Some minutes later:"
        f" ssh {args.name}@{args.hostname}.local\n"
    )
    return 0


def _write(args: argparse.Namespace, key: str) -> None:
    args.folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(args.package, args.folder)
    made = {
        "user-data": user_data(args.name, args.hostname, key, args.package.name),
        "network-config": network_config(args.wifi, args.password, args.country),
    }
    for file, content in made.items():
        head = "#cloud-config\n" if file == "user-data" else ""
        text = f"{head}{json.dumps(content, indent=2)}\n"  # JSON is YAML
        (args.folder / file).touch(0o600)  # the network's password is in one of them
        (args.folder / file).write_text(text, encoding="utf-8")
    (args.folder / "meta-data").write_text(f"instance-id: {args.hostname}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
