"""The ledger of events that no parser knows: by feed and shape, how many, since when, and a few of them.

Owns the bounds. A feed has at most `MOST_SHAPES` shapes; what is new beyond them is counted as one, without samples, so
that a sender of ever new shapes fills nothing. The figures are written in the transaction that takes the batches off
the queue, so they count each event once. What a person's data may stand in (samples, and the sketch of field names) is
sealed; a shape is found by a keyed hash of its fingerprint.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.feeds.unparsed import queries
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

MOST_SHAPES: Final = 200
"""Shapes kept for each feed. Workers that write at the same moment may go a little beyond, each by its own batch."""

KEPT_SAMPLES: Final = 3
SAMPLE_BYTES: Final = 4_096
"""How much of a sample is kept."""

KEPT: Final = timedelta(days=90)
"""For how long a shape stays that does not come any more."""

OTHER: Final = UUID(int=0)
"""The key of all shapes beyond the bound."""

_TABLE: Final = "unparsed_sources"


class UnknownShape(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch brought of a shape. `samples` are bodies as they came, at most `KEPT_SAMPLES`."""

    feed_id: FeedId
    fingerprint: bytes
    sketch: str
    events: int
    seen_at: datetime
    samples: tuple[bytes, ...]


class UnparsedSource(msgspec.Struct, frozen=True, kw_only=True):
    """A shape of a feed. `sketch` is None for all shapes beyond the bound together; they have no samples."""

    feed_id: FeedId
    feed: str
    shape: UUID
    sketch: str | None
    events: int
    first_seen_at: datetime
    last_seen_at: datetime
    samples: tuple[bytes, ...] = ()


async def count_unparsed(tx: TenantTx, cipher: TenantCipher, shapes: Sequence[UnknownShape]) -> None:
    """Adds what batches brought to their feeds' shapes."""
    rows: list[queries.UnparsedRow] = []
    for feed_id in sorted({shape.feed_id for shape in shapes}):
        known = await queries.select_shapes(tx, feed_id)
        fresh = _gathered([shape for shape in shapes if shape.feed_id == feed_id], cipher)
        room = MOST_SHAPES - len(known - {OTHER})
        for key, shape in fresh.items():
            if key not in known:
                if room <= 0:
                    rows.append(_other(shape))
                    continue
                room -= 1
            rows.append(_row(cipher, key, shape))
    if rows:
        # One order for all workers, so that two never wait for each other.
        await queries.add_shapes(tx, _added_up(rows))


async def unparsed_sources(
    tx: TenantTx, cipher: TenantCipher, *, with_samples: bool, limit: int = MOST_SHAPES
) -> list[UnparsedSource]:
    """What no parser knew, the most frequent first."""
    return [_source(cipher, row, with_samples=with_samples) for row in await queries.select_unparsed(tx, limit=limit)]


async def forget_unparsed(tx: TenantTx, *, now: datetime) -> None:
    """Deletes shapes that have not come for long. A regular job does it."""
    await queries.forget_shapes(tx, before=now - KEPT)


def _gathered(shapes: Sequence[UnknownShape], cipher: TenantCipher) -> dict[UUID, UnknownShape]:
    """One entry a shape, from all batches of one feed."""
    found: dict[UUID, UnknownShape] = {}
    for shape in shapes:
        key = UUID(bytes=cipher.index("unparsed shape", f"{shape.feed_id}/{shape.fingerprint.hex()}"))
        earlier = found.get(key)
        found[key] = shape if earlier is None else _together(earlier, shape)
    return found


def _together(one: UnknownShape, other: UnknownShape) -> UnknownShape:
    return msgspec.structs.replace(
        one,
        events=one.events + other.events,
        seen_at=max(one.seen_at, other.seen_at),
        samples=(*one.samples, *other.samples)[:KEPT_SAMPLES],
    )


def _row(cipher: TenantCipher, key: UUID, shape: UnknownShape) -> queries.UnparsedRow:
    content = msgspec.msgpack.encode([sample[:SAMPLE_BYTES] for sample in shape.samples[:KEPT_SAMPLES]])
    return queries.UnparsedRow(
        feed_id=shape.feed_id,
        shape=key,
        events=shape.events,
        seen_at=shape.seen_at,
        sketch=cipher.seal(shape.sketch.encode("utf-8", "replace"), table=_TABLE, column="sketch", row=key),
        samples=cipher.seal(content, table=_TABLE, column="samples", row=key),
    )


def _other(shape: UnknownShape) -> queries.UnparsedRow:
    return queries.UnparsedRow(
        feed_id=shape.feed_id, shape=OTHER, events=shape.events, seen_at=shape.seen_at, sketch=b"", samples=b""
    )


def _added_up(rows: Sequence[queries.UnparsedRow]) -> list[queries.UnparsedRow]:
    found: dict[tuple[str, str], queries.UnparsedRow] = {}
    for row in rows:
        key = (str(row.feed_id), str(row.shape))
        earlier = found.get(key, row)
        events = row.events if earlier is row else earlier.events + row.events
        found[key] = msgspec.structs.replace(earlier, events=events, seen_at=max(earlier.seen_at, row.seen_at))
    return [found[key] for key in sorted(found)]


def _source(cipher: TenantCipher, row: queries.ListedRow, *, with_samples: bool) -> UnparsedSource:
    sketch: str | None = None
    samples: tuple[bytes, ...] = ()
    if row.shape != OTHER:
        sketch = cipher.open_(row.sketch, table=_TABLE, column="sketch", row=row.shape).decode("utf-8", "replace")
        if with_samples:
            content = cipher.open_(row.samples, table=_TABLE, column="samples", row=row.shape)
            samples = tuple(msgspec.msgpack.decode(content, type=list[bytes]))
    return UnparsedSource(
        feed_id=row.feed_id,
        feed=row.feed,
        shape=row.shape,
        sketch=sketch,
        events=row.events,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        samples=samples,
    )
