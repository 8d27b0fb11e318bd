"""SQL of recipients and of the mails about reports. Times are the database's (Q8)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, Literal, LiteralString, TypeAlias
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.reporting.subject import Kind

State: TypeAlias = Literal["due", "taken", "handing", "sent", "failed", "uncertain"]

SELECT_RECIPIENTS: Final[LiteralString] = """
select address_index,
       address,
       kinds
  from wf.report_recipients
 where tenant_id = $1
 order by address_index
 limit 200
"""

DELETE_RECIPIENTS: Final[LiteralString] = """
delete from wf.report_recipients
 where tenant_id = $1
"""

INSERT_RECIPIENT: Final[LiteralString] = """
insert into wf.report_recipients (tenant_id, address_index, address, kinds)
values ($1, $2, $3, $4)
"""

INSERT_DELIVERY: Final[LiteralString] = """
insert into wf.report_deliveries (tenant_id, id, report_id, address_index, address, asked_by)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, report_id, address_index) do nothing
"""

REPEAT_DELIVERY: Final[LiteralString] = """
update wf.report_deliveries
   set id = $4,
       address = $5,
       asked_by = $6,
       asked_at = now(),
       state = 'due',
       attempts = 0,
       due_at = now(),
       held_until = null,
       outcome = null
 where tenant_id = $1
   and report_id = $2
   and address_index = $3
   and state in ('failed', 'uncertain')
"""

LOCK_DUE: Final[LiteralString] = """
select d.id,
       d.report_id,
       d.address,
       d.address_index,
       d.attempts,
       d.asked_at,
       r.kind,
       r.state,
       r.language,
       r.period_from,
       r.period_to
  from wf.report_deliveries d
  join wf.reports r
    on r.tenant_id = d.tenant_id
   and r.id = d.report_id
 where d.tenant_id = $1
   and d.due_at <= now()
   and d.state in ('due', 'taken')
   and (d.state = 'due' or d.held_until <= now())
   and r.state <> 'queued'
 order by d.due_at
 limit $2
   for update of d skip locked
"""

GIVE_UP_HANDING: Final[LiteralString] = """
update wf.report_deliveries
   set state = 'uncertain',
       held_until = null,
       outcome = 'the sender died while it left'
 where tenant_id = $1
   and state = 'handing'
   and due_at <= now()
   and held_until <= now()
"""

NOTE_TAKEN: Final[LiteralString] = """
update wf.report_deliveries
   set state = 'taken',
       attempts = attempts + 1,
       held_until = now() + make_interval(secs => $3)
 where tenant_id = $1
   and id = $2
"""

NOTE_HANDING: Final[LiteralString] = """
update wf.report_deliveries
   set state = 'handing',
       held_until = now() + make_interval(secs => $4)
 where tenant_id = $1
   and id = $2
   and attempts = $3
   and state = 'taken'
"""

NOTE_AGAIN: Final[LiteralString] = """
update wf.report_deliveries
   set state = 'due',
       held_until = null,
       outcome = $4,
       due_at = now() + make_interval(secs => $5)
 where tenant_id = $1
   and id = $2
   and attempts = $3
   and state in ('taken', 'handing')
"""

NOTE_GIVEN_BACK: Final[LiteralString] = """
update wf.report_deliveries
   set state = 'due',
       attempts = attempts - 1,
       held_until = null
 where tenant_id = $1
   and id = $2
   and attempts = $3
   and state = 'taken'
"""

NOTE_ENDED: Final[LiteralString] = """
update wf.report_deliveries
   set state = $4,
       held_until = null,
       outcome = $5,
       sent_at = case when $4 = 'sent' then now() end
 where tenant_id = $1
   and id = $2
   and attempts = $3
   and state in ('due', 'taken', 'handing')
"""

SELECT_OF_REPORT: Final[LiteralString] = """
select id,
       report_id,
       address,
       address_index,
       asked_by,
       asked_at,
       state,
       attempts,
       due_at,
       sent_at,
       outcome
  from wf.report_deliveries
 where tenant_id = $1
   and report_id = $2
 order by asked_at,
          id
 limit 200
"""


SELECT_OPEN: Final[LiteralString] = """
select id,
       report_id,
       address,
       address_index,
       asked_by,
       asked_at,
       state,
       attempts,
       due_at,
       sent_at,
       outcome
  from wf.report_deliveries
 where tenant_id = $1
   and state <> 'sent'
 order by asked_at desc,
          id
 limit $2
"""

SELECT_KIND: Final[LiteralString] = """
select kind
  from wf.reports
 where tenant_id = $1
   and id = $2
"""


class RecipientRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who hears of reports; `address` is sealed, `kinds` are parted by blanks."""

    address_index: bytes
    address: bytes
    kinds: str


