"""SQL of the requests for reports."""

from typing import Final, LiteralString
from uuid import UUID

from watchfloor.kernel.db import TenantTx
from watchfloor.reporting.subject import Subject

SELECT_LANGUAGE: Final[LiteralString] = """
select language
  from wf.tenants
 where tenant_id = $1
"""

SELECT_QUEUED: Final[LiteralString] = """
select id
  from wf.reports
 where tenant_id = $1
   and kind = $2
   and incident_id is not distinct from $3
   and case_id is not distinct from $4
   and notice_id is not distinct from $5
   and period_from is not distinct from $6
   and period_to is not distinct from $7
   and framework is not distinct from $8
   and language = $9
   and state = 'queued'
 order by created_at
 limit 1
"""

INSERT: Final[LiteralString] = """
insert into wf.reports
       (tenant_id, kind, incident_id, case_id, notice_id, period_from, period_to, framework, language, id, state,
        requested_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'queued', $11)
"""


async def select_language(tx: TenantTx) -> str:
    """The language in which the tenant reads."""
    return await tx.value(str, SELECT_LANGUAGE, tx.tenant_id) or "en"


async def select_queued(tx: TenantTx, subject: Subject, *, language: str) -> UUID | None:
    """A report of the same subject in this language that is still to be made."""
    return await tx.value(UUID, SELECT_QUEUED, tx.tenant_id, *_parts(subject), language)


async def insert(tx: TenantTx, report_id: UUID, subject: Subject, *, language: str, requested_by: str) -> None:
    """Asks for a report."""
    await tx.execute(INSERT, tx.tenant_id, *_parts(subject), language, report_id, requested_by)


def _parts(subject: Subject) -> tuple[object, ...]:
    return (
        subject.kind,
        subject.incident_id,
        subject.case_id,
        subject.notice_id,
        subject.period_from,
        subject.period_to,
        subject.framework,
    )
