"""SQL of bundles: the finished documents of a case, and what the audit chain says of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_DOCUMENTS: Final[LiteralString] = """
select id,
       kind,
       notice_id,
       language,
       sha256,
       bytes
  from wf.reports
 where tenant_id = $1
   and case_id = $2
   and state = 'ready'
 order by id
"""

SELECT_ENTRIES: Final[LiteralString] = """
select e.seq,
       e.id,
       e.at,
       e.actor_kind,
       e.actor_id,
       e.as_role,
       e.action,
       e.object_kind,
       e.object_id,
       e.before_hash,
       e.after_hash,
       e.detail_hash,
       e.request_id,
       e.previous_hash,
       e.hash,
       d.sealed
  from wf.audit_entries e
  left join lateral (
       select sealed
         from wf.audit_details
        where tenant_id = $1
          and seq = e.seq
        limit 1) d
    on true
 where e.tenant_id = $1
   and e.object_kind = $2
   and e.object_id = any($3::text[])
 order by e.seq
"""


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A finished document."""

    id: UUID
    kind: str
    notice_id: UUID | None
    language: str
    sha256: bytes
    bytes: int


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the audit chain with its sealed detail."""

    seq: int
    id: UUID
    at: datetime
    actor_kind: str
    actor_id: str
    as_role: str
    action: str
    object_kind: str
    object_id: str
    before_hash: bytes | None
    after_hash: bytes | None
    detail_hash: bytes | None
    request_id: str
    previous_hash: bytes
    hash: bytes
    sealed: bytes | None


async def select_documents(tx: TenantTx, case_id: UUID) -> list[DocumentRow]:
    """The finished documents of a case."""
    return await tx.rows(DocumentRow, SELECT_DOCUMENTS, tx.tenant_id, case_id)


async def select_entries(tx: TenantTx, kind: str, object_ids: Sequence[str]) -> list[EntryRow]:
    """What the chain says of these objects, in order."""
    return await tx.rows(EntryRow, SELECT_ENTRIES, tx.tenant_id, kind, object_ids)
