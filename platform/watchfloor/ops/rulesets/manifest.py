"""What an imported set of rules says of itself, and where it stands: `HOME/rules/NAME/manifest.json`.

The manifest is the set: it names the folder beside it that holds the files, and each file's hash. It is replaced in one
step, so a reader sees the set before or after an import and nothing between.
"""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from watchfloor.detect.rule import Level, Status
from watchfloor.kernel.errors import Invalid

MANIFEST: Final = "manifest.json"
LICENCE_FILE: Final = "LICENSE"

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_TAKEN: Final = frozenset({"shared"})


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a collection's rules were taken: none below `level`, and those of one of `statuses` (empty: of all)."""

    level: Level | None = None
    statuses: tuple[Status, ...] = ()


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What an import made of a collection: files kept, rules in them, rules refused, rules left out by choice."""

    files: int
    rules: int
    refused: int
    left_out: int
    without_parser: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """An imported set. `commit` is None where there was no checkout; `folder` is named after the files' contents.

    `source` is the repository's address, or else the folder that was imported. `files` are SHA-256 by path.
    """

    name: str
    source: str
    commit: str | None
    licence: str
    link_base: str | None
    imported_at: datetime
    choice: Choice
    counts: Counts
    folder: str
    files: dict[str, str]


def sets_dir(home: Path) -> Path:
    """Where all imported sets of an installation stand."""
    return home / "rules"


def check_name(name: str) -> str:
    """The name of a set, if it may be one. Raises Invalid."""
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise Invalid(
            f"A set of rules cannot be called {name!r}.", remedy="Take up to 32 small letters, digits, - and _."
        )
    return name


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in a set's folder; None if there is none. Raises Invalid for a broken one."""
    path = folder / MANIFEST
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise Invalid(f"This is no manifest of a set of rules: {error}.", where=str(path)) from None


def manifests(home: Path) -> Iterator[tuple[Path, Manifest]]:
    """All imported sets with their folders, by name. Raises Invalid for a broken manifest."""
    top = sets_dir(home)
    for folder in sorted(top.iterdir()) if top.is_dir() else ():
        found = read_manifest(folder) if _NAME.fullmatch(folder.name) else None
        if found is not None:
            yield folder, found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Puts the manifest in its place in one step, safe against a crash."""
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    beside = folder / f".{MANIFEST}.new"
    with beside.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / MANIFEST)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hash_files(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file under a folder, by its path there."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in sorted(found)}


def folder_name(files: dict[str, str]) -> str:
    """The name of the folder with these files."""
    return sha256(msgspec.json.encode(files, order="sorted")).hexdigest()[:16]
