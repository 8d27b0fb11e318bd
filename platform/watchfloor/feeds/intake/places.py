"""The places of what is put back from the quarantine: written beside its batch, and claimed when it is worked.

Owns the rule by which an event that is put back twice is worked once: whoever works it takes it out of the quarantine
in the same transaction, and leaves out what is no longer there. If it fails again, it is put aside again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.feeds.intake import queries
from watchfloor.feeds.intake.queue import Place, WaitingBatch
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import BatchId


class _Written(msgspec.Struct, frozen=True, array_like=True):
    batch_id: bytes
    index: int
    received_at: float


_DECODER: Final = msgspec.msgpack.Decoder(tuple[_Written, ...])


def write_places(places: Sequence[Place] | None) -> bytes | None:
    """The places as they are kept beside a batch."""
    if places is None:
        return None
    written = [_Written(place.batch_id.bytes, place.index, place.received_at.timestamp()) for place in places]
    return msgspec.msgpack.encode(written)


def read_places(written: bytes | None) -> tuple[Place, ...] | None:
    """What `write_places` wrote."""
    if written is None:
        return None
    return tuple(
        Place(BatchId(UUID(bytes=kept.batch_id)), kept.index, datetime.fromtimestamp(kept.received_at, UTC))
        for kept in _DECODER.decode(written)
    )


async def claim(tx: TenantTx, batch: WaitingBatch) -> WaitingBatch | None:
    """The batch with those of its events that are still in the quarantine, which leave it now; None without any.

    A batch that was not put back is what it was.
    """
    if batch.places is None:
        return batch
    wanted = [(place.batch_id, place.index) for place in batch.places if place is not None]
    found = {(kept.batch_id, kept.event_index) for kept in await queries.take_from_quarantine(tx, wanted)}
    if not found:
        return None
    left = tuple(p if p is not None and (p.batch_id, p.index) in found else None for p in batch.places)
    return msgspec.structs.replace(batch, places=left)
