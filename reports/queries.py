"""SQL of all reports: the requests, what every document says of itself, and the names of the people in it.

All but the names is read and written as `wf_report`, inside the tenant's transaction.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import DirectoryTx, TenantTx
from watchfloor.reporting.subject import Kind
from watchfloor.tenancy.files import StoredFile

LOCK_REQUEST: Final[LiteralString] = """
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
       created_at
  from wf.reports
 where tenant_id = $1
   and id = $2
   for update
"""

SELECT_VERSION: Final[LiteralString] = """
select count(*)
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
   and (created_at, id) <= ($10, $11)
"""

UPDATE_READY: Final[LiteralString] = """
update wf.reports
   set state = 'ready',
       ready_at = now(),
       path = $3,
       sha256 = $4,
       bytes = $5,
       pages = $6
 where tenant_id = $1
   and id = $2
   and state = 'queued'
"""

UPDATE_FAILED: Final[LiteralString] = """
update wf.reports
   set state = 'failed',
       error = $3
 where tenant_id = $1
   and id = $2
   and state = 'queued'
"""

SELECT_MOMENT: Final[LiteralString] = "select clock_timestamp()"

SELECT_CUSTOMER: Final[LiteralString] = """
select code,
       name,
       time_zone
  from wf.tenants
 where tenant_id = $1
"""

SELECT_ROLES: Final[LiteralString] = """
select distinct on (actor_id)
       actor_id,
       as_role
  from wf.audit_entries
 where tenant_id = $1
   and object_kind = $2
   and object_id = $3
 order by actor_id,
          seq desc
"""

SELECT_CHAIN: Final[LiteralString] = """
select t.seq as entries,
       h.seq,
       h.hash,
       h.signed_at,
       h.key_id
  from wf.audit_tips t
  left join lateral (select n.seq,
                            n.hash,
                            n.signed_at,
                            n.key_id
                       from wf.audit_heads n
                      where n.tenant_id = $1
                      order by n.seq desc
                      limit 1) h
    on true
 where t.tenant_id = $1
"""

SELECT_NAMES: Final[LiteralString] = """
select id,
       name
  from auth.people
 where id = any($1::uuid[])
"""

SELECT_KEY_OWNERS: Final[LiteralString] = """
select k.id,
       p.name
  from auth.api_keys k
  join auth.people p
    on p.id = k.created_by
 where k.id = any($1::text[])
"""


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was asked for; what it is about is as `watchfloor.reporting.subject` has it."""

    id: UUID
    kind: Kind
    incident_id: UUID | None
    case_id: UUID | None
    notice_id: UUID | None
    period_from: date | None
    period_to: date | None
    framework: str | None
    language: str
    state: str
    created_at: datetime


class CustomerRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a report needs to know of the tenant."""

    code: str
    name: str
    time_zone: str


class RoleRow(msgspec.Struct, frozen=True, kw_only=True):
    """The role under which somebody acted last."""

    actor_id: str
    as_role: str


class ChainRow(msgspec.Struct, frozen=True, kw_only=True):
    """How long the audit chain is, and its newest signed head, if there is one."""

    entries: int
    seq: int | None
    hash: bytes | None
    signed_at: datetime | None
    key_id: str | None


class NameRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is called."""

    id: UUID
    name: str


class OwnerRow(msgspec.Struct, frozen=True, kw_only=True):
    """The person who made an API key, which acts for that person."""

    id: str
    name: str


async def lock_request(tx: TenantTx, report_id: UUID) -> RequestRow | None:
    """The request, locked until the transaction ends."""
    return await tx.row(RequestRow, LOCK_REQUEST, tx.tenant_id, report_id)


async def select_version(tx: TenantTx, request: RequestRow) -> int:
    """Which of the reports on this subject in this language the request is, counted from 1."""
    arguments = (
        request.kind,
        request.incident_id,
        request.case_id,
        request.notice_id,
        request.period_from,
        request.period_to,
        request.framework,
        request.language,
        request.created_at,
        request.id,
    )
    return await tx.value(int, SELECT_VERSION, tx.tenant_id, *arguments) or 1


async def update_ready(tx: TenantTx, report_id: UUID, *, file: StoredFile, pages: int) -> bool:
    """Notes the finished file. False when the report is not waiting any more."""
    return await tx.execute(UPDATE_READY, tx.tenant_id, report_id, file.path, file.sha256, file.size, pages) == 1


async def update_failed(tx: TenantTx, report_id: UUID, *, error: str) -> bool:
    """Notes why there will be no file. False when the report is not waiting any more."""
    return await tx.execute(UPDATE_FAILED, tx.tenant_id, report_id, error) == 1


async def select_moment(tx: TenantTx) -> datetime | None:
    """The database's clock, now."""
    return await tx.value(datetime, SELECT_MOMENT)


async def select_customer(tx: TenantTx) -> CustomerRow | None:
    """The tenant of the transaction."""
    return await tx.row(CustomerRow, SELECT_CUSTOMER, tx.tenant_id)


async def select_roles(tx: TenantTx, *, kind: str, object_id: str) -> list[RoleRow]:
    """Under which role each of those who acted on an object did so last, as the audit log says."""
    return await tx.rows(RoleRow, SELECT_ROLES, tx.tenant_id, kind, object_id)


async def select_chain(tx: TenantTx) -> ChainRow | None:
    """The tenant's audit chain and its newest signed head, both of one moment. None when nothing is in it."""
    return await tx.row(ChainRow, SELECT_CHAIN, tx.tenant_id)


async def select_names(tx: DirectoryTx, person_ids: Sequence[UUID]) -> list[NameRow]:
    """What these people are called, as wf_auth."""
    return await tx.rows(NameRow, SELECT_NAMES, person_ids)


async def select_key_owners(tx: DirectoryTx, key_ids: Sequence[str]) -> list[OwnerRow]:
    """For whom these API keys act, as wf_auth."""
    return await tx.rows(OwnerRow, SELECT_KEY_OWNERS, key_ids)
