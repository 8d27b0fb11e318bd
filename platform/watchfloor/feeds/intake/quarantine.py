"""What could not be read: kept with the reason, sealed, and shown to its tenant (N3).

Owns the rows of `wf.quarantine`. A body is kept up to a length that no readable event has. An event is put aside once:
its place in its batch is its identity.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.feeds.intake import queries
from watchfloor.feeds.intake.queue import WHOLE_BATCH
from watchfloor.feeds.limits import EVENT_BYTES
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import BatchId, FeedId, new_uuid

_REASON_CHARACTERS: Final = 1_000


class PutAside(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be read. `code` is stable; `reason` is a sentence for a person.

    `event_index` is WHOLE_BATCH for a batch; its body is the packed batch. `context` is the event without its body,
    as MessagePack: what the door said about it.
    """

    feed_id: FeedId
    batch_id: BatchId
    event_index: int
    code: str
    reason: str
    received_at: datetime
    body: bytes
    context: bytes | None = None


async def put_aside(tx: TenantTx, cipher: TenantCipher, items: Sequence[PutAside]) -> None:
    """Keeps the items. Of an event that is too long, the beginning is kept."""
    if items:
        await queries.insert_quarantine(tx, [_row(cipher, item) for item in items])


def _row(cipher: TenantCipher, item: PutAside) -> queries.QuarantineRow:
    row_id = new_uuid()
    context = item.context
    body = item.body if item.event_index == WHOLE_BATCH else item.body[:EVENT_BYTES]
    return queries.QuarantineRow(
        id=row_id,
        feed_id=item.feed_id,
        batch_id=item.batch_id,
        event_index=item.event_index,
        code=item.code,
        reason=item.reason[:_REASON_CHARACTERS],
        received_at=item.received_at,
        body=cipher.seal(body, table="quarantine", column="body", row=row_id),
        context=None if context is None else cipher.seal(context, table="quarantine", column="context", row=row_id),
    )
