"""Sockets that listen: for an ASGI application until told to stop, and for the doors that are no HTTP.

Signals are left to who owns the process, and `X-Forwarded-For` is not believed. A request's head is bounded in size and
in the time that it may take, because nothing else looks at a request before its head is complete (N1).
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import Final, TypeAlias, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from watchfloor.kernel.errors import Unavailable

AsgiApplication: TypeAlias = Callable[..., object]  # type: ignore[explicit-any]  # frameworks disagree on its types
Listener: TypeAlias = socket.socket

HEAD_BYTES: Final = 65_536
"""How long the line and the headers of a request may be, up to what one reading of the socket brings."""

HEAD_SECONDS: Final = 20.0
"""How long they may take to arrive, from the connection's beginning or from their own first byte."""

_TOO_LONG: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_STOP_SECONDS: Final = 15
_KEEP_ALIVE_IDLE_SECONDS: Final = 60
_KEEP_ALIVE_STEP_SECONDS: Final = 15
_KEEP_ALIVE_STEPS: Final = 4
_WAITING_CONNECTIONS: Final = 512
_ACCEPT_REST_SECONDS: Final = 0.2
_ABORT: Final = "watchfloor.connection"


def listen(host: str, port: int, *, setting: str, shared: bool = False) -> Listener:
    """A socket bound to the address. Raises Unavailable, naming the port and its setting, when it cannot be had.

    `shared`: other processes of this account may bind the same address in the same way, and the system gives each new
    connection to one of them (SO_REUSEPORT). A stranger's hold on the port is then noticed only if it does not share.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's delay off only where it is.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        what = "is in use by another program" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
        raise Unavailable(
            f"Port {port} on {host} {what}.", where=setting, remedy="Stop that program, or set another port."
        ) from None
    return listener


def listen_for_streams(host: str, port: int, *, setting: str, shared: bool = False) -> Listener:
    """Like `listen`, for `arrivals`: it listens at once, and a peer that is gone without a word is found out."""
    listener = listen(host, port, setting=setting, shared=shared)
    listener.settimeout(0)
    # What is set here holds for each connection that is accepted.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEP_ALIVE_IDLE_SECONDS)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEP_ALIVE_STEP_SECONDS)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _KEEP_ALIVE_STEPS)
    listener.listen(_WAITING_CONNECTIONS)
    return listener


async def arrivals(listener: Listener) -> AsyncGenerator[tuple[Listener, str]]:
    """Each connection that comes to a listener, with the address that it comes from, until the caller stops."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            connection, address = await loop.sock_accept(listener)
        except OSError:  # the peer is gone already, or the process has no descriptor left
            await asyncio.sleep(_ACCEPT_REST_SECONDS)
            continue
        yield connection, str(address[0])


def abort_of(scope: Mapping[str, object]) -> Callable[[], None] | None:
    """What takes a request's connection at once, without an answer; None on a server that cannot."""
    extensions = cast("dict[str, dict[str, object]]", scope.get("extensions") or {})
    return cast("Callable[[], None] | None", extensions.get(_ABORT, {}).get("abort"))


class _HttpProtocol(HttpToolsProtocol):
    """uvicorn's, but the head of a request is bounded, and the application may take a connection; see `abort_of`."""

    _in_head = False
    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its parent does
        """Somebody connected."""
        super().connection_made(transport)
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something came."""
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.transport.write(_TOO_LONG)
                self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["extensions"] = {_ABORT: {"abort": self.transport.abort}}
        self._begin_head()

    def on_headers_complete(self) -> None:
        """The request's head is complete."""
        self._end_head()
        super().on_headers_complete()

    def _begin_head(self) -> None:
        self._end_head()
        self._in_head, self._head_bytes = True, 0
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _end_head(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class HttpServer(uvicorn.Server):
    """uvicorn, but it takes no signals and calls `ready` once it answers."""

    def __init__(
        self, app: AsgiApplication, *, ready: Callable[[], None], connections: int, keep_alive_seconds: int
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_HttpProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=connections,
                timeout_keep_alive=keep_alive_seconds,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )
        self._ready = ready

    async def serve_until(
        self, stop: asyncio.Event, listener: Listener, *, before_stop: Callable[[], None] | None = None
    ) -> None:
        """Answers until `stop` is set; requests under way are finished. `before_stop` is called first then."""
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(self.serve([listener]))
            await stop.wait()
            if before_stop is not None:
                before_stop()
            self.should_exit = True
            await serving

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Takes no signals."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to answer."""
        await super().startup(sockets)
        self._ready()
