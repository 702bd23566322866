"""Settings: each defined once, read from a file that keeps its comments, changed one at a time.

`catalogue` has every key (`Settings`, `find`); `place` says where the file is, and the daemon's
socket, without loading any of it; `textfile` reads and edits the file's text; `store`
replaces the file and keeps its history; `source` tells the device what counts now and whether that
has changed; `salvage` what counts where the file is refused; `reached` remembers how far each
walker has come.
"""

__all__ = ["catalogue", "place", "reached", "salvage", "source", "store", "textfile"]
