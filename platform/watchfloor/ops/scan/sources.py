"""What a person named to be scanned, as a list of files: files as they are, folders with all files in them.

Never opens a file.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

STANDARD_INPUT: Final = Path("-")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A file to scan. `size` is in bytes, 0 for what has none (standard input); `changed` is its time of change."""

    path: Path
    size: int
    changed: datetime | None

    @property
    def name(self) -> str:
        """As people know it."""
        return "<stdin>" if self.path == STANDARD_INPUT else str(self.path)


def find_sources(paths: Iterable[Path]) -> list[Source]:
    """The files, in the order they were named, those of a folder in the order of their paths, each once.

    Folders are followed down, but for links to folders and for what is hidden (a name with a dot before it); devices
    and pipes in them are left out. Raises OSError for a path that cannot be read.
    """
    found: dict[Path, Source] = {}
    for path in paths:
        for file in _files(path):
            found.setdefault(file, _source(file))
    return list(found.values())


def _files(path: Path) -> Iterator[Path]:
    if path == STANDARD_INPUT or not path.is_dir():
        yield path
        return
    for folder, names, files in os.walk(path, onerror=_raise):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            file = Path(folder, name)
            if not name.startswith(".") and file.is_file():
                yield file


def _source(path: Path) -> Source:
    if path == STANDARD_INPUT:
        return Source(path=path, size=0, changed=None)
    status = path.stat()
    size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    return Source(path=path, size=size, changed=datetime.fromtimestamp(status.st_mtime, UTC))


def _raise(error: OSError) -> None:
    raise error
