"""`/tenants/{tenant}/report-plan`: reports that are made by themselves, who hears of them, and what became of mails.

When reports come is for all who may read them. Addresses, and what is told to whom, are for those who manage that.
"""

from datetime import datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access.roles import Permission
from watchfloor.controls.library import shipped
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import ReportId
from watchfloor.reporting.branding.stated import check_address
from watchfloor.reporting.delivery import queries as mails
from watchfloor.reporting.delivery.asking import tell
from watchfloor.reporting.delivery.queries import DeliveryRow, State
from watchfloor.reporting.delivery.recipients import Recipient, open_address
from watchfloor.reporting.delivery.words import WORDS
from watchfloor.reporting.plan import Plan, change_plan, read_plan
from watchfloor.reporting.subject import KINDS, Kind
from watchfloor.reporting.timetable.asking import tenant_zone
from watchfloor.reporting.timetable.schedule import DEFAULT_EVERY, Every, Schedule, name_of, next_due
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.api.reports import find_report
from watchfloor.web.declaration import in_tenant

MOST_SCHEDULES: Final = 30
MOST_RECIPIENTS: Final = 50
MOST_MAILS: Final = 200

Scheduled = Literal["service", "controls", "assurance"]
Told = Literal["incident", "service", "controls", "assurance"]
"""The kinds that mail tells of: those that every member of the tenant may read."""

_Report = Annotated[str, PathParameter(description="A report's id (`rpt_...`).", max_length=64)]


class ScheduleStated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report of the month or quarter before, on a day of the next one, by the tenant's clocks.

    `every` is a month for service reports and a quarter for the others, unless it says so; control evidence has a
    `framework`; without `languages` it is in the tenant's.
    """

    report: Scheduled
    framework: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | None = None
    every: Every | None = None
    day: Annotated[int, msgspec.Meta(ge=1, le=28)] = 1
    at: Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["07:00"])] = "07:00"
    languages: Annotated[list[Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")]], msgspec.Meta(max_length=7)] = []


class RecipientStated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who hears by mail that a report of these kinds is there. A mail has a link and never the report."""

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    reports: Annotated[list[Told], msgspec.Meta(min_length=1, max_length=4)]


class PlanStated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All schedules and all recipients: what is not among them ends."""

    schedules: Annotated[list[ScheduleStated], msgspec.Meta(max_length=MOST_SCHEDULES)] = []
    recipients: Annotated[list[RecipientStated], msgspec.Meta(max_length=MOST_RECIPIENTS)] = []


class ScheduleView(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule and when it is due next."""

    report: Kind
    framework: str | None
    every: Every
    day: int
    at: str
    languages: tuple[str, ...]
    next_due_at: datetime


