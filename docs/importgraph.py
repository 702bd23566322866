"""Draw which room imports which, from the code itself: `make pictures`, or this file alone.

The picture is Mermaid text between two marks in docs/architecture.md; import-linter's own graph
(grimp) is where the arrows come from.
"""

from __future__ import annotations

import sys
from pathlib import Path

import grimp

PAGE = Path(__file__).parent / "architecture.md"
BEGIN, END = "<!-- made by: python docs/importgraph.py -->\n", "<!-- end of the import graph -->\n"
PACKAGES = ("coach", "hardware", "firmware")
TOP = "coach.engine"
"""A module that ties the rooms of its package together: a room of its own, above them."""


def room(module: str) -> str:
    """The room that a module is in: its package, or the package's sub-package."""
    if module == TOP:
        return module
    package, _, rest = module.partition(".")
    inner = rest.partition(".")[0]
    folder = Path(__file__).parents[1] / package / inner
    return f"{package}.{inner}" if inner and folder.is_dir() else package


def arrows() -> list[tuple[str, str]]:
    """From the importing room to the imported one, each pair once, in the order of the alphabet."""
    graph = grimp.build_graph(*PACKAGES)
    found = {
        (room(module), room(imported))
        for module in graph.modules
        if module not in PACKAGES  # a face hands on what its rooms hold
        for imported in graph.find_modules_directly_imported_by(module)
    }
    return sorted((a, b) for a, b in found if a != b)


def mermaid() -> str:
    """The picture as Mermaid text: rooms within their package; to another package one arrow."""
    known = arrows()
    rooms = sorted({each for pair in known for each in pair})
    lines = ["```mermaid", "flowchart TD"]
    for package in PACKAGES:
        lines.append(f"    subgraph {package}")
        inside = (r for r in rooms if r.partition(".")[0] == package)
        lines += [f"        {_id(r)}[{r.partition('.')[2] or 'shared modules'}]" for r in inside]
        lines.append("    end")
    within = {(_id(a), _id(b)) for a, b in known if a.split(".")[0] == b.split(".")[0]}
    across = {(_id(a), b.split(".")[0]) for a, b in known if a.split(".")[0] != b.split(".")[0]}
    lines += [f"    {a} --> {b}" for a, b in sorted(within | across)]
    return "\n".join([*lines, "```"]) + "\n"


def _id(name: str) -> str:
    """Another word than the package's own."""
    return name.replace(".", "_") if "." in name else f"{name}_shared"


def main() -> None:
    """Put the picture into its page."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}{mermaid()}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
