"""Sends documents to a door of this installation over HTTP, as a customer's shipper does.

Batches are gzipped, repeated under the same request id until they are acknowledged, and held back for as long as
the door asks. It never reaches past the door: what counts is what the door acknowledged.
"""

import asyncio
import gzip
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

from watchfloor.feeds.feed import Door
from watchfloor.kernel.config import Settings
from watchfloor.kernel.egress import Egress, Outbound
from watchfloor.kernel.egress_rules import Destination
from watchfloor.kernel.errors import Refused, Unavailable
from watchfloor.kernel.ids import new_uuid
from watchfloor.kernel.secret import Secret
from watchfloor.ops.replay.forms import form_of

_BATCH_EVENTS: Final = 500
_BATCH_BYTES: Final = 1_000_000
_TRIES: Final = 30
_ASK_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})


class Sender:
    """A shipper with one feed's token."""

    def __init__(self, outbound: Outbound, *, origin: str, door: Door, feed: str, token: Secret) -> None:
        """Raises Invalid for a door that is not spoken to over HTTP."""
        self._outbound = outbound
        self._form = form_of(door)
        self._address = origin + self._form.path.format(feed=feed)
        self._headers = {
            "authorization": f"{self._form.scheme} {token.reveal()}",
            "content-type": self._form.content_type,
            "content-encoding": "gzip",
        }

    async def send(self, documents: Iterable[bytes]) -> AsyncIterator[int]:
        """Sends everything, and says after each batch how many events the door has just acknowledged.

        Raises Refused when the door turns a batch down, Unavailable when it stays away.
        """
        for batch in _batches(documents):
            await self._deliver(batch)
            yield len(batch)

    async def _deliver(self, batch: list[bytes]) -> None:
        body = gzip.compress(self._form.write(batch), compresslevel=1)
        headers = {**self._headers, "idempotency-key": str(new_uuid())}
        for _ in range(_TRIES):
            try:
                reply = await self._outbound.request("POST", self._address, headers=headers, content=body)
            except Unavailable:
                await asyncio.sleep(1)
                continue
            if reply.status == 200:
                return
            if reply.status not in _ASK_AGAIN:
                text = reply.body[:300].decode("utf-8", "replace")
                raise Refused(f"The door answered {reply.status}: {text}", where=self._address)
            await asyncio.sleep(min(reply.retry_after_seconds or 1, 30))
        raise Unavailable("The door does not take the events.", where=self._address)


@asynccontextmanager
async def open_door(settings: Settings) -> AsyncGenerator[tuple[Outbound, str]]:
    """A client that may reach this installation's doors and nothing else, and their origin."""
    origin = f"http://127.0.0.1:{settings.door_port}"
    place = f"127.0.0.1:{settings.door_port}"
    async with Egress(loopback_origins=frozenset({origin})).open(Destination(purpose="replay", hosts=(place,))) as out:
        yield out, origin


def _batches(documents: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(documents)
    while batch := _next_batch(rest):
        yield batch


def _next_batch(rest: Iterator[bytes]) -> list[bytes]:
    batch: list[bytes] = []
    size = 0
    for document in islice(rest, _BATCH_EVENTS):
        batch.append(document)
        size += len(document)
        if size >= _BATCH_BYTES:
            break
    return batch
