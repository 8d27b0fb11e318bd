"""A whole Watchfloor in one process tree: servers, schema, programs; up until it is told to stop.

Owns the order: one instance a home, servers before the schema, the schema before programs, all stopped in
reverse. Whatever ends in between is started again; whatever cannot start the first time ends everything.
"""

import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from watchfloor.kernel.config import Settings
from watchfloor.ops import migrate
from watchfloor.ops.instance import only_instance
from watchfloor.ops.servers import admin_address, embedded_servers
from watchfloor.ops.service import Program
from watchfloor.ops.supervisor import Supervisor

PROGRAMS = ("api", "doors", "pipeline", "worker")
"""What `watchfloor serve` runs, in the order in which an installation starts them."""


@asynccontextmanager
async def running(settings: Settings, *, tell: Callable[[str], None]) -> AsyncGenerator[None]:
    """Watchfloor runs inside this block.

    `tell` gets one line for a person at each step. Raises Conflict, Invalid or Unavailable if it cannot start.
    """
    with only_instance(settings.home):
        supervisor = Supervisor(tell)
        try:
            servers = embedded_servers(settings)
            for server in servers:
                tell(f"starting {server.name}")
            await supervisor.start(servers)
            tell("preparing the database")
            await prepare(settings)
            programs = programs_of(settings)
            tell(f"starting {', '.join(program.name for program in programs)}")
            await supervisor.start(programs)
            yield
        finally:
            tell("stopping")
            await supervisor.stop()


async def prepare(settings: Settings) -> list[str]:
    """Make database, roles, secrets and schema as this program needs them; returns the migrations applied."""
    await migrate.bootstrap(settings, admin_address(settings), create_database=settings.database_url is None)
    return await migrate.migrate(settings)


def programs_of(settings: Settings) -> list[Program]:
    """The programs that make up this installation."""
    return [
        Program(_label(name, copy), _command(name), log_dir=settings.log_dir)
        for name in PROGRAMS
        for copy in range(settings.pipeline_processes if name == "pipeline" else 1)
    ]


def _label(name: str, copy: int) -> str:
    return name if copy == 0 else f"{name}-{copy + 1}"


def _command(name: str) -> list[str]:
    return [sys.executable, "-P", "-m", "watchfloor.ops.cli", "serve", name]
