"""The doors as a process: databases, keys, hints, and the HTTP server on the doors' port.

Owns the wiring and the order of stopping: refuse first, finish what was begun, then let go of the databases.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Generator
from typing import Final

import uvicorn

from watchfloor.feeds.doors.admission import Admission
from watchfloor.feeds.doors.app import create_door_app
from watchfloor.feeds.doors.gate import Gate
from watchfloor.feeds.doors.hints import Hints
from watchfloor.feeds.doors.reception import Reception
from watchfloor.feeds.intake import PostgresIntake
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.valkey import Wake, connect
from watchfloor.tenancy.keyring import Keyring

_CONNECTIONS: Final = 2_000
_KEEP_ALIVE_SECONDS: Final = 65
_STOP_SECONDS: Final = 15
_DIRECTORY_CONNECTIONS: Final = 3


async def serve(settings: Settings, *, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Runs the doors until told to stop; calls `ready` once they take events.

    Raises Unavailable when a database or the port cannot be had.
    """
    async with contextlib.AsyncExitStack() as held:
        listener = held.enter_context(listen(settings.door_host, settings.door_port))
        database = await Database.open(settings, Role.APP)
        held.push_async_callback(database.close)
        directory = await Database.open(settings, Role.AUTH, connections=_DIRECTORY_CONNECTIONS)
        held.push_async_callback(directory.close)
        valkey = connect(settings)
        held.push_async_callback(valkey.aclose)
        hints = Hints(Wake(valkey))
        held.push_async_callback(hints.finish)
        keyring = Keyring.open(settings)
        intake = PostgresIntake(database, keyring, backlog_bytes=settings.intake_backlog_bytes)
        reception = Reception(Gate(directory, keyring), Admission(), intake, hints)
        await _run(DoorServer(reception, intake, ready), listener, reception, stop)


class DoorServer(uvicorn.Server):
    """uvicorn, but the process's signals are left to who owns them, and it says when it listens."""

    def __init__(self, reception: Reception, intake: PostgresIntake, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                create_door_app(reception, intake),
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
        """Begins to listen."""
        await super().startup(sockets)
        self._ready()


async def _run(server: DoorServer, listener: socket.socket, reception: Reception, stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve([listener]))
        await stop.wait()
        reception.close()
        server.should_exit = True
        await serving


def listen(host: str, port: int) -> socket.socket:
    """A socket for the doors. Raises Unavailable when the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        what = "is in use by another program" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
        raise Unavailable(
            f"Port {port} on {host} {what}.",
            where="WATCHFLOOR_DOOR_PORT",
            remedy="Stop that program, or set another port.",
        ) from None
    return listener
