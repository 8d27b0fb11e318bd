"""Takes a collection of rules, such as a SigmaHQ checkout, into an installation: pinned, checked, in one step.

Files are written beside the set that is in use; the manifest then names the new folder. Importing the same again
changes nothing but the time. Authors, licences and the files themselves stay as they are.
"""

import fcntl
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from watchfloor.detect.load import Origin, load_rules
from watchfloor.detect.logsource import is_readable
from watchfloor.detect.rule import LEVELS, LoadReport, Rule, RuleFault
from watchfloor.kernel.errors import Conflict, Invalid
from watchfloor.normalise.event import LogSource
from watchfloor.ops.rulesets.manifest import (
    LICENCE_FILE,
    MANIFEST,
    Choice,
    Counts,
    Manifest,
    check_name,
    folder_name,
    hash_files,
    read_manifest,
    sets_dir,
    write_manifest,
)
from watchfloor.ops.rulesets.origin import RuleOrigin, find_origin
from watchfloor.ops.scan.selection import needed_by

_LOCK: Final = ".lock"
_STAGING: Final = ".new-"


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """What an import gave. `missing` are the log sources that no parser makes, with how many rules wait for them.

    `previous` is the set that was replaced; None if the set is new.
    """

    manifest: Manifest
    faults: tuple[RuleFault, ...]
    missing: tuple[tuple[LogSource, int], ...]
    previous: Manifest | None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What to import: the set's name, the choice of rules, and the licence where the folder says none."""

    name: str
    choice: Choice
    licence: str | None = None


def import_rules(folder: Path, home: Path, wish: Wish, *, now: datetime, dry_run: bool = False) -> Import:
    """Imports the rules under `folder`, which may be a checkout or a part of one.

    With `dry_run` nothing is left behind. Raises Invalid for a name that may not be, a folder without rules and one
    without a licence; Conflict while the same set is imported by somebody else.
    """
    check_name(wish.name)
    origin = find_origin(folder)
    licence = wish.licence or origin.licence
    if licence is None:
        raise Invalid(
            "The folder has no LICENSE, so it is not known what may be done with its rules.",
            where=str(folder),
            remedy="Name their licence with --licence.",
        )
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="watchfloor-rules-") as scratch:
            target = sets_dir(home) / wish.name
            return _stage(folder, Path(scratch), origin, wish, licence, now=now, previous=read_manifest(target))
    with _set_folder(home, wish.name) as target:
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=target))
        try:
            result = _stage(folder, staging, origin, wish, licence, now=now, previous=read_manifest(target))
            _put(staging, target, result)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return result


def _stage(  # all that an import needs, once
    folder: Path,
    staging: Path,
    origin: RuleOrigin,
    wish: Wish,
    licence: str,
    *,
    now: datetime,
    previous: Manifest | None,
) -> Import:
    """Copies the rules into an empty folder, leaves there what loads and is wanted, and says what came of it."""
    _copy(folder, staging, origin)
    report = load_rules([staging], origin=Origin(licence=licence, link_base=origin.link_base))
    if not report.rules:
        raise Invalid("No rule in this folder can be run.", where=str(folder), remedy=_first(report.faults))
    kept = _kept(report, wish.choice)
    _prune(staging, report, kept)
    if origin.licence_file is not None:
        shutil.copyfile(origin.licence_file, staging / LICENCE_FILE)
    missing = Counter(rule.logsource for rule in kept if rule.correlation is None and not is_readable(rule.logsource))
    files = hash_files(staging)
    manifest = Manifest(
        name=wish.name,
        source=origin.source or str(folder.absolute()),
        commit=origin.commit,
        licence=licence,
        link_base=origin.link_base,
        imported_at=now,
        choice=wish.choice,
        counts=Counts(
            files=len(files),
            rules=len(kept),
            refused=len(report.faults),
            left_out=len(report.rules) - len(kept),
            without_parser=missing.total(),
        ),
        folder=folder_name(files),
        files=files,
    )
    return Import(manifest=manifest, faults=report.faults, missing=tuple(missing.most_common()), previous=previous)


def _copy(folder: Path, staging: Path, origin: RuleOrigin) -> None:
    """The rule files under their paths in the collection: of a checkout the folders `rules*`, else all of them."""
    start = folder.absolute()
    tops = sorted(path for path in start.glob("rules*") if path.is_dir()) or [start]
    for top in tops:
        for path in sorted(top.rglob("*")):
            if path.suffix not in {".yml", ".yaml"} or not path.is_file() or path.is_symlink():
                continue
            base = origin.root if path.is_relative_to(origin.root) else start
            target = staging / path.relative_to(base)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def _kept(report: LoadReport, choice: Choice) -> list[Rule]:
    least = LEVELS.index(choice.level) if choice.level is not None else 0
    wanted = {
        rule.id
        for rule in report.rules
        if LEVELS.index(rule.level) >= least and (not choice.statuses or rule.status in choice.statuses)
    }
    needed = needed_by(wanted, report.rules)
    return [rule for rule in report.rules if rule.id in needed]


def _prune(staging: Path, report: LoadReport, kept: Iterable[Rule]) -> None:
    """Removes the files with no rule that is kept. A file of filters has none, and stays if it was read."""
    wanted = {rule.path for rule in kept}
    unwanted = {rule.path for rule in report.rules} | {fault.file for fault in report.faults}
    for path in unwanted - wanted:
        (staging / path).unlink()
    for folder, _, _ in os.walk(staging, topdown=False):
        if folder != str(staging) and not any(Path(folder).iterdir()):
            Path(folder).rmdir()


def _put(staging: Path, target: Path, result: Import) -> None:
    """Makes the staged files the set. What the set was before this one stays beside it for those who read it now."""
    manifest = result.manifest
    place = target / manifest.folder
    if place.exists() and hash_files(place) != manifest.files:
        shutil.rmtree(place)  # somebody changed it, or an import broke off
    if not place.exists():
        for path in (staging, *staging.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        staging.rename(place)
    write_manifest(target, manifest)
    in_use = {manifest.folder, result.previous.folder if result.previous is not None else ""}
    for path in target.iterdir():
        if path.is_dir() and path.name not in in_use:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _set_folder(home: Path, name: str) -> Generator[Path]:
    """The set's folder, held against other imports of the same set."""
    target = sets_dir(home) / name
    target.mkdir(parents=True, exist_ok=True)
    with (target / _LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("Somebody imports this set right now.", where=str(target / MANIFEST)) from None
        yield target


def _first(faults: tuple[RuleFault, ...]) -> str | None:
    return f"The first reason: {faults[0]}" if faults else None
