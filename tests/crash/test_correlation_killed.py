"""A process that correlates is killed with -9 at random moments: its windows count each match once all the same.

The process is this file, run as a program; its "queue" is a message a batch in the outbox, written in the batch's
transaction, as the pipeline's batches leave their queue.
"""

import asyncio
import os
import random
import sys
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import pytest

from tests.conftest import Eventually
from tests.domain.workplace import MakeTenant, make_tenant
from tests.unit.correlation_cases import Stream, correlation, event, rule
from watchfloor.alerts.record import lock
from watchfloor.alerts.windows.correlate import correlate
from watchfloor.alerts.windows.store import WindowStore
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import Database, Role, tenant_tx
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.outbox import publish
from watchfloor.normalise.event import Event
from watchfloor.tenancy.keyring import Keyring

__all__ = ["make_tenant"]

pytestmark = pytest.mark.crash

ROOT: Final = Path(__file__).parents[2]
BATCHES: Final = 120
RULES: Final = (
    rule("a"),
    rule("b"),
    rule("I", correlation=correlation("event_count", ["a"], seconds=60, gte=5)),
    rule("C", correlation=correlation("temporal_ordered", ["I", "b"], seconds=120, gte=2)),
    rule("S", correlation=correlation("value_sum", ["a", "b"], seconds=60, fields=["n"], gte=40)),
)


def batches() -> list[list[Event]]:
    """The same batches each time, of events in no order."""
    dice = random.Random(11)
    return [
        [
            event(dice.randrange(3_000), dice.choice("aaab"), g=dice.choice("wxyz"), n=dice.randrange(9), number=number)
            for number in range(30 * batch, 30 * batch + 30)
        ]
        for batch in range(BATCHES)
    ]


async def work(settings: Settings, tenant_id: TenantId) -> None:
    """Works the batches that are not done yet, each in one transaction."""
    stream = Stream(*RULES)
    database = await Database.open(settings, Role.APP, connections=1)
    keyring = Keyring.open(settings)
    for number, events in enumerate(batches()):
        async with tenant_tx(database, tenant_id) as tx:
            await lock(tx)
            if await tx.value(int, "select 1 from wf.outbox where tenant_id = $1 and key = $2", tenant_id, str(number)):
                continue
            cipher = await keyring.cipher(tx)
            matches, now = stream.engine.match(events), max(one.time for one in events)
            await correlate(tx, cipher, correlator=stream.correlator, events=events, matches=matches, now=now)
            await publish(tx, topic="test.batch", key=str(number))
    await database.close()


async def test_windows_are_exact_though_their_process_is_killed_again_and_again(
    *,
    settings: Settings,
    make_tenant: MakeTenant,
    superuser: "asyncpg.Connection[asyncpg.Record]",
    eventually: Eventually,
) -> None:
    tenant = await make_tenant()
    dice = random.Random(3)
    kills = 0
    assert settings.database_url is not None
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.reveal(),
    }

    async def done() -> int:
        found: int = await superuser.fetchval("select count(*) from wf.outbox where topic = 'test.batch'")
        return found

    while await done() < BATCHES:
        goal = min(BATCHES, await done() + dice.randrange(2, 20))
        process = await asyncio.create_subprocess_exec(sys.executable, __file__, str(tenant.id), env=environ)

        async def is_there(goal: int = goal) -> bool:
            return await done() >= goal

        await eventually(is_there, within=60)
        if process.returncode is None:
            process.kill()
            kills += 1
        await process.wait()
    assert kills >= 5
    alone = Stream(*RULES)
    for one in sorted((one for batch in batches() for one in batch), key=lambda one: one.time):
        alone.feed(one)
    async with tenant_tx(tenant.database, tenant.id) as tx:
        store = WindowStore(tx, tenant.cipher, alone.correlator)
        await store.load(alone.windows.windows)
    right = {group: window.fired for group, window in alone.windows.windows.items()}
    assert {group: window.fired for group, window in store.windows.items()} == right
    assert len([fired for fired in right.values() if fired]) >= 6


if __name__ == "__main__":
    asyncio.run(work(load_settings(dict(os.environ)), TenantId(UUID(sys.argv[1]))))
