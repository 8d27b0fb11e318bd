"""How many alerts a rule may open in an hour, and which of them go first: pure decisions.

A rule of a tenant has a budget of new alerts an hour, by its level. The alerts that come first take it. After that,
only an alert about a newcomer still opens: one whose subject (a host; failing that a user or an account) the rule has
not concerned in the last day. Newcomers have a reserve of their own, as large as the budget, so that a storm cannot
hide the one machine that is really attacked behind the hundred that always shout. Everything else is held together.

Critical rules have no budget: they are never throttled.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from watchfloor.detect.rule import Level
from watchfloor.normalise.event import EntityKind, Event

SUBJECT_KINDS: Final[tuple[EntityKind, ...]] = ("host", "user", "account", "ip")
"""What an alert is about: the most significant entity of the first of these kinds that its events name."""

LARGEST: Final = 100_000

Budget = Annotated[
    int,
    Meta(
        ge=1,
        le=LARGEST,
        description="New alerts of one rule in one hour.",
        extra={"say": f"a number of alerts, 1 to {LARGEST}"},
    ),
]


class Budgets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many alerts one rule may open in an hour, by its level. Critical rules are never throttled."""

    informational: Budget = 20
    low: Budget = 40
    medium: Budget = 60
    high: Budget = 120

    def of(self, level: Level) -> int | None:
        """The budget of a rule of this level; None if it has no limit."""
        by_level: dict[Level, int] = {
            "informational": self.informational,
            "low": self.low,
            "medium": self.medium,
            "high": self.high,
        }
        return by_level.get(level)


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that would be opened: its place among the batch's, when it begins, and whom it is about."""

    place: int
    first_seen: datetime
    subjects: frozenset[bytes]


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """Which openings of a rule pass, by place, how many of them by the reserve, and which are held."""

    passed: tuple[int, ...]
    reserved: int
    held: tuple[int, ...]


def rule_on(openings: Iterable[Opening], *, budget: int, opened: int, reserved: int, seen: frozenset[bytes]) -> Ruling:
    """Decides on the openings of one rule in one hour.

    `opened` is how many alerts the rule has opened in this hour, `reserved` how many of those by the reserve; `seen`
    are the subjects that the rule has concerned in the last day.
    """
    left, reserve = budget - (opened - reserved), budget - reserved
    known = set(seen)
    passed: list[int] = []
    held: list[int] = []
    by_reserve = 0
    for opening in sorted(openings, key=lambda one: (one.first_seen, one.place)):
        is_newcomer = not opening.subjects <= known
        known |= opening.subjects
        if left > 0:
            left -= 1
        elif is_newcomer and reserve > 0:
            reserve -= 1
            by_reserve += 1
        else:
            held.append(opening.place)
            continue
        passed.append(opening.place)
    return Ruling(passed=tuple(passed), reserved=by_reserve, held=tuple(held))


def subject_of(event: Event) -> tuple[EntityKind, str] | None:
    """Whom the event is about, as kind and value; None if it names nobody."""
    for kind in SUBJECT_KINDS:
        for entity in event.entities:
            if entity.kind == kind:
                return kind, entity.value
    return None
