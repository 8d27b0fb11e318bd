"""What reports a tenant gets by itself, and who hears of them: read and changed as a whole."""

from datetime import datetime

import msgspec

from watchfloor.audit.append import Actor, append
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.reporting.delivery.recipients import Recipient, keep_recipients, read_recipients
from watchfloor.reporting.timetable.keeping import keep_schedules
from watchfloor.reporting.timetable.queries import lock_plan, select_schedules
from watchfloor.reporting.timetable.schedule import Schedule

CHANGED = "tenant.reports"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is made by itself, by name; and who hears of it, by address."""

    schedules: tuple[Schedule, ...] = ()
    recipients: tuple[Recipient, ...] = ()


async def read_plan(tx: TenantTx, cipher: TenantCipher) -> Plan:
    """What the tenant has, without since when. Raises Unopenable."""
    known = [msgspec.structs.replace(schedule, since=None) for schedule in await select_schedules(tx)]
    return Plan(schedules=tuple(known), recipients=tuple(await read_recipients(tx, cipher)))


async def change_plan(tx: TenantTx, cipher: TenantCipher, actor: Actor, plan: Plan, *, at: datetime) -> bool:
    """Makes it the tenant's, audited, and says whether it differed. New schedules begin `at`. Raises Unopenable."""
    wanted = Plan(
        schedules=tuple(sorted(plan.schedules, key=lambda schedule: schedule.name)),
        recipients=tuple(sorted(plan.recipients, key=lambda recipient: recipient.address)),
    )
    await lock_plan(tx)
    before = await read_plan(tx, cipher)
    if wanted == before:
        return False
    await keep_schedules(tx, wanted.schedules, at=at)
    await keep_recipients(tx, cipher, wanted.recipients)
    shown = ids.show("ten", tx.tenant_id)
    await append(tx, actor, action=CHANGED, object_kind="tenant", object_id=shown, before=before, after=wanted)
    return True
