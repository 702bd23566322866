"""Writes the man page coach(1) to standard output, from what the command says of itself."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from firmware import __version__
from firmware.app.cli import parser

HEAD = """\
.TH COACH 1 "" "cadence coach {version}" "User Commands"
.SH NAME
coach \\- the cadence coach for backward treadmill walking
.SH SYNOPSIS
.B coach
.I COMMAND
[options]
.SH DESCRIPTION
{description}
.PP
The daemon runs as the service
.BR cadence-coach ;
these commands talk to it, read its log and change its settings.
"""

TAIL = """\
.SH EXIT STATUS
0 done; 1 the device or its log failed; 2 something given cannot be used; 130 interrupted.
.SH FILES
.TP
.I /etc/cadence-coach/coach.toml
The settings. Members of the group cadence-coach may change them.
.TP
.I /var/lib/cadence-coach/coach.db
The log of all sessions (SQLite).
.TP
.I /run/cadence-coach/control.sock
The daemon's control socket.
.SH SEE ALSO
.BR systemctl (1),
.BR journalctl (1)
"""


def main() -> None:
    """The whole page."""
    whole = parser()
    out = sys.stdout
    out.write(HEAD.format(version=__version__, description=_safe(whole.description or "")))
    out.write(".SH COMMANDS\n")
    for name, summary, command in _commands(whole, "coach"):
        out.write(f".SS {_safe(name)} {_safe(_arguments(command))}\n{_safe(summary)}.\n")
        for action in command._actions:
            if action.help and action.help != argparse.SUPPRESS and action.dest != "help":
                out.write(f".TP\n.B {_safe(_label(action))}\n{_safe(action.help)}\n")
    out.write(TAIL)


def _commands(
    within: argparse.ArgumentParser, prefix: str
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Every command that does something, with its summary; groups are gone into."""
    for action in within._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        summaries = {a.dest: a.help or "" for a in action._choices_actions}
        for name, command in action.choices.items():
            below = list(_commands(command, f"{prefix} {name}"))
            yield from below or [(f"{prefix} {name}", summaries.get(name, ""), command)]


def _arguments(command: argparse.ArgumentParser) -> str:
    """The positional arguments as the usage line has them; options follow one by one."""
    return " ".join(
        _label(a) if a.nargs not in ("?", "*") else f"[{_label(a)}]"
        for a in command._actions
        if not a.option_strings
    )


def _label(action: argparse.Action) -> str:
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if not action.option_strings:
        return metavar
    value = "" if action.nargs == 0 else f" {metavar}"
    return ", ".join(action.option_strings) + value


def _safe(text: str) -> str:
    """As roff takes it literally: no line begins with a command."""
    text = text.replace("%%", "%").replace("\\", "\\e").replace("-", "\\-")
    lines = text.split("\n")
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in lines)


if __name__ == "__main__":
    main()
