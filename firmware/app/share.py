"""`coach share`: the pages of all walkers in a folder that a browser opens, pulled over SSH.

A device makes its pages and packs them; whoever has its key unpacks them. No port is opened for
it, and nothing but pages of our own names is taken from what comes over the wire.
"""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import IO

from firmware.app.config import history
from firmware.app.packing import packed
from firmware.app.programme import progress
from firmware.app.programme.read import read
from firmware.app.review import listing, report, result
from firmware.app.review.page import html
from firmware.errors import EXIT_FAILED, EXIT_OK, UserError
from firmware.log import index, sessions, summary
from firmware.log.soundness import DamagedSessionError
from firmware.output import replacing, replacing_bytes, standard_bytes
from firmware.settings import textfile
from firmware.wording import NOBODY, clock, counted, instant, percent

INDEX = "index.html"
RECENT = 20
"""The last sessions have a page of their own: more than a month. What was pulled before stays."""

LARGEST_PAGE = 1 << 24
"""Bytes of a page: one of three hours has a tenth of it."""

PAGE = re.compile(r"[a-z0-9_-]+\.html")

LONGEST_NAME = 100
"""Characters of a walker's name in a page's: a file's may have 255, all that is added included."""

ON_THE_DEVICE = "coach share -o -"


def make(config: Path, log: Path, output: str) -> int:
    """The command on the device: its own pages, into a folder or packed. Raises `UserError`."""
    made = pages(config, log)
    if output == "-":
        with packed(standard_bytes()) as archive:
            for name, text in made:
                data = text.encode()
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime = len(data), int(datetime.now(UTC).timestamp())
                archive.addfile(entry, io.BytesIO(data))
        return EXIT_OK
    folder = _folder(Path(output))
    for name, text in made:
        with replacing(folder / name) as file:
            file.write(text)
    sys.stdout.write(f"open {folder / INDEX}\n")
    return EXIT_OK


def pages(config: Path, log: Path) -> Iterator[tuple[str, str]]:
    """Name and text: of each walker the progress, of the last sessions the reports, an index.

    A session that is damaged is named, and has no page.
    """
    layers = textfile.load_if_there(config)
    rows = [row for row in index.read_rows(log) if row.ended is not None]
    walkers = sorted({row.walker for row in rows})
    prescribed = {walker: history.kept(log.parent, walker) for walker in walkers}
    for walker in walkers:
        settings = layers.settings_of(walker)
        page = read(log, settings, walker)
        yield _progress(walker), progress.drawn(page, page.rows, prescribed[walker])
    shown = {row.id: True for row in rows[-RECENT:]}
    for row in rows[-RECENT:]:
        try:
            session = sessions.read_one(log, str(row.id))
        except DamagedSessionError as e:
            sys.stderr.write(f"coach: {e}\n")
            shown[row.id] = False
            continue
        earlier = result.earlier(rows, session)
        yield _session(row), report.page(session, earlier, prescribed[row.walker])
    yield INDEX, _index(walkers, rows, shown)


def pull(hosts: Sequence[str], output: str) -> int:
    """The command elsewhere: the pages of each device into a folder of its own.

    One that cannot be reached is named, what was pulled from it before stays, and the others are
    pulled. Raises `UserError`.
    """
    for host in hosts:
        if host.startswith("-"):
            raise UserError(f"{host!r}: expected a host as ssh takes it, as in coach@anna-pi")
    folder = _folder(Path(output))
    failed = [host for host in hosts if not _pulled(host, folder / _place(host))]
    with replacing(folder / INDEX) as file:
        file.write(_all(folder))
    sys.stdout.write(f"open {folder / INDEX}\n")
    return EXIT_FAILED if failed else EXIT_OK


