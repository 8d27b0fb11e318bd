"""The relay: takes due messages from the outbox to their consumer, tenant by tenant (Q1, Q3).

One relay serves one consumer, so that slow work (a report) never holds up quick work (a card). It learns of messages
by hints and sweeps all tenants regularly, because a hint may be lost and a message may be due later; without Valkey
it only sweeps. Each tenant gets one batch a turn. A message that fails is put off, for longer each time, and its
neighbours go on without it.

Several workers may run the same relay: the database locks what one of them holds, and the others skip it.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Final

from redis.exceptions import RedisError

from watchfloor.kernel import outbox
from watchfloor.kernel.db import Database, Role, directory_tx, tenant_tx
from watchfloor.kernel.errors import Unavailable, WatchfloorError
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.logging import log_context
from watchfloor.kernel.queries import Message
from watchfloor.kernel.telemetry import OUTBOX_DELIVERIES, span
from watchfloor.ops.consumers import Consumer, Resources
from watchfloor.tenancy.directory import active_tenants

SWEEP_SECONDS: Final = 5.0
# Below the client's own time-out, which would cut a longer wait.
_LONGEST_WAIT_SECONDS: Final = 2.0

_log: Final = logging.getLogger(__name__)


class Relay:
    """Feeds one consumer until it is told to stop."""

    def __init__(self, consumer: Consumer, resources: Resources, *, sweep_seconds: float = SWEEP_SECONDS) -> None:
        self._consumer = consumer
        self._resources = resources
        self._sweep_seconds = sweep_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Delivers until `stop` is set. What is being delivered then is finished first."""
        due = set[TenantId]()
        next_sweep = 0.0
        while not stop.is_set():
            try:
                if time.monotonic() >= next_sweep:
                    due |= set(await self._everyone())
                    next_sweep = time.monotonic() + self._sweep_seconds
                due = await self.turn(due)
            except Unavailable as away:
                _log.warning("the relay of %s waits: %s", self._consumer.name, away)
                due = set[TenantId]()
            if not due:
                wait = min(next_sweep - time.monotonic(), _LONGEST_WAIT_SECONDS)
                due = await self._hinted(stop, seconds=max(wait, 0.05))

    async def turn(self, tenants: Iterable[TenantId]) -> set[TenantId]:
        """Delivers one batch for each tenant and returns those that may have more. Raises Unavailable."""
        database = await self._resources.database(self._consumer.role)
        return {tenant_id for tenant_id in sorted(tenants) if await self._deliver(database, tenant_id)}

    async def _deliver(self, database: Database, tenant_id: TenantId) -> bool:
        with log_context(tenant_id=tenant_id):
            taken: list[Message] = []
            try:
                await self._handle(database, tenant_id, taken, limit=self._consumer.batch)
            except Unavailable:
                raise
            except Exception as fault:  # the edge between the worker and whatever a consumer does
                if not taken:
                    raise
                return await self._one_by_one(database, tenant_id, taken, fault)
            return len(taken) == self._consumer.batch

    async def _one_by_one(
        self, database: Database, tenant_id: TenantId, failed: list[Message], fault: Exception
    ) -> bool:
        """After a failed batch: its first message alone, so that only what fails is put off."""
        if len(failed) > 1:
            failed = []
            try:
                await self._handle(database, tenant_id, failed, limit=1)
            except Unavailable:
                raise
            except Exception as alone:  # noqa: BLE001  as above
                fault = alone
            else:
                return True
        await self._put_off(database, tenant_id, failed, fault)
        return True

    async def _handle(self, database: Database, tenant_id: TenantId, taken: list[Message], *, limit: int) -> None:
        """Takes a batch, handles it and ends it in one transaction. `taken` shows the caller what was tried."""
        consumer = self._consumer
        async with tenant_tx(database, tenant_id) as tx:
            taken.extend(await outbox.take(tx, topic=consumer.topic, limit=limit))
            fresh = [m for m in taken if await outbox.acknowledge(tx, m, consumer=consumer.name)]
            for message in {message.key: message for message in fresh}.values():
                with span("outbox.deliver", topic=consumer.topic):
                    await consumer.handle(tx, message)
        if fresh:
            OUTBOX_DELIVERIES.labels(topic=consumer.topic, outcome="delivered").inc(len(fresh))
            await self._tell(tenant_id, fresh)

    async def _tell(self, tenant_id: TenantId, messages: list[Message]) -> None:
        """Lets the consumer tell others. What is committed stays so, whether anybody listens or not."""
        try:
            await self._consumer.committed(tenant_id, messages)
        except Exception:  # noqa: BLE001  the edge, as above
            _log.warning("%s could not tell of what it did", self._consumer.name, exc_info=True)

    async def _put_off(
        self, database: Database, tenant_id: TenantId, messages: list[Message], fault: Exception
    ) -> None:
        told = str(fault) if isinstance(fault, WatchfloorError) else f"{type(fault).__name__}: {fault}"
        _log.error("%s could not handle a message", self._consumer.name, exc_info=fault)
        OUTBOX_DELIVERIES.labels(topic=self._consumer.topic, outcome="failed").inc(len(messages))
        async with tenant_tx(database, tenant_id) as tx:
            for message in messages:
                await outbox.postpone(tx, message, error=told)

    async def _everyone(self) -> list[TenantId]:
        async with directory_tx(await self._resources.database(Role.APP)) as tx:
            return await active_tenants(tx)

    async def _hinted(self, stop: asyncio.Event, *, seconds: float) -> set[TenantId]:
        """The tenants that are hinted at within `seconds`, or none when it is time to sweep or to stop."""
        hinted = asyncio.create_task(self._resources.wake.wait(self._consumer.topic, seconds=seconds))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({hinted, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if hinted.done():
                return hinted.result()
        except RedisError:
            await asyncio.wait({stopped}, timeout=seconds)
        finally:
            hinted.cancel()
            stopped.cancel()
        return set()
