"""SQL of reports: the requests, what is counted for them, and the names of the people in them.

All but the names is read and written as `wf_report`, inside the tenant's transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import DirectoryTx, TenantTx
from watchfloor.tenancy.files import StoredFile

LOCK_REQUEST: Final[LiteralString] = """
select id,
       incident_id,
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
   and incident_id = $2
   and kind = 'incident'
   and language = $3
   and (created_at, id) <= ($4, $5)
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

SELECT_VERDICT_GIVEN: Final[LiteralString] = """
select at,
       actor_kind,
       actor_id
  from wf.incident_timeline
 where tenant_id = $1
   and incident_id = $2
   and kind = 'verdict'
 order by at desc,
          id desc
 limit 1
"""

SELECT_ROLES: Final[LiteralString] = """
select distinct on (actor_id)
       actor_id,
       as_role
  from wf.audit_entries
 where tenant_id = $1
   and object_kind = 'incident'
   and object_id = $2
 order by actor_id,
          seq desc
"""

SELECT_SILENT_FEEDS: Final[LiteralString] = """
select f.name,
       f.created_at,
       max(h.last_event_at) as newest
  from wf.feeds f
  left join wf.feed_hours h
    on h.tenant_id = $1
   and h.feed_id = f.id
 where f.tenant_id = $1
 group by f.id,
          f.name,
          f.created_at
having max(h.last_event_at) is null
    or max(h.last_event_at) < $2
 order by f.name
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
    """A report that was asked for."""

    id: UUID
    incident_id: UUID
    language: str
    state: str
    created_at: datetime


class CustomerRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a report needs to know of the tenant."""

    code: str
    name: str
    time_zone: str


class GivenRow(msgspec.Struct, frozen=True, kw_only=True):
    """When and by whom something was done."""

    at: datetime
    actor_kind: str
    actor_id: str


class RoleRow(msgspec.Struct, frozen=True, kw_only=True):
    """The role under which somebody acted last."""

    actor_id: str
    as_role: str


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A feed with the time of the newest event that it ever brought."""

    name: str
    created_at: datetime
    newest: datetime | None


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
    """Which of the reports on this incident in this language the request is, counted from 1."""
    arguments = (request.incident_id, request.language, request.created_at, request.id)
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


async def select_verdict_given(tx: TenantTx, incident_id: UUID) -> GivenRow | None:
    """When and by whom the incident's verdict was given last."""
    return await tx.row(GivenRow, SELECT_VERDICT_GIVEN, tx.tenant_id, incident_id)


async def select_roles(tx: TenantTx, object_id: str) -> list[RoleRow]:
    """Under which role each of those who acted on an incident did so last, as the audit log says."""
    return await tx.rows(RoleRow, SELECT_ROLES, tx.tenant_id, object_id)


async def select_silent_feeds(tx: TenantTx, before: datetime) -> list[FeedRow]:
    """The feeds whose newest event is older than `before`, and those that never brought one."""
    return await tx.rows(FeedRow, SELECT_SILENT_FEEDS, tx.tenant_id, before)


async def select_chain(tx: TenantTx) -> ChainRow | None:
    """The tenant's audit chain and its newest signed head, both of one moment. None when nothing is in it."""
    return await tx.row(ChainRow, SELECT_CHAIN, tx.tenant_id)


async def select_names(tx: DirectoryTx, person_ids: Sequence[UUID]) -> list[NameRow]:
    """What these people are called, as wf_auth."""
    return await tx.rows(NameRow, SELECT_NAMES, person_ids)


async def select_key_owners(tx: DirectoryTx, key_ids: Sequence[str]) -> list[OwnerRow]:
    """For whom these API keys act, as wf_auth."""
    return await tx.rows(OwnerRow, SELECT_KEY_OWNERS, key_ids)
