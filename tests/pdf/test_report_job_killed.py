"""A worker that is killed while it makes a report loses nothing and does nothing twice (Q1)."""

import asyncio
import contextlib
import random
import sys
from typing import Final

import pytest

from tests.domain import workplace
from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeWorker, Tenant, Worker
from watchfloor.desk import work
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx

acme = workplace.acme
count = workplace.count
make_event = workplace.make_event
make_rule = workplace.make_rule
make_tenant = workplace.make_tenant
make_worker = workplace.make_worker

KILLS: Final = 12
WORKER: Final = """
import asyncio, sys
from contextlib import AsyncExitStack
from uuid import UUID
from reports.job import open_reports
from watchfloor.kernel.config import load_settings
from watchfloor.kernel.ids import TenantId
from watchfloor.ops.consumers import Resources
from watchfloor.ops.relay import Relay

async def main():
    async with AsyncExitStack() as opened:
        resources = Resources(load_settings(), opened)
        print("ready", flush=True)
        await Relay(open_reports(resources), resources).turn({TenantId(UUID(sys.argv[1]))})

asyncio.run(main())
"""


async def start(settings: Settings, tenant: Tenant) -> asyncio.subprocess.Process:
    assert settings.database_url is not None
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WORKER, str(tenant.id)),
        stdout=asyncio.subprocess.PIPE,
        env={
            "WATCHFLOOR_HOME": str(settings.home),
            "WATCHFLOOR_ENVIRONMENT": "test",
            "WATCHFLOOR_VALKEY_PORT": str(settings.valkey_port),
            "DATABASE_URL": settings.database_url.reveal(),
        },
    )
    assert worker.stdout is not None
    assert await worker.stdout.readline() == b"ready\n"
    return worker


@pytest.fixture
async def incident(acme: Tenant, make_event: MakeEvent, make_rule: MakeRule) -> str:
    [incident_id] = await acme.work((make_rule(), make_event(1, host="ws-1")))
    return ids.show("inc", incident_id)


async def ask(tenant: Tenant, analyst: Worker, incident: str) -> None:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        await work.request_report(tx, tenant.cipher, analyst.actor, analyst.permissions, incident=incident)


async def ended(count: Count) -> tuple[int, int, int]:
    """Finished reports, their entries in the audit log, and the reports that are still to be made."""
    return (
        await count("wf.reports where state = 'ready'"),
        await count("wf.audit_entries where action = 'report.finish'"),
        await count("wf.outbox where topic = 'report.requested'"),
    )


@pytest.mark.crash
async def test_a_worker_killed_at_any_moment_leaves_each_report_once(
    settings: Settings, acme: Tenant, make_worker: MakeWorker, incident: str, *, count: Count
) -> None:
    dice = random.Random(7)
    for _ in range(KILLS):
        await ask(acme, make_worker(), incident)
        worker = await start(settings, acme)
        try:
            await asyncio.wait_for(worker.wait(), dice.uniform(0, 2.5))
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()
        ready, entries, waiting = await ended(count)
        assert ready == entries
        assert ready + waiting == await count("wf.reports")
    assert await (await start(settings, acme)).wait() == 0
    asked = await count("wf.reports")
    assert await ended(count) == (asked, asked, 0)
