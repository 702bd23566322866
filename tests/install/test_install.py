"""The coach installed into clean Debian systems, with `make install` and as a package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support import debianroot, raspios
from tests.support.debianroot import DebianRoot

PROJECT = Path(__file__).parent.parent.parent
SOURCES = (
    *("coach", "hardware", "firmware", "packaging", "Makefile", "pyproject.toml"),
    *("README.md", "CHANGELOG.md", "LICENSE"),
)

MOST_EXPOSED = 1.0
"""Of `systemd-analyze security`: 0 is a locked box, 10 a service with every freedom."""

CONFIG = "/etc/cadence-coach/coach.toml"
LOG = "/var/lib/cadence-coach/coach.db"
LEFT_BY_ANY = re.compile(
    r"^(root|tmp|run|proc|src|wheels|var/(cache|log)|var/lib/(dpkg|apt|systemd))/"
)
"""What says nothing about an installation: the tools' own books."""

OLD_HOME = "/var/lib/cadence-coach"
OF_0_1 = ("opt/cadence-coach/pyvenv.cfg", "opt/cadence-coach/bin/coach")
"""What an installation of the version before the packages had a folder of their own is known by."""

FOLDER = "folder"
OURS = ("etc/", "opt/", "usr/local/", "var/lib/cadence-coach/")

OUTCOMES = {
    "member": {"status": 0, "log": 0, "note": 0, "show": 0, "set": 0},
    "other": {"status": 1, "log": 1, "note": 1, "show": 1, "set": 2},
}
"""Exit codes for somebody in the group cadence-coach, and for somebody else."""

COMMANDS = {
    "status": ["coach", "status"],
    "log": ["coach", "log", "list"],
    "note": ["coach", "log", "note", "last", "--pain-after", "3"],
    "show": ["coach", "log", "show", "last"],
    "set": ["coach", "config", "set", "cadence.max_spm=85"],
}


@contextmanager
def system(suite: str) -> Iterator[DebianRoot]:
    """A clean Debian with the sources in /src; gone afterwards."""
    try:
        kept, wheels = debianroot.fresh(suite), debianroot.wheels(suite)
    except debianroot.NoDebianError as e:
        pytest.skip(f"no clean {suite} to install into: {e}")
    with tempfile.TemporaryDirectory() as folder:
        root = kept.copy(Path(folder))
        root.bring(wheels, "wheels")
        (root / "src").mkdir()
        for name in SOURCES:
            root.bring(PROJECT / name, f"src/{name}")
        yield root


def make(root: DebianRoot, target: str, **env: str) -> str:
    """`make TARGET` as root in the sources; pip finds its packages in /wheels, not in a network."""
    return root.run(*command_of_make(target, **env)).stdout


def command_of_make(target: str, **env: str) -> list[str]:
    given = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels", **env}
    return ["env", *(f"{k}={v}" for k, v in given.items()), "make", "-s", "-C", "/src", target]


def names(root: DebianRoot) -> dict[str, str]:
    """Every file and folder, with which of the two it is, but for what the tools note down."""
    found = {}
    for path in root.folder.rglob("*"):
        name = str(path.relative_to(root.folder))
        if not LEFT_BY_ANY.match(f"{name}/") and "__pycache__" not in name:
            found[name] = FOLDER if path.is_dir() and not path.is_symlink() else "file"
    return found


def contents(root: DebianRoot) -> dict[str, str]:
    """What is in every file where an installation puts them; pip notes whence and when it came."""
    found = {}
    for name, kind in names(root).items():
        path = root / name
        if (
            kind == FOLDER
            or not name.startswith(OURS)
            or path.name in ("direct_url.json", "RECORD")
        ):
            continue
        link = path.is_symlink()
        found[name] = str(path.readlink()) if link else sha256(path.read_bytes()).hexdigest()
    return found


def runs_as_a_service_would(root: DebianRoot) -> None:
    """The daemon on a simulated chip, as the unit has it; and who may do what."""
    for user in OUTCOMES:
        root.run("useradd", "--create-home", user)
    root.run("usermod", "-aG", "cadence-coach", "member")
    done = root.run("sh", "-c", _SERVICE, check=False, timeout=600)
    codes = dict(re.findall(r"^code (\S+) (\d+)$", done.stdout, re.MULTILINE))
    expected = {f"{who}-{what}": str(c) for who, cs in OUTCOMES.items() for what, c in cs.items()}
    assert codes == {**expected, "daemon": "0"}, f"{done.stdout}{done.stderr}"


