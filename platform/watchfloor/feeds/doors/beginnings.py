"""Keeps what new feeds of the HTTP door are sent, without costing those that are no longer new.

Owns the memory of which feeds have had enough kept of them, by tenant and feed. What is kept, and how much, is
`first_bodies`' affair.
"""

from typing import Final

from watchfloor.feeds.feed import Feed
from watchfloor.feeds.first_bodies.ledger import BODY_BYTES, keep_body
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import FeedId, TenantId
from watchfloor.tenancy.keyring import Keyring

_REMEMBERED: Final = 10_000


class Beginnings:
    """The way from the door to what is kept of new feeds."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        """`database` is one of wf_app."""
        self._database = database
        self._keyring = keyring
        self._enough: set[tuple[TenantId, FeedId]] = set()

    async def keep(self, feed: Feed, body: bytes, *, content_type: str) -> None:
        """Keeps the body if it is one of the feed's first. What cannot be kept is not missed: its events are safe."""
        place = (feed.tenant_id, feed.id)
        if not body or place in self._enough:
            return
        try:
            was_kept = await self._keep(feed, body, content_type, is_greeting=False)
        except Unavailable:
            return
        if not was_kept:
            if len(self._enough) >= _REMEMBERED:
                self._enough.clear()
            self._enough.add(place)

    async def greet(self, feed: Feed, body: bytes, *, content_type: str) -> None:
        """Keeps a greeting. Raises Unavailable: its sender must not be told that it was heard when it was not."""
        await self._keep(feed, body, content_type, is_greeting=True)

    async def _keep(self, feed: Feed, body: bytes, content_type: str, *, is_greeting: bool) -> bool:
        async with tenant_tx(self._database, feed.tenant_id) as tx:
            return await keep_body(
                tx,
                await self._keyring.cipher(tx),
                feed_id=feed.id,
                body=body[:BODY_BYTES],
                content_type=content_type,
                is_greeting=is_greeting,
            )
