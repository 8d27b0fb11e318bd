"""Whose turn it is: deficit round robin over tenants (Q3).

Each turn gives a tenant an allowance; what its work really cost is charged afterwards, and a tenant that overdrew
pays before its next turn. So over time busy tenants get equal shares, whatever the size of their batches. Pure: it
neither reads queues nor knows what a cost is (the pipeline counts bytes of events).
"""

from collections import deque

import msgspec

from watchfloor.kernel.ids import TenantId


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant may work, up to about `allowance`."""

    tenant_id: TenantId
    allowance: int


class Rotation:
    """The tenants that have work, in a ring. A tenant under work is not in it, so nobody gets two turns at once."""

    def __init__(self, *, quantum: int) -> None:
        """`quantum` is what one round adds to each tenant's balance."""
        self._quantum = quantum
        self._ring: deque[TenantId] = deque()
        self._waiting: set[TenantId] = set()
        self._working: dict[TenantId, bool] = {}
        self._balances: dict[TenantId, int] = {}

    def add(self, tenant_id: TenantId) -> None:
        """The tenant has work, or may have: said of a tenant under work, it gets another turn afterwards."""
        if tenant_id in self._working:
            self._working[tenant_id] = True
        elif tenant_id not in self._waiting:
            self._waiting.add(tenant_id)
            self._ring.append(tenant_id)

    def next(self) -> Turn | None:
        """The next turn, or None when no tenant waits. The turn lasts until `settle`."""
        while self._ring:
            tenant_id = self._ring.popleft()
            balance = self._balances.get(tenant_id, 0) + self._quantum
            self._balances[tenant_id] = balance
            if balance > 0:
                self._waiting.remove(tenant_id)
                self._working[tenant_id] = False
                return Turn(tenant_id=tenant_id, allowance=balance)
            self._ring.append(tenant_id)
        return None

    def settle(self, turn: Turn, *, cost: int, has_more: bool) -> None:
        """Ends a turn. A tenant without more work saves nothing up for later, but what it overdrew stays owed."""
        again = self._working.pop(turn.tenant_id) or has_more
        balance = self._balances.pop(turn.tenant_id) - cost
        if again:
            self._balances[turn.tenant_id] = balance
            self.add(turn.tenant_id)
        elif balance < 0:
            self._balances[turn.tenant_id] = balance
