"""The connectors as a process: databases, keys, the intake, the way out, and a runner until told to stop.

Owns the wiring. Any number of these processes may run, on one machine or on several.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Callable

from watchfloor.feeds.connectors.catalogue import Catalogue, known_connectors
from watchfloor.feeds.connectors.reach import Reach
from watchfloor.feeds.connectors.running.runner import Runner, Tools
from watchfloor.feeds.connectors.running.turn import Pace
from watchfloor.feeds.doors.hints import Hints
from watchfloor.feeds.intake.opening import open_intake
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role
from watchfloor.kernel.valkey import Wake, connect
from watchfloor.tenancy.keyring import Keyring


async def serve(settings: Settings, *, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Runs connectors until told to stop. Raises Invalid, Unavailable when it cannot."""
    await run(settings, known_connectors(), pace=Pace(), ready=ready, stop=stop)


async def run(
    settings: Settings, catalogue: Catalogue, *, pace: Pace, ready: Callable[[], None], stop: asyncio.Event
) -> None:
    """Runs the connectors of a catalogue at a pace."""
    async with _opened(settings, catalogue) as tools:
        ready()
        await Runner(tools, pace=pace).run(stop)


@contextlib.asynccontextmanager
async def _opened(settings: Settings, catalogue: Catalogue) -> AsyncGenerator[Tools]:
    """What a runner works with, closed at the end."""
    async with contextlib.AsyncExitStack() as held:
        database = await Database.open(settings, Role.APP)
        held.push_async_callback(database.close)
        valkey = connect(settings)
        held.push_async_callback(valkey.aclose)
        hints = Hints(Wake(valkey))
        held.push_async_callback(hints.finish)
        keyring = Keyring.open(settings)
        yield Tools(
            reach=Reach.open(settings, database=database, clock=SystemClock()),
            keyring=keyring,
            intake=await held.enter_async_context(open_intake(settings, database, keyring, valkey=valkey)),
            catalogue=catalogue,
            hint=hints.give,
            chance=random.SystemRandom(),
        )
