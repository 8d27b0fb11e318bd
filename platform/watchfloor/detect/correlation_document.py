"""The typed form of a correlation rule's document (Sigma correlation rules specification 2.1).

Owns what can be said of one document by itself; whether the rules that it names exist is the business of
`correlation_links`. A key of the `correlation` section that the specification does not know is refused, because a
misspelt one would make the rule say less than its reader sees.
"""

import re
from math import isfinite
from typing import Final, cast

import msgspec

from watchfloor.detect.correlation import Alias, Bound, Correlation, CorrelationKind, Relation
from watchfloor.detect.document import DocumentFault, DocumentHead, check_metadata, check_shared, fault_of
from watchfloor.detect.rule import Level
from watchfloor.detect.yaml_document import YamlDocument

MAX_TIMESPAN_SECONDS: Final = 30 * 86_400

_TIMESPAN: Final = re.compile(r"(\d{1,8})([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_RELATIONS: Final[tuple[Relation, ...]] = ("gt", "gte", "lt", "lte", "eq", "neq")
_TEMPORAL: Final = ("temporal", "temporal_ordered")
_CONDITION: Final = ("correlation", "condition")


class CorrelationSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `correlation` section. `generate` stands here by custom; the specification has it beside the section."""

    type: CorrelationKind
    rules: list[str]
    timespan: str
    group_by: str | list[str] = msgspec.field(name="group-by")
    condition: dict[str, object] | None = None
    aliases: dict[str, dict[str, str]] | None = None
    generate: bool | None = None


class CorrelationDocument(DocumentHead, frozen=True, kw_only=True):
    """A correlation rule, section by section. What the specification makes optional is optional."""

    correlation: CorrelationSection
    id: str | None = None
    level: Level | None = None


def read_correlation(document: YamlDocument, *, require_samples: bool) -> CorrelationDocument:
    """The typed form of a document, checked by itself. Raises DocumentFault with the path of what is wrong."""
    try:
        written = msgspec.convert(document.value, CorrelationDocument)
    except msgspec.ValidationError as error:
        raise fault_of(str(error)) from None
    check_metadata(written, written.id)
    if require_samples:
        check_shared(written)
        if written.id is None:
            raise DocumentFault("A shared rule has an id.", path=())
    _check_rules(written.correlation)
    return written


def make_correlation(section: CorrelationSection, ids: dict[str, str]) -> Correlation:
    """What the section says, with each of its rules by its id. Raises DocumentFault; `ids` are by what it writes."""
    return Correlation(
        kind=section.type,
        rules=tuple(ids[reference] for reference in section.rules),
        group_by=_group_by(section),
        timespan_seconds=_timespan(section),
        bounds=_bounds(section),
        fields=_fields(section),
        percentile=_percentile(section),
        aliases=_aliases(section, ids),
    )


def _check_rules(section: CorrelationSection) -> None:
    if not section.rules:
        raise DocumentFault("A correlation names at least one rule.", path=("correlation", "rules"))
    seen: set[str] = set()
    for index, reference in enumerate(section.rules):
        if reference in seen:
            raise DocumentFault(f"The rule {reference} stands here twice.", path=("correlation", "rules", index))
        seen.add(reference)


def _group_by(section: CorrelationSection) -> tuple[str, ...]:
    fields = [section.group_by] if isinstance(section.group_by, str) else section.group_by
    for index, name in enumerate(fields):
        if not name.strip() or name in fields[:index]:
            raise DocumentFault("A field of `group-by` is named, and once.", path=("correlation", "group-by", index))
    return tuple(fields)


def _timespan(section: CorrelationSection) -> int:
    written = _TIMESPAN.fullmatch(section.timespan)
    seconds = int(written[1]) * _SECONDS[written[2]] if written is not None else 0
    if not 0 < seconds <= MAX_TIMESPAN_SECONDS:
        raise DocumentFault(
            "A timespan is a number and s, m, h or d, and at most 30d, such as 15m.", path=("correlation", "timespan")
        )
    return seconds


def _bounds(section: CorrelationSection) -> tuple[Bound, ...]:
    condition = section.condition
    if condition is None:
        if section.type in _TEMPORAL:
            return (Bound("gte", float(len(section.rules))),)
        raise DocumentFault(f"A {section.type} correlation has a condition.", path=("correlation",))
    for key in condition:
        if key not in {*_RELATIONS, "field", "percentile"}:
            raise DocumentFault(f"A condition has no key `{key}`.", path=(*_CONDITION, key))
    bounds = tuple(
        Bound(relation, _number(condition[relation], relation)) for relation in _RELATIONS if relation in condition
    )
    if not 1 <= len(bounds) <= 2:
        raise DocumentFault("A condition has one of gt, gte, lt, lte, eq and neq, or two for a range.", path=_CONDITION)
    if section.type in {"event_count", "value_count", *_TEMPORAL}:
        most = len(section.rules) if section.type in _TEMPORAL else None
        _check_possible(bounds, most)
    return bounds


def _number(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise DocumentFault("A condition compares with a number.", path=(*_CONDITION, key))
    return float(value)


def _check_possible(bounds: tuple[Bound, ...], most: int | None) -> None:
    """Refuses a condition on a count that no count can meet. Each bound changes its mind next to its value only."""
    near = {1, *(int(bound.value) + step for bound in bounds for step in (-1, 0, 1, 2))}
    counts = [count for count in near if count >= 1 and (most is None or count <= most)]
    if not any(all(bound.holds(count) for bound in bounds) for count in counts):
        raise DocumentFault("No count can meet this condition.", path=_CONDITION)


def _fields(section: CorrelationSection) -> tuple[str, ...]:
    given = (section.condition or {}).get("field")
    if not section.type.startswith("value_"):
        if given is not None:
            raise DocumentFault(f"A {section.type} correlation looks at no field.", path=(*_CONDITION, "field"))
        return ()
    if given is None:
        raise DocumentFault(f"The condition of a {section.type} correlation names a field.", path=_CONDITION)
    names = cast("list[object]", given) if isinstance(given, list) else [given]
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise DocumentFault("A field is a name, or a list of names.", path=(*_CONDITION, "field"))
    if len(names) > 1 and section.type != "value_count":
        raise DocumentFault(f"A {section.type} correlation looks at one field.", path=(*_CONDITION, "field"))
    return tuple(cast("list[str]", names))


def _percentile(section: CorrelationSection) -> float | None:
    given = (section.condition or {}).get("percentile")
    if given is None:
        return None
    path = (*_CONDITION, "percentile")
    if section.type != "value_percentile":
        raise DocumentFault(f"A {section.type} correlation has no percentile.", path=path)
    percentile = _number(given, "percentile")
    if not 0 <= percentile <= 100:
        raise DocumentFault("A percentile is a number from 0 to 100.", path=path)
    return percentile


def _aliases(section: CorrelationSection, ids: dict[str, str]) -> tuple[Alias, ...]:
    aliases: list[Alias] = []
    for name, fields in (section.aliases or {}).items():
        for reference in fields:
            if reference not in section.rules:
                raise DocumentFault(
                    f"The alias {name} names the rule {reference}, which the correlation does not list.",
                    path=("correlation", "aliases", name, reference),
                )
        for reference in section.rules:
            if reference not in fields:
                raise DocumentFault(
                    f"The alias {name} says nothing of the rule {reference}.", path=("correlation", "aliases", name)
                )
        aliases.append(Alias(name, tuple((ids[reference], field) for reference, field in fields.items())))
    return tuple(aliases)
