"""`watchfloor report mails|tell`: what became of the mails about reports, and telling people again.

Owns what the commands print. Who hears of reports stands in the customer's plan (`watchfloor tenant reports`).
"""

import asyncio
from datetime import UTC

import click

from watchfloor.access.visits import record_view
from watchfloor.kernel import ids
from watchfloor.kernel.characters import visible
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import ReportId
from watchfloor.ops.office import Office, office_of
from watchfloor.reporting.delivery import queries
from watchfloor.reporting.delivery.asking import tell
from watchfloor.reporting.delivery.queries import DeliveryRow
from watchfloor.reporting.delivery.recipients import open_address

_TENANT = click.option("--tenant", required=True, metavar="SLUG", help="The customer.")
_MOST = 200


@click.command("mails", short_help="Show what became of mails about reports.")
@click.argument("report", required=False)
@_TENANT
def mails(*, report: str | None, tenant: str) -> None:
    """Show the mails about REPORT (rpt_...); without one, those that have not arrived as far as we know."""
    asyncio.run(_show(tenant, report))


@click.command("tell", short_help="Tell recipients of a report who were not told.")
@click.argument("report")
@_TENANT
def tell_of(*, report: str, tenant: str) -> None:
    """Send a mail about REPORT to each recipient who was not told.

    Whom it failed with, or may not have reached, is told again.
    """
    asyncio.run(_tell(tenant, report))


async def _show(slug: str, report: str | None) -> None:
    async with office_of(slug) as office:
        if report is None:
            rows = await queries.select_open(office.tx, limit=_MOST)
        else:
            rows = await queries.select_of_report(office.tx, ids.parse("rpt", report))
        await record_view(office.tx, office.actor, object_kind="report", object_id=report or "mails")
        lines = [_line(office, row) for row in rows]
    for line in lines or ["There is no such mail."]:
        click.echo(visible(line, newline=" "))


async def _tell(slug: str, report: str) -> None:
    async with office_of(slug) as office:
        report_id = ids.parse("rpt", report)
        kind = await queries.select_kind(office.tx, report_id)
        if kind is None:
            raise NotFound("There is no such report.", where=report)
        asked = await tell(office.tx, office.actor, report_id, kind=kind)
    click.echo(f"{asked} to be told by mail")


def _line(office: Office, row: DeliveryRow) -> str:
    at = row.sent_at or row.due_at
    word = {"sent": "sent", "due": "next try"}.get(row.state, "since")
    outcome = "" if row.outcome is None or row.state == "sent" else f"  {row.outcome}"
    address = open_address(office.cipher, row.address_index, row.address)
    shown = ids.show("rpt", ReportId(row.report_id))
    return f"{shown}  {row.state:<9} {word} {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC  {address}{outcome}"
