"""Whose turn it is: lanes in their order, and deficit round robin over the tenants within a lane (Q3).

Nobody gets a turn in a later lane while anybody waits in an earlier one. Each turn gives a tenant an allowance; what
its work really cost is charged afterwards, and a tenant that overdrew pays before its next turn in that lane. So over
time busy tenants get equal shares, whatever the size of their batches. Pure: it neither reads queues nor knows what a
cost is (the pipeline counts bytes of events).
"""

from collections import deque

import msgspec

from watchfloor.feeds.intake.queue import Lane
from watchfloor.kernel.ids import TenantId


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant may work in a lane, up to about `allowance`."""

    tenant_id: TenantId
    lane: Lane
    allowance: int


class Rotation:
    """The tenants that have work, in a ring for each lane. Nobody gets two turns at once."""

    def __init__(self, *, quantum: int) -> None:
        """`quantum` is what one round adds to each tenant's balance."""
        self._quantum = quantum
        self._rings: dict[Lane, deque[TenantId]] = {lane: deque() for lane in Lane}
        self._waiting: set[tuple[Lane, TenantId]] = set()
        self._working: dict[TenantId, set[Lane]] = {}
        self._balances: dict[tuple[Lane, TenantId], int] = {}

    def add(self, tenant_id: TenantId, lane: Lane = Lane.LIVE) -> None:
        """The tenant has work, or may have: said of a tenant under work, it gets another turn afterwards."""
        if tenant_id in self._working:
            self._working[tenant_id].add(lane)
        elif (lane, tenant_id) not in self._waiting:
            self._waiting.add((lane, tenant_id))
            self._rings[lane].append(tenant_id)

    def next(self) -> Turn | None:
        """The next turn, or None when no tenant waits. The turn lasts until `settle`."""
        for lane, ring in self._rings.items():
            while ring:
                tenant_id = ring.popleft()
                self._waiting.remove((lane, tenant_id))
                if tenant_id in self._working:
                    self._working[tenant_id].add(lane)
                    continue
                balance = self._balances.get((lane, tenant_id), 0) + self._quantum
                self._balances[lane, tenant_id] = balance
                if balance > 0:
                    self._working[tenant_id] = set()
                    return Turn(tenant_id=tenant_id, lane=lane, allowance=balance)
                self.add(tenant_id, lane)
        return None

    def settle(self, turn: Turn, *, cost: int, has_more: bool) -> None:
        """Ends a turn. A tenant without more work saves nothing up for later, but what it overdrew stays owed."""
        again = self._working.pop(turn.tenant_id)
        if has_more:
            again.add(turn.lane)
        balance = self._balances.pop((turn.lane, turn.tenant_id)) - cost
        if turn.lane in again or balance < 0:
            self._balances[turn.lane, turn.tenant_id] = balance
        for lane in sorted(again):
            self.add(turn.tenant_id, lane)
