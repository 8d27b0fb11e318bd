"""Looks a set of rules over: what cannot be run, and what a detection engineer would want to know before it runs.

A fault refuses a rule; a warning does not. Each stands at a file, a line and a column.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import AllOf, AnyOf, Condition, Keyword, Not, OnField, Reference, Selection
from watchfloor.detect.lists import names_of, widen
from watchfloor.detect.logsource import is_readable
from watchfloor.detect.prefilter.necessary import is_always_decided
from watchfloor.detect.rule import LoadReport, Rule
from watchfloor.detect.view import EventView
from watchfloor.detect.yaml_document import YamlDocument, YamlFault, YamlValue, read_documents
from watchfloor.normalise.event import LogSource
from watchfloor.ops.rulesets.fields import is_unknown

Code: TypeAlias = Literal[
    "refused",
    "attack",
    "logsource",
    "title",
    "deprecated",
    "field",
    "empty",
    "list",
    "author",
    "falsepositives",
    "prefilter",
]
_Steps: TypeAlias = tuple[str | int, ...]

CODES: Final[dict[Code, str]] = {
    "refused": "The rule cannot be run.",
    "attack": "No tag names an ATT&CK technique, so the rule counts for no coverage.",
    "logsource": "No parser makes events of this log source, so the rule cannot fire yet.",
    "title": "Another rule has the same title, so people cannot tell them apart.",
    "deprecated": "The rule says of itself that it is deprecated.",
    "field": "No event of this log source has this field; is it misspelt, or of another sensor?",
    "empty": "The condition holds for an event without any field, so the rule fires on nearly everything.",
    "list": "The rule works only for tenants that fill in this list.",
    "author": "The rule names no author; the licence of most rules asks for one.",
    "falsepositives": "The rule does not say what else may fire it.",
    "prefilter": "No word must be in an event for the rule to match, so each event of its log source is evaluated.",
}
"""What each kind of finding means."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to look at. `line` and `column` count from 1. Only `refused` is a fault."""

    file: str
    line: int
    column: int
    code: Code
    reason: str
    rule_id: str | None = None

    @property
    def is_fault(self) -> bool:
        """Whether it keeps a rule from running."""
        return self.code == "refused"


class Linting(msgspec.Struct, frozen=True, kw_only=True):
    """What looking over gave, in the order of files and lines. `rules` can be run; `faults` keep others from it."""

    rules: int
    faults: int
    findings: tuple[Finding, ...]

    def count(self) -> list[tuple[Code, int]]:
        """How many of each kind, faults first, then the most frequent."""
        counts: Counter[Code] = Counter(finding.code for finding in self.findings)
        return sorted(counts.items(), key=lambda one: (one[0] != "refused", -one[1], one[0]))


def lint(report: LoadReport) -> Linting:
    """Looks over what was loaded. `Rule.path` must be a path that can be opened."""
    faults = [
        Finding(file=fault.file, line=fault.line, column=fault.column, code="refused", reason=fault.reason)
        for fault in report.faults
    ]
    places = _Places()
    warnings = [
        _placed(rule, code, reason, places.of(rule, path)) for rule, code, reason, path in _warnings(report.rules)
    ]
    ordered = sorted([*faults, *warnings], key=lambda one: (one.file, one.line, one.column, one.code))
    return Linting(rules=len(report.rules), faults=len(faults), findings=tuple(ordered))


def _placed(rule: Rule, code: Code, reason: str, place: tuple[int, int]) -> Finding:
    return Finding(file=rule.path, line=place[0], column=place[1], code=code, reason=reason, rule_id=rule.id)


_Warning: TypeAlias = tuple[Rule, Code, str, _Steps]


def _warnings(rules: Sequence[Rule]) -> Iterator[_Warning]:
    titles: dict[str, Rule] = {}
    for rule in rules:
        earlier = titles.setdefault(rule.title.casefold(), rule)
        if earlier is not rule:
            yield rule, "title", f"{earlier.path} has this title too.", ("title",)
        yield from _of_metadata(rule)
        if rule.correlation is None:
            yield from _of_condition(rule)


