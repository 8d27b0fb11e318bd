"""The worker: delivers the outbox to the surfaces, pages people and keeps the chores. Any number may run.

Composition only: what is delivered is in `relay` and `consumers`, who is paged in `pager`, what is done regularly in
`chores`, when in `schedule`. A part that ends with a fault ends the worker, and the supervisor starts it again:
nothing is kept here that would be lost.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Role
from watchfloor.ops.chores import Chores
from watchfloor.ops.consumers import Resources, load_consumers
from watchfloor.ops.feed_alarms import open_feed_alarms
from watchfloor.ops.migrate import check_schema
from watchfloor.ops.pager import Pager
from watchfloor.ops.relay import Relay
from watchfloor.ops.responses import open_responses
from watchfloor.ops.schedule import keep


async def serve(settings: Settings, *, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Runs until `stop` is set. Raises Unavailable or Conflict when it cannot start."""
    async with AsyncExitStack() as opened:
        resources = Resources(settings, opened)
        await check_schema(await resources.database(Role.APP))
        consumers = [*load_consumers(resources), open_feed_alarms(resources), open_responses(resources)]
        pager = Pager(resources)
        chores = Chores(resources, consumers=consumers, clock=SystemClock()).all()
        ready()
        async with asyncio.TaskGroup() as parts:
            for consumer in consumers:
                parts.create_task(Relay(consumer, resources).run(stop), name=f"relay {consumer.name}")
            parts.create_task(pager.run(stop), name="pager")
            parts.create_task(keep(chores, settings, stop), name="chores")
