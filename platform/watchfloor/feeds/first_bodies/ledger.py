"""The first bodies that a feed was sent, for whoever sets a sender up to see what it really sends.

Owns what is kept of them: the beginnings of the first few, whether they could be read or not, and of the newest
greetings, by which a vendor's service proves that it reaches us and whose token the customer must copy back. A body
is sealed with its tenant's key; its bytes are the sender's and are shown to people only through `kernel.characters`.
"""

from datetime import datetime
from typing import Final

import msgspec

from watchfloor.feeds.first_bodies import queries
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId, new_uuid

KEPT: Final = 5
"""How many bodies of each kind are kept of a feed."""

BODY_BYTES: Final = 4_096
"""How much of a body is kept."""

_TYPE_CHARACTERS: Final = 200


class FirstBody(msgspec.Struct, frozen=True, kw_only=True):
    """The beginning of a body, inflated. `is_greeting`: it was no event and was answered as the vendor expects."""

    received_at: datetime
    content_type: str
    body: bytes
    is_greeting: bool


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    content_type: str
    body: bytes


async def keep_body(
    tx: TenantTx, cipher: TenantCipher, *, feed_id: FeedId, body: bytes, content_type: str, is_greeting: bool
) -> bool:
    """Keeps the beginning of a body, if it is one of the first or a greeting. False when there are enough already."""
    if not is_greeting and await queries.count_bodies(tx, feed_id, is_greeting=False) >= KEPT:
        return False
    body_id = new_uuid()
    document = _Document(content_type=content_type[:_TYPE_CHARACTERS], body=body[:BODY_BYTES])
    sealed = cipher.seal(msgspec.msgpack.encode(document), table="first_bodies", column="document", row=body_id)
    await queries.insert_body(tx, feed_id, body_id=body_id, is_greeting=is_greeting, document=sealed)
    if is_greeting:
        await queries.delete_old_greetings(tx, feed_id, keep=KEPT)
    return True


async def first_bodies(tx: TenantTx, cipher: TenantCipher, feed_id: FeedId) -> list[FirstBody]:
    """What is kept of a feed, the oldest first; nothing for a feed that is not the tenant's. Raises Unopenable."""
    found: list[FirstBody] = []
    for row in await queries.select_bodies(tx, feed_id):
        opened = cipher.open_(row.document, table="first_bodies", column="document", row=row.id)
        document = msgspec.msgpack.decode(opened, type=_Document)
        found.append(
            FirstBody(
                received_at=row.received_at,
                content_type=document.content_type,
                body=document.body,
                is_greeting=row.is_greeting,
            )
        )
    return found
