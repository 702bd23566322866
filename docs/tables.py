"""Fill the tables of the docs that a command prints: `make pictures`, or this file alone.

In a page, `<!-- made by: coach ... -->` and `<!-- end of: coach ... -->` enclose what that command
says.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

from firmware.app.cli import main as coach

PAGES = sorted(Path(__file__).parent.glob("*.md"))
MADE = re.compile(r"(<!-- made by: coach (.+) -->\n).*?(<!-- end of: coach \2 -->)", re.DOTALL)


def filled(text: str) -> str:
    """The page's text with each table as its command prints it now."""
    return MADE.sub(lambda found: found[1] + printed(found[2]) + found[3], text)


def printed(arguments: str) -> str:
    """What `coach` says to these arguments."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        coach(shlex.split(arguments))
    return out.getvalue()


def main() -> None:
    """Fill every page that has such a table."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if (new := filled(text)) != text:
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
