"""`watchfloor tenant reports`: which reports a tenant gets by itself, when next, and who hears of them."""

import click

from tenants.installation import find_tenant
from tenants.terminal import opened_installation, run, say
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import TenantId
from watchfloor.reporting.plan import read_plan
from watchfloor.reporting.timetable.asking import tenant_zone
from watchfloor.reporting.timetable.schedule import next_due


@click.command("reports")
@click.argument("slug")
def reports_plan(*, slug: str) -> None:
    """Show which reports the tenant SLUG gets by itself, when next, and who hears of them."""
    run(_show(slug))


async def _show(slug: str) -> None:
    now = SystemClock().now()
    async with opened_installation() as installation:
        tenant_id = TenantId((await find_tenant(installation, slug)).id)
        async with tenant_tx(installation.app, tenant_id) as tx:
            plan = await read_plan(tx, await installation.keyring.cipher(tx))
            zone = await tenant_zone(tx)
    if not plan.schedules:
        say("no report is made by itself")
    for schedule in plan.schedules:
        due = next_due(schedule, at=now, zone=zone)
        languages = ", ".join(schedule.languages) or "the tenant's language"
        say(f"{schedule.name}: {due.due_at.astimezone(zone):%Y-%m-%d %H:%M %Z}, from {due.period_from}, in {languages}")
    for recipient in plan.recipients:
        say(f"{recipient.address} hears of: {', '.join(recipient.kinds)}")
