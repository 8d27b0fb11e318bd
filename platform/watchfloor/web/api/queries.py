"""SQL of what the API lists and no other package does: quarantine, reports, feeds' figures, the newest signed head."""

from datetime import datetime
from typing import Final, Literal, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_QUARANTINE: Final[LiteralString] = """
select id,
       feed_id,
       event_index,
       code,
       reason,
       received_at
  from wf.quarantine
 where tenant_id = $1
   and id < $2
 order by id desc
 limit $3
"""

SELECT_QUARANTINED: Final[LiteralString] = """
select id,
       feed_id,
       event_index,
       code,
       reason,
       received_at,
       body
  from wf.quarantine
 where tenant_id = $1
   and id = $2
"""

SELECT_REPORTS: Final[LiteralString] = """
select id,
       kind,
       incident_id,
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
 order by created_at desc,
          id desc
 limit $4
"""

SELECT_REPORT: Final[LiteralString] = """
select id,
       kind,
       incident_id,
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

SELECT_FEED_FIGURES: Final[LiteralString] = """
select feed_id,
       sum(batches)::bigint as batches,
       sum(events)::bigint as events,
       sum(unparsed)::bigint as unparsed,
       sum(quarantined)::bigint as quarantined,
       sum(matches)::bigint as matches,
       max(last_event_at) as last_event_at
  from wf.feed_hours
 where tenant_id = $1
   and hour > now() - interval '24 hours'
 group by feed_id
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


class QuarantineRow(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be read, without its body."""

    id: UUID
    feed_id: UUID
    event_index: int
    code: str
    reason: str
    received_at: datetime


class QuarantinedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be read, with its sealed body."""

    id: UUID
    feed_id: UUID
    event_index: int
    code: str
    reason: str
    received_at: datetime
    body: bytes


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report that somebody asked for."""

    id: UUID
    kind: Literal["incident"]
    incident_id: UUID
    language: str
    state: Literal["queued", "ready", "failed"]
    created_at: datetime
    ready_at: datetime | None
    sha256: bytes | None
    bytes: int | None
    pages: int | None
    error: str | None


class FeedFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed brought in the last 24 hours."""

    feed_id: UUID
    batches: int
    events: int
    unparsed: int
    quarantined: int
    matches: int
    last_event_at: datetime | None


class HeadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A signed head of the audit chain."""

    seq: int
    hash: bytes
    signed_at: datetime
    key_id: str
    signature: bytes


async def select_quarantine(tx: TenantTx, *, before: UUID, limit: int) -> list[QuarantineRow]:
    """What could not be read, the newest first, from just behind `before`."""
    return await tx.rows(QuarantineRow, SELECT_QUARANTINE, tx.tenant_id, before, limit)


async def select_quarantined(tx: TenantTx, quarantine_id: UUID) -> QuarantinedRow | None:
    """One thing that could not be read."""
    return await tx.row(QuarantinedRow, SELECT_QUARANTINED, tx.tenant_id, quarantine_id)


async def select_reports(tx: TenantTx, *, before_at: datetime, before_id: UUID, limit: int) -> list[ReportRow]:
    """The tenant's reports, the newest first, from just behind the given one."""
    return await tx.rows(ReportRow, SELECT_REPORTS, tx.tenant_id, before_at, before_id, limit)


async def select_report(tx: TenantTx, report_id: UUID) -> ReportRow | None:
    """One report."""
    return await tx.row(ReportRow, SELECT_REPORT, tx.tenant_id, report_id)


async def select_feed_figures(tx: TenantTx) -> list[FeedFigures]:
    """What each feed brought in the last 24 hours."""
    return await tx.rows(FeedFigures, SELECT_FEED_FIGURES, tx.tenant_id)


async def select_newest_head(tx: TenantTx) -> HeadRow | None:
    """The newest signed head."""
    return await tx.row(HeadRow, SELECT_NEWEST_HEAD, tx.tenant_id)
