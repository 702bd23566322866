"""The files that make a memory card a coach."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBx9 walker@home"
WIFI = ("--wifi", 'Anna: "home" #1', "--password", "a'b\\c: d", "--country", "DE")


def card(folder: Path, *options: str, key: str = KEY) -> subprocess.CompletedProcess[str]:
    """What `make card` runs."""
    (folder / "key.pub").write_text(f"{key}\n")
    (folder / "cadence-coach_1.0_all.deb").write_text("the package")
    command = [sys.executable, str(PROJECT / "packaging/card.py"), "cadence-coach_1.0_all.deb"]
    command += ["card", "--key", "key.pub", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def read(file: Path) -> dict[str, Any]:
    """JSON, which is YAML as well."""
    return json.loads(file.read_text(encoding="utf-8").removeprefix("#cloud-config\n"))


def test_the_card_has_all_that_the_first_start_takes(tmp_path: Path) -> None:
    """I2C on, a user with the key and the coach's group, the network, and the package itself."""
    done = card(tmp_path, *WIFI, "--name", "anna")
    assert (done.returncode, done.stderr) == (0, "")
    made = read(tmp_path / "card/user-data")
    assert made["rpi"]["interfaces"]["i2c"] is True
    assert made["users"][0]["ssh_authorized_keys"] == [KEY]
    assert made["runcmd"][-2][-1] == "/boot/firmware/cadence-coach_1.0_all.deb"
    assert made["runcmd"][-1] == ["usermod", "-aG", "cadence-coach", "anna"]
    network = read(tmp_path / "card/network-config")
    assert network["wifis"]["wlan0"]["access-points"] == {WIFI[1]: {"password": WIFI[3]}}
    assert (tmp_path / "card/network-config").stat().st_mode & 0o077 == 0
    assert (tmp_path / "card/cadence-coach_1.0_all.deb").read_text() == "the package"


def program(folder: Path, name: str, script: str) -> None:
    """In place of one of the system's."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_make_hands_on_what_it_was_given(tmp_path: Path) -> None:
    """Neither make nor the shell reads anything into a network's name or its password."""
    program(tmp_path, "python", 'printf "%s\\n" "$@"')
    given = {"KEY": "my $key.pub", "WIFI": "Anna's $home", "PASSWORD": "pa$$w$(o\"rd`id`\\'#"}
    command = ["make", "-s", "-o", "deb", "card", f"BIN={tmp_path}", "COUNTRY=DE"]
    command += [f"{name}={value}" for name, value in given.items()]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    said = done.stdout.splitlines()
    assert [said[said.index(f"--{name.lower()}") + 1] for name in given] == [*given.values()]


def test_an_installation_that_comes_before_the_clock_is_tried_again(tmp_path: Path) -> None:
    """apt takes no signature of tomorrow: where the network has not set the clock yet, it waits."""
    assert card(tmp_path).returncode == 0
    *words, package = read(tmp_path / "card/user-data")["runcmd"][1]
    program(tmp_path, "sleep", f"touch {tmp_path}/the-clock-is-set")
    program(
        tmp_path, "apt-get", f'echo "$@" >> {tmp_path}/asked; [ -e {tmp_path}/the-clock-is-set ]'
    )
    subprocess.run([*words, package], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True)
    assert (tmp_path / "asked").read_text().split("\n") == [
        *("update", f"install --yes {package}") * 2,
        "",
    ]


@pytest.mark.parametrize(
    ("options", "key", "expected"),
    [
        ((), "-----BEGIN OPENSSH PRIVATE KEY-----", "is no public SSH key"),
        (("--wifi", "home"), KEY, "the country's two letters"),
        (("--key", "nowhere"), KEY, "expected a public SSH key"),
        (("--name", "Anna B"), KEY, "expected small letters, digits and -"),
        (("--wifi", "home", "--country", "DE", "--password", "short"), KEY, "8 to 63 characters"),
    ],
)
def test_what_would_lock_the_walker_out_is_refused(
    tmp_path: Path, options: tuple[str, ...], key: str, expected: str
) -> None:
    """A private key above all must not go onto a card."""
    done = card(tmp_path, *options, key=key)
    assert done.returncode == 2
    assert expected in done.stderr
    assert not (tmp_path / "card").exists()


@pytest.mark.parametrize("where", ["/dev/null/card", "/proc/card"])
def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path, where: str) -> None:
    """As on a full disk: what is wrong, and no traceback."""
    (tmp_path / "key.pub").write_text(f"{KEY}\n")
    (tmp_path / "x.deb").touch()
    command = [sys.executable, str(PROJECT / "packaging/card.py"), "x.deb", where, "--key"]
    done = subprocess.run(
        [*command, "key.pub"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"{where}: what a card takes cannot be written whole" in done.stderr


def test_cloud_init_finds_it_sound(tmp_path: Path) -> None:
    """Its own check of user-data; a file with a mistake does not pass it."""
    if shutil.which("cloud-init") is None:
        pytest.skip("cloud-init is missing: apt install cloud-init")
    assert card(tmp_path, *WIFI).returncode == 0
    file = tmp_path / "card/user-data"
    check = ["cloud-init", "schema", "--config-file", str(file)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    file.write_text(f"#cloud-config\n{json.dumps({**read(file), 'runcmd': 'no list'})}")
    assert subprocess.run(check, capture_output=True, check=False).returncode != 0
