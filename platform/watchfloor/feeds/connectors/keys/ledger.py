"""Which records a connector has stored, by their keys: what is offered again is not stored again.

Owns the digests and how long they are kept. Keys are unique among the records of one connector of one customer, so the
digest binds both; marks of finished objects share the space of the records' keys. Nothing can be read from a digest.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from watchfloor.feeds.connectors.keys import queries
from watchfloor.kernel.crypto import bind
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

KEPT_DAYS: Final = 40
"""How long a key is kept: longer than any vendor offers a record again by itself (SQS keeps a message for 14 days)."""

_DIGEST_BYTES: Final = 16
_FORGOTTEN_AT_ONCE: Final = 20_000
_ROUNDS: Final = 25


def digest(feed_id: FeedId, key: str) -> bytes:
    """What a key is stored as."""
    whole = bind(feed_id.bytes, key.encode("utf-8", "surrogatepass"))
    return hashlib.sha256(whole).digest()[:_DIGEST_BYTES]


def digests(feed_id: FeedId, keys: Iterable[str]) -> dict[bytes, str]:
    """The keys by what they are stored as."""
    return {digest(feed_id, key): key for key in keys}


async def known(tx: TenantTx, wanted: Mapping[bytes, str]) -> set[str]:
    """Those of the keys that were stored before."""
    found = await queries.select_known(tx, list(wanted)) if wanted else []
    return {wanted[one] for one in found}


async def remember(tx: TenantTx, wanted: Sequence[bytes]) -> int:
    """Stores keys; returns how many are new. All writers store in one order, so that none waits for another's turn."""
    return await queries.insert_keys(tx, sorted(wanted)) if wanted else 0


async def forget_keys(tx: TenantTx) -> int:
    """Deletes keys that are too old, half a million at most; returns how many. For a regular job."""
    deleted = 0
    for _ in range(_ROUNDS):
        gone = await queries.delete_old_keys(tx, days=KEPT_DAYS, limit=_FORGOTTEN_AT_ONCE)
        deleted += gone
        if gone < _FORGOTTEN_AT_ONCE:
            break
    return deleted
