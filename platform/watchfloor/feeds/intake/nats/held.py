"""Messages under work: kept alive while it goes on, taken out of the stream once it is committed, else kept at hand.

Owns that life and nothing of what is in the messages. What was pulled and not worked stays with this process for a few
seconds, so that it is worked next and in its order; after that, or when the process is gone, the server hands it out
again to whoever asks.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self, TypeAlias

from nats.aio.msg import Msg

from watchfloor.feeds.intake.nats.server import ACK_WAIT_SECONDS, Server
from watchfloor.feeds.intake.queue import Lane
from watchfloor.kernel.ids import TenantId

Key: TypeAlias = tuple[TenantId, Lane]

_AT_HAND_SECONDS: Final = ACK_WAIT_SECONDS * 0.6


class Shelf:
    """What this process has pulled and not worked yet, by tenant and lane, in its order."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._kept: dict[Key, tuple[float, list[Msg]]] = {}

    async def put(self, key: Key, messages: Sequence[Msg]) -> None:
        """Keeps messages at hand, before those that are there."""
        if messages:
            everything = [*messages, *self.take(key)]
            self._kept[key] = (time.monotonic(), everything)
            await self._server.keep(everything)

    def take(self, key: Key) -> list[Msg]:
        """What is at hand. The server has given away what was put there too long ago."""
        at, messages = self._kept.pop(key, (0.0, []))
        return messages if time.monotonic() - at < _AT_HAND_SECONDS else []

    async def clear(self) -> None:
        """Gives back all that is there."""
        for key in list(self._kept):
            await self._server.give_back(self.take(key))


class Held:
    """Messages that were pulled, in their order."""

    def __init__(self, server: Server, shelf: Shelf, key: Key, messages: Sequence[Msg]) -> None:
        self._server = server
        self._shelf = shelf
        self._key = key
        self._messages = list(messages)
        self._keeping: asyncio.Task[None] | None = None

    @property
    def messages(self) -> tuple[Msg, ...]:
        """Those that are held still."""
        return tuple(self._messages)

    async def leave(self, messages: Sequence[Msg]) -> None:
        """Keeps some of them for the next turn."""
        self.forget(messages)
        await self._shelf.put(self._key, messages)

    def forget(self, messages: Sequence[Msg]) -> None:
        """Something else was done about them."""
        self._messages = [kept for kept in self._messages if not any(kept is one for one in messages)]

    async def __aenter__(self) -> Self:
        """Begins to keep them."""
        self._keeping = asyncio.create_task(self._keep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Acknowledges them after a block that succeeded; an error keeps them for the next turn."""
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        if kind is None:
            await self._server.acknowledge(self._messages)
        else:
            await self._shelf.put(self._key, self._messages)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(ACK_WAIT_SECONDS / 3)
            await self._server.keep(self._messages)
