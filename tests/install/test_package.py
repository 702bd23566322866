"""The Debian package in clean Debian systems."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import debianroot, raspios
from tests.support.debianroot import DebianRoot
from tests.support.installing import (
    CONFIG,
    LOG,
    PROJECT,
    code_of_others_is_left_alone,
    leftovers,
    runs_as_a_service_would,
    system,
    unit_is_sound,
    with_a_stick,
)

APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes", "--quiet")
"""Without a terminal; it has what it needs in its archive and asks no network."""

OTHER_PYTHON = ("/var/lib/dpkg/info/python3.postinst", "configure", "3.9.2-3")
"""What dpkg runs when python3 comes in the place of bullseye's."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The package of this version and of the next."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is missing: no Debian, no Debian package")
    return [built(version, tmp_path_factory.mktemp("dist")) for version in ("1.0", "1.1")]


@pytest.fixture(scope="module")
def of_raspberry_pi_os(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its gpiozero: Debian's own is too old."""
    try:
        return raspios.package("gpiozero", tmp_path_factory.mktemp("raspios"))
    except subprocess.CalledProcessError as e:
        pytest.skip(f"no gpiozero for the package to stand on: {e.stderr}")


def built(version: str, folder: Path) -> Path:
    """What `make deb` makes, as another version."""
    command = ["sh", "packaging/deb.sh", sys.executable, str(folder)]
    env = {**os.environ, "VERSION": version}
    subprocess.run(command, cwd=PROJECT, env=env, check=True, capture_output=True)
    (made,) = folder.glob("*.deb")
    return made


@pytest.mark.parametrize("suite", debianroot.SUITES)
def test_the_package_from_install_to_purge(
    suite: str, packages: list[Path], of_raspberry_pi_os: Path
) -> None:
    """Upgrades keep edited settings and the log, so does removal; a purge leaves nothing."""
    with system(suite) as root:
        for package in (*packages, of_raspberry_pi_os):
            root.bring(package, f"src/{package.name}")
        first, second, gpiozero = (f"/src/{p.name}" for p in (*packages, of_raspberry_pi_os))
        apt(root, "install", gpiozero, first)
        assert list((root / "usr/share/cadence-coach").rglob("service.*.pyc"))  # a quick start
        assert root.run("coach", "--version").stdout.startswith("coach ")
        unit_is_sound(root)
        runs_as_a_service_would(root)

        code_of_others_is_left_alone(root)
        hint = root.run("coach", "completion", "bash", check=False).stderr
        assert hint.endswith("sudo apt install python3-shtab\n")
        root.run("apt-cache", "show", "python3-shtab")

        file = root / CONFIG
        file.write_text("# mine\n[cadence]\nmax_spm = 77\n")
        apt(root, "install", second)
        shown = root.run("dpkg-query", "-W", "-f", "${Version}", "cadence-coach").stdout
        assert shown == "1.1"
        assert file.read_text().startswith("# mine")

        compiled_for_another_python(root)

        apt(root, "remove", "cadence-coach")
        assert file.exists()
        assert (root / LOG).exists()
        assert not (root / "usr/share/cadence-coach").exists()
        for name in ("member", "other"):
            root.run("userdel", "--remove", name)
        done = with_a_stick(root, str(Path(LOG).parent), *APT, "purge", "cadence-coach")
        assert done.returncode != 0
        assert "stick is mounted on /var/lib/cadence-coach, and would be emptied." in done.stderr
        assert "emptied" not in done.stdout
        assert (root / LOG).exists()
        apt(root, "purge", "cadence-coach")
        assert leftovers(root) == []


def compiled_for_another_python(root: DebianRoot) -> None:
    """What one Python had compiled goes when the system gets another, and that one compiles it."""
    program = root / "usr/share/cadence-coach"
    now = sorted(program.rglob("*.pyc"))
    old = [file.rename(file.with_stem(f"{file.stem.split('.')[0]}.cpython-39")) for file in now]
    root.run(*OTHER_PYTHON, DEBIAN_FRONTEND="noninteractive")
    assert sorted(program.rglob("*.pyc")) == now
    assert not old[0].exists()


def test_an_upgrade_from_0_1_asks_nothing(
    packages: list[Path], of_raspberry_pi_os: Path, tmp_path: Path
) -> None:
    """There the settings were a conffile, and `config set` had changed them: they stay."""
    tree, old = tmp_path / "tree", tmp_path / "old.deb"
    subprocess.run(["dpkg-deb", "-R", str(packages[0]), str(tree)], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub("Version: .*", "Version: 0.1.0", control.read_text()))
    (tree / CONFIG[1:]).parent.mkdir(parents=True)
    (tree / CONFIG[1:]).write_text("# as shipped\n")
    (tree / "DEBIAN/conffiles").write_text(f"{CONFIG}\n")
    subprocess.run(["dpkg-deb", "-b", str(tree), str(old)], check=True, capture_output=True)
    with system("bookworm") as root:
        for package in (old, packages[1], of_raspberry_pi_os):
            root.bring(package, f"src/{package.name}")
        apt(root, "install", f"/src/{of_raspberry_pi_os.name}", "/src/old.deb")
        root.run("coach", "config", "set", "cadence.max_spm=77")
        apt(root, "install", f"/src/{packages[1].name}")
        assert "max_spm = 77" in (root / CONFIG).read_text()
        apt(root, "purge", "cadence-coach")
        assert leftovers(root) == []


def apt(root: DebianRoot, *words: str) -> None:
    root.run(*APT, *words)


def test_the_same_sources_make_the_same_package(tmp_path: Path) -> None:
    """Byte for byte, so that anybody can check what was handed out."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is missing: no Debian, no Debian package")
    first, again = (built("1.0", tmp_path / name).read_bytes() for name in "ab")
    assert first == again


def test_debian_finds_no_fault_with_the_package(packages: list[Path]) -> None:
    """lintian has neither errors nor warnings."""
    if shutil.which("lintian") is None:
        pytest.skip("lintian is missing: apt install lintian")
    command = ["lintian", "--allow-root", "--fail-on", "error,warning", str(packages[0])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_scripts_are_sound() -> None:
    """shellcheck has nothing to say of what root will run."""
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is missing: apt install shellcheck")
    names = ("preinst", "postinst", "prerm", "postrm", "rtupdate")
    scripts = [f"packaging/deb/{name}" for name in names]
    scripts += map(str, (PROJECT / "packaging").glob("*.sh"))
    command = ["shellcheck", "-x", *scripts]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
