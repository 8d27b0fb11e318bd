"""One connection as bytes: read as they are wanted, written as they are taken.

Owns the back-pressure. While more than `BUFFER_BYTES` have been read and not yet asked for, nothing more is read, so
that the sender's TCP window closes; TLS below holds about as much again. Whatever a sender sent before it hung up is
given out. It knows no protocol.
"""

import asyncio
import ssl
from typing import Final, Protocol, cast

from watchfloor.feeds.doors.stream.fault import StreamFault

BUFFER_BYTES: Final = 65_536


class _Limited(Protocol):
    """What TLS transports can do beyond others."""

    def set_read_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """How much may be held before decryption."""
        ...


class Wire(asyncio.Protocol):
    """A connection. It is ours once `connection_made` was called, which for TLS is after the handshake."""

    def __init__(self) -> None:
        # Not a `BufferedProtocol`: when the sender hangs up, the loop's TLS fills a buffer once and drops the rest.
        self._chunks: list[bytes] = []
        self._filled = 0
        self._is_paused = False
        self._is_over = False
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast("asyncio.Transport", transport)
        if hasattr(transport, "set_read_buffer_limits"):
            cast("_Limited", transport).set_read_buffer_limits(high=BUFFER_BYTES)

    def data_received(self, data: bytes) -> None:
        """Called by the loop: bytes have come."""
        self._chunks.append(data)
        self._filled += len(data)
        if self._filled >= BUFFER_BYTES and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        """Called by the loop: the sender is done."""
        self.finish()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Called by the loop: the connection is gone."""
        self.finish()
        self._lost.set()
        self._writable.set()

    def pause_writing(self) -> None:
        """Called by the loop: the peer does not read what we write."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Called by the loop: it does again."""
        self._writable.set()

    def finish(self) -> None:
        """Nothing more is read; what has been read is still given out."""
        self._is_over = True
        self._news.set()

    async def read(self) -> bytes:
        """What has come, as soon as there is anything; nothing once the sender is done."""
        while not self._filled and not self._is_over:
            self._news.clear()
            await self._news.wait()
        chunk = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._filled = 0
        if self._is_paused and not self._is_over and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        return chunk

    @property
    def is_lost(self) -> bool:
        """Whether the connection is gone, so that nothing that is written arrives."""
        return self._lost.is_set()

    def write(self, data: bytes) -> None:
        """Sends `data` soon."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def drain(self, *, seconds: float) -> None:
        """Waits until the peer has read most of what was written. Raises StreamFault when it takes too long."""
        try:
            async with asyncio.timeout(seconds):
                await self._writable.wait()
        except TimeoutError:
            raise StreamFault("The sender does not read our answers.", "stalled") from None

    async def close(self, *, seconds: float) -> None:
        """Sends what was written and hangs up; what takes longer than `seconds` is cut off."""
        if self._transport is None:
            return
        self._transport.close()
        try:
            async with asyncio.timeout(seconds):
                await self._lost.wait()
        except TimeoutError:
            self._transport.abort()

    def peer_certificate(self) -> bytes | None:
        """The certificate that the peer showed and proved, as DER; None without TLS or without one."""
        if self._transport is None:
            return None
        session: object = self._transport.get_extra_info("ssl_object")
        if session is None:
            return None
        return cast("ssl.SSLObject", session).getpeercert(binary_form=True)
