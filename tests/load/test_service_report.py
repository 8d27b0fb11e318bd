"""A service report of ten million events and 400 incidents: how long it takes, how much room it needs, its length.

The figures are read in the worker's process and the report rendered in one of its own: both are counted.
"""

import resource
import time
from datetime import UTC, date, datetime
from typing import Final, TypeAlias

import asyncpg
import pytest

from infra.load import tell
from reports.documents.service.collect import collect
from reports.facts import Provider
from reports.letterhead import Desk
from reports.queries import RequestRow
from reports.sandbox import render_in_sandbox
from tests.domain.conftest import acme, make_tenant
from tests.domain.month import SEPTEMBER, Month, fill
from tests.domain.workplace import Tenant
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.ids import new_uuid

__all__ = ["acme", "make_tenant"]

pytestmark = pytest.mark.load

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
BUSY: Final = Month(feeds=20, events_an_hour=670, incidents=400, alerts_an_incident=12)
SECONDS: Final = 30
MEBIBYTES: Final = 400
PAGES: Final = 14


async def test_a_busy_month_is_told_in_half_a_minute_in_fourteen_pages(
    acme: Tenant, superuser: Connection, db_report: Database, db_auth: Database
) -> None:
    await fill(superuser, acme, BUSY)
    await fill(superuser, acme, SEPTEMBER)
    await superuser.execute("analyze")
    request = RequestRow(
        id=new_uuid(),
        kind="service",
        incident_id=None,
        case_id=None,
        notice_id=None,
        period_from=date(2025, 10, 1),
        period_to=date(2025, 11, 1),
        framework=None,
        language="de",
        state="queued",
        created_at=datetime.now(UTC),
    )
    desk = Desk(provider=Provider(name="Northgate SOC", contact="https://soc.example"), directory=db_auth)
    begun = time.monotonic()
    async with tenant_tx(db_report, acme.id) as tx:
        report = await collect(tx, acme.cipher, request, desk)
    collected = time.monotonic() - begun
    printed = await render_in_sandbox(report)
    seconds = time.monotonic() - begun
    own, child = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    events, incidents = report.number("events").value or 0, len(report.incidents)
    tell(
        f"service report: {events:,.0f} events, {incidents} incidents: {collected:.1f} s to collect, {seconds:.1f} s in"
        f" all, {printed.pages} pages, {len(printed.pdf):,} bytes, {own:.0f} MiB worker, {child:.0f} MiB sandbox"
    )
    assert events >= 10_000_000
    assert incidents == 400
    assert seconds < SECONDS
    assert max(own, child) < MEBIBYTES
    assert 8 <= printed.pages <= PAGES
