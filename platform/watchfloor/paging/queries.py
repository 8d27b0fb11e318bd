"""SQL of pages: raised, answered, listed, forgotten. Times are the database's (Q8)."""

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.paging.lane import LaneName

INSERT_PAGE: Final[LiteralString] = """
insert into wf.pages (
  tenant_id, id, key, subject_kind, subject_id, reason, urgency, ladder, named_id, ends_with, ref, summary, answer_by,
  raised_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (tenant_id, key) do nothing
"""

END_PAGES: Final[LiteralString] = """
update wf.pages
   set ended_at = now(),
       ended_because = 'answered',
       ended_by = $3
 where tenant_id = $1
   and subject_id = $2
   and ended_at is null
"""

SELECT_OPEN_PAGES: Final[LiteralString] = """
select p.id,
       p.subject_id,
       p.reason,
       p.urgency,
       p.ref,
       p.summary,
       p.raised_at,
       p.answer_by,
       (select count(*)
          from wf.page_steps s
         where s.tenant_id = $1
           and s.page_id = p.id
           and s.state in ('sent', 'uncertain')) as told
  from wf.pages p
 where p.tenant_id = $1
   and p.ended_at is null
   and not exists (
         select
           from wf.incidents i
          where i.tenant_id = $1
            and i.id = p.subject_id
            and (i.state in ('resolved', 'closed')
                 or p.ends_with = 'taken' and (i.state <> 'new' or i.assignee_id is not null)))
 order by p.raised_at,
          p.id
 limit $2
"""

SELECT_STEPS_OF_SUBJECT: Final[LiteralString] = """
select s.recipient,
       s.lane,
       s.state,
       s.person_id,
       s.due_at,
       s.sent_at
  from wf.pages p
  join wf.page_steps s
    on s.tenant_id = p.tenant_id
   and s.page_id = p.id
 where p.tenant_id = $1
   and p.subject_id = $2
 order by coalesce(s.sent_at, s.due_at) desc,
          s.id
 limit $3
"""

FORGET_PAGE_STEPS: Final[LiteralString] = """
delete from wf.page_steps s
 using wf.pages p
 where p.tenant_id = $1
   and p.ended_at < now() - interval '400 days'
   and s.tenant_id = $1
   and s.page_id = p.id
"""

FORGET_PAGES: Final[LiteralString] = """
delete from wf.pages
 where tenant_id = $1
   and ended_at < now() - interval '400 days'
"""

SELECT_TENANT_CODE: Final[LiteralString] = """
select code
  from wf.tenants
 where tenant_id = $1
"""


class PageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A page to be raised; its columns."""

    id: UUID
    key: str
    subject_kind: str
    subject_id: UUID | None
    reason: str
    urgency: str
    ladder: str
    named_id: UUID | None
    ends_with: str
    ref: str
    summary: str
    answer_by: datetime | None
    raised_by: str


class OpenPageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A page that nobody has answered; `told` counts the attempts that left."""

    id: UUID
    subject_id: UUID | None
    reason: str
    urgency: str
    ref: str
    summary: str
    raised_at: datetime
    answer_by: datetime | None
    told: int


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an attempt."""

    recipient: str
    lane: LaneName
    state: str
    person_id: UUID | None
    due_at: datetime
    sent_at: datetime | None


async def insert_page(tx: TenantTx, row: PageRow) -> bool:
    """Raises a page. False when its key was raised before."""
    return await tx.execute(INSERT_PAGE, tx.tenant_id, *msgspec.structs.astuple(row)) == 1


async def end_pages(tx: TenantTx, subject_id: UUID, *, by: str) -> int:
    """Answers all open pages about a subject; returns how many there were."""
    return await tx.execute(END_PAGES, tx.tenant_id, subject_id, by)


async def select_open_pages(tx: TenantTx, *, limit: int) -> list[OpenPageRow]:
    """The pages that nobody has answered, the oldest first."""
    return await tx.rows(OpenPageRow, SELECT_OPEN_PAGES, tx.tenant_id, limit)


async def select_steps_of_subject(tx: TenantTx, subject_id: UUID, *, limit: int) -> list[StepRow]:
    """The attempts about a subject, the newest first."""
    return await tx.rows(StepRow, SELECT_STEPS_OF_SUBJECT, tx.tenant_id, subject_id, limit)


async def forget_pages(tx: TenantTx) -> int:
    """Removes pages that ended more than 400 days ago; returns how many."""
    await tx.execute(FORGET_PAGE_STEPS, tx.tenant_id)
    return await tx.execute(FORGET_PAGES, tx.tenant_id)


async def select_tenant_code(tx: TenantTx) -> str | None:
    """The tenant's short name."""
    return await tx.value(str, SELECT_TENANT_CODE, tx.tenant_id)
