"""`watchfloor breach list|show|missing|notices|register|bundle`: breach cases at the terminal, for looking.

Cases are worked by people who are signed in, at the desk, in the portal or by the API; the operator's account of the
machine is nobody who states or decides anything. A look is in the tenant's audit log.
"""

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import click
import msgspec

from watchfloor.access.visits import record_view
from watchfloor.breach import store
from watchfloor.breach.bundling.bundle import bundle
from watchfloor.breach.case import BreachCase
from watchfloor.breach.clocks import deadlines_of
from watchfloor.breach.fields import facts_in
from watchfloor.breach.missing import form_of, missing
from watchfloor.breach.notices.drafting import changes_of, gaps_of
from watchfloor.breach.notices.keeping import notices_of, snapshot
from watchfloor.breach.notices.notice import Notice, filings
from watchfloor.breach.register import Ruled, rows
from watchfloor.breach.rules.clock import Deadline
from watchfloor.breach.rules.forms import DocumentKind
from watchfloor.kernel import ids
from watchfloor.kernel.characters import visible
from watchfloor.kernel.ids import CaseId
from watchfloor.ops.office import Office, office_of
from watchfloor.tenancy.files import TenantFiles

_TENANT = click.option("--tenant", required=True, metavar="SLUG", help="The customer.")
_MOST = 200
_DAY = click.DateTime(formats=["%Y-%m-%d"])


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


@breach.command("notices", short_help="List a case's notices, what each lacks and what has changed.")
@click.argument("case")
@_TENANT
def list_notices(*, case: str, tenant: str) -> None:
    """List the notices of CASE in order: how far each is, what it lacks, and what it says otherwise than the last."""
    asyncio.run(_notices(tenant, case))


@breach.command("register", short_help="Print the register of breaches.")
@_TENANT
@click.option("--from", "first", type=_DAY, help="Cases opened from this day on.")
@click.option("--to", "until", type=_DAY, help="The day after the last one.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON, one a line.")
def show_register(*, tenant: str, first: datetime | None, until: datetime | None, as_json: bool) -> None:
    """Print a row for every case: what was decided, with the reason, and what went out when."""
    asyncio.run(
        _register(tenant, None if first is None else first.date(), None if until is None else until.date(), as_json)
    )


@breach.command("bundle", short_help="Write a case with all that was sent to an archive.")
@click.argument("case")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_TENANT
def write_bundle(*, case: str, file: Path, tenant: str) -> None:
    """Write CASE to FILE: its log, each notice as it was frozen, receipts, documents, and the audit entries."""
    ref, content = asyncio.run(_bundle(tenant, case))
    file.touch(mode=0o600)
    file.write_bytes(content)
    _say(f"{ref} is in {file}.")


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


async def _notices(slug: str, name: str) -> None:
    async with office_of(slug) as office:
        case = await _read(office, name)
        found = await notices_of(office.tx, office.cipher, CaseId(case.id))
        for notice in found:
            _draw(notice, ZoneInfo(case.tz))
            for gap in gaps_of(notice, await snapshot(office.tx, office.cipher, notice.id)):
                _say(f"    lacks {gap.path}: {gap.label}")
            for change in await changes_of(office.tx, office.cipher, notice):
                _say(f"    {change.way.replace('_', ' ')} {change.path}")
    if not found:
        _say("There is no notice.")


async def _register(slug: str, first: date | None, until: date | None, as_json: bool) -> None:  # noqa: FBT001
    async with office_of(slug) as office:
        found = await rows(office.tx, office.cipher, first=first, until=until)
        for row in found:
            shown = ids.show("brc", row.case_id)
            await record_view(office.tx, office.actor, object_kind="breach_case", object_id=shown)
    for row in found:
        if as_json:
            click.echo(msgspec.json.encode(row))
            continue
        _say(f"{row.ref}  {row.status}  {row.title}")
        _say(f"  breach: {_answer(row.is_breach)}")
        _say(f"  authority told: {_answer(row.authority)}")
        _say(f"  persons told: {_answer(row.subjects)}")
        for filing in row.filings:
            reference = "" if filing.reference is None else f", reference {filing.reference}"
            sent = _at(filing.submitted_at, ZoneInfo(row.time_zone))
            _say(f"  sent to {filing.recipient} ({filing.regime}, {filing.phase}) at {sent}{reference}")
    if not found and not as_json:
        _say("There is no breach case.")


async def _bundle(slug: str, name: str) -> tuple[str, bytes]:
    async with office_of(slug) as office:
        case = await _read(office, name)
        files = TenantFiles(office.settings.reports_dir, "reports")
        return case.ref, await bundle(office.tx, office.cipher, files, CaseId(case.id))


def _draw(notice: Notice, zone: ZoneInfo) -> None:
    phase = f"{notice.phase} {notice.part}" if notice.part else notice.phase
    due = "" if notice.due_at is None else f", due {_at(notice.due_at, zone)}"
    sent = "" if notice.submitted_at is None else f", sent {_at(notice.submitted_at, zone)}"
    _say(f"{ids.show('ntc', notice.id)}  {notice.status:<12} {notice.regime}.{notice.stage} {phase}{due}{sent}")
    _say(f"    to {notice.recipient}, in {notice.language}, of version {notice.case_version}, SHA-256 {notice.sha256}")


def _answer(ruled: Ruled) -> str:
    return ruled.answer if ruled.by is None else f"{ruled.answer}, by {ruled.by}: {ruled.reason}"


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