def _pulled(host: str, folder: Path) -> bool:
    options = [] if sys.stdin.isatty() else ["-o", "BatchMode=yes"]  # a timer answers no question
    stays = "; what was pulled before stays" if folder.is_dir() else ""
    try:
        process = subprocess.Popen(  # noqa: S603 - a host that is no option
            ["ssh", *options, host, ON_THE_DEVICE],  # noqa: S607 - the user's own
            stdout=subprocess.PIPE,
        )
    except OSError as e:
        raise UserError(f"ssh cannot be started: {e.strerror}; install an SSH client") from e
    assert process.stdout is not None
    with closing(process.stdout):
        try:
            found = _unpacked(process.stdout, folder)
        except (tarfile.TarError, EOFError, zlib.error):
            found = 0
    code = process.wait()
    if code or not found:
        why = f"ssh ended with {code}" if code else "what came is no pages"
        sys.stderr.write(f"coach: {host}: not pulled: {why}{stays}\n")
        return False
    sys.stdout.write(f"{host}: {counted(found, 'page')}\n")
    return True


def _unpacked(archive: IO[bytes], folder: Path) -> int:
    """Write what is a page, under the names that pages have; how many."""
    found = 0
    with tarfile.open(fileobj=archive, mode="r|gz") as entries:
        for entry in entries:
            if not entry.isfile() or not PAGE.fullmatch(entry.name) or entry.size > LARGEST_PAGE:
                continue
            part = entries.extractfile(entry)
            assert part is not None  # a file has content
            if not found:  # for a host that sends nothing there is none
                _folder(folder)
            with replacing_bytes(folder / entry.name) as file:
                file.write(part.read())
            found += 1
    return found


# --- Names and indexes.


def _progress(walker: str) -> str:
    """A walker may be called anything; a file may not."""
    safe = "".join(
        c if c.isascii() and c.isalnum() and not c.isupper() else f"_{ord(c):x}_" for c in walker
    )
    if len(safe) > LONGEST_NAME:
        safe = f"{safe[:LONGEST_NAME]}-{hashlib.sha256(walker.encode()).hexdigest()[:16]}"
    return f"progress-{safe}.html" if safe else "progress.html"


def _session(row: index.Row) -> str:
    return f"session-{row.id}.html"


def _place(host: str) -> str:
    return re.sub(r"[^\w@-]", "_", host)


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise UserError(f"{path}: cannot be made a folder: {e.strerror}") from e
    return path


def _index(walkers: Sequence[str], rows: Sequence[index.Row], shown: Mapping[int, bool]) -> str:
    """`shown`: the sessions that are listed, and whether each has a page."""
    body = []
    for walker in walkers:
        name = escape(walker or NOBODY)
        body.append(f'<h2>{name}</h2>\n<p><a href="{_progress(walker)}">progress</a></p>\n<ul>')
        own = [row for row in rows if row.walker == walker and row.id in shown]
        body += [f"<li>{_line(row, has_page=shown[row.id])}</li>" for row in reversed(own)]
        body.append("</ul>")
    return html("Walkers", "\n".join(body) or "<p>no session yet</p>")


def _line(row: index.Row, *, has_page: bool) -> str:
    s, when = summary.of(row), escape(listing.when(row))
    words = f"{clock(s.walking_s)} walked, {percent(s.within_limit)} in zone"
    if row.summary is None:  # the coach works them out when it next begins
        words = f"{row.ended}; no figures yet"
    if not has_page:
        return f"{when} {words}; damaged"
    return f'<a href="{_session(row)}">{when}</a> {words}'


def _all(folder: Path) -> str:
    """Every device that was ever pulled into the folder, and when."""
    lines = []
    for page in sorted(folder.glob(f"*/{INDEX}")):
        name, when = page.parent.name, instant(datetime.fromtimestamp(page.stat().st_mtime, UTC))
        lines.append(f'<li><a href="{escape(name)}/{INDEX}">{escape(name)}</a>, pulled {when}</li>')
    return html("Devices", f"<ul>{''.join(lines)}</ul>" if lines else "<p>none yet</p>")
