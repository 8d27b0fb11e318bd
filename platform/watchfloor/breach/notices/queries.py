"""SQL of notices: the frozen versions, what became of them, and what came back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

INSERT_NOTICE: Final[LiteralString] = """
insert into wf.breach_notices (
  tenant_id, id, case_id, regime, stage, rule, kind, recipient, language, phase, part, follows_id, due_at, case_version,
  snapshot, sha256, drafted_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
"""

SELECT_NOTICES: Final[LiteralString] = """
select id,
       case_id,
       regime,
       stage,
       rule,
       kind,
       recipient,
       language,
       phase,
       part,
       follows_id,
       due_at,
       case_version,
       sha256,
       drafted_at,
       drafted_by
  from wf.breach_notices
 where tenant_id = $1
   and case_id = any($2::uuid[])
 order by case_id,
          drafted_at,
          id
"""

SELECT_NOTICE: Final[LiteralString] = """
select id,
       case_id,
       regime,
       stage,
       rule,
       kind,
       recipient,
       language,
       phase,
       part,
       follows_id,
       due_at,
       case_version,
       sha256,
       drafted_at,
       drafted_by
  from wf.breach_notices
 where tenant_id = $1
   and id = $2
"""

SELECT_SNAPSHOT: Final[LiteralString] = """
select snapshot,
       sha256
  from wf.breach_notices
 where tenant_id = $1
   and id = $2
"""

INSERT_STEP: Final[LiteralString] = """
insert into wf.breach_notice_steps (
  tenant_id, id, notice_id, place, step, happened_at, body, actor_kind, actor_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing
"""

SELECT_STEPS: Final[LiteralString] = """
select id,
       notice_id,
       place,
       step,
       happened_at,
       body,
       actor_id,
       at
  from wf.breach_notice_steps
 where tenant_id = $1
   and notice_id = any($2::uuid[])
 order by notice_id,
          place
"""

INSERT_RECEIPT: Final[LiteralString] = """
insert into wf.breach_receipts (tenant_id, id, notice_id, name, content, sha256, added_by)
values ($1, $2, $3, $4, $5, $6, $7)
"""

SELECT_RECEIPTS: Final[LiteralString] = """
select id,
       notice_id,
       name,
       sha256,
       added_at,
       added_by
  from wf.breach_receipts
 where tenant_id = $1
   and notice_id = any($2::uuid[])
 order by notice_id,
          added_at,
          id
"""

SELECT_CONTENT: Final[LiteralString] = """
select content
  from wf.breach_receipts
 where tenant_id = $1
   and id = $2
   and notice_id = $3
"""


class NoticeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notice without the version that it holds."""

    id: UUID
    case_id: UUID
    regime: str
    stage: str
    rule: str | None
    kind: str
    recipient: str
    language: str
    phase: str
    part: int
    follows_id: UUID | None
    due_at: datetime | None
    case_version: int
    sha256: bytes
    drafted_at: datetime
    drafted_by: str


class NewNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.breach_notices`. The order is that of INSERT_NOTICE."""

    id: UUID
    case_id: UUID
    regime: str
    stage: str
    rule: str | None
    kind: str
    recipient: str
    language: str
    phase: str
    part: int
    follows_id: UUID | None
    due_at: datetime | None
    case_version: int
    snapshot: bytes
    sha256: bytes
    drafted_by: str


class SnapshotRow(msgspec.Struct, frozen=True, kw_only=True):
    """The version that a notice holds, sealed, and the hash of what is inside."""

    snapshot: bytes
    sha256: bytes


class NewStep(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.breach_notice_steps`. The order is that of INSERT_STEP."""

    id: UUID
    notice_id: UUID
    place: int
    step: str
    happened_at: datetime | None
    body: bytes
    actor_kind: str
    actor_id: str


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that became of a notice, sealed."""

    id: UUID
    notice_id: UUID
    place: int
    step: str
    happened_at: datetime | None
    body: bytes
    actor_id: str
    at: datetime


class ReceiptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came back, without its content; the name is sealed."""

    id: UUID
    notice_id: UUID
    name: bytes
    sha256: bytes
    added_at: datetime
    added_by: str


async def insert_notice(tx: TenantTx, row: NewNotice) -> None:
    """Writes a notice. There is no way to change it."""
    await tx.execute(INSERT_NOTICE, tx.tenant_id, *msgspec.structs.astuple(row))


async def select_notices(tx: TenantTx, case_ids: Sequence[UUID]) -> list[NoticeRow]:
    """The notices of these cases in the order in which they were drafted."""
    return await tx.rows(NoticeRow, SELECT_NOTICES, tx.tenant_id, case_ids)


async def select_notice(tx: TenantTx, notice_id: UUID) -> NoticeRow | None:
    """One notice."""
    return await tx.row(NoticeRow, SELECT_NOTICE, tx.tenant_id, notice_id)


async def select_snapshot(tx: TenantTx, notice_id: UUID) -> SnapshotRow | None:
    """The version of a notice."""
    return await tx.row(SnapshotRow, SELECT_SNAPSHOT, tx.tenant_id, notice_id)


async def insert_step(tx: TenantTx, row: NewStep) -> bool:
    """Adds a step. False when it was taken already."""
    return await tx.execute(INSERT_STEP, tx.tenant_id, *msgspec.structs.astuple(row)) == 1


async def select_steps(tx: TenantTx, notice_ids: Sequence[UUID]) -> list[StepRow]:
    """What became of these notices, in order."""
    return await tx.rows(StepRow, SELECT_STEPS, tx.tenant_id, notice_ids)


async def insert_receipt(
    tx: TenantTx, receipt_id: UUID, notice_id: UUID, *, name: bytes, content: bytes, sha256: bytes, by: str
) -> None:
    """Keeps a file that came back."""
    await tx.execute(INSERT_RECEIPT, tx.tenant_id, receipt_id, notice_id, name, content, sha256, by)


async def select_receipts(tx: TenantTx, notice_ids: Sequence[UUID]) -> list[ReceiptRow]:
    """The files that came back to these notices."""
    return await tx.rows(ReceiptRow, SELECT_RECEIPTS, tx.tenant_id, notice_ids)


async def select_content(tx: TenantTx, receipt_id: UUID, notice_id: UUID) -> bytes | None:
    """The content of a file of this notice, sealed."""
    return await tx.value(bytes, SELECT_CONTENT, tx.tenant_id, receipt_id, notice_id)
