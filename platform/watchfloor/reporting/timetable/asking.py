"""Asking for what is due: by the same way as a person does, once for each period, however many workers look.

The row of the run is written with the request, in one transaction, and its key makes a second one impossible; a worker
that dies in between leaves neither. What was due during an outage is asked for afterwards.
"""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watchfloor.audit.append import Actor
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.reporting.delivery.asking import announce
from watchfloor.reporting.request import request
from watchfloor.reporting.subject import Subject
from watchfloor.reporting.timetable import queries
from watchfloor.reporting.timetable.schedule import Due, Schedule, due_periods

ASKED_BY: Final = "schedule"

_ACTOR: Final = Actor(kind="system", id=ASKED_BY, role="system", request_id="")


async def ask_for_due(tx: TenantTx, *, at: datetime) -> int:
    """Asks for each report of the tenant that is due, and for the mails about it; how many were asked for.

    Whoever calls hints at REPORT_REQUESTED afterwards. Raises Invalid for a time zone that is not known.
    """
    zone, asked = await tenant_zone(tx), 0
    for schedule, due in await _missing(tx, at=at, zone=zone):
        if await queries.insert_run(tx, schedule.name, due):
            asked += await _ask(tx, schedule, due)
    return asked


async def _missing(tx: TenantTx, *, at: datetime, zone: ZoneInfo) -> list[tuple[Schedule, Due]]:
    """What is due and was not asked for. Another worker may be about to: the key of the run decides."""
    found = [
        (schedule, due)
        for schedule in await queries.select_schedules(tx)
        for due in due_periods(schedule, since=at if schedule.since is None else schedule.since, at=at, zone=zone)
    ]
    if not found:
        return []
    runs = await queries.select_runs(tx, since=min(due.period_from for _, due in found))
    known = {(run.schedule, run.period_from, run.period_to) for run in runs}
    return [(schedule, due) for schedule, due in found if (schedule.name, due.period_from, due.period_to) not in known]


async def _ask(tx: TenantTx, schedule: Schedule, due: Due) -> int:
    subject = Subject(
        kind=schedule.kind,
        period_from=due.period_from,
        period_to=due.period_to,
        framework=schedule.framework,
    )
    languages: tuple[str | None, ...] = schedule.languages or (None,)
    for language in languages:
        asked = await request(tx, _ACTOR, subject, language=language)
        await announce(tx, asked.report_id, kind=schedule.kind, asked_by=ASKED_BY)
    return len(languages)


async def tenant_zone(tx: TenantTx) -> ZoneInfo:
    """The zone of the tenant's clocks. Raises Invalid for one that is not known."""
    name = await queries.select_time_zone(tx) or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise Invalid(f"There is no time zone {name!r}.", where="time_zone") from None
