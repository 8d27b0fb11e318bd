"""Whether a tenant may put more into the intake: how fast it comes (Q3) and how much of it waits (Q4).

Owns the order of the two questions and the counting of refusals; both intakes ask here, so that every door keeps the
same limits. What is put back from the quarantine was counted when it came, and is only held against the backlog.
"""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

import msgspec

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.backlog import Backlog, IntakeFull
from watchfloor.feeds.intake.queue import Lane, lane_of
from watchfloor.feeds.intake.rates.bucket import Meter
from watchfloor.feeds.intake.rates.quota import Quotas
from watchfloor.feeds.intake.refusals.ledger import RefusalLedger


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What quotas are kept with."""

    quotas: Quotas
    meter: Meter


class Turnstile:
    """The limits of all tenants."""

    def __init__(
        self, backlog_bytes: int, *, rates: Rates | None = None, refusals: RefusalLedger | None = None
    ) -> None:
        """`backlog_bytes` is what may wait of each tenant, as stored. Without `rates` there is no limit on speed."""
        self._backlog = Backlog(backlog_bytes)
        self._rates = rates
        self._refusals = refusals

    @contextmanager
    def counting(self, feed: Feed, *, events: int = 0, raw_bytes: int = 0) -> Generator[None]:
        """A refusal inside this block is counted."""
        try:
            yield
        except IntakeFull as full:
            if self._refusals is not None:
                self._refusals.count_refused(feed, cause=full.cause, events=events, raw_bytes=raw_bytes)
            raise

    async def spend(self, feed: Feed, batch: PackedBatch) -> None:
        """Counts a batch against its tenant's rate. Raises IntakeFull."""
        if self._rates is not None:
            quota = await self._rates.quotas.of(feed.tenant_id)
            await self._rates.meter.spend(feed.tenant_id, batch.raw_bytes, quota)

    async def admit(self, feed: Feed, size: int, *, lane: Lane, measure: Callable[[], Awaitable[int]]) -> None:
        """Holds a batch against what waits of its tenant, which `measure` tells in bytes. Raises IntakeFull."""
        await self._backlog.admit(feed.tenant_id, size, lane=lane, measure=measure)

    def add(self, feed: Feed, size: int) -> None:
        """Counts what was just put."""
        self._backlog.add(feed.tenant_id, size)

    async def foresee(self, feed: Feed, size: int) -> None:
        """Raises IntakeFull when a batch of `size` bytes would be refused now. The refusal is counted."""
        with self.counting(feed, raw_bytes=size):
            self._backlog.foresee(feed.tenant_id, size, lane=lane_of(feed))
            if self._rates is not None:
                quota = await self._rates.quotas.of(feed.tenant_id)
                await self._rates.meter.look(feed.tenant_id, size, quota)
