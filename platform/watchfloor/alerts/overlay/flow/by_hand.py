"""Exceptions that somebody writes by hand: weighed as those that are fitted to an incident, so that no door is wider.

Reads only. A filter in a file or a request can say anything; what it does not say clearly counts as not said.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.alerts.alert import Severity, rank
from watchfloor.alerts.overlay import queries
from watchfloor.alerts.overlay.flow import policy
from watchfloor.alerts.overlay.flow.shapes import FIELDS, Role
from watchfloor.alerts.overlay.preview import DAYS, Preview, concerned, preview
from watchfloor.detect.condition import AllOf, AnyOf, Condition, Number, OnField, Selection, Text
from watchfloor.detect.filters import FilterDocument, hidden_by
from watchfloor.detect.rule import Rule
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx

_DONE: Final = frozenset(
    name for role in (Role.PROGRAM, Role.PARENT, Role.DETAIL) for group in FIELDS[role] for name in group
)
"""The fields that say what was done."""

_SAID: Final = 4
"""How many letters a pattern must have beside its wildcards to say anything."""


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """What a filter would have hidden, why a second person must agree (empty where one is enough), the worst rule."""

    seen: Preview
    because: str
    rule_id: str


async def weigh(
    tx: TenantTx, cipher: TenantCipher, *, written: FilterDocument, rules: Sequence[Rule], at: datetime
) -> Weighed:
    """Weighs a filter against the tenant's alerts. It has been checked to be for one of the `rules`."""
    rule_ids = concerned(written, rules)
    seen = await preview(tx, cipher, written=written, rule_ids=rule_ids, at=at)
    worst = max((rule for rule in rules if written.is_for(rule)), key=lambda rule: rank(rule.level))
    alerted = await queries.select_worst(tx, rule_ids, since=at - timedelta(days=DAYS))
    severity: Severity = max(worst.level, alerted or worst.level, key=rank)
    because = policy.why_two(
        seen, hidden=seen.alerts_hidden, severity=severity, is_broad=not says_what(hidden_by(written))
    )
    return Weighed(seen=seen, because=because, rule_id=worst.id)


def says_what(condition: Condition) -> bool:
    """Whether whatever a condition describes is described by what was done, however it is met."""
    match condition:
        case AllOf():
            return any(says_what(item) for item in condition.items)
        case AnyOf():
            return bool(condition.items) and all(says_what(item) for item in condition.items)
        case Selection():
            return says_what(condition.item)
        case OnField(field=field, test=Text(parts=parts)) if field in _DONE:
            letters = sum(len(part) for part in parts if isinstance(part, str))
            return letters >= _SAID or (letters > 0 and len(parts) == 1)
        case OnField(field=field, test=Number()):
            return field in _DONE
        case _:
            return False
