"""`coach backup` and `coach restore`: settings, log, stages and calibration as one file.

The log is copied by SQLite itself, so it is whole while the daemon writes. Before anything is
replaced, every part is checked: its sum, that the settings can be used, that the log is sound.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from firmware import __version__
from firmware.app.packing import packed
from firmware.errors import EXIT_FAILED, EXIT_OK, NOT_OUR_JSON, DeviceError, UserError
from firmware.files import ON_CARD, Folder, NotOrdinaryError, may_not
from firmware.log import aside, failures, index, prescriptions, recover, schema
from firmware.log.lock import LogLock
from firmware.output import bytes_to
from firmware.settings import reached, textfile
from firmware.settings.catalogue import Settings
from firmware.settings.place import MissingError, as_text, read
from firmware.settings.store import Store
from firmware.wording import counted

SETTINGS, LOG, MANIFEST = "coach.toml", schema.FILE_NAME, "manifest.json"
BESIDE = (reached.FILE_NAME, prescriptions.FILE_NAME, "calibration.json")
"""What stands beside the log: stages reached, history of prescriptions, calibration."""

LARGEST_BESIDE = 1 << 24
"""Bytes of a file beside the log; each takes a few kB."""

CHUNK = 1 << 20
"""Bytes at a time: a log may be larger than the memory of a Pi."""

Parts = dict[str, Path]
"""Where each part of a backup lies, by its name in it."""


def backup(config: Path, folder: Path, output: str) -> int:
    """The command: to a file, whole or not at all, or to standard output. Raises `UserError`.

    A damaged log is kept as it is, for want of a better one, and said to be: no restore takes it.
    """
    with _workshop(folder) as place:
        with _room_in(place.parent):
            parts = _copies(config, folder, place)
        if not parts:
            raise UserError(f"there is nothing to keep: no {config} and no {folder / LOG}")
        with bytes_to(output) as file:
            _pack(parts, file)
        told = _told(parts)
        wrong = recover.problems(parts[LOG]) if LOG in parts else []
    sys.stderr.write(f"coach: {told} in {'the backup' if output == '-' else output}\n")
    if wrong:
        sys.stderr.write(
            f"coach: {folder / LOG}: the log is damaged, and so is the backup of it: {wrong[0]};"
            " first: coach log verify --recover\n"
        )
    return EXIT_FAILED if wrong else EXIT_OK


def restore(source: str, config: Path, folder: Path) -> int:
    """The command; what it replaces is kept. Raises `UserError`, and then nothing is replaced."""
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder; create it, or name another with --log")
    with _workshop(folder) as place:
        parts = _unpacked(source, place)
        text, settings = _checked(parts, source)
        elsewhere = _elsewhere(settings, parts, folder)
        told = _told(parts)
        lock = LogLock(folder / LOG)
        try:
            lock.take()
            with Folder.open(folder) as into, ExitStack() as ready:
                for name in (n for n in (LOG, *BESIDE) if n in parts):
                    ready.enter_context(_put(into, name, parts[name]))
                if settings is not None:  # there is room for all; they may still be refused
                    Store(config).change(lambda _: text, anew=True)
        except PermissionError as e:
            raise DeviceError(
                f"{folder}: you may not replace this log; root may (sudo coach restore {source})"
            ) from e
        except OSError as e:
            raise UserError(f"{folder}: cannot be written: {e.strerror}") from e
        finally:
            lock.release()
    sys.stdout.write(f"restored: {told}\n")
    if elsewhere is not None:
        here = folder.resolve()
        sys.stderr.write(
            f"coach: the log is in {here}, and the settings that came back name {elsewhere} for"
            f" it, where the coach will look: coach config set log.directory={here}\n"
        )
    return EXIT_OK


def _elsewhere(settings: Settings | None, parts: Parts, folder: Path) -> Path | None:
    """Where the settings that come back look for the log, if not where it is put."""
    if settings is None or not {LOG, *BESIDE} & set(parts):
        return None
    named = Path(settings.log.directory)
    return None if named.resolve() == folder.resolve() else named


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A folder for copies, on a card: elsewhere may be memory.

    Root's is not in a folder that a group may write to: there somebody could put a link in its
    place between two files.
    """
    on_card = [ON_CARD] if os.geteuid() == 0 else [folder, ON_CARD]
    where = next((at for at in on_card if at.is_dir() and os.access(at, os.W_OK)), None)
    with _room_in(where):
        made = tempfile.TemporaryDirectory(prefix=".backup-", dir=where)
    with made as place:
        yield Path(place)


@contextmanager
def _room_in(where: Path | None) -> Iterator[None]:
    """A card that is full is told as that. Raises `UserError`."""
    try:
        yield
    except (OSError, sqlite3.Error) as e:
        if failures.is_full(e):
            raise UserError(
                f"{where}: no room for the copy of the log that this takes: free some space"
            ) from e
        raise


def _copies(config: Path, folder: Path, place: Path) -> Parts:
    """Of all that is to be kept, in `place`. Raises `UserError`."""
    parts = _beside(folder, place)
    with suppress(MissingError):
        (place / SETTINGS).write_text(read(config), encoding="utf-8")
        parts[SETTINGS] = place / SETTINGS
    if schema.exists(folder / LOG):
        parts[LOG] = place / LOG
        _copy(folder / LOG, parts[LOG])
    return parts


