"""The pages that a browser shows: one file each, complete, without a network.

`html` puts a body into the page that all of them share; style and script lie here as package data.
`table` is one of its tables.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from firmware.output import replacing
from firmware.shown import visible

__all__ = ["hand_over", "html", "table"]

_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_SCRIPT = "; script-src 'sha256-{}'"  # this script and no other (CSP Level 3, 2.3.1)
_LINES = "\n\t"


def hand_over(page: str, output: str, what: str) -> None:
    """The page to a file, whole or not at all, and a word of `what` is there; `-`: to a pipe."""
    if output == "-":
        sys.stdout.write(page)
        return
    with replacing(Path(output)) as file:
        file.write(page)
    sys.stderr.write(f"coach: {what} in {output}\n")


def html(title: str, body: str, data: str | None = None) -> str:
    """The page; `data` (JSON) is what its charts are drawn from by the script, if it has any."""
    folder = files(__package__)
    style = folder.joinpath("report.css").read_text(encoding="utf-8")
    policy, script = _ALLOWED, ""
    if data is not None:
        code = "\n" + folder.joinpath("report.js").read_text(encoding="utf-8")
        digest = hashlib.sha256(code.encode()).digest()
        policy += _SCRIPT.format(base64.b64encode(digest).decode())
        # `<` inside the data could end the script element that holds it.
        safe = data.replace("<", "\\u003c")
        script = (
            f'<script type="application/json" id="data">{safe}</script>\n<script>{code}</script>\n'
        )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{escape(visible(title))} - cadence coach</title>
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body>
<main>
<h1>{escape(visible(title))}</h1>
{visible(body, keep=_LINES)}
</main>
{script}</body>
</html>
"""


def table(
    heads: Iterable[str], rows: Iterable[Sequence[str]], name: str, *, named: bool = False
) -> str:
    """A table that scrolls on a narrow screen; `named`: each row begins with its own head."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    made = []
    for row in rows:
        cells = [f"<td>{escape(cell)}</td>" for cell in row]
        if named:
            cells[0] = f'<th scope="row">{escape(row[0])}</th>'
        made.append(f"<tr>{''.join(cells)}</tr>")
    body = "\n".join(made)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(name)}">\n'
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )
