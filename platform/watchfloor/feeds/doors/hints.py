"""Tells the pipeline that a tenant has work, without making the sender wait for it.

Owns the sending of hints in the background, one under way for each tenant. A hint that is asked for while one is under
way follows it, because the one under way may have been read before the newer batch was there. Hints may be lost: the
pipeline sweeps all tenants from time to time.
"""

import asyncio
from typing import Final, Protocol

from watchfloor.kernel.ids import TenantId

PIPELINE_LANE: Final = "pipeline"


class Hinter(Protocol):
    """Where hints go: `kernel.valkey.Wake`."""

    async def hint(self, lane: str, tenant_id: TenantId) -> None:
        """Says that the tenant has work in the lane."""
        ...


class Hints:
    """Hints to the pipeline, in the background."""

    def __init__(self, wake: Hinter) -> None:
        self._wake = wake
        self._under_way: dict[TenantId, asyncio.Task[None]] = {}
        self._again: set[TenantId] = set()

    def give(self, tenant_id: TenantId) -> None:
        """Hints at the tenant soon."""
        if tenant_id in self._under_way:
            self._again.add(tenant_id)
        else:
            self._under_way[tenant_id] = asyncio.create_task(self._give(tenant_id))

    async def finish(self) -> None:
        """Waits for the hints under way."""
        while self._under_way:
            await asyncio.gather(*self._under_way.values())

    async def _give(self, tenant_id: TenantId) -> None:
        try:
            await self._wake.hint(PIPELINE_LANE, tenant_id)
            while tenant_id in self._again:
                self._again.discard(tenant_id)
                await self._wake.hint(PIPELINE_LANE, tenant_id)
        finally:
            del self._under_way[tenant_id]
