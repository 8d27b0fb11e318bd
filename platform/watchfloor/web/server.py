"""Serving the web application: one process, one event loop, until it is told to stop.

Owns the wiring and the order of stopping: streams end, no new requests, those under way end, then the databases are let
go.
Addresses in `X-Forwarded-For` are not believed; limits count the peer that connects.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from watchfloor.alerts.overlay.catalogue import Catalogue
from watchfloor.kernel.config import Settings
from watchfloor.kernel.serving import HttpServer, Listener, listen
from watchfloor.web.app import Application, create_app
from watchfloor.web.health import CheckSchema
from watchfloor.web.services import open_services

_CONNECTIONS: Final = 1_000
_KEEP_ALIVE_SECONDS: Final = 30


async def serve(
    settings: Settings,
    *,
    check_schema: CheckSchema,
    catalogue: Catalogue,
    ready: Callable[[], None],
    stop: asyncio.Event,
) -> None:
    """Serves at `api_host` and `api_port` until told to stop; calls `ready` once it answers.

    Raises Conflict for a schema that is not this program's, Unavailable when PostgreSQL or the port cannot be had.
    """
    listening = listen(settings.api_host, settings.api_port, setting="WATCHFLOOR_API_PORT")
    with contextlib.closing(listening) as listener:
        async with open_services(settings, catalogue=catalogue) as services:
            await check_schema(services.app)
            await run(create_app(services, check_schema=check_schema), listener, ready=ready, stop=stop)


async def run(app: Application, listener: Listener, *, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Serves an application on a bound socket until told to stop."""
    server = HttpServer(app, ready=ready, connections=_CONNECTIONS, keep_alive_seconds=_KEEP_ALIVE_SECONDS)
    await server.serve_until(stop, listener, before_stop=app.end_streams)
