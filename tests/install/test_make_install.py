"""The coach installed into clean Debian systems with `make install`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest

from tests.support import debianroot
from tests.support.debianroot import DebianRoot
from tests.support.installing import (
    CONFIG,
    LOG,
    code_of_others_is_left_alone,
    command_of_make,
    contents,
    leftovers,
    make,
    names,
    runs_as_a_service_would,
    system,
    unit_is_sound,
    with_a_stick,
)

OLD_HOME = "/var/lib/cadence-coach"
OF_0_1 = ("opt/cadence-coach/pyvenv.cfg", "opt/cadence-coach/bin/coach")
"""What an installation of the version before the packages had a folder of their own is known by."""


@pytest.fixture(scope="module", params=list(debianroot.SUITES))
def installed(request: pytest.FixtureRequest) -> Iterator[DebianRoot]:
    """A system after one `make install`, over what 0.1 had put there."""
    with system(request.param) as root:
        root.run("useradd", "--system", "--home-dir", OLD_HOME, "cadence-coach")
        for name in OF_0_1:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        make(root, "install")
        yield root


def test_the_command_is_there_with_its_manual_and_completion(installed: DebianRoot) -> None:
    """`coach` runs from the path; the man page is clean roff; bash learns its commands."""
    assert installed.run("coach", "--version").stdout.startswith("coach ")
    page = (installed / "usr/local/share/man/man1/coach.1").read_text()
    assert page.startswith(".TH COACH 1")
    assert "coach config set" in page
    completion = installed / "usr/local/share/bash-completion/completions/coach"
    installed.run("bash", "-n", f"/{completion.relative_to(installed.folder)}")


def test_the_unit_is_sound(installed: DebianRoot) -> None:
    """`verify` is silent, `security` rates it 1.0 or better, and it starts with the system."""
    unit_is_sound(installed)


def test_it_runs_as_the_service_user(installed: DebianRoot) -> None:
    """It logs and takes orders from its group; another local user gets neither log nor say."""
    runs_as_a_service_would(installed)


def test_its_code_is_its_own(installed: DebianRoot) -> None:
    """It runs nobody's code but its own, and what 0.1 left is gone."""
    code_of_others_is_left_alone(installed)
    assert not any((installed / name).exists() for name in OF_0_1)


def test_what_the_lock_does_not_know_is_not_installed(installed: DebianRoot) -> None:
    """A package with another hash is refused in a sentence, and the old installation runs on."""
    lock = installed / "src/packaging/requirements.lock"
    sound = lock.read_text(encoding="utf-8")
    tampered = re.sub(r"(?<=sha256:)\w{64}", "0" * 64, sound)
    assert tampered != sound
    lock.write_text(tampered, encoding="utf-8")
    shutil.rmtree(next((installed / "opt/cadence-coach/venv/lib").glob("*/site-packages/rich")))
    for info in (installed / "opt/cadence-coach/venv/lib").glob("*/site-packages/rich-*"):
        shutil.rmtree(info)
    done = installed.run(*command_of_make("install"), check=False)
    lock.write_text(sound, encoding="utf-8")
    assert done.returncode != 0
    assert "pip did not get what packaging/requirements.lock names" in done.stderr
    assert installed.run("coach", "--version").stdout.startswith("coach ")
    make(installed, "install")


def test_installing_twice_is_installing_once(installed: DebianRoot) -> None:
    """The second time every file is the same; an edited settings file stays as it is."""
    file = installed / CONFIG
    file.write_text("# mine\n[cadence]\nmax_spm = 77\n")
    before = contents(installed)
    make(installed, "install")
    assert contents(installed) == before
    assert "max_spm = 77" in file.read_text()


@pytest.mark.parametrize("place", ["", "/archive"])
def test_what_is_mounted_on_the_log_is_not_emptied(installed: DebianRoot, place: str) -> None:
    """Nothing is removed, not by half; one line says what is mounted where and what to do."""
    at = OLD_HOME + place
    uninstall = command_of_make("uninstall", PURGE="1")
    before = names(installed)
    (installed / at).mkdir(parents=True, exist_ok=True)
    done = with_a_stick(installed, at, *uninstall)
    assert done.returncode != 0
    refused = (line for line in done.stderr.splitlines() if not line.startswith("make: "))
    assert "\n".join(refused) == (
        f"install: nothing was removed: stick is mounted on {at}, and would be emptied. Do first:"
        f" sudo umount {at} (with the coach stopped; what is on it stays). Then try again."
    )
    assert done.stdout == ""
    assert set(before) <= set(names(installed))


def test_uninstalling_leaves_settings_and_log_until_told(installed: DebianRoot) -> None:
    """Only what somebody wrote stays; PURGE=1 leaves nothing."""
    for name in ("member", "other"):
        installed.run("userdel", "--remove", name, check=False)
    log = installed / LOG
    log.touch()
    (installed / CONFIG).write_text("# mine\n")
    make(installed, "uninstall")
    assert log.exists()
    assert (installed / CONFIG).read_text() == "# mine\n"
    assert shutil.which("coach", path=str(installed / "usr/local/bin")) is None
    make(installed, "install")
    make(installed, "uninstall", PURGE="1")
    assert leftovers(installed) == []
