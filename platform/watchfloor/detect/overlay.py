"""What one tenant changes about the shared rules: applied to matches, never to rules.

Owns the judgement of a match: its rule may be off for the tenant, may need lists that the tenant has not filled in, or
an exception may hide it. The shared set is evaluated once for all tenants; nothing is compiled for a tenant before a
match of the rule in question occurs, so that an overlay costs what its tenant's matches cost and nothing else. Nothing
disappears unseen: what is hidden is counted, by rule and exception.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, overload
from uuid import UUID

import msgspec

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.engine import Matches
from watchfloor.detect.filters import FilterDocument, hidden_by
from watchfloor.detect.lists import Lists, fill, names_of
from watchfloor.detect.predicates import Predicate
from watchfloor.detect.rule import Level, Rule
from watchfloor.detect.view import EventView
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.event import Event

MOST_VERDICTS: Final = 1_024
"""For how many rules an overlay keeps what it compiled; then it starts anew."""


class Exemption(msgspec.Struct, frozen=True, kw_only=True):
    """An exception to rules: what `written` describes is hidden until the moment `expires_at`."""

    id: UUID
    expires_at: datetime
    written: FilterDocument


class Tuning(msgspec.Struct, frozen=True, kw_only=True):
    """All that a tenant changes. `disabled` and `levels` are by rule id; exceptions are tried in their order."""

    disabled: frozenset[str] = frozenset()
    levels: Mapping[str, Level] = {}
    exemptions: tuple[Exemption, ...] = ()
    lists: Lists = {}


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """How many matches of a rule an exception hid. `exemption_id` is None where the rule is off."""

    rule_id: str
    exemption_id: UUID | None
    count: int


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What an overlay leaves of matches, and what it hid."""

    matches: Matches
    hidden: tuple[Hidden, ...] = ()


class Overlay:
    """One tenant's changes over one set of rules. It may be used by several threads at once."""

    def __init__(self, tuning: Tuning, rules: Sequence[Rule]) -> None:
        self.tuning = tuning
        self.rules: Sequence[Rule] = LevelledRules(rules, tuning.levels) if tuning.levels else rules
        """The rules with the tenant's levels: what alerts are made from. Indices are those of `Matches.rule`."""
        self._shared = rules
        self._verdicts: dict[int, _Verdict] = {}
        self._predicates: dict[UUID, Predicate | None] = {}

    def apply(self, events: Sequence[Event], matches: Matches, *, at: datetime) -> Applied:
        """The matches that the tenant is to see at the moment `at`.

        What it left once it leaves again, so that matches which were added since can be judged by the same call.
        """
        kept_events: list[int] = []
        kept_rules: list[int] = []
        hidden: Counter[tuple[str, UUID | None]] = Counter()
        views: dict[int, EventView] = {}
        for number, place in zip(matches.event, matches.rule, strict=True):
            verdict = self._verdicts.get(place) or self._verdict(place)
            if not verdict.is_open:
                if number not in views:
                    views[number] = EventView(events[number].fields)
                reason = verdict.reason(views[number], at)
                if reason is not None:
                    if reason.counts:
                        hidden[self._shared[place].id, reason.exemption_id] += 1
                    continue
            kept_events.append(number)
            kept_rules.append(place)
        if len(kept_events) == len(matches.event):
            return Applied(matches=matches)
        counts = tuple(
            Hidden(rule_id=rule_id, exemption_id=exemption_id, count=count)
            for (rule_id, exemption_id), count in hidden.items()
        )
        return Applied(matches=Matches(kept_events, kept_rules), hidden=counts)

    def _verdict(self, place: int) -> "_Verdict":
        if len(self._verdicts) >= MOST_VERDICTS:
            self._verdicts.clear()
        verdict = self._verdicts[place] = self._judge(self._shared[place])
        return verdict

    def _judge(self, rule: Rule) -> "_Verdict":
        if rule.id in self.tuning.disabled:
            return _Verdict(always=_OFF)
        needed = None
        if names_of(rule.condition):
            try:
                needed = compile_condition(fill(rule.condition, self.tuning.lists))
            except Invalid:
                return _Verdict(always=_INACTIVE)
        exemptions = [
            (exemption, predicate)
            for exemption in self.tuning.exemptions
            if exemption.written.is_for(rule) and (predicate := self._predicate(exemption)) is not None
        ]
        return _Verdict(needed=needed, exemptions=tuple(exemptions)) if needed or exemptions else _OPEN

    def _predicate(self, exemption: Exemption) -> Predicate | None:
        if exemption.id not in self._predicates:
            self._predicates[exemption.id] = _compiled(exemption, self.tuning.lists)
        return self._predicates[exemption.id]


class LevelledRules(Sequence[Rule]):
    """Rules, some of them with another level. Only what is asked for is made."""

    def __init__(self, rules: Sequence[Rule], levels: Mapping[str, Level]) -> None:
        self._rules = rules
        self._levels = levels

    def __len__(self) -> int:
        return len(self._rules)

    @overload
    def __getitem__(self, index: int) -> Rule: ...

    @overload
    def __getitem__(self, index: "slice[int | None, int | None, int | None]") -> Sequence[Rule]: ...

    def __getitem__(self, index: "int | slice[int | None, int | None, int | None]") -> Rule | Sequence[Rule]:
        if isinstance(index, slice):
            return LevelledRules(self._rules[index], self._levels)
        rule = self._rules[index]
        level = self._levels.get(rule.id, rule.level)
        return rule if level == rule.level else msgspec.structs.replace(rule, level=level)


def missing_lists(rule: Rule, lists: Lists) -> tuple[str, ...]:
    """The lists that a rule needs and that are not there or empty: while there are any, the rule is inactive."""
    return tuple(sorted(name for name in names_of(rule.condition) if not lists.get(name)))


def is_effective(exemption: Exemption, lists: Lists) -> bool:
    """Whether an exception can be run: one that is refused today, or whose lists are gone, hides nothing."""
    return _compiled(exemption, lists) is not None


class _Reason(msgspec.Struct, frozen=True):
    """Why a match is not shown. A rule that is inactive for want of lists has no true matches to count."""

    exemption_id: UUID | None = None
    counts: bool = True


_OFF: Final = _Reason()
_INACTIVE: Final = _Reason(counts=False)


class _Verdict:
    """What is to be asked of a match of one rule."""

    __slots__ = ("_always", "_exemptions", "_needed", "is_open")

    def __init__(
        self,
        *,
        always: _Reason | None = None,
        needed: Predicate | None = None,
        exemptions: tuple[tuple[Exemption, Predicate], ...] = (),
    ) -> None:
        self._always = always
        self._needed = needed
        self._exemptions = exemptions
        self.is_open = always is None and needed is None and not exemptions

    def reason(self, view: EventView, at: datetime) -> _Reason | None:
        """Why the match is not shown; None if it is."""
        if self._always is not None:
            return self._always
        if self._needed is not None and not self._needed(view):
            return _INACTIVE
        for exemption, hides in self._exemptions:
            if at < exemption.expires_at and hides(view):
                return _Reason(exemption.id)
        return None


_OPEN: Final = _Verdict()


def _compiled(exemption: Exemption, lists: Lists) -> Predicate | None:
    try:
        return compile_condition(fill(hidden_by(exemption.written), lists))
    except Invalid:
        return None
