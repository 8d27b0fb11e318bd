"""A whole Watchfloor in one process tree: servers, schema, programs; up until it is told to stop.

Owns the order: one instance a home, servers before the schema, the schema before programs, all stopped in
reverse. Whatever ends in between is started again; whatever cannot start the first time ends everything.
"""

import asyncio
import shutil
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

from watchfloor.kernel.config import METRICS_DIRECTORY, Settings, environment_with
from watchfloor.ops import migrate
from watchfloor.ops.instance import is_running, only_instance
from watchfloor.ops.logfile import keep_bounded
from watchfloor.ops.servers import admin_address, embedded_servers
from watchfloor.ops.service import Program
from watchfloor.ops.supervisor import Supervisor

PROGRAMS: Final = ("api", "doors", "syslog", "connectors", "pipeline", "worker", "bot")
"""What makes up an installation, beside its servers. The bot runs where Discord is set up."""


@asynccontextmanager
async def running(settings: Settings, *, tell: Callable[[str], None]) -> AsyncGenerator[None]:
    """Watchfloor runs inside this block.

    `tell` gets one line for a person at each step. Raises Conflict, Invalid or Unavailable if it cannot start.
    """
    with only_instance(settings.home):
        supervisor = Supervisor(tell)
        try:
            await _start_servers(supervisor, settings, tell)
            tell("preparing the database")
            await prepare(settings)
            programs = programs_of(settings)
            tell(f"starting {', '.join(program.name for program in programs)}")
            await supervisor.start(programs)
            bounding = asyncio.create_task(keep_bounded(settings.log_dir), name="bound logs")
            try:
                yield
            finally:
                bounding.cancel()
        finally:
            tell("stopping")
            await supervisor.stop()


@asynccontextmanager
async def storage(settings: Settings, *, tell: Callable[[str], None]) -> AsyncGenerator[None]:
    """The servers answer inside this block, for a command that works on the database.

    If this installation is up they do already; otherwise its own servers are started, and stopped at the end.
    """
    servers = embedded_servers(settings)
    if not servers or is_running(settings.home):
        yield
        return
    with only_instance(settings.home):
        supervisor = Supervisor(tell)
        try:
            await _start_servers(supervisor, settings, tell)
            yield
        finally:
            await supervisor.stop()


async def prepare(settings: Settings) -> list[str]:
    """Make database, roles, secrets and schema as this program needs them; returns the migrations applied."""
    await migrate.bootstrap(settings, admin_address(settings), create_database=settings.database_url is None)
    return await migrate.migrate(settings)


def programs_of(settings: Settings) -> list[Program]:
    """The programs that make up this installation. They share a directory for their metrics, emptied here."""
    metrics = settings.home / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(mode=0o700)
    environment = environment_with(**{METRICS_DIRECTORY: str(metrics)})
    copies = {
        "doors": settings.door_processes,
        "syslog": settings.syslog_processes if settings.listens_for_syslog else 0,
        "connectors": settings.connector_processes,
        "pipeline": settings.pipeline_processes,
        "bot": 0 if settings.discord_token is None else 1,
    }
    return [
        Program(_label(name, copy), _command(name), log_dir=settings.log_dir, environment=environment)
        for name in PROGRAMS
        for copy in range(copies.get(name, 1))
    ]


async def _start_servers(supervisor: Supervisor, settings: Settings, tell: Callable[[str], None]) -> None:
    servers = embedded_servers(settings)
    if servers:
        tell(f"starting {' and '.join(server.name for server in servers)} in {settings.home}")
    await supervisor.start(servers)


def _label(name: str, copy: int) -> str:
    return name if copy == 0 else f"{name}-{copy + 1}"


def _command(name: str) -> list[str]:
    return [sys.executable, "-P", "-m", "watchfloor.ops.cli", "serve", name]
