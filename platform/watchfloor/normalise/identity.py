"""The key by which one event is recognised when it comes twice.

A vendor's own identity where there is one, so that a shipper that sends again after a broken connection makes no second
event; else the number that the sender gave it; otherwise the place in the batch. Contents are never hashed: equal lines
are often real repeats.
"""

from hashlib import sha256
from typing import Final

from watchfloor.kernel.ids import BatchId, FeedId

KEY_BYTES: Final = 16


def key_by_vendor(feed_id: FeedId, identity: tuple[str, ...]) -> bytes:
    """The key of an event that its vendor numbers. `identity` is unique within the feed."""
    return _digest(b"vendor", feed_id.bytes, *(part.encode("utf-8", "surrogatepass") for part in identity))


def key_by_sender(feed_id: FeedId, identity: tuple[str, ...], part: int | None = None) -> bytes:
    """The key of an event that its sender numbers. `identity` is unique within the feed.

    `part` tells apart what one body carried.
    """
    numbered = (b"sender", feed_id.bytes, *(text.encode("utf-8", "surrogatepass") for text in identity))
    return _digest(*numbered) if part is None else _digest(*numbered, part.to_bytes(8, "big"))


def key_by_place(batch_id: BatchId, index: int, part: int | None = None) -> bytes:
    """The key of an event that only its place tells from others: in its batch, and in a body that carried several."""
    place = (b"place", batch_id.bytes, index.to_bytes(8, "big"))
    return _digest(*place) if part is None else _digest(*place, part.to_bytes(8, "big"))


def _digest(*parts: bytes) -> bytes:
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()[:KEY_BYTES]