class KindRow(msgspec.Struct, frozen=True, kw_only=True):
    """The kind of a report."""

    kind: Kind


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that is due, and the report that it is about: ready, or failed. `address` is sealed."""

    id: UUID
    report_id: UUID
    address: bytes
    address_index: bytes
    attempts: int
    asked_at: datetime
    kind: Kind
    state: Literal["ready", "failed"]
    language: str
    period_from: date | None
    period_to: date | None


class DeliveryRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mail. `address` is sealed."""

    id: UUID
    report_id: UUID
    address: bytes
    address_index: bytes
    asked_by: str
    asked_at: datetime
    state: State
    attempts: int
    due_at: datetime
    sent_at: datetime | None
    outcome: str | None


async def select_recipients(tx: TenantTx) -> list[RecipientRow]:
    """Everybody who hears of the tenant's reports."""
    return await tx.rows(RecipientRow, SELECT_RECIPIENTS, tx.tenant_id)


async def replace_recipients(tx: TenantTx, rows: Sequence[RecipientRow]) -> None:
    """Makes these the tenant's recipients."""
    await tx.execute(DELETE_RECIPIENTS, tx.tenant_id)
    await tx.execute_many(INSERT_RECIPIENT, [(tx.tenant_id, row.address_index, row.address, row.kinds) for row in rows])


async def insert_delivery(
    tx: TenantTx, delivery_id: UUID, report_id: UUID, recipient: RecipientRow, *, asked_by: str
) -> bool:
    """Asks for a mail. False when this person hears of this report already."""
    arguments = (delivery_id, report_id, recipient.address_index, recipient.address, asked_by)
    return bool(await tx.execute(INSERT_DELIVERY, tx.tenant_id, *arguments))


async def repeat_delivery(
    tx: TenantTx, delivery_id: UUID, report_id: UUID, recipient: RecipientRow, *, asked_by: str
) -> bool:
    """Asks anew for a mail that failed or may not have arrived. False when there is none."""
    arguments = (report_id, recipient.address_index, delivery_id, recipient.address, asked_by)
    return bool(await tx.execute(REPEAT_DELIVERY, tx.tenant_id, *arguments))


async def lock_due(tx: TenantTx, *, limit: int) -> list[DueRow]:
    """What is due and nobody works on, locked until the transaction ends."""
    return await tx.rows(DueRow, LOCK_DUE, tx.tenant_id, limit)


async def give_up_handing(tx: TenantTx) -> int:
    """Ends, as uncertain, what a sender that died was just handing over; how many they were."""
    return await tx.execute(GIVE_UP_HANDING, tx.tenant_id)


async def note_taken(tx: TenantTx, delivery_id: UUID, *, seconds: float) -> None:
    """Holds a mail for this worker for so long."""
    await tx.execute(NOTE_TAKEN, tx.tenant_id, delivery_id, seconds)


async def note_handing(tx: TenantTx, delivery_id: UUID, *, attempt: int, seconds: float) -> bool:
    """Notes that a mail leaves now. False when it is another worker's by now."""
    return bool(await tx.execute(NOTE_HANDING, tx.tenant_id, delivery_id, attempt, seconds))


async def note_again(tx: TenantTx, delivery_id: UUID, *, attempt: int, outcome: str, seconds: float) -> None:
    """Puts a mail off for so long."""
    await tx.execute(NOTE_AGAIN, tx.tenant_id, delivery_id, attempt, outcome, seconds)


async def note_given_back(tx: TenantTx, delivery_id: UUID, *, attempt: int) -> None:
    """Lets go of a mail that was not tried: whoever comes next takes it."""
    await tx.execute(NOTE_GIVEN_BACK, tx.tenant_id, delivery_id, attempt)


async def note_ended(
    tx: TenantTx, delivery_id: UUID, *, attempt: int, state: Literal["sent", "failed", "uncertain"], outcome: str
) -> None:
    """Notes what became of a mail."""
    await tx.execute(NOTE_ENDED, tx.tenant_id, delivery_id, attempt, state, outcome)


async def select_of_report(tx: TenantTx, report_id: UUID) -> list[DeliveryRow]:
    """The mails about a report, in the order in which they were asked for."""
    return await tx.rows(DeliveryRow, SELECT_OF_REPORT, tx.tenant_id, report_id)


async def select_open(tx: TenantTx, *, limit: int) -> list[DeliveryRow]:
    """The mails that have not arrived as far as we know: waiting, leaving, failed and uncertain; the newest first."""
    return await tx.rows(DeliveryRow, SELECT_OPEN, tx.tenant_id, limit)


async def select_kind(tx: TenantTx, report_id: UUID) -> Kind | None:
    """The kind of a report, or None when there is no such one."""
    row = await tx.row(KindRow, SELECT_KIND, tx.tenant_id, report_id)
    return None if row is None else row.kind
