"""A request's body, read as it comes, within limits of size and time (N1).

Owns the reading, and what becomes of a body that nobody will read: a little of it is drained, so that a sender that is
still writing gets to read why it was refused; from a sender that goes on and on, the connection is taken.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final, TypeAlias

from litestar import Request
from litestar.datastructures import State

from watchfloor.feeds.doors.admission import Share
from watchfloor.feeds.limits import BODY_BYTES
from watchfloor.kernel.errors import TooLarge, WatchfloorError

READ_SECONDS: Final = 30.0
_DRAIN_SECONDS: Final = 0.5
_DRAIN_BYTES: Final = 16_000_000

DoorRequest: TypeAlias = Request[None, None, State]


class TooSlow(WatchfloorError):
    """The body did not arrive in time."""

    code = "too_slow"


class SenderGone(WatchfloorError):
    """The sender hung up before its body was complete. Nobody will read an answer."""

    code = "sender_gone"


class Incoming:
    """The body of one request."""

    def __init__(self, request: DoorRequest) -> None:
        self._request = request
        self._awaits_go_ahead = "100-continue" in request.headers.get("expect", "").lower()
        self._arrived: list[bytes] = []
        self.is_complete = False

    async def begin(self, share: Share, *, at_least: int) -> bytes:
        """How the body begins: `at_least` so many bytes of it, or all. It stays to be read. Raises like `read`."""
        return await self._arrive(share, at_least)

    async def read(self, share: Share) -> bytes:
        """The whole body as it arrived, again if it was read before.

        Raises TooLarge, TooSlow, Busy, or SenderGone.
        """
        return await self._arrive(share, BODY_BYTES + 1)

    async def _arrive(self, share: Share, at_least: int) -> bytes:
        declared = self._request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > BODY_BYTES:
            raise _too_large()
        length = sum(map(len, self._arrived))
        share.take(length)
        try:
            async with asyncio.timeout(READ_SECONDS):
                while length < at_least and not self.is_complete:
                    chunk = await self._next()
                    length += len(chunk)
                    if length > BODY_BYTES:
                        raise _too_large()
                    share.take(len(chunk))
                    self._arrived.append(chunk)
        except TimeoutError:
            raise TooSlow("The body took too long to arrive.", remedy="Send smaller batches.") from None
        if len(self._arrived) > 1:
            self._arrived = [b"".join(self._arrived)]
        return self._arrived[0] if self._arrived else b""

    async def drain(self) -> bool:
        """Reads a little of what is left. False when the connection must be closed because there is more."""
        if self.is_complete:
            return True
        if self._awaits_go_ahead:
            return False
        drained = 0
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                async for chunk in self._chunks():
                    drained += len(chunk)
                    if drained > _DRAIN_BYTES:
                        break
        except (TimeoutError, SenderGone):
            return False
        return self.is_complete

    async def _chunks(self) -> AsyncGenerator[bytes]:
        while not self.is_complete:
            yield await self._next()

    async def _next(self) -> bytes:
        message = await self._request.receive()
        if message["type"] != "http.request":
            raise SenderGone("The sender hung up.")
        self.is_complete = not message.get("more_body", False)
        self._awaits_go_ahead = False
        return message["body"]


def _too_large() -> TooLarge:
    return TooLarge(f"The body has more than {BODY_BYTES} bytes.", remedy="Send smaller batches.")
