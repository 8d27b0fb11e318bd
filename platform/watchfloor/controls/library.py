"""Kinds and frameworks that are shipped: read once from the package's data, refused with file, line and column.

Owns what must be true of the data as a whole: ids are unique, a control names kinds and metrics that exist, a pass rule
has one direction. Computes nothing.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import msgspec

from watchfloor.controls.framework import Control, Framework
from watchfloor.controls.kind import Kind, Phrases
from watchfloor.controls.words import Language
from watchfloor.detect.yaml_document import Path
from watchfloor.detect.yaml_struct import placed, read_structs
from watchfloor.kernel.errors import Invalid, NotFound

FOLDER: Final = "controls"
KINDS: Final = "kinds.yml"
PHRASES: Final = "phrases.yml"

_ID: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
_KIND: Final = re.compile(r"E[0-9]{2}")
_METRIC: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")

Fault = tuple[Path, str]


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """All kinds, all frameworks, and the words of codes."""

    kinds: tuple[Kind, ...]
    frameworks: tuple[Framework, ...]
    phrases: Phrases

    def kind(self, kind: str) -> Kind:
        """The evidence kind of that id. Raises NotFound."""
        for candidate in self.kinds:
            if candidate.id == kind:
                return candidate
        raise NotFound(f"There is no evidence kind {kind!r}.", remedy="They are E01 to E30.")

    def framework(self, framework: str) -> Framework:
        """The framework of that id. Raises NotFound."""
        for candidate in self.frameworks:
            if candidate.id == framework:
                return candidate
        names = ", ".join(row.id for row in self.frameworks)
        raise NotFound(f"There is no framework {framework!r}.", remedy=f"There are: {names}.")

    def needs(self, kind: str, language: Language) -> str:
        """Which feed or entry would give the numbers of a kind."""
        return self.kind(kind).needs.of(language)


@lru_cache(maxsize=1)
def shipped() -> Library:
    """The kinds and frameworks that came with this version. Raises Invalid with every fault."""
    return read_library(resources.files("watchfloor.content").joinpath(FOLDER))


def read_library(folder: Traversable) -> Library:
    """What a folder holds: `kinds.yml`, `phrases.yml`, and each other `*.yml` is a framework.

    Raises Invalid with every fault that was found, one a line.
    """
    kinds = read_kinds(folder.joinpath(KINDS).read_bytes())
    (_, phrases), *_ = read_structs(folder.joinpath(PHRASES).read_bytes(), Phrases, name=PHRASES)
    files = {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if file.name.endswith(".yml") and file.name not in (KINDS, PHRASES)
    }
    return Library(kinds=kinds, frameworks=read_frameworks(files, kinds), phrases=phrases)


def read_kinds(text: bytes) -> tuple[Kind, ...]:
    """The evidence kinds of a file, one a document. Raises Invalid with every fault that was found."""
    faults: list[str] = []
    kinds: list[Kind] = []
    for document, kind in read_structs(text, Kind, name=KINDS):
        found = list(_kind_faults(kind, {row.id for row in kinds}))
        faults += [placed(document, path, name=KINDS, words=words) for path, words in found]
        kinds.append(kind)
    _refuse(faults)
    return tuple(kinds)


def read_frameworks(files: Mapping[str, bytes], kinds: tuple[Kind, ...]) -> tuple[Framework, ...]:
    """The frameworks of the files, by file name. Raises Invalid with every fault that was found."""
    faults: list[str] = []
    frameworks: list[Framework] = []
    by_id = {kind.id: kind for kind in kinds}
    for name, text in sorted(files.items()):
        try:
            documents = read_structs(text, Framework, name=name)
        except Invalid as fault:
            faults.append(fault.message)
            continue
        for document, framework in documents:
            found = list(_framework_faults(framework, name, by_id))
            faults += [placed(document, path, name=name, words=words) for path, words in found]
            frameworks.append(framework)
    _refuse(faults)
    return tuple(frameworks)


def _kind_faults(kind: Kind, taken: set[str]) -> Iterator[Fault]:
    if not _KIND.fullmatch(kind.id):
        yield ("id",), "An evidence kind is E and two digits."
    if kind.id in taken:
        yield ("id",), f"The id {kind.id!r} is taken."
    if all(metric.threshold is None for metric in kind.metrics):
        yield ("metrics",), "A kind has a metric with a pass rule."
    names: set[str] = set()
    for index, metric in enumerate(kind.metrics):
        if not _METRIC.fullmatch(metric.id) or metric.id in names:
            yield ("metrics", index, "id"), f"The id {metric.id!r} is not a name or is taken."
        names.add(metric.id)
        if metric.at_least is not None and metric.at_most is not None:
            yield ("metrics", index, "at_most"), "A pass rule has one direction."
        if metric.basis == "measured" and metric.threshold is not None and not metric.population:
            yield ("metrics", index, "id"), "A measured metric names its population."
        if (metric.basis == "entered") != (metric.entry in ("number", "age")):
            yield ("metrics", index, "id"), "What is entered is a number or an age, and nothing measured is."
        if kind.basis not in ("both", metric.basis):
            yield ("metrics", index, "id"), f"The kind says {kind.basis}, its metric {metric.basis}."


def _framework_faults(framework: Framework, name: str, kinds: Mapping[str, Kind]) -> Iterator[Fault]:
    if not _ID.fullmatch(framework.id) or f"{framework.id}.yml" != name:
        yield ("id",), "A framework's id is its file's name: small letters, digits, hyphens and dots."
    if not framework.controls:
        yield ("controls",), "A framework has a control."
    taken: set[str] = set()
    for index, control in enumerate(framework.controls):
        if control.id in taken or not 0 < len(control.id) <= 64:
            yield ("controls", index, "id"), f"The id {control.id!r} is taken, empty or too long."
        taken.add(control.id)
        for path, words in _control_faults(control, kinds):
            yield ("controls", index, *path), words


def _control_faults(control: Control, kinds: Mapping[str, Kind]) -> Iterator[Fault]:
    if not control.evidence and control.not_in_scope is None:
        yield ("evidence",), "A control has evidence, or `not_in_scope` says why it has none."
    for index, kind in enumerate(control.evidence):
        if kind not in kinds or kind in control.evidence[:index]:
            yield ("evidence", index), f"There is no evidence kind {kind!r}, or it stands here twice."
    for index, number in enumerate(control.numbers):
        metric = kinds[number.evidence].find(number.metric) if number.evidence in kinds else None
        if metric is None or number.evidence not in control.evidence:
            yield ("numbers", index), f"The control has no evidence {number.evidence} {number.metric}."
        elif metric.threshold is None:
            yield ("numbers", index, "metric"), f"{number.metric} is a figure without a pass rule."


def _refuse(faults: list[str]) -> None:
    if faults:
        raise Invalid("The controls have faults:\n  - " + "\n  - ".join(faults))
