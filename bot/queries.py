"""SQL of the chat surfaces: what they have shown, and the names of the people that they show."""

from collections.abc import Sequence
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import DirectoryTx, TenantTx

SELECT_REVISION: Final[LiteralString] = """
select revision
  from wf.incidents
 where tenant_id = $1
   and id = $2
"""

UPSERT_CARD: Final[LiteralString] = """
insert into wf.cards as c (tenant_id, incident_id, surface, revision, message)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, incident_id, surface) do update
   set revision = excluded.revision,
       message = excluded.message,
       shown_at = now()
 where c.revision < excluded.revision
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


async def select_revision(tx: TenantTx, incident_id: UUID) -> int | None:
    """The newest revision of an incident."""
    return await tx.value(int, SELECT_REVISION, tx.tenant_id, incident_id)


async def upsert_card(tx: TenantTx, incident_id: UUID, *, surface: str, revision: int, message: str) -> bool:
    """Notes what a surface shows of an incident. False when it shows this revision or a newer one already."""
    return await tx.execute(UPSERT_CARD, tx.tenant_id, incident_id, surface, revision, message) == 1


async def select_names(tx: DirectoryTx, person_ids: Sequence[UUID]) -> list[PersonRow]:
    """The people with these ids."""
    return await tx.rows(PersonRow, SELECT_NAMES, person_ids)


async def select_key_owners(tx: DirectoryTx, key_ids: Sequence[str]) -> list[KeyOwnerRow]:
    """Whose these API keys are."""
    return await tx.rows(KeyOwnerRow, SELECT_KEY_OWNERS, key_ids)


async def select_colleagues(tx: DirectoryTx, tenant_id: UUID) -> list[PersonRow]:
    """The MSSP's people who work incidents of a tenant."""
    return await tx.rows(PersonRow, SELECT_COLLEAGUES, tenant_id)
