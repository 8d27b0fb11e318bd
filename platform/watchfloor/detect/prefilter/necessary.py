r"""What must be in an event's text for a condition to hold, and what of it says that the condition does not hold.

Owns soundness at the level of a condition. `clauses_of`: if the condition holds for an event, each clause has a needle
in the event's text. `refuters_of`: if one of them is in the text of a flat event (no objects, no lists), the condition
does not hold. Both may be empty, which is always right.

AND takes the clauses of all its items; OR joins a clause of each alternative, and has none if one alternative has
none; NOT has none. Refuters are the other way round: they prove a NOT's item.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from watchfloor.detect.condition import (
    AllOf,
    AnyOf,
    Condition,
    Exists,
    IsNull,
    Keyword,
    Not,
    Number,
    OnField,
    Regex,
    Selection,
    Test,
    Text,
    Wildcard,
)
from watchfloor.detect.folding import fold
from watchfloor.detect.lists import widen
from watchfloor.detect.prefilter.additions import CUT_OUT, NOTHING, Computed
from watchfloor.detect.prefilter.census import Census
from watchfloor.detect.prefilter.expressions import regex_clauses
from watchfloor.detect.prefilter.needles import Clause, number_clause, pattern_clauses
from watchfloor.detect.rule import Rule

MOST_CLAUSES: Final = 2
"""How many clauses of a rule are looked for; the rarest are."""

MOST_NEEDLES: Final = 1_500
"""How many needles a clause may have. A rule with more alternatives is looked at whenever its event type comes."""

_WRITTEN_IN_FULL: Final = 10**15
"""Below it a number's digits stand in the text, also where it is written with a fraction of zero."""

_FIELD: Final = re.compile(r"[A-Za-z0-9_-]+")


class Refuter(msgspec.Struct, frozen=True, order=True):
    """The field `field` (its key exactly so) has a text with `text` (folded) in it.

    `begins`: it begins there; `ends`: it ends there. Empty `text` at the beginning only: the field has some text.
    """

    field: str
    text: str
    begins: bool
    ends: bool

    @property
    def label(self) -> str:
        """The name under which it is counted."""
        return f"{self.field}={'^' if self.begins else ''}{self.text}{'$' if self.ends else ''}"


class Necessity:
    """Finds the clauses of conditions for events of one type."""

    def __init__(self, census: Census, computed: Computed) -> None:
        """`census` says what is rare in such events, `computed` which values need not stand in their text."""
        self._census = census
        self._computed = computed

    def weight(self, clause: Clause) -> float:
        """The share of events (0 to 1) that are likely to have one of the clause's needles."""
        return min(1.0, sum(map(self._census.share, clause)))

    def clauses_of(self, condition: Condition) -> list[Clause]:
        """The rarest clauses of a condition, `MOST_CLAUSES` at most; none: it may hold for any event."""
        match condition:
            case AllOf():
                return self._rarest(clause for item in condition.items for clause in self.clauses_of(item))
            case AnyOf():
                return self._joined([self.clauses_of(item) for item in condition.items])
            case Not():
                return []
            case Selection():
                return self.clauses_of(condition.item)
            case OnField() | Keyword():
                return self._rarest(self.test_clauses(condition))

    def test_clauses(self, condition: OnField | Keyword) -> list[Clause]:
        """All clauses of a test."""
        if isinstance(condition, Keyword) or condition.field in self._computed.fields:
            # Keywords look at all fields, the computed ones among them.
            clauses = map(self._computed.clause, self._clauses(condition.test, quoted=False))
            return [clause for clause in clauses if clause is not None]
        return self._clauses(condition.test, quoted=condition.field not in CUT_OUT)

    def _clauses(self, test: Test, *, quoted: bool) -> list[Clause]:
        match test:
            case Text():
                return pattern_clauses(test.parts, quoted=quoted)
            case Regex():
                return regex_clauses(test.pattern, self.weight)
            case Number(int() as value) if abs(value) < _WRITTEN_IN_FULL:
                return [number_clause(value)]
            case _:
                return []

    def _rarest(self, clauses: Iterable[Clause]) -> list[Clause]:
        small = {clause for clause in clauses if len(clause) <= MOST_NEEDLES}
        return sorted(small, key=lambda clause: (self.weight(clause), len(clause), sorted(clause)))[:MOST_CLAUSES]

    def _joined(self, alternatives: Sequence[list[Clause]]) -> list[Clause]:
        if not alternatives or not all(alternatives):
            return []
        joined: list[Clause] = []
        for place in range(max(len(clauses) for clauses in alternatives)):
            chosen = (clauses[min(place, len(clauses) - 1)] for clauses in alternatives)
            joined.append(frozenset(needle for clause in chosen for needle in clause))
        return self._rarest(joined)


def is_always_decided(rule: Rule) -> bool:
    """Whether nothing must be in an event for the rule to match, so that each event of its log source is decided."""
    return not Necessity(Census(None), NOTHING).clauses_of(widen(rule.condition))


def refuters_of(condition: Condition) -> frozenset[Refuter]:
    """What proves in a flat event that the condition does not hold."""
    match condition:
        case AllOf():
            return frozenset(refuter for item in condition.items for refuter in refuters_of(item))
        case Not():
            return _proofs_of(condition.item)
        case Selection():
            return refuters_of(condition.item)
        case OnField(field, IsNull()) | OnField(field, Exists(present=False)) if _FIELD.fullmatch(field):
            return frozenset((Refuter(field, "", begins=True, ends=False),))
        case _:
            return frozenset()


def _proofs_of(condition: Condition) -> frozenset[Refuter]:
    """What proves in a flat event that the condition holds."""
    match condition:
        case AnyOf():
            return frozenset(proof for item in condition.items for proof in _proofs_of(item))
        case AllOf(items=(item,)):
            return _proofs_of(item)
        case Not():
            return refuters_of(condition.item)
        case Selection():
            return _proofs_of(condition.item)
        case OnField() if _FIELD.fullmatch(condition.field):
            return _test_proofs(condition.field, condition.test)
        case _:
            return frozenset()


def _test_proofs(field: str, test: Test) -> frozenset[Refuter]:
    if test == Exists(present=True):
        return frozenset((Refuter(field, "", begins=True, ends=False),))
    if not isinstance(test, Text) or test.cased:
        return frozenset()
    texts = [part for part in test.parts if isinstance(part, str)]
    inner = test.parts[1:-1]
    if len(texts) > 1 or Wildcard.ONE in test.parts or (Wildcard.ANY in inner):
        return frozenset()
    begins, ends = test.parts[:1] != (Wildcard.ANY,), test.parts[-1:] != (Wildcard.ANY,)
    if not texts and test.parts:
        begins, ends = True, False
    return frozenset((Refuter(field, fold("".join(texts)), begins=begins, ends=ends),))
