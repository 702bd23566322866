"""Columns for a person: rich's table in a terminal, aligned text in a pipe or without rich."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def print_columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; its last column may be long."""
    if sys.stdout.isatty():
        try:
            _rich(head, rows)
        except ImportError:
            pass
        else:
            return
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _rich(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*head, box=None)
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)