def _of_metadata(rule: Rule) -> Iterator[_Warning]:
    if rule.alerts and not rule.techniques:
        yield rule, "attack", CODES["attack"], ("tags",)
    if rule.status == "deprecated":
        yield rule, "deprecated", CODES["deprecated"], ("status",)
    if rule.author == "unknown":
        yield rule, "author", CODES["author"], ("author",)
    if rule.alerts and not rule.false_positives:
        yield rule, "falsepositives", CODES["falsepositives"], ("falsepositives",)


def _of_condition(rule: Rule) -> Iterator[_Warning]:
    if not is_readable(rule.logsource):
        yield rule, "logsource", f"No parser makes events of {words_of(rule.logsource)} yet.", ("logsource",)
    for name in sorted(names_of(rule.condition)):
        yield rule, "list", f"The rule works only for tenants that fill in the list %{name}%.", ("detection",)
    for field in dict.fromkeys(fields_of(rule.condition)):
        if is_unknown(field, rule.logsource):
            reason = (
                f"No event of {words_of(rule.logsource)} has a field {field}; is it misspelt, or of another sensor?"
            )
            yield rule, "field", reason, ("detection", field)
    if compile_condition(widen(rule.condition))(EventView({})):
        yield rule, "empty", CODES["empty"], ("detection", "condition")
    elif is_always_decided(rule):
        yield rule, "prefilter", CODES["prefilter"], ("detection",)


def fields_of(condition: Condition) -> Iterator[str]:
    """The fields that a condition looks at, in its order, repeated as there."""
    match condition:
        case AllOf() | AnyOf():
            for item in condition.items:
                yield from fields_of(item)
        case Not() | Selection():
            yield from fields_of(condition.item)
        case OnField():
            yield condition.field
            if isinstance(condition.test, Reference):
                yield condition.test.field
        case Keyword():
            return


def words_of(logsource: LogSource) -> str:
    """A log source as people write it: its parts with slashes between."""
    return "/".join(part for part in (logsource.product, logsource.category, logsource.service) if part) or "any"


class _Places:
    """Finds the place of a part of a rule in its file. Reads each file once, and only those that are asked for."""

    def __init__(self) -> None:
        self._documents: dict[str, list[YamlDocument]] = {}

    def of(self, rule: Rule, path: _Steps) -> tuple[int, int]:
        document = self._document(rule)
        if document is None:
            return (1, 1)
        if len(path) == 2 and path[0] == "detection" and path[1] != "condition":
            path = _path_of_field(document.value, str(path[1])) or ("detection",)
        return document.place(path)

    def _document(self, rule: Rule) -> YamlDocument | None:
        documents = self._documents.get(rule.path)
        if documents is None:
            documents = self._documents.setdefault(rule.path, list(_read(Path(rule.path))))
        for document in documents:
            if isinstance(document.value, dict) and rule.id == str(document.value.get("id", "")).lower():
                return document
        return next((one for one in documents if _title(one.value) == rule.title), None)


def _read(path: Path) -> Iterable[YamlDocument]:
    try:
        return list(read_documents(path.read_bytes()))
    except (OSError, YamlFault):
        return []


def _title(value: YamlValue) -> str:
    return str(value.get("title", "")).strip() if isinstance(value, dict) else ""


def _path_of_field(value: YamlValue, field: str, path: _Steps = ()) -> _Steps | None:
    """The path of the first key in a detection that looks at a field."""
    if isinstance(value, dict):
        inner = value.get("detection") if not path else value
        start: _Steps = path or ("detection",)
        for key, item in inner.items() if isinstance(inner, dict) else ():
            if len(start) > 1 and key.partition("|")[0].replace(" ", "") == field:
                return (*start, key)
            found = _path_of_field(item, field, (*start, key))
            if found is not None:
                return found
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found = _path_of_field(item, field, (*path, index))
            if found is not None:
                return found
    return None
