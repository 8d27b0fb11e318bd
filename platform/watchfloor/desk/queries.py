"""SQL of the desk: requests that were carried out, and who people are."""

from collections.abc import Sequence
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import DirectoryTx, TenantTx

INSERT_REQUEST: Final[LiteralString] = """
insert into wf.desk_requests (tenant_id, request_id)
values ($1, $2)
on conflict (tenant_id, request_id) do nothing
"""

FORGET_REQUESTS: Final[LiteralString] = """
delete from wf.desk_requests
 where tenant_id = $1
   and at < now() - interval '7 days'
"""

SELECT_NAMES: Final[LiteralString] = """
select id,
       email,
       name
  from auth.people
 where id = any($1::uuid[])
 order by id
"""

SELECT_KEY_OWNERS: Final[LiteralString] = """
select k.id,
       p.name
  from auth.api_keys k
  join auth.people p
    on p.id = k.created_by
 where k.id = any($1::text[])
 order by k.id
"""

SELECT_COLLEAGUES: Final[LiteralString] = """
select distinct p.id,
       p.email,
       p.name
  from auth.memberships m
  join auth.people p
    on p.id = m.person_id
 where m.tenant_id = $1
   and m.role in ('analyst', 'lead')
   and (m.expires_at is null or m.expires_at > now())
   and p.state = 'active'
 order by p.email
"""


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the directory knows them."""

    id: UUID
    email: str
    name: str


class KeyOwnerRow(msgspec.Struct, frozen=True, kw_only=True):
    """Whose an API key is."""

    id: str
    name: str


async def insert_request(tx: TenantTx, request_id: str) -> bool:
    """Notes that a request is carried out. False when it has been before."""
    return await tx.execute(INSERT_REQUEST, tx.tenant_id, request_id) == 1


async def forget_requests(tx: TenantTx) -> int:
    """Removes the marks of requests that nobody delivers again; returns how many."""
    return await tx.execute(FORGET_REQUESTS, tx.tenant_id)


async def select_names(tx: DirectoryTx, person_ids: Sequence[UUID]) -> list[PersonRow]:
    """The people with these ids."""
    return await tx.rows(PersonRow, SELECT_NAMES, person_ids)


async def select_key_owners(tx: DirectoryTx, key_ids: Sequence[str]) -> list[KeyOwnerRow]:
    """Whose these API keys are."""
    return await tx.rows(KeyOwnerRow, SELECT_KEY_OWNERS, key_ids)


async def select_colleagues(tx: DirectoryTx, tenant_id: UUID) -> list[PersonRow]:
    """The MSSP's people who work incidents of a tenant."""
    return await tx.rows(PersonRow, SELECT_COLLEAGUES, tenant_id)
