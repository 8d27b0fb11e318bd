"""How much of each tenant waits in the intake, and the limit on it (Q4).

Owns the refusal of a tenant whose queue is full; others never notice. The queue is measured at most once a second
for each tenant and process, and what this process has put since is added, so a limit is overrun by what other
processes take within that second and no more.
"""

import time
from typing import Final

import msgspec

from watchfloor.feeds.intake import queries
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import TenantId

_FRESH_SECONDS: Final = 1.0
RETRY_AFTER_SECONDS: Final = 10


class IntakeFull(Unavailable):
    """The tenant's queue is full. What was sent was not taken and should be sent again later."""

    code = "intake_full"


class _Measure(msgspec.Struct):
    at: float
    waiting: int


class Backlog:
    """What waits, by tenant."""

    def __init__(self, limit: int) -> None:
        """`limit` is in bytes as stored."""
        self._limit = limit
        self._measures: dict[TenantId, _Measure] = {}

    async def admit(self, tx: TenantTx, size: int) -> None:
        """Raises IntakeFull when `size` more bytes are too many for the transaction's tenant."""
        measure = self._measures.get(tx.tenant_id)
        if measure is None or time.monotonic() - measure.at >= _FRESH_SECONDS:
            measure = _Measure(at=time.monotonic(), waiting=await queries.select_backlog(tx))
            self._measures[tx.tenant_id] = measure
        if measure.waiting and measure.waiting + size > self._limit:
            raise IntakeFull(
                "Too much of what you sent is still waiting to be worked.",
                remedy="Send it again later.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            )

    def add(self, tenant_id: TenantId, size: int) -> None:
        """Counts what was just put."""
        measure = self._measures.get(tenant_id)
        if measure is not None:
            measure.waiting += size
