"""SQL of schedules, of what they have asked for, and of the clock that says when."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, LiteralString

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.reporting.subject import Kind
from watchfloor.reporting.timetable.schedule import Due, Every, Schedule

LOCK_PLAN: Final[LiteralString] = (
    "select pg_advisory_xact_lock(hashtextextended('wf.report_plan:' || $1::uuid::text, 0))"
)

SELECT_SCHEDULES: Final[LiteralString] = """
select name,
       kind,
       framework,
       every,
       day,
       at,
       languages,
       since
  from wf.report_schedules
 where tenant_id = $1
 order by name
"""

UPSERT_SCHEDULE: Final[LiteralString] = """
insert into wf.report_schedules (tenant_id, name, kind, framework, every, day, at, languages, since)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (tenant_id, name) do update
   set every = excluded.every,
       day = excluded.day,
       at = excluded.at,
       languages = excluded.languages,
       since = case when report_schedules.every = excluded.every then report_schedules.since else excluded.since end
"""

DELETE_OTHERS: Final[LiteralString] = """
delete from wf.report_schedules
 where tenant_id = $1
   and name <> all($2::text[])
"""

SELECT_TIME_ZONE: Final[LiteralString] = """
select time_zone
  from wf.tenants
 where tenant_id = $1
"""

INSERT_RUN: Final[LiteralString] = """
insert into wf.report_runs (tenant_id, schedule, period_from, period_to, due_at)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, schedule, period_from, period_to) do nothing
"""

SELECT_RUNS: Final[LiteralString] = """
select schedule,
       period_from,
       period_to
  from wf.report_runs
 where tenant_id = $1
   and period_from >= $2
"""


class ScheduleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as it is kept; `languages` are parted by blanks."""

    name: str
    kind: Kind
    framework: str | None
    every: Every
    day: int
    at: str
    languages: str
    since: datetime


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A period that a schedule has asked for."""

    schedule: str
    period_from: date
    period_to: date


async def lock_plan(tx: TenantTx) -> None:
    """Holds off whoever else changes the tenant's schedules and recipients, until the transaction ends."""
    await tx.execute(LOCK_PLAN, tx.tenant_id)


async def select_schedules(tx: TenantTx) -> list[Schedule]:
    """The tenant's schedules, by name."""
    return [
        Schedule(
            name=row.name,
            kind=row.kind,
            framework=row.framework,
            every=row.every,
            day=row.day,
            at=row.at,
            languages=tuple(row.languages.split()),
            since=row.since,
        )
        for row in await tx.rows(ScheduleRow, SELECT_SCHEDULES, tx.tenant_id)
    ]


async def upsert_schedule(tx: TenantTx, schedule: Schedule, *, since: datetime) -> None:
    """Sets a schedule. One that is known keeps its `since`, unless it is for other periods now."""
    await tx.execute(
        UPSERT_SCHEDULE,
        tx.tenant_id,
        schedule.name,
        schedule.kind,
        schedule.framework,
        schedule.every,
        schedule.day,
        schedule.at,
        " ".join(schedule.languages),
        since,
    )


async def delete_others(tx: TenantTx, names: Sequence[str]) -> None:
    """Ends all schedules but these."""
    await tx.execute(DELETE_OTHERS, tx.tenant_id, list(names))


async def select_time_zone(tx: TenantTx) -> str | None:
    """The tenant's time zone, by its IANA name."""
    return await tx.value(str, SELECT_TIME_ZONE, tx.tenant_id)


async def insert_run(tx: TenantTx, schedule: str, due: Due) -> bool:
    """Notes that a period was asked for. False when it was before: then nobody asks again."""
    return bool(await tx.execute(INSERT_RUN, tx.tenant_id, schedule, due.period_from, due.period_to, due.due_at))


async def select_runs(tx: TenantTx, *, since: date) -> list[Run]:
    """The periods that were asked for, of those that begin on this day or later."""
    return await tx.rows(Run, SELECT_RUNS, tx.tenant_id, since)
