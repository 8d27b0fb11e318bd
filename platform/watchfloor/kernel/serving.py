"""Serving an ASGI application on one socket until told to stop: what the API and the doors have in common.

Signals are left to who owns the process, and `X-Forwarded-For` is not believed.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Generator
from typing import Final, TypeAlias

import uvicorn

from watchfloor.kernel.errors import Unavailable

AsgiApplication: TypeAlias = Callable[..., object]  # type: ignore[explicit-any]  # frameworks disagree on its types
Listener: TypeAlias = socket.socket

_STOP_SECONDS: Final = 15


def listen(host: str, port: int, *, setting: str) -> Listener:
    """A socket bound to the address. Raises Unavailable, naming the port and its setting, when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's delay off only where it is.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        what = "is in use by another program" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
        raise Unavailable(
            f"Port {port} on {host} {what}.", where=setting, remedy="Stop that program, or set another port."
        ) from None
    return listener


class HttpServer(uvicorn.Server):
    """uvicorn, but it takes no signals and calls `ready` once it answers."""

    def __init__(
        self, app: AsgiApplication, *, ready: Callable[[], None], connections: int, keep_alive_seconds: int
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
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