_ASK = "\n".join(
    f"setpriv --reuid {who} --regid {who} --init-groups {' '.join(words)}\n"
    f"echo code {who}-{what} $?"
    for who in OUTCOMES
    for what, words in COMMANDS.items()
)
_SERVICE = f"""
install -d -o cadence-coach -g cadence-coach -m 2770 /var/lib/cadence-coach
install -d -o cadence-coach -g cadence-coach -m 755 /run/cadence-coach
cd /run/cadence-coach
umask 7
setpriv --reuid cadence-coach --regid cadence-coach --init-groups \\
    coach run --simulate --speed 20 > /dev/null 2> /tmp/said &
umask 22
for i in $(seq 1200); do grep -q "session *started" /tmp/said && break; sleep 0.1; done
{_ASK}
kill -TERM $!; wait $!; echo code daemon $?
"""


def unit_is_sound(root: DebianRoot) -> None:
    """`systemd-analyze` finds nothing wrong in the units and little to attack."""
    units = ("cadence-coach.service", "cadence-coach-again.timer")
    verified = root.run("systemd-analyze", "verify", "--man=no", *units)
    assert verified.stdout + verified.stderr == ""
    (file,) = (p for p in root.folder.glob("usr/**/systemd/system/cadence-coach.service"))
    shown = str(file.relative_to(root.folder))
    rated = root.run("systemd-analyze", "security", "--offline=true", "--no-pager", f"/{shown}")
    found = re.search(r"exposure level for \S+: ([\d.]+)", rated.stdout)
    assert found is not None
    assert float(found[1]) <= MOST_EXPOSED
    wanted = root / "etc/systemd/system/multi-user.target.wants/cadence-coach.service"
    assert f"/{shown}".endswith(str(wanted.readlink()))  # /lib and /usr/lib are one folder


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


def code_of_others_is_left_alone(root: DebianRoot) -> None:
    """Neither a home folder nor a variable adds code; nobody else sees the coach's modules."""
    home = root.run("getent", "passwd", "cadence-coach").stdout.split(":")[5]
    assert home == "/nonexistent"
    version = debianroot.SUITES[root.suite]
    site = root / f"tmp/home/.local/lib/python{version}/site-packages"
    site.mkdir(parents=True)
    (site / "theirs.pth").write_text("import os; os.mkdir('/tmp/ran-pth')\n")
    for name in ("sitecustomize", "firmware", "numpy"):
        (site / f"{name}.py").write_text("import os; os.mkdir('/tmp/ran-module')\n")
    root.run("chmod", "-R", "a+rX", "/tmp/home")
    given = {
        "HOME": "/tmp/home",
        "PYTHONPATH": f"/tmp/home/.local/lib/python{version}/site-packages",
    }
    words = [f"{name}={value}" for name, value in given.items()]
    for command in (["--version"], ["config", "keys"]):
        root.run("env", *words, "coach", *command, user="cadence-coach")
    assert not list((root / "tmp").glob("ran-*"))
    shutil.rmtree(root / "tmp/home")
    for name in ("coach", "firmware", "hardware"):
        assert root.run("/usr/bin/python3", "-c", f"import {name}", check=False).returncode == 1


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


def leftovers(root: DebianRoot) -> list[str]:
    """What a fresh system has not, but for what came from Debian's own packages."""
    before = names(debianroot.fresh(root.suite))
    new = {name: kind for name, kind in names(root).items() if name not in before}
    ours = [n for n, kind in new.items() if kind != FOLDER and n.startswith(("opt/", "usr/local/"))]
    return ours + [name for name in new if "coach" in name]


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

        apt(root, "remove", "cadence-coach")
        assert file.exists()
        assert (root / LOG).exists()
        assert not (root / "usr/share/cadence-coach").exists()
        for name in ("member", "other"):
            root.run("userdel", "--remove", name)
        apt(root, "purge", "cadence-coach")
        assert leftovers(root) == []


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
    """apt-get, without a terminal; it has what it needs in its archive and asks no network."""
    root.run("apt-get", "--yes", "--quiet", *words, DEBIAN_FRONTEND="noninteractive")


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
    scripts = [f"packaging/deb/{name}" for name in ("preinst", "postinst", "prerm", "postrm")]
    scripts += map(str, (PROJECT / "packaging").glob("*.sh"))
    command = ["shellcheck", "-x", *scripts]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
