"""`watchfloor breach list|show|missing`: breach cases at the terminal, for looking.

Cases are worked by people who are signed in, at the desk, in the portal or by the API; the operator's account of the
machine is nobody who states or decides anything. A look is in the tenant's audit log.
"""

import asyncio
from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

import click
import msgspec

from watchfloor.access.visits import record_view
from watchfloor.breach import store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.clocks import deadlines_of
from watchfloor.breach.fields import facts_in
from watchfloor.breach.missing import form_of, missing
from watchfloor.breach.notices.keeping import notices_of
from watchfloor.breach.notices.notice import filings
from watchfloor.breach.rules.clock import Deadline
from watchfloor.breach.rules.forms import DocumentKind
from watchfloor.kernel import ids
from watchfloor.kernel.characters import visible
from watchfloor.kernel.ids import CaseId
from watchfloor.ops.office import Office, office_of

_TENANT = click.option("--tenant", required=True, metavar="SLUG", help="The customer.")
_MOST = 200


@click.group(short_help="Look at breach cases: what is known, what is missing, what is due.")
def breach() -> None:
    """Breach cases of a customer."""


@breach.command("list", short_help="List the cases.")
@_TENANT
def list_cases(*, tenant: str) -> None:
    """List the cases of a customer, the newest first."""
    asyncio.run(_list(tenant))


@breach.command("show", short_help="Show a case with its clocks.")
@click.argument("case")
@_TENANT
@click.option("--json", "as_json", is_flag=True, help="Print the whole case as one JSON document.")
def show_case(*, case: str, tenant: str, as_json: bool) -> None:
    """Show CASE (BC-2026-0001): its clocks, its facts and its decisions."""
    asyncio.run(_show(tenant, case, as_json=as_json))


@breach.command("missing", short_help="Say what a document cannot go without.")
@click.argument("case")
@click.argument("document", type=click.Choice(get_args(DocumentKind)))
@_TENANT
@click.option("--stage", help="The stage of a NIS2 or DORA report.")
@click.option("--authority", help="Whose form it is, such as DE-BY1; without it, the case's own.")
def show_missing(*, case: str, document: DocumentKind, tenant: str, stage: str | None, authority: str | None) -> None:
    """Say which mandatory fields of DOCUMENT nobody has filled in CASE."""
    asyncio.run(_missing(tenant, case, document, stage=stage, authority=authority))


async def _list(slug: str) -> None:
    async with office_of(slug) as office:
        cases = await store.page(office.tx, office.cipher, limit=_MOST)
        for case in cases:
            await _note(office, case)
    for case in cases:
        _say(f"{case.ref}  {case.status:<20} {case.updated_at:%Y-%m-%d %H:%M} UTC  {case.title}")
    if not cases:
        _say("There is no breach case.")


async def _show(slug: str, name: str, *, as_json: bool) -> None:
    async with office_of(slug) as office:
        case = await _read(office, name)
        filed = filings(await notices_of(office.tx, office.cipher, CaseId(case.id)))
        due = deadlines_of(case, filed, await store.now(office.tx))
    if as_json:
        click.echo(msgspec.json.encode(case))
        return
    _say(f"{case.ref}: {case.title}")
    _say(f"{case.status}, version {case.version}, telling the persons: {case.telling}")
    zone = ZoneInfo(case.tz)
    for deadline in due:
        _say(_deadline(deadline, zone))
    for path, fact in facts_in(case):
        value = "" if fact.value is None else f" {msgspec.json.encode(fact.value).decode()}"
        until = "" if fact.expected_at is None else f" until {_at(fact.expected_at, zone)}"
        _say(f"  {path}: {fact.status}{until}{value}")
    for decision in case.decisions:
        _say(f"  decided {decision.path}: {decision.outcome}, by {decision.by} at {_at(decision.at, zone)}")


async def _missing(slug: str, name: str, document: DocumentKind, *, stage: str | None, authority: str | None) -> None:
    async with office_of(slug) as office:
        case = await _read(office, name)
    gaps = missing(case, form_of(case, document, stage=stage, authority=authority))
    for gap in gaps:
        _say(f"{gap.path:<40} {gap.section}: {gap.label}")
    if not gaps:
        _say("Nothing is missing.")


async def _read(office: Office, name: str) -> BreachCase:
    case = await store.read(office.tx, office.cipher, await store.find(office.tx, name))
    await _note(office, case)
    return case


async def _note(office: Office, case: BreachCase) -> None:
    await record_view(office.tx, office.actor, object_kind="breach_case", object_id=ids.show("brc", case.id))


def _deadline(deadline: Deadline, zone: ZoneInfo) -> str:
    provisional = " (if it applies)" if deadline.is_provisional else ""
    due = f"waits for {deadline.waits_for}" if deadline.due_at is None else f"due {_at(deadline.due_at, zone)}"
    return f"  {deadline.regime}.{deadline.stage}: {deadline.state}{provisional}, {due}"


def _at(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def _say(text: str) -> None:
    click.echo(visible(text, newline=" "))
