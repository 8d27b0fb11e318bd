"""Makes correlation rules of their documents, once every rule is known: finds what they refer to, and refuses circles.

A reference is an id, or a name. A name means the rule of that name in the same file; if there is none, the only rule of
that name in all files. A correlation without an id has one made of its place and title, the same at each loading; one
without a level takes the highest of the rules that it refers to.

`generate: false`, the specification's default, says that the rules referred to raise no alert by themselves. Here it
speaks for the rules that stand in the same file as the correlation, and for no others: a correlation that somebody adds
cannot switch off a rule of another file. A rule in the file that another correlation of that file wants generated
alerts; so does one that no correlation of the file refers to.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID, uuid5

import msgspec

from watchfloor.detect.correlation_document import CorrelationDocument, make_correlation
from watchfloor.detect.document import DocumentFault
from watchfloor.detect.rule import LEVELS, Level, Rule
from watchfloor.detect.yaml_document import YamlDocument, YamlValue

_NAMESPACE: Final = UUID("5d2c2d4e-4bb8-4b7e-9d8e-6c1f0b9a7e31")
_LEVEL: Final[Level] = "medium"


class PlacedCorrelation(msgspec.Struct, frozen=True, kw_only=True):
    """A correlation's document, and where it stands. `rule` has everything but its correlation and its level."""

    written: CorrelationDocument
    document: YamlDocument
    rule: Rule


def is_correlation(value: YamlValue) -> bool:
    """Whether a document is a correlation."""
    return isinstance(value, dict) and "correlation" in value


def identity(title: str, path: str) -> str:
    """The id of a rule that has none."""
    return str(uuid5(_NAMESPACE, f"{path}\n{title}"))


def serving(values: Iterable[YamlValue]) -> frozenset[str]:
    """What the correlations among a file's documents refer to and do not generate: ids in lower case, and names."""
    kept: set[str] = set()
    generated: set[str] = set()
    for value in values:
        section = value.get("correlation") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(section, dict):
            continue
        references = section.get("rules")
        named = {text for text in references if isinstance(text, str)} if isinstance(references, list) else set[str]()
        generates = value.get("generate") is True or section.get("generate") is True
        (generated if generates else kept).update(named | {text.lower() for text in named})
    return frozenset(kept - generated)


def serves(value: YamlValue, references: frozenset[str]) -> bool:
    """Whether a document is one of those that `serving` found."""
    if not isinstance(value, dict):
        return False
    names = (value.get("id"), value.get("name"))
    return any(isinstance(name, str) and (name in references or name.lower() in references) for name in names)


def link(
    correlations: Sequence[PlacedCorrelation], rules: Mapping[str, Rule]
) -> tuple[dict[str, Rule], list[tuple[PlacedCorrelation, DocumentFault]]]:
    """The correlations as rules by their ids, and those that cannot be, with the reason. `rules` are all others."""
    linking = _Linking(correlations, rules)
    for placed in correlations:
        linking.resolve(placed, ())
    return linking.made, linking.faults


class _Linking:
    """The state of one linking."""

    def __init__(self, correlations: Sequence[PlacedCorrelation], rules: Mapping[str, Rule]) -> None:
        self._pending = {placed.rule.id: placed for placed in correlations}
        self._rules = rules
        self._names: dict[str, list[Rule]] = {}
        for rule in (*rules.values(), *(placed.rule for placed in correlations)):
            if rule.name is not None:
                self._names.setdefault(rule.name, []).append(rule)
        self._refused: set[str] = set()
        self.made: dict[str, Rule] = {}
        self.faults: list[tuple[PlacedCorrelation, DocumentFault]] = []

    def resolve(self, placed: PlacedCorrelation, above: tuple[str, ...]) -> Rule | None:
        """The correlation as a rule, with those that it refers to before it; None if it is refused."""
        rule_id = placed.rule.id
        if rule_id in self.made or rule_id in self._refused:
            return self.made.get(rule_id)
        try:
            made = self._make(placed, (*above, rule_id))
        except DocumentFault as fault:
            self._refused.add(rule_id)
            self.faults.append((placed, fault))
            return None
        self.made[rule_id] = made
        return made

    def _make(self, placed: PlacedCorrelation, above: tuple[str, ...]) -> Rule:
        found: dict[str, Rule] = {}
        for index, reference in enumerate(placed.written.correlation.rules):
            path = ("correlation", "rules", index)
            rule_id = self._find(reference, placed.rule.path, path)
            if rule_id in above:
                raise DocumentFault(f"The rule {reference} leads back to this correlation.", path=path)
            inner = self._pending.get(rule_id)
            rule = self._rules[rule_id] if inner is None else self.resolve(inner, above)
            if rule is None:
                raise DocumentFault(f"The correlation {reference} has a fault of its own.", path=path)
            if rule in found.values():
                raise DocumentFault(f"The rule {reference} stands here twice.", path=path)
            found[reference] = rule
        ids = {reference: rule.id for reference, rule in found.items()}
        level = placed.written.level or _highest(found.values())
        correlation = make_correlation(placed.written.correlation, ids)
        return msgspec.structs.replace(placed.rule, correlation=correlation, level=level)

    def _find(self, reference: str, path: str, place: tuple[str | int, ...]) -> str:
        if reference.lower() in self._rules or reference.lower() in self._pending:
            return reference.lower()
        named = self._names.get(reference, [])
        beside = [rule for rule in named if rule.path == path]
        candidates = beside or named
        if not candidates:
            raise DocumentFault(f"There is no rule {reference}, or it has a fault of its own.", path=place)
        if len(candidates) > 1:
            paths = ", ".join(sorted(rule.path for rule in candidates))
            raise DocumentFault(f"More than one rule is named {reference}: {paths}.", path=place)
        return candidates[0].id


def _highest(rules: Iterable[Rule]) -> Level:
    levels = {rule.level for rule in rules if rule.alerts}
    found: Level | None = next((level for level in reversed(LEVELS) if level in levels), None)
    return found or _LEVEL
