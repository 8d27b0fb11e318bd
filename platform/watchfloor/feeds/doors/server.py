"""The doors as a process: databases, keys, hints, and the HTTP server on the doors' port.

Owns the wiring and the order of stopping: refuse first, finish what was begun, then let go of the databases.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from watchfloor.feeds.doors.admission import Admission
from watchfloor.feeds.doors.app import create_door_app, door_protocols
from watchfloor.feeds.doors.gate import Gate
from watchfloor.feeds.doors.hints import Hints
from watchfloor.feeds.doors.protocol import DoorParts
from watchfloor.feeds.doors.reception import Reception
from watchfloor.feeds.intake.opening import open_intake
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role
from watchfloor.kernel.serving import HttpServer, listen
from watchfloor.kernel.valkey import Wake, connect
from watchfloor.tenancy.keyring import Keyring

_CONNECTIONS: Final = 2_000
_KEEP_ALIVE_SECONDS: Final = 65
_DIRECTORY_CONNECTIONS: Final = 3


async def serve(settings: Settings, *, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Runs the doors until told to stop; calls `ready` once they take events.

    Raises Unavailable when a database or the port cannot be had.
    """
    async with contextlib.AsyncExitStack() as held:
        is_shared = settings.door_processes > 1
        listening = listen(settings.door_host, settings.door_port, setting="WATCHFLOOR_DOOR_PORT", shared=is_shared)
        listener = held.enter_context(contextlib.closing(listening))
        database = await Database.open(settings, Role.APP)
        held.push_async_callback(database.close)
        directory = await Database.open(settings, Role.AUTH, connections=_DIRECTORY_CONNECTIONS)
        held.push_async_callback(directory.close)
        valkey = connect(settings)
        held.push_async_callback(valkey.aclose)
        hints = Hints(Wake(valkey))
        held.push_async_callback(hints.finish)
        keyring = Keyring.open(settings)
        intake = await held.enter_async_context(open_intake(settings, database, keyring, valkey=valkey))
        reception = Reception(Gate(directory, keyring), Admission(), intake, hints)
        parts = DoorParts(reception=reception, intake=intake, database=database, keyring=keyring)
        await door_server(parts, ready).serve_until(stop, listener, before_stop=reception.close)


def door_server(parts: DoorParts, ready: Callable[[], None]) -> HttpServer:
    """The HTTP server of the doors."""
    app = create_door_app(door_protocols(parts))
    return HttpServer(app, ready=ready, connections=_CONNECTIONS, keep_alive_seconds=_KEEP_ALIVE_SECONDS)
