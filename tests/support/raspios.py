"""What Raspberry Pi OS has and Debian has not, as Debian packages: gpiozero 2 and the pin driver.

Made from their wheels, for a test to install beside the coach's own package.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

VERSIONS = {"gpiozero": "2.0.1", "lgpio": "0.2.2.0"}
DEPENDS = {"gpiozero": "python3, python3-colorzero", "lgpio": "python3"}
PYTHON = "3.11"  # of bookworm: lgpio has no wheel for trixie's 3.13
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def package(name: str, folder: Path, machine: str = platform.machine()) -> Path:
    """python3-NAME as Raspberry Pi OS has it. Raises `CalledProcessError` where it is not."""
    version = VERSIONS[name]
    only = ["--only-binary=:all:", "--python-version", PYTHON, "--no-deps"]
    only += ["--platform", f"manylinux_2_34_{machine}"]
    with tempfile.TemporaryDirectory() as made:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        _run(*pip, *only, "--dest", made, f"{name}=={version}")
        (wheel,) = Path(made).glob("*.whl")
        tree = Path(made) / "tree"
        with zipfile.ZipFile(wheel) as file:
            file.extractall(tree / "usr/lib/python3/dist-packages")
        control = {
            "Package": f"python3-{name}",
            "Version": f"{version}-0+stand-in",
            "Architecture": ARCHITECTURES[machine],
            "Depends": DEPENDS[name],
            "Maintainer": "The cadence coach authors <cadence-coach@users.noreply.example.org>",
            "Description": f"{name} as Raspberry Pi OS has it",
        }
        (tree / "DEBIAN").mkdir()
        lines = "".join(f"{key}: {value}\n" for key, value in control.items())
        (tree / "DEBIAN/control").write_text(lines, encoding="utf-8")
        tree.chmod(0o755)
        deb = folder / f"python3-{name}_{version}_{ARCHITECTURES[machine]}.deb"
        _run("dpkg-deb", "--root-owner-group", "--build", str(tree), str(deb))
    return deb


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
