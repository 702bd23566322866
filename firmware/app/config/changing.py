"""The commands that change the settings file, and what the daemon says to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from firmware.app import client
from firmware.app.config import history
from firmware.errors import EXIT_FAILED, EXIT_OK, DeviceError, UserError
from firmware.protocol import Message
from firmware.settings import catalogue, textfile
from firmware.settings.catalogue import KEYS, Settings, find
from firmware.settings.place import CONTROL_SOCKET, DEFAULT_PATH
from firmware.settings.store import Store
from firmware.settings.textfile import Layers
from firmware.wording import shown


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def assign(
    path: Path,
    assignments: Iterable[str],
    *,
    everyone: bool = False,
    say: Callable[[str], None] = _print,
    socket: str | None = None,
) -> int:
    """The command `coach config set`. Words without a `=` belong to the value before them."""
    changes: dict[str, str | None] = {}
    name = ""
    for text in assignments:
        key, equals, value = text.partition("=")
        if equals:
            name = key.strip()
            if name in changes:
                raise UserError(f"{name}: is given twice; expected one value for it")
            changes[name] = value.strip()
        elif not name:
            raise UserError(f"{text!r}: expected KEY=VALUE, as in cadence.max_spm=90")
        else:
            changes[name] = f"{changes[name]} {text.strip()}"
    return _put(path, changes, everyone=everyone, say=say, socket=socket)


def unset(path: Path, keys: Iterable[str], *, everyone: bool) -> int:
    """The command `coach config unset`."""
    return _put(path, dict.fromkeys(keys), everyone=everyone)


def undo(path: Path, say: Callable[[str], None] = _print, socket: str | None = None) -> int:
    """The command `coach config undo`."""
    changed = Store(path).undo(history.noting(say))
    same = "the file was empty, as after a power cut; what stood there is back"
    return told(path, *changed, say, same=same, socket=socket)


def told(
    path: Path,
    old: str,
    new: str,
    say: Callable[[str], None] = _print,
    *,
    same: str = "nothing changed",
    socket: str | None = None,
) -> int:
    """After a change: ask the daemon to take it, and say what has become of every value.

    `same` is said where the two texts are one; `socket`: the daemon's, where it is known better
    than the file says.
    """
    after = textfile.parse(new, str(path))
    try:
        before = textfile.parse(old, str(path))
    except UserError as e:
        say(f"what stood there could not be used and is taken away: {e}")
        before = after
        lines = ["pins, sensor, log and socket are as they were until the next start"]
        lines += [f"cadence.max_spm = {shown(after.settings.cadence.max_spm)}"]
    else:
        lines = list(_story(before, after))
    for line in lines or [same if old == new else "only words or comments changed"]:
        say(line)
    changed = _differences(before.settings, after.settings)
    sockets = [layers.settings.control.socket for layers in (before, after)]
    if path == DEFAULT_PATH:
        sockets.append(CONTROL_SOCKET)
    return _ask_daemon(path, [socket] if socket else sockets, after, changed, say)


def _story(before: Layers, after: Layers) -> Iterator[str]:
    """What has changed, and for whom: in force first, then what others will walk under."""
    user = after.profile
    for name in _differences(before.settings, after.settings):
        whose = f", for {user}" if name in after.profiles.get(user, {}) else ""
        yield _became(name, before.settings, after.settings) + whose
    for profile in (p for p in before.profiles if p not in after.profiles):
        yield f"the profile {profile} is deleted"
    for profile in after.profiles:
        if profile not in before.profiles:
            yield f"the profile {profile} is there"
        elif profile not in (user, before.profile):
            old, new = before.settings_of(profile), after.settings_of(profile)
            own = {**before.profiles[profile], **after.profiles[profile]}
            changed = (name for name in _differences(old, new) if name in own)
            yield from (f"for {profile}: {_became(name, old, new)}" for name in changed)
    old, new = before.settings_of(""), after.settings_of("")
    hidden = after.profiles.get(user, {})
    for name in (n for n in _differences(old, new) if n in hidden):
        yield f"for everyone: {_became(name, old, new)}; {user} keeps {shown(hidden[name])}"
    yield from _stands(before, after)


def _stands(before: Layers, after: Layers) -> Iterator[str]:
    """What the file has come to say, or says no more, and what is worth the same as before."""
    for profile in ("", *(p for p in after.profiles if p in before.profiles)):
        old, new = (each.profiles[profile] if profile else each.common for each in (before, after))
        where = f"the profile {profile}" if profile else "the file"
        for name in (n for n in KEYS if (n in old) != (n in new)):
            was, value = (each.settings_of(profile).value(name) for each in (before, after))
            if was == value:
                stands = "now it stands in" if name in new else "it stands no longer in"
                yield f"{name} = {shown(value)}, as before; {stands} {where}"


def _became(name: str, before: Settings, after: Settings) -> str:
    return f"{name} = {shown(after.value(name))} (was {shown(before.value(name))})"


def _ask_daemon(
    path: Path,
    sockets: Iterable[str],
    after: Layers,
    changed: list[str],
    say: Callable[[str], None],
) -> int:
    try:
        socket, answer = _reloaded(sockets)
    except client.NotRunningError:
        if after.settings.control.socket:
            say("daemon not running: in force at next start")
        else:
            say("control.socket is empty, so no daemon is asked: one that runs looks by itself")
        return EXIT_OK
    except client.RefusedError as e:
        say(str(e))
        return EXIT_FAILED
    except DeviceError as e:
        say(f"the file is changed, but {e}")
        return EXIT_FAILED
    used = str(answer.get("file"))
    if os.path.realpath(used) != os.path.realpath(path):
        say(f"the daemon uses another settings file: {used}")
        return EXIT_OK
    for line in _verdicts(answer.get("in_force", {}), after, changed):
        say(line)
    if "walker.profile" in changed and client.ask(socket, "status")["session"]["running"]:
        number = _running(after.settings)
        if_it_is = "if it is another's" if number else "if it is another's, once it has ended"
        say(
            "the session that runs counts for whose profile was set when it began;"
            f" {if_it_is}: coach log note {number or 'last'} --walker {after.profile or 'NAME'}"
        )
    return EXIT_OK


def _running(settings: Settings) -> int | None:
    """The number of the session that runs: `last` is another's, where it ends within a minute.

    None where it is not in the log, yet or at all.
    """
    from firmware.log import index
    from firmware.log.schema import FILE_NAME

    try:
        with index.reading(Path(settings.log.directory) / FILE_NAME) as db:
            return index.running(db)
    except UserError:
        return None


def _reloaded(sockets: Iterable[str]) -> tuple[str, Message]:
    """Where the daemon listens, and its answer: it may have begun under an earlier file.

    Raises `DeviceError`.
    """
    missing = client.NotRunningError()
    for socket in dict.fromkeys(sockets):
        try:
            return socket, client.ask(socket, "reload")
        except client.NotRunningError as e:
            missing = e
    raise missing


def _verdicts(in_force: dict[str, object], after: Layers, changed: list[str]) -> Iterator[str]:
    """What has become of each change; where all is simply in force, that alone."""
    at_once = not changed
    for name in changed:
        effect, stands = KEYS[name].effect, in_force.get(name)
        if effect == "next start":
            yield f"{name}: in force at next start"
        elif name == "stage.current" and stands != after.settings.value(name):
            yield f"{name}: {shown(stands)} was reached since, and counts; see coach stage"
        elif stands != after.settings.value(name):
            yield f"{name}: {shown(stands)} stays in force, given to the daemon by --set"
        elif effect == "next session":
            yield f"{name}: in force from the next session"
        else:
            at_once = True
    if at_once:
        yield "in force"


def _differences(a: Settings, b: Settings) -> list[str]:
    return [name for name in KEYS if a.value(name) != b.value(name)]


def _put(
    path: Path,
    changes: dict[str, str | None],
    *,
    everyone: bool,
    say: Callable[[str], None] = _print,
    socket: str | None = None,
) -> int:
    with catalogue.explained():
        for name in changes:
            find(name)
    store = Store(path)

    def change(text: str) -> str:
        profile = textfile.parse(text, str(path)).profile
        if everyone or not profile:
            return textfile.edited(text, changes, where=str(path))
        personal, common = textfile.split(changes)
        text = textfile.edited(text, common, where=str(path))
        return textfile.edited(text, personal, profile, where=str(path))

    return told(path, *store.change(change, history.noting(say)), say, socket=socket)
