"""Collects what rules cost a tenant, and notes it about once a minute with the tenant's next turn.

Kept in memory in between: a process that is killed loses a minute of figures, and nothing else.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from watchfloor.alerts.health.costs import RuleCost, note_costs
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import TenantId

INTERVAL: Final = timedelta(minutes=1)


class CostLedger:
    """One process's collection."""

    def __init__(self) -> None:
        self._collected: dict[TenantId, dict[str, RuleCost]] = {}
        self._noted_at: dict[TenantId, datetime] = {}

    async def add(self, tx: TenantTx, costs: Sequence[RuleCost], *, at: datetime) -> None:
        """Adds the costs of a turn; notes all that was collected if the last time is long enough ago."""
        mine = self._collected.setdefault(tx.tenant_id, {})
        for cost in costs:
            earlier = mine.get(cost.rule_id)
            mine[cost.rule_id] = cost if earlier is None else _sum(earlier, cost)
        if mine and at - self._noted_at.setdefault(tx.tenant_id, at) >= INTERVAL:
            await note_costs(tx, list(mine.values()), day=at.date())
            del self._collected[tx.tenant_id]
            self._noted_at[tx.tenant_id] = at


def _sum(one: RuleCost, other: RuleCost) -> RuleCost:
    return RuleCost(
        rule_id=one.rule_id,
        candidates=one.candidates + other.candidates,
        nanoseconds=one.nanoseconds + other.nanoseconds,
    )