class RecipientView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who hears of reports of these kinds."""

    email: str
    reports: tuple[Kind, ...]


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """What is made by itself, and who hears of it. `recipients` is null for whoever may not manage them."""

    schedules: list[ScheduleView]
    recipients: list[RecipientView] | None


class MailView(msgspec.Struct, frozen=True, kw_only=True):
    """A mail about a report. `uncertain`: it left, and the server never said whether it took it."""

    report: str
    email: str
    state: State
    attempts: int
    asked_at: datetime
    sent_at: datetime | None
    outcome: str | None


class MailsView(msgspec.Struct, frozen=True, kw_only=True):
    """Mails about reports."""

    items: list[MailView]


@get("/report-plan", access=in_tenant(Permission.REPORT_READ, "report"), dependencies=IN_TENANT, tags=["reports"])
async def read_report_plan(call: InTenant) -> PlanView:
    """Which reports are made by themselves, when next, and who hears of them."""
    async with call.records() as tx:
        return await _view(call, tx)


@post(
    "/report-plan",
    access=in_tenant(Permission.REPORT_MANAGE, "report", limit="write"),
    dependencies=IN_TENANT,
    tags=["reports"],
    status_code=200,
)
async def set_report_plan(call: InTenant, data: JSONBody[PlanStated]) -> PlanView:
    """Set all schedules and recipients. A new schedule makes up for nothing that is past."""
    plan = _plan(data)
    async with call.records() as tx:
        await change_plan(tx, await call.cipher(tx), call.actor, plan, at=call.services.clock.now())
        return await _view(call, tx)


@get("/report-mails", access=in_tenant(Permission.REPORT_MANAGE, "report"), dependencies=IN_TENANT, tags=["reports"])
async def list_open_mails(call: InTenant) -> MailsView:
    """The mails that have not arrived as far as we know: waiting, failed, uncertain; the newest 200."""
    async with call.records() as tx:
        return _mails(await mails.select_open(tx, limit=MOST_MAILS), await call.cipher(tx))


@get(
    "/reports/{report:str}/mails",
    access=in_tenant(Permission.REPORT_MANAGE, "report"),
    dependencies=IN_TENANT,
    tags=["reports"],
)
async def list_mails(call: InTenant, report: _Report) -> MailsView:
    """Who was told by mail of a report, and what became of each mail."""
    async with call.records() as tx:
        found = await find_report(call, tx, report)
        return _mails(await mails.select_of_report(tx, found.id), await call.cipher(tx))


@post(
    "/reports/{report:str}/mails",
    access=in_tenant(Permission.REPORT_MANAGE, "report", limit="report"),
    dependencies=IN_TENANT,
    tags=["reports"],
    status_code=200,
)
async def send_mails(call: InTenant, report: _Report) -> MailsView:
    """Tell every recipient of this kind who was not told; and again whoever it failed with, or may not have reached."""
    async with call.records() as tx:
        found = await find_report(call, tx, report)
        await tell(tx, call.actor, found.id, kind=found.kind)
        return _mails(await mails.select_of_report(tx, found.id), await call.cipher(tx))


ROUTES: list[HTTPRouteHandler] = [read_report_plan, set_report_plan, list_open_mails, list_mails, send_mails]


def _mails(rows: list[DeliveryRow], cipher: TenantCipher) -> MailsView:
    return MailsView(
        items=[
            MailView(
                report=ids.show("rpt", ReportId(row.report_id)),
                email=open_address(cipher, row.address_index, row.address),
                state=row.state,
                attempts=row.attempts,
                asked_at=row.asked_at,
                sent_at=row.sent_at,
                outcome=row.outcome,
            )
            for row in rows
        ]
    )


async def _view(call: InTenant, tx: TenantTx) -> PlanView:
    plan, zone, now = await read_plan(tx, await call.cipher(tx)), await tenant_zone(tx), call.services.clock.now()
    recipients = [RecipientView(email=one.address, reports=one.kinds) for one in plan.recipients]
    return PlanView(
        schedules=[_schedule_view(schedule, zone, now) for schedule in plan.schedules],
        recipients=recipients if Permission.REPORT_MANAGE in call.permissions else None,
    )


def _schedule_view(schedule: Schedule, zone: ZoneInfo, now: datetime) -> ScheduleView:
    return ScheduleView(
        report=schedule.kind,
        framework=schedule.framework,
        every=schedule.every,
        day=schedule.day,
        at=schedule.at,
        languages=schedule.languages,
        next_due_at=next_due(schedule, at=now, zone=zone).due_at,
    )


def _plan(data: PlanStated) -> Plan:
    schedules = {(schedule := _schedule(one)).name: schedule for one in data.schedules}
    recipients = {(recipient := _recipient(one)).address: recipient for one in data.recipients}
    if len(schedules) < len(data.schedules):
        raise Invalid("Two schedules are for the same report.", where="schedules", remedy="Remove one.")
    if len(recipients) < len(data.recipients):
        raise Invalid("One address stands here twice.", where="recipients", remedy="Remove one.")
    return Plan(schedules=tuple(schedules.values()), recipients=tuple(recipients.values()))


def _schedule(stated: ScheduleStated) -> Schedule:
    if (stated.report == "controls") != (stated.framework is not None):
        message = "Control evidence needs a framework." if stated.report == "controls" else "It has no framework."
        raise Invalid(message, where="framework")
    frameworks = [framework.id for framework in shipped().frameworks]
    if stated.framework is not None and stated.framework not in frameworks:
        remedy = f"Frameworks: {', '.join(frameworks)}."
        raise Invalid(f"There is no framework {stated.framework}.", where="framework", remedy=remedy)
    for language in stated.languages:
        if language not in WORDS:
            remedy = f"Languages: {', '.join(sorted(WORDS))}."
            raise Invalid(f"There are no reports in {language}.", where="languages", remedy=remedy)
    return Schedule(
        name=name_of(stated.report, stated.framework),
        kind=stated.report,
        framework=stated.framework,
        every=stated.every or DEFAULT_EVERY[stated.report],
        day=stated.day,
        at=stated.at,
        languages=tuple(dict.fromkeys(stated.languages)),
    )


def _recipient(stated: RecipientStated) -> Recipient:
    check_address(stated.email, where="email")
    kinds: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind in stated.reports)
    return Recipient(address=stated.email.lower(), kinds=kinds)
