"""What each rule costs on a tenant's events, by day.

The engine knows how often a rule was a candidate (its prefilter could not rule it out, so its exact predicate ran) and
may know for how long. It is told here, in sums: a pipeline collects them and notes them from time to time, because a
row for each rule and batch would cost more than the matching.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from watchfloor.alerts.health import queries
from watchfloor.kernel.db import TenantTx

KEPT: Final = timedelta(days=400)
"""For how long the days stay."""


class RuleCost(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule cost: how many events it was a candidate for, and the time that took (0: not measured)."""

    rule_id: str
    candidates: int
    nanoseconds: int = 0


async def note_costs(tx: TenantTx, costs: Sequence[RuleCost], *, day: date) -> None:
    """Adds the costs to the tenant's day. A rule may be named several times; rules without a candidate cost nothing."""
    sums: dict[str, tuple[int, int]] = {}
    for cost in costs:
        candidates, nanoseconds = sums.get(cost.rule_id, (0, 0))
        sums[cost.rule_id] = candidates + cost.candidates, nanoseconds + cost.nanoseconds
    rows = [
        queries.CostRow(rule_id=rule_id, candidates=candidates, nanoseconds=nanoseconds)
        for rule_id, (candidates, nanoseconds) in sorted(sums.items())
        if candidates or nanoseconds
    ]
    if rows:
        await queries.add_costs(tx, day=day, rows=rows)


async def forget_costs(tx: TenantTx, *, now: datetime) -> None:
    """Deletes days that nothing asks for any more. A regular job does it."""
    await queries.forget_costs(tx, before=(now - KEPT).date())