def _beside(folder: Path, place: Path) -> Parts:
    """Copies of what stands beside the log, each a file and no link to one. Raises `UserError`."""
    if not folder.is_dir():
        return {}
    found: dict[str, bytes] = {}
    try:
        with Folder.open(folder) as opened:
            for name in BESIDE:
                try:
                    if opened.ordinary(name):
                        found[name] = opened.read(name, LARGEST_BESIDE)
                except NotOrdinaryError as e:  # whoever may lay it there stops no backup
                    sys.stderr.write(f"coach: {folder / name} is left out: {e.strerror}\n")
    except PermissionError as e:
        raise DeviceError(f"{folder}: {may_not('use this log', folder)}") from e
    except OSError as e:
        raise UserError(f"{folder}: cannot be read: {e.strerror}") from e
    for name, content in found.items():
        (place / name).write_bytes(content)
    return {name: place / name for name in found}


def _copy(log: Path, to: Path) -> None:
    """The log as one file, made by SQLite while others write. Raises `UserError`."""
    with index.reading(log) as db, closing(sqlite3.connect(to)) as copy, _room_in(to.parents[1]):
        db.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without others beside it


def _pack(parts: Parts, out: BinaryIO) -> None:
    manifest = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "sha256": {name: _sum(path) for name, path in parts.items()},
    }
    text = json.dumps(manifest, indent=1).encode()
    with packed(out) as archive:
        _pack_one(archive, MANIFEST, len(text), io.BytesIO(text))
        for name, path in parts.items():
            with path.open("rb") as file:
                _pack_one(archive, name, path.stat().st_size, file)


def _pack_one(archive: tarfile.TarFile, name: str, size: int, file: BinaryIO) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o640
    archive.addfile(entry, file)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpacked(source: str, place: Path) -> Parts:
    """The parts, each with the right sum, in `place`. Raises `UserError`."""
    try:
        if Path(source).is_fifo():
            sys.stderr.write(f"coach: {source}: is a pipe; waiting for what comes through it\n")
        with open(0 if source == "-" else source, "rb", closefd=source != "-") as file:
            found, sums = _extracted(file, place)
    except (tarfile.TarError, OSError, EOFError, zlib.error, *NOT_OUR_JSON) as e:
        if why := getattr(e, "strerror", None):  # of the machine: no file, no right, no room
            raise UserError(f"{source}: cannot be read: {why}") from e
        raise UserError(f"{source}: is no backup of this coach, or is damaged") from e
    for name, wanted in sums.items():
        if name not in found or _sum(found[name]) != wanted:
            raise UserError(f"{source}: is damaged: {name} in it is not what was kept")
    return {name: found[name] for name in sums}


def _extracted(file: BinaryIO, place: Path) -> tuple[Parts, dict[str, str]]:
    """Only what a backup holds, under our own names; and the sums that its manifest tells."""
    found: Parts = {}
    with tarfile.open(fileobj=file, mode="r|gz") as archive, _room_in(place.parent):
        for entry in archive:
            part = archive.extractfile(entry)
            if entry.name in (MANIFEST, SETTINGS, LOG, *BESIDE) and part is not None:
                found[entry.name] = place / entry.name
                with found[entry.name].open("wb") as to:
                    shutil.copyfileobj(part, to, CHUNK)
    manifest = json.loads(found.pop(MANIFEST).read_text(encoding="utf-8"))
    return found, dict(manifest["sha256"])


def _checked(parts: Parts, source: str) -> tuple[str, Settings | None]:
    """Each part can be used by this coach; the settings' text, and what it says, if there is one.

    Raises `UserError`.
    """
    text, settings, where = "", None, f"{source}: {SETTINGS}"
    if SETTINGS in parts:
        text = as_text(parts[SETTINGS].read_bytes(), where)
        settings = textfile.parse(text, where).settings
    if LOG in parts:
        schema.open_for_reading(parts[LOG]).close()
        if wrong := recover.problems(parts[LOG]):
            raise UserError(f"{source}: the log in it is damaged: {wrong[0]}")
    return text, settings


@contextmanager
def _put(folder: Folder, name: str, part: Path) -> Iterator[None]:
    """Write a file of the log's folder; when the block ends well it takes the old one's place.

    That one is kept beside it. Raises `OSError`.
    """
    with folder.replacing(name, mode=folder.file_mode, like=None) as file, part.open("rb") as data:
        if os.geteuid() == 0:  # the service's, not root's
            os.fchown(file.fileno(), folder.found.st_uid, folder.found.st_gid)
        shutil.copyfileobj(data, file, CHUNK)
        file.flush()
        os.fsync(file.fileno())
        yield
        aside.keep(folder.path / name, "before")  # no sooner: a full disk replaces nothing


def _told(parts: Parts) -> str:
    said = ["the settings"] if SETTINGS in parts else []
    if LOG in parts:
        try:
            with closing(schema.connected(parts[LOG])) as db:
                sessions = db.execute("SELECT count(*) FROM session").fetchone()[0]
            said.append(f"a log of {counted(sessions, 'session')}")
        except failures.FAILURES:
            said.append("a damaged log")
    said += [name.partition(".")[0] for name in BESIDE if name in parts]
    return ", ".join(said)
