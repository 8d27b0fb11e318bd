"""`watchfloor serve NAME`: one of the programs that make up an installation, in the foreground."""

import asyncio
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points, version
from typing import Final, Protocol, cast

import click
import uvloop

from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.logging import start_logging
from watchfloor.kernel.telemetry import start_tracing
from watchfloor.ops.service import announce_ready
from watchfloor.ops.termination import told_to_stop

_PROGRAMS: Final = {
    "api": "watchfloor.ops.api:serve",
    "doors": "watchfloor.feeds.doors.server:serve",
    "syslog": "watchfloor.feeds.doors.stream.server:serve",
    "connectors": "watchfloor.feeds.connectors.server:serve",
    "pipeline": "watchfloor.ops.pipeline:serve",
    "worker": "watchfloor.ops.worker:serve",
}
"""The `Serve` function of each program of the core."""

PROGRAM_GROUP: Final = "watchfloor.programs"
"""The entry-point group by which packages above the core add programs."""

SWITCH_SECONDS: Final = 0.0005
"""How long a thread that computes may keep the event loop waiting: a tenth of Python's own, as one small request passes
it several times while another tenant's large batch is worked."""


class Serve(Protocol):
    """How a program is run: it calls `ready` once it can work, and returns soon after `stop` is set."""

    async def __call__(self, settings: Settings, *, ready: Callable[[], None], stop: asyncio.Event) -> None:
        """Run until told to stop. Raises a WatchfloorError if it cannot work."""
        ...


@click.command()
@click.argument("name", type=click.Choice(sorted({*_PROGRAMS, *entry_points(group=PROGRAM_GROUP).names})))
@click.option("--ready-fd", type=int, hidden=True, help="File descriptor to write a line to when ready.")
def serve(*, name: str, ready_fd: int | None) -> None:
    """Run one program: the api, the doors, syslog (with RELP), the connectors, the pipeline, the worker or the bot."""
    settings = load_settings()
    start_logging(process=name, level=settings.log_level)
    tracing = start_tracing(process=name, version=version("watchfloor"), endpoint=settings.otlp_endpoint)
    sys.setswitchinterval(SWITCH_SECONDS)
    program = _program(name)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(program, settings, ready_fd))
    finally:
        tracing.shutdown()


def _program(name: str) -> Serve:
    if name not in _PROGRAMS:
        (contributed,) = entry_points(group=PROGRAM_GROUP, name=name)
        return cast("Serve", contributed.load())
    module, _, attribute = _PROGRAMS[name].partition(":")
    return cast("Serve", getattr(import_module(module), attribute))


async def _run(program: Serve, settings: Settings, ready_fd: int | None) -> None:
    with told_to_stop() as stop:
        await program(settings, ready=lambda: announce_ready(ready_fd), stop=stop)
