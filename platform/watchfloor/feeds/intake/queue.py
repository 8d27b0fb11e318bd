"""What an intake is: a queue of batches that forgets nothing.

Owns the shapes that doors and pipeline share. `put` returns when a batch would survive the death of everything; only
then may a door say yes. `work` hands batches out inside a tenant's transaction, and whatever is written in it commits
together with their leaving the queue: exactly-once effects. Bodies are sealed with the tenant's key.

A queue has lanes, and the pipeline works a later one only while nobody has anything in an earlier one. What a tenant
has in one lane comes out in the order in which it went in.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from enum import IntEnum
from typing import Final, Protocol, TypeAlias

import msgspec

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.feed import Door, Feed
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import BatchId, FeedId, TenantId

WHOLE_BATCH: Final = -1
"""The index of a place that stands for a batch as a whole."""


class Lane(IntEnum):
    """Which of a tenant's batches come first."""

    LIVE = 0
    """What happens now."""
    BACKFILL = 1
    """What happened long ago and comes late: old logs, recordings, what was put back from the quarantine."""
    BULK = 2
    """What was worked before and is worked again."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where an event stood when it first came, by which it is known when it comes again.

    `index` is WHOLE_BATCH for all events of a batch, each at its own place in it.
    """

    batch_id: BatchId
    index: int
    received_at: datetime


Alongside: TypeAlias = Callable[[TenantTx, TenantCipher], Awaitable[None]]
"""What a door writes together with a batch: both are there afterwards or neither, but that a crash at the wrong moment
may leave the batch alone. Raising in it keeps the batch out."""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent a request, and what it said about itself; all of it is untrusted text.

    `request_key` is the sender's own id of the request (Idempotency-Key), if it gave one.
    """

    remote: str
    user_agent: str
    content_type: str
    request_id: str
    request_key: str | None = None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a batch that is durable. `is_repeat`: it was durable before, and was not stored again."""

    events: int
    is_repeat: bool


class WaitingBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch to be worked. `sealed` is its packed events under the tenant's key; `open_batch` opens it.

    `places` is None but for a batch that was put back; then it has a place for each event, or one for all, and None
    in the place of an event that is not to be worked any more.
    """

    id: BatchId
    feed_id: FeedId
    source_hint: str | None
    door: Door
    received_at: datetime
    events: int
    raw_bytes: int
    sealed: bytes
    places: tuple[Place | None, ...] | None = None

    @property
    def is_put_back(self) -> bool:
        """Whether its events were here before and are counted already."""
        return self.places is not None

    def place_of(self, index: int) -> Place | None:
        """The place of the event that is `index`-th in it; None when that event is not to be worked any more."""
        if self.places is None:
            return Place(self.id, index, self.received_at)
        first = self.places[0]
        if first is not None and first.index == WHOLE_BATCH:
            return Place(first.batch_id, index, first.received_at)
        return self.places[index]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """Batches of one tenant, to be worked in this transaction. `has_more`: others wait behind them."""

    tx: TenantTx
    cipher: TenantCipher
    batches: tuple[WaitingBatch, ...]
    has_more: bool


class Intake(Protocol):
    """A queue that forgets nothing. The tenant of a batch is that of its feed."""

    async def put(
        self,
        feed: Feed,
        batch: PackedBatch,
        sender: Sender,
        *,
        alongside: Alongside | None = None,
        lane: Lane | None = None,
        places: Sequence[Place] | None = None,
    ) -> Receipt:
        """Makes the batch durable. Raises IntakeFull, Unavailable when it cannot, and what `alongside` raises.

        Without `lane` it goes where its feed's batches go. `places` is for what is put back from the quarantine.
        """
        ...

    async def expect(self, feed: Feed, size: int) -> None:
        """Raises IntakeFull when a batch of so many bytes would be refused now. Takes nothing."""
        ...

    async def check(self) -> None:
        """Raises Unavailable when nothing could be made durable now."""
        ...

    async def waiting_lanes(self, tenant_id: TenantId) -> list[Lane]:
        """The lanes in which the tenant has anything to be worked, the first to be worked first."""
        ...

    def work(
        self, tenant_id: TenantId, *, most_bytes: int, lane: Lane = Lane.LIVE
    ) -> AbstractAsyncContextManager[Work | None]:
        """The lane's next batches, up to about `most_bytes` of events but one at least; None when there are none.

        Leaving the block takes them off the queue, in the same transaction; an error leaves them there.
        """
        ...

    async def note_failure(
        self, tenant_id: TenantId, batches: Sequence[BatchId], *, allowed: int, reason: str
    ) -> list[BatchId]:
        """Counts a failed attempt; a batch that has had `allowed` is put aside whole. Returns those.

        They may still be there when this returns, but nobody is handed one of them any more.
        """
        ...


def lane_of(feed: Feed) -> Lane:
    """Where a feed's batches go."""
    return Lane.BACKFILL if feed.options.backfill else Lane.LIVE


def open_batch(cipher: TenantCipher, batch: WaitingBatch) -> bytes:
    """The packed events of a batch. Raises Unopenable."""
    return cipher.open_(batch.sealed, table="intake_batches", column="body", row=batch.id)
