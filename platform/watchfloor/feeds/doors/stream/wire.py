"""One connection as bytes: read as they are wanted, written as they are taken.

Owns the back-pressure. While more than `BUFFER_BYTES` have been read and not yet asked for, nothing more is read, so
that the sender's TCP window closes. Whatever a sender sent before it hung up is given out. It knows no protocol but
TLS, which it leaves to `records`.
"""

import asyncio
import ssl
from typing import Final, cast

from watchfloor.feeds.doors.stream.fault import StreamFault
from watchfloor.feeds.doors.stream.records import Records

BUFFER_BYTES: Final = 65_536


class Wire(asyncio.Protocol):
    """A connection, with TLS if there is a context for it."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._records = None if context is None else Records(context)
        self._chunks: list[bytes] = []
        self._filled = 0
        self._is_paused = False
        self._is_over = False
        self._is_ended = False
        self._is_closing = False
        self._has_written = False
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the loop: bytes have come."""
        records = self._records
        if records is not None:
            data = records.hear(data)
            self._send(records.take())
        if data and not self._is_over:
            self._chunks.append(data)
            self._filled += len(data)
            if self._filled >= BUFFER_BYTES and self._transport is not None and not self._is_paused:
                self._is_paused = True
                self._transport.pause_reading()
        self._news.set()
        if records is not None and (records.is_over or records.fault is not None):
            self.finish()

    def eof_received(self) -> bool:
        """Called by the loop: the sender is done. We are not, until `close`."""
        self.finish()
        self._is_ended = True
        return not self._is_closing

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
        """Nothing more is taken; what has been taken is still given out."""
        self._is_over = True
        self._news.set()

    async def greet(self, *, seconds: float) -> None:
        """Waits until TLS is agreed on. Raises StreamFault when it is not, or takes too long."""
        records = self._records
        if records is None:
            return
        try:
            async with asyncio.timeout(seconds):
                while not records.is_open and not self._is_over:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise StreamFault("The TLS handshake takes too long.", "slow") from None
        if not records.is_open:
            raise StreamFault(f"The TLS handshake failed: {records.fault or 'the sender hung up'}.", "handshake")

    async def read(self) -> bytes:
        """What has come, as soon as there is anything; nothing once the sender is done."""
        while not self._filled and not self._is_over:
            self._news.clear()
            await self._news.wait()
        chunk = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._filled = 0
        if not self._is_over:
            self._resume()
        return chunk

    @property
    def is_lost(self) -> bool:
        """Whether the connection is gone, so that nothing that is written arrives."""
        return self._lost.is_set()

    def write(self, data: bytes) -> None:
        """Sends `data` soon."""
        self._has_written = True
        if self._records is not None:
            self._records.say(data)
            data = self._records.take()
        self._send(data)

    async def drain(self, *, seconds: float) -> None:
        """Waits until the peer has read most of what was written. Raises StreamFault when it takes too long."""
        try:
            async with asyncio.timeout(seconds):
                await self._writable.wait()
        except TimeoutError:
            raise StreamFault("The sender does not read our answers.", "stalled") from None

    async def close(self, *, seconds: float, in_order: bool) -> None:
        """Hangs up, within so many seconds.

        `in_order`: a sender that hears answers may read them until then; what it still says is dropped.
        """
        if self._transport is None or self._lost.is_set():
            return
        self.finish()
        if self._records is not None:
            self._records.say_goodbye()
            self._send(self._records.take())
        self._is_closing = True
        if self._is_ended or not (in_order and self._has_written):
            self._transport.close()
        elif not self._transport.is_closing():
            # Closing at once would tear up answers on their way, because something unread lies in our end.
            self._transport.write_eof()
            self._resume()
        try:
            async with asyncio.timeout(seconds):
                await self._lost.wait()
        except TimeoutError:
            self._transport.abort()

    def peer_certificate(self) -> bytes | None:
        """The certificate that the peer showed and proved, as DER; None without TLS or without one."""
        return None if self._records is None else self._records.certificate()

    def _send(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _resume(self) -> None:
        if self._is_paused and self._transport is not None and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()
