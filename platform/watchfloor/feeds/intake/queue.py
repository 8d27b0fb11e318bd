"""What an intake is: a queue of batches that forgets nothing.

Owns the shapes that doors and pipeline share. `put` returns when a batch would survive the death of everything; only
then may a door say yes. `work` hands batches out inside a tenant's transaction, and whatever is written in it commits
together with their leaving the queue: exactly-once effects. Bodies are sealed with the tenant's key.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

import msgspec

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.feed import Door, Feed
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import BatchId, FeedId, TenantId


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
    """A batch to be worked. `sealed` is its packed events under the tenant's key; `open_batch` opens it."""

    id: BatchId
    feed_id: FeedId
    source_hint: str | None
    door: Door
    received_at: datetime
    events: int
    raw_bytes: int
    sealed: bytes


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """Batches of one tenant, to be worked in this transaction. `has_more`: others wait behind them."""

    tx: TenantTx
    cipher: TenantCipher
    batches: tuple[WaitingBatch, ...]
    has_more: bool


class Intake(Protocol):
    """A queue that forgets nothing. The tenant of a batch is that of its feed."""

    async def put(self, feed: Feed, batch: PackedBatch, sender: Sender) -> Receipt:
        """Makes the batch durable. Raises IntakeFull, and Unavailable when it cannot."""
        ...

    async def check(self) -> None:
        """Raises Unavailable when nothing could be made durable now."""
        ...

    async def is_waiting(self, tenant_id: TenantId) -> bool:
        """Whether the tenant has anything to be worked."""
        ...

    def work(self, tenant_id: TenantId, *, most_bytes: int) -> AbstractAsyncContextManager[Work | None]:
        """The tenant's next batches, up to about `most_bytes` of events but one at least; None when there are none.

        Leaving the block takes them off the queue, in the same transaction; an error leaves them there.
        """
        ...

    async def note_failure(
        self, tenant_id: TenantId, batches: Sequence[BatchId], *, allowed: int, reason: str
    ) -> list[BatchId]:
        """Counts a failed attempt; a batch that has had `allowed` is put aside whole. Returns those put aside."""
        ...


def open_batch(cipher: TenantCipher, batch: WaitingBatch) -> bytes:
    """The packed events of a batch. Raises Unopenable."""
    return cipher.open_(batch.sealed, table="intake_batches", column="body", row=batch.id)
