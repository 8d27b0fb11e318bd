"""Keeps the lake in order in the background: small files are put together, replaced ones removed.

No transaction is open while files are written. What fails for one tenant is logged and stops no other.
"""

import logging
from typing import Final

from watchfloor.kernel.clock import Clock
from watchfloor.kernel.db import Role, directory_tx, tenant_tx
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.logging import log_context
from watchfloor.kernel.telemetry import LAKE_FILES
from watchfloor.lake.compaction import Compacted, Compactor
from watchfloor.lake.opening import open_lake
from watchfloor.ops.consumers import Resources
from watchfloor.tenancy.directory import active_tenants

_log: Final = logging.getLogger(__name__)


class LakeKeeper:
    """The lake's chores of one worker."""

    def __init__(self, resources: Resources, clock: Clock) -> None:
        self._resources = resources
        self._clock = clock

    async def compact(self) -> None:
        """Puts small files together, tenant by tenant."""
        database = await self._resources.database(Role.APP)
        async with directory_tx(database) as tx:
            tenants = await active_tenants(tx)
        compactor = Compactor(database, open_lake(self._resources.settings))
        for tenant_id in tenants:
            with log_context(tenant_id=tenant_id):
                try:
                    done = await self._compact(compactor, tenant_id)
                except WatchfloorError as fault:
                    _log.error("the lake's files could not be put together: %s", fault)
                    continue
            LAKE_FILES.labels("retired").inc(done.retired)
            LAKE_FILES.labels("made").inc(done.made)

    async def _compact(self, compactor: Compactor, tenant_id: TenantId) -> Compacted:
        database = await self._resources.database(Role.APP)
        async with tenant_tx(database, tenant_id) as tx:
            cipher = await self._resources.keyring.cipher(tx)
        done = await compactor.compact(tenant_id, cipher, at=self._clock.now())
        LAKE_FILES.labels("removed").inc(await compactor.remove_retired(tenant_id))
        return done
