"""SQL of evidence entries."""

from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

INSERT_ENTRY: Final[LiteralString] = """
insert into wf.evidence_entries (
  tenant_id, id, kind, metric, value, numerator, denominator, happened_on, incident_id, valid_from, valid_until, note,
  document_sha256, document_path, document_name, entered_by, entered_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, now())
"""

WITHDRAW_ENTRY: Final[LiteralString] = """
update wf.evidence_entries
   set withdrawn_by = $3,
       withdrawn_at = now()
 where tenant_id = $1
   and id = $2
   and withdrawn_at is null
"""

SELECT_ENTRY: Final[LiteralString] = """
select id, kind, metric, value, numerator, denominator, happened_on, incident_id, valid_from, valid_until, note,
       document_sha256, document_path, document_name, entered_by, entered_at, withdrawn_by, withdrawn_at
  from wf.evidence_entries
 where tenant_id = $1
   and id = $2
"""

SELECT_PAGE: Final[LiteralString] = """
select id, kind, metric, value, numerator, denominator, happened_on, incident_id, valid_from, valid_until, note,
       document_sha256, document_path, document_name, entered_by, entered_at, withdrawn_by, withdrawn_at
  from wf.evidence_entries
 where tenant_id = $1
   and id > $2
 order by id
 limit $3
"""

SELECT_VALID: Final[LiteralString] = """
select id, kind, metric, value, numerator, denominator, happened_on, incident_id, valid_from, valid_until, note,
       document_sha256, document_path, document_name, entered_by, entered_at, withdrawn_by, withdrawn_at
  from wf.evidence_entries
 where tenant_id = $1
   and withdrawn_at is null
   and entered_at <= $2
 order by entered_at,
          id
 limit 20000
"""

SELECT_INCIDENT: Final[LiteralString] = """
select id
  from wf.incidents
 where tenant_id = $1
   and number = $2
"""

SELECT_PATHS: Final[LiteralString] = """
select document_path
  from wf.evidence_entries
 where tenant_id = $1
   and document_path is not null
"""


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.evidence_entries`; note and name are sealed."""

    id: UUID
    kind: str
    metric: str
    value: float | None
    numerator: int | None
    denominator: int | None
    happened_on: date | None
    incident_id: UUID | None
    valid_from: date
    valid_until: date
    note: bytes
    document_sha256: bytes | None
    document_path: str | None
    document_name: bytes | None
    entered_by: str
    entered_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None


class NewRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is written. The order of the fields is that of INSERT_ENTRY."""

    id: UUID
    kind: str
    metric: str
    value: float | None
    numerator: int | None
    denominator: int | None
    happened_on: date | None
    incident_id: UUID | None
    valid_from: date
    valid_until: date
    note: bytes
    document_sha256: bytes | None
    document_path: str | None
    document_name: bytes | None
    entered_by: str


async def insert_entry(tx: TenantTx, row: NewRow) -> None:
    """Writes an entry down."""
    await tx.execute(INSERT_ENTRY, tx.tenant_id, *msgspec.structs.astuple(row))


async def withdraw_entry(tx: TenantTx, entry_id: UUID, *, by: str) -> bool:
    """Takes an entry back; False when there is none that counts."""
    return await tx.execute(WITHDRAW_ENTRY, tx.tenant_id, entry_id, by) == 1


async def select_entry(tx: TenantTx, entry_id: UUID) -> EntryRow | None:
    """One entry, withdrawn ones too."""
    return await tx.row(EntryRow, SELECT_ENTRY, tx.tenant_id, entry_id)


async def select_page(tx: TenantTx, *, after: UUID, limit: int) -> list[EntryRow]:
    """Entries in the order in which they were made."""
    return await tx.rows(EntryRow, SELECT_PAGE, tx.tenant_id, after, limit)


async def select_valid(tx: TenantTx, *, at: datetime) -> list[EntryRow]:
    """What counted at an instant and was not withdrawn since, the oldest first."""
    return await tx.rows(EntryRow, SELECT_VALID, tx.tenant_id, at)


async def select_incident(tx: TenantTx, number: int) -> UUID | None:
    """The incident of that number."""
    return await tx.value(UUID, SELECT_INCIDENT, tx.tenant_id, number)


async def select_paths(tx: TenantTx) -> list[str]:
    """The paths of all documents, for the job that removes files without a row."""
    return await tx.values(str, SELECT_PATHS, tx.tenant_id)
