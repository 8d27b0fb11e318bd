"""Who speaks at the door for osquery: the host behind a key, and how a host gets one.

Owns the short memory of what keys stand for: a second at most, as for feeds' tokens (R7), kept by the key's own digest
(Q5). A key says which feed it came in by, and so which tenant to look in; it opens nothing unless that tenant has a
host with its digest. Look-ups of keys that were never good are few at a time, so that guessing keeps nobody waiting.
"""

import asyncio
import time
from typing import Final

import msgspec

from watchfloor.feeds.doors.gate import FRESH_SECONDS, ShownToken
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.osquery import bodies
from watchfloor.feeds.doors.osquery.replies import NodeInvalid
from watchfloor.feeds.doors.protocol import DoorParts
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.osquery import nodes
from watchfloor.feeds.registry import TokenRefused
from watchfloor.kernel.credentials import PresentedAgentKey, parse_agent_key
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Unauthenticated, Unavailable
from watchfloor.kernel.ids import NodeId

_KEPT: Final = 20_000
_GUESSES_AT_ONCE: Final = 2
_GUESSES_IN_LINE: Final = 200


class KnownHost(msgspec.Struct, frozen=True, kw_only=True):
    """A host that showed its key, and the feed by which it enrolled."""

    feed: Feed
    node_id: NodeId


class Hosts:
    """Tells the host of a key, and gives keys."""

    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        self._known: dict[bytes, tuple[float, NodeId | None]] = {}
        self._guess = asyncio.Semaphore(_GUESSES_AT_ONCE)
        self._guesses = 0

    async def enrol(self, request: DoorRequest, incoming: Incoming) -> str:
        """A key for the host that asks with the secret of a feed, which is a token of it. Raises TokenRefused."""
        reception, database = self._parts.reception, self._parts.database
        asked = await reception.hear_stranger(request, bodies.read_enrolment, incoming=incoming)
        feed = await reception.admit_shown(request, "osquery", ShownToken(asked.secret, in_url=False))
        async with tenant_tx(database, feed.tenant_id) as tx:
            cipher = await self._parts.keyring.cipher(tx)
            key = await nodes.enrol(tx, cipher, feed, asked.host)
        return key.text.reveal()

    async def admit(self, request: DoorRequest, incoming: Incoming) -> KnownHost:
        """The host whose key a request shows: in its header, or in its body, at the beginning or anywhere.

        Raises NodeInvalid, TokenRefused when its feed takes nothing, and what reading raises.
        """
        reception, encoding = self._parts.reception, request.headers.get("content-encoding", "")
        reception.check_open()
        key = bodies.key_in_header(request.headers)
        if key is None:
            beginning = await reception.hear_beginning(incoming, at_least=bodies.BEGINNING)
            key = bodies.key_in_beginning(beginning, encoding)
        if key is None:
            key = await reception.hear_stranger(request, bodies.read_key, incoming=incoming)
        try:
            presented = parse_agent_key("node", key)
        except Unauthenticated:
            raise NodeInvalid from None
        feed = await self.feed_of(presented)
        node_id = await self._node(feed, presented)
        if node_id is None:
            raise NodeInvalid
        return KnownHost(feed=feed, node_id=node_id)

    async def feed_of(self, presented: PresentedAgentKey) -> Feed:
        """The feed that a key names. Raises NodeInvalid when there is none, TokenRefused when it takes nothing."""
        try:
            return await self._parts.reception.admit_named(presented.feed_id, "osquery")
        except TokenRefused as refused:
            if refused.because == "unknown":
                raise NodeInvalid from None
            raise

    async def _node(self, feed: Feed, presented: PresentedAgentKey) -> NodeId | None:
        known = self._known.get(presented.digest)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        if known is not None and known[1] is not None:
            return await self._ask(feed, presented)
        if self._guesses >= _GUESSES_IN_LINE:
            raise Unavailable("Too many new hosts are being looked up.", retry_after_seconds=2)
        self._guesses += 1
        try:
            async with self._guess:
                return await self._ask(feed, presented)
        finally:
            self._guesses -= 1

    async def _ask(self, feed: Feed, presented: PresentedAgentKey) -> NodeId | None:
        until = time.monotonic() + FRESH_SECONDS
        async with tenant_tx(self._parts.database, feed.tenant_id) as tx:
            node_id = await nodes.recognise(tx, presented)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[presented.digest] = (until, node_id)
        return node_id
