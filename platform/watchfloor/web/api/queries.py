"""SQL of what the API lists and no other package does: reports, the newest signed head."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final, Literal, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.reporting.subject import Kind

SELECT_REPORTS: Final[LiteralString] = """
select id,
       kind,
       incident_id,
       case_id,
       notice_id,
       period_from,
       period_to,
       framework,
       language,
       state,
       created_at,
       ready_at,
       sha256,
       bytes,
       pages,
       error
  from wf.reports
 where tenant_id = $1
   and (created_at, id) < ($2, $3)
   and kind = any($4::text[])
 order by created_at desc,
          id desc
 limit $5
"""

SELECT_REPORT: Final[LiteralString] = """
select id,
       kind,
       incident_id,
       case_id,
       notice_id,
       period_from,
       period_to,
       framework,
       language,
       state,
       created_at,
       ready_at,
       sha256,
       bytes,
       pages,
       error
  from wf.reports
 where tenant_id = $1
   and id = $2
"""

SELECT_NEWEST_HEAD: Final[LiteralString] = """
select seq,
       hash,
       signed_at,
       key_id,
       signature
  from wf.audit_heads
 where tenant_id = $1
 order by seq desc
 limit 1
"""


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report that somebody asked for."""

    id: UUID
    kind: Kind
    incident_id: UUID | None
    case_id: UUID | None
    notice_id: UUID | None
    period_from: date | None
    period_to: date | None
    framework: str | None
    language: str
    state: Literal["queued", "ready", "failed"]
    created_at: datetime
    ready_at: datetime | None
    sha256: bytes | None
    bytes: int | None
    pages: int | None
    error: str | None


class HeadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A signed head of the audit chain."""

    seq: int
    hash: bytes
    signed_at: datetime
    key_id: str
    signature: bytes


async def select_reports(
    tx: TenantTx, *, kinds: Collection[Kind], before_at: datetime, before_id: UUID, limit: int
) -> list[ReportRow]:
    """The tenant's reports of these kinds, the newest first, from just behind the given one."""
    return await tx.rows(ReportRow, SELECT_REPORTS, tx.tenant_id, before_at, before_id, list(kinds), limit)


async def select_report(tx: TenantTx, report_id: UUID) -> ReportRow | None:
    """One report."""
    return await tx.row(ReportRow, SELECT_REPORT, tx.tenant_id, report_id)


async def select_newest_head(tx: TenantTx) -> HeadRow | None:
    """The newest signed head."""
    return await tx.row(HeadRow, SELECT_NEWEST_HEAD, tx.tenant_id)
