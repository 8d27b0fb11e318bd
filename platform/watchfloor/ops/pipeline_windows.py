"""Closes correlation windows whose time is over, in every tenant, a few times a minute.

What comes of it goes the way of a batch's matches. Any number of processes may do it beside each other: the tenant's
alert lock puts them in a row, and a window that one has closed is gone for the next.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from watchfloor.kernel.db import Database, directory_tx, tenant_tx
from watchfloor.kernel.errors import NotFound, Unavailable
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.logging import log_context
from watchfloor.kernel.outbox import INCIDENT_CHANGED
from watchfloor.kernel.valkey import Wake
from watchfloor.ops.pipeline_faults import will_pass
from watchfloor.ops.pipeline_turn import Bench
from watchfloor.paging.pages import PAGES
from watchfloor.tenancy.directory import active_tenants
from watchfloor.tenancy.keyring import Keyring

SECONDS: Final = 20.0
"""How long it waits between two rounds."""

_logger: Final = logging.getLogger(__name__)


class WindowCloser:
    """Closes the windows of all tenants."""

    def __init__(self, database: Database, keyring: Keyring, wake: Wake) -> None:
        """`database` is one of wf_app."""
        self._database = database
        self._keyring = keyring
        self._wake = wake

    async def run(self, stop: asyncio.Event, bench: Callable[[], Bench]) -> None:
        """Makes rounds until `stop` is set. `bench` gives what a pipeline works with at the moment."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SECONDS)
                return
            try:
                await self.close_all(bench())
            except Unavailable as error:
                _logger.warning("Windows are closed later: %s", error)

    async def close_all(self, bench: Bench) -> None:
        """One round. What fails in one tenant is said and left for the next round."""
        async with directory_tx(self._database) as tx:
            tenants = await active_tenants(tx)
        for tenant_id in tenants:
            with log_context(tenant_id=tenant_id):
                try:
                    while await self._close(bench, tenant_id):
                        pass
                except NotFound as gone:
                    _logger.warning("The tenant is passed over: %s", gone)
                except Exception as fault:  # one tenant's trouble is no other's
                    if will_pass(fault):
                        raise Unavailable(f"The database is away: {fault}") from fault
                    _logger.exception("The tenant's windows cannot be closed.")

    async def _close(self, bench: Bench, tenant_id: TenantId) -> bool:
        """Closes some windows of a tenant; whether more wait."""
        async with tenant_tx(self._database, tenant_id) as tx:
            cipher = await self._keyring.cipher(tx)
            alerted, has_more = await bench.alerting.close_windows(tx, cipher, at=bench.clock.now())
        if alerted.incidents:
            await self._wake.hint(INCIDENT_CHANGED, tenant_id)
            await self._wake.hint(PAGES, tenant_id)
        return has_more
