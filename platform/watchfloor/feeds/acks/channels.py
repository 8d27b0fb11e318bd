"""The channels by which a client asks whether what it sent is safe.

Owns the ids of acknowledgements: they count from 0 in each channel of a feed, whichever process of the doors gives
them, and outlive all of these. An id is given for events that are durable already, so an id that was given is true at
once; it is told once, and forgotten then. What nobody asks about is bounded, by channel and by tenant, and a channel
that was quiet for five minutes is forgotten whole: its count begins anew.
"""

import time
from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

import msgspec

from watchfloor.feeds.acks import queries
from watchfloor.feeds.feed import Feed
from watchfloor.kernel.db import Database, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import TenantId

IDLE_SECONDS: Final = 300.0
CHANNEL_PENDING: Final = 10_000
"""How many ids of one channel may be pending."""

TENANT_PENDING: Final = 100_000
"""How many ids of all channels of a tenant may be pending."""

RETRY_AFTER_SECONDS: Final = 10
_FRESH_SECONDS: Final = 1.0


class AcksFull(Unavailable):
    """Too many ids are pending, in the channel or in all of the tenant's. Nothing was taken."""

    code = "acks_full"

    def __init__(self, where: Literal["channel", "tenant"]) -> None:
        super().__init__(
            "Too many acknowledgements were not asked about.",
            remedy="Ask for them, or use a feed without acknowledgements.",
            retry_after_seconds=RETRY_AFTER_SECONDS,
        )
        self.full: Literal["channel", "tenant"] = where


class _Measure(msgspec.Struct):
    at: float
    pending: int


class AckChannels:
    """The channels of all feeds, in the database."""

    def __init__(self, database: Database) -> None:
        """`database` is one of wf_app."""
        self._database = database
        self._measures: dict[TenantId, _Measure] = {}

    async def admit(self, feed: Feed, channel: UUID) -> None:
        """Before events are taken: raises AcksFull when no id could be given for them.

        Requests under way at the same time may overrun the bounds by as many ids.
        """
        async with tenant_tx(self._database, feed.tenant_id) as tx:
            row = await queries.select_channel(tx, feed.id, channel, idle_seconds=IDLE_SECONDS)
            if row is not None and row.idle:
                await forget_idle(tx)
            elif row is not None and row.waiting >= CHANNEL_PENDING:
                raise AcksFull("channel")
            if (await self._measure(tx)).pending >= TENANT_PENDING:
                raise AcksFull("tenant")

    async def issue(self, feed: Feed, channel: UUID) -> int:
        """The id for events that are durable now."""
        async with tenant_tx(self._database, feed.tenant_id) as tx:
            ack_id = await queries.issue(tx, feed.id, channel)
        measure = self._measures.get(feed.tenant_id)
        if measure is not None:
            measure.pending += 1
        return ack_id

    async def consume(self, feed: Feed, channel: UUID, ids: Sequence[int]) -> set[int]:
        """Those of the ids that the channel has given and nobody asked about before."""
        async with tenant_tx(self._database, feed.tenant_id) as tx:
            if not await queries.touch(tx, feed.id, channel, idle_seconds=IDLE_SECONDS):
                return set()
            return set(await queries.consume(tx, feed.id, channel, list(ids)))

    async def fullness(self, tenant_id: TenantId) -> float:
        """How much of what may be pending in all of the tenant's channels is: 0 to about 1."""
        async with tenant_tx(self._database, tenant_id) as tx:
            return (await self._measure(tx)).pending / TENANT_PENDING

    async def check(self) -> None:
        """Raises Unavailable when no id could be given now."""
        async with directory_tx(self._database):
            return

    async def _measure(self, tx: TenantTx) -> _Measure:
        measure = self._measures.get(tx.tenant_id)
        if measure is None or time.monotonic() - measure.at >= _FRESH_SECONDS:
            pending = await queries.select_pending(tx, idle_seconds=IDLE_SECONDS)
            measure = self._measures[tx.tenant_id] = _Measure(at=time.monotonic(), pending=pending)
        return measure


async def forget_idle(tx: TenantTx) -> int:
    """Forgets the tenant's channels that were quiet for five minutes; returns how many. Also for a regular job."""
    return await queries.delete_idle(tx, idle_seconds=IDLE_SECONDS)
