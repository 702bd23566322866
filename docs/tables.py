"""Fill the tables of the docs that are made from the program: `make pictures`, or this file alone.

In a page, `<!-- made by: ... -->` and `<!-- end of: ... -->` enclose what a command says (`coach
...`), the classes of the records, or the engine's constants.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import TypeAlias

from coach.engine import ENGINE
from coach.parameters import Described
from firmware import records
from firmware.app.cli import main as coach

PAGES = sorted(Path(__file__).parent.glob("*.md"))
MADE = re.compile(r"(<!-- made by: (.+) -->\n)(.*?)(<!-- end of: \2 -->)", re.DOTALL)

Moved: TypeAlias = dict[tuple[str, str], str]
"""By a constant's cells for name and value: that for what `tests.bench.bench_parameters` found."""

NOBODY_MOVED: Moved = {}


def filled(text: str, moved: Moved = NOBODY_MOVED) -> str:
    """The page's text with each table as the program has it now.

    What moving a constant does stays until it is `moved` again or has another value.
    """
    return MADE.sub(lambda found: found[1] + made(found[2], found[3], moved) + found[4], text)


def made(source: str, before: str, moved: Moved) -> str:
    """The table of this source, which was `before`."""
    if source == "firmware.records":
        return records.markdown()
    if source == "coach.parameters":
        known = {(n, v): found for n, v, *_, found in map(cells, before.splitlines())}
        return constants({**known, **moved})
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        coach(shlex.split(source)[1:])
    return out.getvalue()


def cells(row: str) -> list[str]:
    """Those of a row of a Markdown table."""
    return row.strip("| ").split(" | ")


def named(constant: Described) -> tuple[str, str]:
    """The cells for its name and value."""
    return f"`{constant.name}`", f"{constant.value:g} {constant.unit}".strip()


def constants(moved: Moved) -> str:
    """Every constant with its source, and what moving it does."""
    lines = ["| constant | value | what it means | from | moved by 10 % |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for c in ENGINE.described():
        effect = moved.get(named(c), "not moved")
        lines.append("| " + " | ".join((*named(c), c.meaning, c.source, effect)) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fill every page that has such a table."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if (new := filled(text)) != text:
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
