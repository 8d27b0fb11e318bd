"""Setting a tenant's schedules: all of them at once, as its bundle has them."""

from collections.abc import Sequence
from datetime import datetime

from watchfloor.kernel.db import TenantTx
from watchfloor.reporting.timetable import queries
from watchfloor.reporting.timetable.schedule import Schedule


async def keep_schedules(tx: TenantTx, schedules: Sequence[Schedule], *, at: datetime) -> None:
    """Makes these the tenant's schedules. A new one begins `at`: what would have been due before is not made up for."""
    await queries.delete_others(tx, [schedule.name for schedule in schedules])
    for schedule in schedules:
        await queries.upsert_schedule(tx, schedule, since=at)
