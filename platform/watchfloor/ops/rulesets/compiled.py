"""Compiled rule sets on disk: made once for the rules and the code that there are, then opened in a moment.

A file is named after a hash of all that went into it: the rules' files, our code that reads and compiles them, the
libraries, the kind of machine. So a file is right or it is not there; a damaged one is made anew. Files are private to
the installation, written beside their place and renamed.
"""

import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import IO, Final

from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.prefilter.artifact import compile_frames, open_frames
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.detect.rule import RuleFault
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid
from watchfloor.ops.rulesets.installed import load_ruleset, ruleset_stamp
from watchfloor.ops.rulesets.manifest import manifests

KEPT: Final = 3
"""How many compiled rule sets are kept: the newest ones."""

_SUFFIX: Final = ".rules"
_LENGTH_BYTES: Final = 4
_DIGEST_BYTES: Final = 32
_ROOT: Final = Path(str(files("watchfloor")))
_CODE: Final = ("detect", "normalise")
_LIBRARIES: Final = ("hyperscan", "msgspec", "pysigma")


def signature(settings: Settings) -> str:
    """A hash that changes when the rules' files do, cheap enough to be asked for every few seconds."""
    digest = hashlib.sha256(ruleset_stamp(settings).encode())
    for file in sorted(_content()):
        found = file.stat()
        digest.update(f"{file}\0{found.st_mtime_ns}\0{found.st_size}\0".encode())
    return digest.hexdigest()


def fingerprint(settings: Settings) -> str:
    """The name of the rule set as it stands on disk now (hexadecimal)."""
    digest = hashlib.sha256()
    code = chain.from_iterable((_ROOT / name).rglob("*.py") for name in _CODE)
    for file in sorted(chain(code, (_ROOT / "detect").rglob("*.json"), _content())):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(_ROOT)}\0{len(content)}\0".encode())
        digest.update(content)
    digest.update(ruleset_stamp(settings).encode())
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\0".encode())
    digest.update(f"{sys.version}\0{platform.machine()}\0{_processor()}".encode())
    return digest.hexdigest()


def open_ruleset(settings: Settings) -> PrefilteredEngine:
    """The engine over the installation's rules, from disk where it is there.

    Raises Invalid when a rule of the shared content does not load, with every fault.
    """
    path = path_of(settings, fingerprint(settings))
    opened = read_compiled(path)
    if opened is None:
        compile_ruleset(settings)
        opened = read_compiled(path)
    if opened is None:
        raise Invalid(
            "The compiled rules cannot be read back.",
            where=str(path),
            remedy="Look for a full disk, and for who else writes there.",
        )
    return opened


def compile_ruleset(settings: Settings) -> Path:
    """Compiles the installation's rules and keeps the result; the file where it is. Takes seconds.

    Raises Invalid when a rule of the shared content does not load. Faults of imported rules are the import's business:
    they are left out.
    """
    name = fingerprint(settings)
    report = load_ruleset(settings)
    imported = {manifest.name for _, manifest in manifests(settings.home)}
    faults = [fault for fault in report.faults if fault.file.partition("/")[0] not in imported]
    _refuse(faults)
    path = path_of(settings, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(path, compile_frames(report.rules))
    _forget(path.parent)
    return path


@lru_cache(maxsize=1)
def shared_engine() -> PrefilteredEngine:
    """The engine over the shared content alone, for those without an installation; compiled as it is used.

    Raises Invalid when a rule does not load.
    """
    report = load_shared_rules()
    _refuse(report.faults)
    return PrefilteredEngine(report.rules)


def read_compiled(path: Path, *, rest: Callable[[], None] = lambda: None) -> PrefilteredEngine | None:
    """The engine in a file, open for use; None if there is none that is whole and of this machine.

    `rest` is called every few milliseconds.
    """
    try:
        with path.open("rb") as file:
            engine = open_frames(_resting(_frames(file), rest))
    except (FileNotFoundError, Invalid):
        return None
    for _ in engine.opening():
        rest()
    return engine


def path_of(settings: Settings, name: str) -> Path:
    """Where the compiled rule set of a fingerprint is kept."""
    return settings.home / "cache" / f"{name}{_SUFFIX}"


def _refuse(faults: Sequence[RuleFault]) -> None:
    if faults:
        raise Invalid("The shared rules have faults:\n  - " + "\n  - ".join(map(str, faults)))


def _content() -> Iterator[Path]:
    return (_ROOT / "content" / "rules").rglob("*.yml")


def _write(path: Path, frames: Iterator[bytes]) -> None:
    """Frames, each after its length; an empty one; a hash of all before it."""
    digest = hashlib.sha256()
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".compiling-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            for frame in chain(frames, [b""]):
                framed = len(frame).to_bytes(_LENGTH_BYTES, "big") + frame
                digest.update(framed)
                file.write(framed)
            file.write(digest.digest())
            file.flush()
            os.fsync(file.fileno())
        Path(draft).rename(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _frames(file: IO[bytes]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    while True:
        length = file.read(_LENGTH_BYTES)
        frame = file.read(int.from_bytes(length, "big"))
        if len(length) < _LENGTH_BYTES or len(frame) < int.from_bytes(length, "big"):
            raise Invalid("The file of compiled rules is cut off.", where=file.name)
        digest.update(length + frame)
        if not frame:
            break
        yield frame
    if file.read(_DIGEST_BYTES) != digest.digest():
        raise Invalid("The file of compiled rules is damaged.", where=file.name)


def _resting(frames: Iterator[bytes], rest: Callable[[], None]) -> Iterator[bytes]:
    for frame in frames:
        yield frame
        rest()


def _forget(directory: Path) -> None:
    """Removes all but the newest files."""
    found = sorted(directory.glob(f"*{_SUFFIX}"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in found[KEPT:]:
        file.unlink(missing_ok=True)


def _processor() -> str:
    """What the processor can do, on which compiled scanners depend."""
    try:
        text = Path("/proc/cpuinfo").read_text("ascii", errors="replace")
    except OSError:
        return platform.processor()
    return next((line for line in text.splitlines() if line.startswith("flags")), "")
