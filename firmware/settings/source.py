"""Where settings come from: the file and the command line over it; and whether they have changed.

An editor may empty a file before it fills it, or move it away for an instant. So a file counts
as changed only when it has stood still between two looks, and one that is not there for the
moment changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from coach.keys import SettingError
from firmware.errors import UserError
from firmware.settings import textfile
from firmware.settings.catalogue import Settings, explained
from firmware.settings.place import DEFAULT_PATH, UnreadableError
from firmware.settings.reached import Reached, Stated, stated

Signature = tuple[int, ...] | None
"""Of a file, or of what is wrong with it; None: it is not there."""

_UNREAD: Signature = ()
"""Of a file that could not be read: no other is like it."""

_STAYS = "what was in force before stays so"


class Source:
    """A settings file (the usual one, if it is there, where None) and what `--set` puts over it.

    With `remembers`, as for the device itself, `stage.current` is what the walker has reached
    since that stage was set. With `examines`, as for who looks for what is wrong, a file that was
    named is begun under like the usual one: whatever stands there. Why it was refused, if it was,
    is `refusal` then.
    """

    def __init__(
        self,
        path: Path | None,
        assignments: Iterable[str] = (),
        *,
        remembers: bool = False,
        examines: bool = False,
    ) -> None:
        self.path = (path or DEFAULT_PATH).absolute()  # whoever reads it judges a link
        self.stated = Stated("", "")  # replaced whole: the daemon's thread reads it, too
        self.meanwhile = _STAYS  # what counts while the file is refused, in words
        self.refusal = ""  # why `begin` did not go by the file
        self._remembers = remembers
        self._memory: Reached | None = None
        self._named, self._examines = path is not None, examines
        self._assignments = tuple(assignments)
        self._loaded: Settings | None = None
        self._taken: tuple[Signature, Signature] = (None, None)  # the file's and the memory's
        self._seen: tuple[Signature, Signature] = (None, None)
        self._still = False  # the last two looks showed the same

    def begin(self) -> Settings:
        """The settings to begin with, also where the usual file is refused: see `salvage`.

        The next look then finds the file changed, and says why it is refused. Raises `UserError`
        where `--set` cannot be used, and for a file that was named, unless for who examines: that
        one is meant.
        """
        self._taken = self._signatures()
        try:
            layers = self._read()
        except UserError as e:
            if self._named and not self._examines:
                raise
            self.refusal = str(e)
            from firmware.settings import salvage  # what a start seldom needs

            layers, counts = salvage.in_its_place(self.path)
            made = self._made(layers)
            self.meanwhile = f"{counts} (limit {made.cadence.max_spm:g} steps/min)"
            self._taken = _UNREAD, None
        else:
            self._loaded = made = self._made(layers)
        return made

    def load(self) -> Settings:
        """The settings now. Raises `UserError`; a file that was read counts as taken all the same.

        A file that has not changed is not read again: asking often costs nothing.
        """
        signatures = self._signatures()
        if self._loaded is not None and signatures == self._taken:
            return self._loaded
        self._taken, self._loaded = signatures, None
        self._loaded = self._made(self._read())
        self.meanwhile = _STAYS
        return self._loaded

    def changed(self) -> bool:
        """Whether the file is another than the one taken, and has stood still since last asked."""
        seen, self._seen = self._seen, self._signatures()
        self._still = self._seen == seen
        return self._still and self.unsettled

    @property
    def gone(self) -> bool:
        """Whether the file that was taken is not there any more, for longer than an instant."""
        return self._still and self._moved_away

    @property
    def unsettled(self) -> bool:
        """Whether the last look showed another file than the one taken: look again soon."""
        return not self._moved_away and self._seen != self._taken

    @property
    def _moved_away(self) -> bool:
        return self._seen[0] is None and self._taken[0] is not None

    def _read(self) -> textfile.Layers:
        read = textfile.load if self._named else textfile.load_if_there
        try:
            return read(self.path)
        except UnreadableError:
            self._taken = _UNREAD, None  # for a moment, perhaps: the next look tries again
            raise

    def _made(self, layers: textfile.Layers) -> Settings:
        """With what `--set` puts over the file's, and what the walker has reached since."""
        with explained("--set: "):
            made = layers.settings.changed_by(self._assignments)
            stood = layers.contradictions()
            for sentence in made.contradictions():
                if self._assignments and sentence not in stood:
                    raise SettingError(sentence)
        return self._reached(made) if self._remembers else made

    def _reached(self, settings: Settings) -> Settings:
        self.stated = stated(settings)
        self._memory = Reached(Path(settings.log.directory))
        self._taken = (self._taken[0], _signature(self._memory.path))
        return self._memory.applied(settings)

    def _signatures(self) -> tuple[Signature, Signature]:
        memory = None if self._memory is None else _signature(self._memory.path)
        return _signature(self.path), memory


def _signature(path: Path) -> Signature:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as e:
        return (e.errno or 0,)
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size
