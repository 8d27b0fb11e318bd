"""Serving the web application: one process, one event loop, until it is told to stop.

Owns the wiring and the order of stopping: no new requests, those under way end, then the databases are let go.
Addresses in `X-Forwarded-For` are not believed; limits count the peer that connects.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Generator
from typing import Final

import uvicorn

from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Unavailable
from watchfloor.web.app import Application, create_app
from watchfloor.web.health import CheckSchema
from watchfloor.web.services import open_services

_CONNECTIONS: Final = 1_000
_KEEP_ALIVE_SECONDS: Final = 30
_STOP_SECONDS: Final = 15


async def serve(
    settings: Settings, *, check_schema: CheckSchema, ready: Callable[[], None], stop: asyncio.Event
) -> None:
    """Serves at `api_host` and `api_port` until told to stop; calls `ready` once it answers.

    Raises Conflict for a schema that is not this program's, Unavailable when PostgreSQL or the port cannot be had.
    """
    with contextlib.closing(listen(settings.api_host, settings.api_port)) as listener:
        async with open_services(settings) as services:
            await check_schema(services.app)
            await run(create_app(services, check_schema=check_schema), listener, ready=ready, stop=stop)


async def run(app: Application, listener: socket.socket, *, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Serves an application on a bound socket until told to stop."""
    server = _Server(app, ready)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve([listener]))
        await stop.wait()
        server.should_exit = True
        await serving


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises Unavailable, naming the port, when it cannot be had."""
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
            f"Port {port} on {host} {what}.",
            where="WATCHFLOOR_API_PORT",
            remedy="Stop that program, or set another port.",
        ) from None
    return listener


class _Server(uvicorn.Server):
    """uvicorn, but signals are left to who owns the process, and it says when it answers."""

    def __init__(self, app: Application, ready: Callable[[], None]) -> None:
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
                limit_concurrency=_CONNECTIONS,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Takes no signals."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to answer."""
        await super().startup(sockets)
        self._ready()
