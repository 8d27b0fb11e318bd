"""What a set of rules covers of ATT&CK, given the log sources that really come in. Pure.

A rule can fire only if an event of its log source arrives: many rules over feeds that nobody has connected cover
nothing. A correlation can fire if the rules that it needs can: all of them where it waits for each (temporal), one of
them where it counts or adds up.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.detect.attack import Attack, Tactic, Technique
from watchfloor.detect.correlation import Correlation
from watchfloor.detect.logsource import covers, is_readable
from watchfloor.detect.rule import Rule
from watchfloor.normalise.event import LogSource

Reach: TypeAlias = Literal["ready", "off", "no_feed", "no_parser"]
"""Whether a rule can fire: yes; no, the tenant has switched it off; no, no feed brings its log source; no, and none
could, because no parser makes it."""

_ORDER: Final[tuple[Reach, ...]] = ("off", "no_parser", "no_feed", "ready")
_NEEDS_ALL: Final = frozenset({"temporal", "temporal_ordered"})


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A log source that does not come in, and how many rules wait for it. `readable`: a parser makes it."""

    logsource: LogSource
    readable: bool
    rules: int


class TechniqueCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """A technique with the rules that are tagged with it: all, those that can fire, and what the others wait for."""

    id: str
    name: str
    rules: int
    ready: int
    missing: tuple[Missing, ...]


class TacticCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """A tactic with its techniques, as far as there are rules. A rule counts once, however many it is tagged with."""

    tag: str
    id: str
    name: str
    rules: int
    ready: int
    techniques: tuple[TechniqueCoverage, ...]


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What is covered. `reaches` counts the rules by their reach; `untagged` have no technique that we know."""

    attack_version: int
    rules: int
    reaches: dict[Reach, int]
    untagged: int
    tactics: tuple[TacticCoverage, ...]
    missing: tuple[Missing, ...]

    @property
    def techniques(self) -> dict[str, TechniqueCoverage]:
        """All techniques that there are rules for, by id."""
        return {one.id: one for tactic in self.tactics for one in tactic.techniques}


def cover(rules: Sequence[Rule], *, seen: Collection[LogSource], attack: Attack, off: Collection[str] = ()) -> Coverage:
    """Holds the rules that open alerts against the log sources `seen`. `off` are ids of rules that are switched off."""
    reaches = reach_of_all(rules, seen=seen, off=off)
    alerting = [rule for rule in rules if rule.alerts]
    by_id = {rule.id: rule for rule in rules}
    known = {rule.id: _techniques(rule, attack) for rule in alerting}
    wanted = {rule.id: _wanted(rule, by_id) for rule in alerting if reaches[rule.id] in ("no_feed", "no_parser")}
    counts: dict[Reach, int] = {"ready": 0, "off": 0, "no_feed": 0, "no_parser": 0}
    for rule in alerting:
        counts[reaches[rule.id]] += 1
    return Coverage(
        attack_version=attack.version,
        rules=len(alerting),
        reaches=counts,
        untagged=sum(not known[rule.id] for rule in alerting),
        tactics=tuple(
            covered
            for tactic in attack.tactics
            if (covered := _tactic(tactic, alerting, known, reaches=reaches, wanted=wanted, seen=seen)) is not None
        ),
        missing=_missing(wanted.values(), seen),
    )


def reach_of_all(rules: Iterable[Rule], *, seen: Collection[LogSource], off: Collection[str] = ()) -> dict[str, Reach]:
    """Whether each rule can fire, by id."""
    by_id = {rule.id: rule for rule in rules}
    return {rule_id: _reach(rule_id, by_id, seen=seen, off=off, above=frozenset()) for rule_id in by_id}


def logsource_words(logsource: LogSource) -> str:
    """A log source in words."""
    parts = (logsource.product, logsource.category, logsource.service)
    return " / ".join(part for part in parts if part) or "everything"


def _reach(
    rule_id: str,
    by_id: Mapping[str, Rule],
    *,
    seen: Collection[LogSource],
    off: Collection[str],
    above: frozenset[str],
) -> Reach:
    if rule_id in off:
        return "off"
    rule = by_id[rule_id]
    if rule.correlation is None:
        if any(covers(rule.logsource, one) for one in seen):
            return "ready"
        return "no_feed" if is_readable(rule.logsource) else "no_parser"
    parts: list[Reach] = [
        _reach(part, by_id, seen=seen, off=off, above=above | {rule_id})
        for part in rule.correlation.rules
        if part in by_id and part not in above
    ]
    return _together(rule.correlation, parts)


def _together(correlation: Correlation, parts: Sequence[Reach]) -> Reach:
    """The reach of a correlation: the worst of its parts' where it needs them all, else the best."""
    places = [_ORDER.index(part) for part in parts]
    if not places:
        return "no_feed"
    return _ORDER[min(places) if correlation.kind in _NEEDS_ALL else max(places)]


def _wanted(rule: Rule, by_id: Mapping[str, Rule], above: frozenset[str] = frozenset()) -> frozenset[LogSource]:
    """The log sources that the rule looks at, itself or through the rules that it correlates."""
    if rule.correlation is None:
        return frozenset({rule.logsource})
    parts = (by_id[part] for part in rule.correlation.rules if part in by_id and part not in above)
    return frozenset[LogSource]().union(*(_wanted(part, by_id, above | {rule.id}) for part in parts))


def _techniques(rule: Rule, attack: Attack) -> dict[str, Technique]:
    found = (attack.technique(mark) for mark in rule.techniques)
    return {one.id: one for one in found if one is not None}


def _tactic(
    tactic: Tactic,
    rules: Sequence[Rule],
    known: Mapping[str, Mapping[str, Technique]],
    *,
    reaches: Mapping[str, Reach],
    wanted: Mapping[str, frozenset[LogSource]],
    seen: Collection[LogSource],
) -> TacticCoverage | None:
    tagged: dict[str, tuple[Technique, list[str]]] = {}
    for rule in rules:
        for technique in known[rule.id].values():
            if tactic.tag in technique.tactics:
                tagged.setdefault(technique.id, (technique, []))[1].append(rule.id)
    if not tagged:
        return None
    members = {rule_id for _, rule_ids in tagged.values() for rule_id in rule_ids}
    return TacticCoverage(
        tag=tactic.tag,
        id=tactic.id,
        name=tactic.name,
        rules=len(members),
        ready=sum(reaches[rule_id] == "ready" for rule_id in members),
        techniques=tuple(
            TechniqueCoverage(
                id=technique.id,
                name=technique.name,
                rules=len(rule_ids),
                ready=sum(reaches[rule_id] == "ready" for rule_id in rule_ids),
                missing=_missing((wanted[rule_id] for rule_id in rule_ids if rule_id in wanted), seen),
            )
            for _, (technique, rule_ids) in sorted(tagged.items())
        ),
    )


def _missing(wanted: Iterable[frozenset[LogSource]], seen: Collection[LogSource]) -> tuple[Missing, ...]:
    """What rules wait for, those that most wait for first."""
    waiting: dict[LogSource, int] = {}
    for logsources in wanted:
        for logsource in logsources:
            waiting[logsource] = waiting.get(logsource, 0) + 1
    return tuple(
        Missing(logsource=logsource, readable=is_readable(logsource), rules=rules)
        for logsource, rules in sorted(waiting.items(), key=lambda one: (-one[1], str(one[0])))
        if not any(covers(logsource, one) for one in seen)
    )
