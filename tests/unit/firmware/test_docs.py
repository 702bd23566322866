"""The documentation says what the program does: commands, settings, files, links, tables."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from coach.keys import SettingError
from docs import tables
from firmware.app.cli import parser
from firmware.settings.catalogue import KEYS, find

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
GROUPS = {name.partition(".")[0] for name in KEYS}
COMMAND = re.compile(r"(?:^|&& )(?:\.venv/bin/|ssh (?:-t )?pi )?coach(?: (?P<rest>.*)|$)")
ENDINGS = r"md|py|sh|svg|png|toml|lock|db|json|css|js|sock|cfg|txt|patch|config"

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


def blocks(text: str) -> Iterator[str]:
    """The lines of the page that stand there to be typed."""
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()


def inline(text: str) -> list[str]:
    """What stands between backticks within the sentences."""
    return re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def command(line: str) -> list[str] | None:
    """The arguments of `coach` in a line that is a call of it; redirections and comments left."""
    found = COMMAND.match(line)
    if found is None:
        return None
    words = shlex.split(found["rest"] or "", comments=True)
    return words[: next((i for i, w in enumerate(words) if w in (">", "|", "2>", "&&")), None)]


def understood(arguments: list[str]) -> None:
    """Raises `SystemExit` where the program does not know these arguments."""
    parser().parse_args(arguments)


def begins(arguments: list[str]) -> bool:
    """Whether this is the beginning of a command: a family's name, options that it has."""
    here: argparse.ArgumentParser = parser()
    for word in arguments:
        below = [a for a in here._actions if isinstance(a, argparse._SubParsersAction)]
        if below:
            if word not in below[0].choices:
                return False
            here = below[0].choices[word]
        elif word.startswith("-") and word.partition("=")[0] not in here._option_string_actions:
            return False
    return True


@each_page
def test_commands_can_be_typed_as_printed(page: Path) -> None:
    """Each line that calls `coach` is understood by the program's own parser."""
    for line in blocks(page.read_text(encoding="utf-8")):
        arguments = command(line)
        if arguments is not None:
            try:
                understood(arguments)
            except SystemExit as e:
                pytest.fail(f"{page.name}: {line!r} is refused ({e.code})")


@each_page
def test_commands_named_in_a_sentence_exist(page: Path) -> None:
    """`coach ...` between backticks is a command with options that it has."""
    for text in inline(page.read_text(encoding="utf-8")):
        arguments = command(" ".join(text.split()))
        if arguments is not None:
            assert begins(arguments), f"{page.name}: `{text}`"


@each_page
def test_settings_named_in_the_docs_exist(page: Path) -> None:
    """`group.key`, and `group.key = value` with a value that it takes."""
    text = page.read_text(encoding="utf-8")
    for name, value in assignments([*inline(text), *blocks(text)]):
        try:
            key = find(name)
            if value and not value.isupper():  # NUMBER, NAME: the reader's own
                key.parse(value)
        except SettingError as e:
            pytest.fail(f"{page.name}: {e}")


def words(text: str) -> list[str]:
    """As a shell parts them, or, where an apostrophe is one, at blanks."""
    text = text.replace(" = ", "=").replace("`", "")
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def assignments(texts: list[str]) -> Iterator[tuple[str, str]]:
    """Each word that is a setting's name, with the value that stands behind it."""
    key = re.compile(rf"(?:{'|'.join(sorted(GROUPS))})\.[a-z_]+")
    for text in texts:
        for word in words(text):
            name, _, value = word.partition("=")
            if key.fullmatch(name) and not re.search(rf"\.(?:{ENDINGS})$", name):
                yield name, value.strip('"')


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link is a file or folder of the project."""
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def anchors(page: Path) -> set[str]:
    """What a `#` may name in this page: its headings, as they become addresses."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@each_page
def test_links_into_a_page_find_their_heading(page: Path) -> None:
    """`page.md#heading`, or `#heading` of this page."""
    text = page.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", text):
        if "://" not in target:
            there = page.parent / target if target else page
            assert anchor in anchors(there), f"{page.name}: {target}#{anchor}"


@each_page
def test_files_named_in_a_sentence_exist(page: Path) -> None:
    """`coach/engine.py` and its like, from the project's root."""
    names = "coach|hardware|firmware|tests|docs|packaging"
    for text in inline(page.read_text(encoding="utf-8")):
        if re.fullmatch(rf"(?:{names})/[\w/.-]*", text):
            assert (ROOT / text).exists(), f"{page.name}: `{text}`"


@each_page
def test_targets_of_make_exist(page: Path) -> None:
    """`make NAME` is in the Makefile."""
    known = re.findall(
        r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    text = page.read_text(encoding="utf-8")
    for line in [*inline(text), *blocks(text)]:
        for target in re.findall(r"(?:^|&& |sudo )make ([a-z-]+)", line):
            assert target in known, f"{page.name}: make {target}"


@pytest.mark.parametrize("page", tables.PAGES, ids=lambda p: p.name)
def test_tables_are_those_of_the_program(page: Path) -> None:
    """`python docs/tables.py` would change nothing."""
    text = page.read_text(encoding="utf-8")
    assert tables.filled(text) == text, "python docs/tables.py fills it anew"


def test_the_import_graph_is_the_code_s() -> None:
    """`python docs/importgraph.py` would change nothing."""
    pytest.importorskip("grimp", reason="import-linter is not installed")
    from docs import importgraph

    text = importgraph.PAGE.read_text(encoding="utf-8")
    drawn = text.split(importgraph.BEGIN)[1].split(importgraph.END)[0]
    assert drawn == importgraph.mermaid(), "make pictures draws it anew"


def test_every_page_is_found_from_the_readme() -> None:
    """Link by link, from the README."""
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in seen:
            continue
        seen.add(page)
        if page.is_dir():
            waiting += page.glob("*.md")
        elif page.suffix == ".md":
            targets = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
            waiting += [page.parent / t for t in targets if "://" not in t]
    assert {p.resolve() for p in PAGES} <= seen


def test_the_test_itself_sees_mistakes() -> None:
    """A command, an option, a setting that are not there are found."""
    assert command("ssh -t pi coach watch  # look") == ["watch"]
    assert not begins(["log", "shown"])
    assert not begins(["log", "show", "--sinse"])
    with pytest.raises(SystemExit):
        understood(["log", "note", "last", "--pain", "3"])
    texts = ["config set cadence.max_spm=90", "`stage.advice = false`", "log.py", "log.rawest"]
    seen = [("cadence.max_spm", "90"), ("stage.advice", "false"), ("log.rawest", "")]
    assert list(assignments(texts)) == seen
