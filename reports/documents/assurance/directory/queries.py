"""SQL of the assurance report in the directory, as `wf_auth`: the provider's people, roles and keys at a tenant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from reports.documents.assurance.facts import Position
from watchfloor.kernel.db import DirectoryTx
from watchfloor.kernel.ids import TenantId

SELECT_STAFF: Final[LiteralString] = """
select distinct p.id,
       p.email
  from auth.memberships m
  join auth.tenants t
    on t.id = m.tenant_id
  join auth.people p
    on p.id = m.person_id
 where t.kind = 'operator'
"""

SELECT_MEMBERSHIPS: Final[LiteralString] = """
select p.name,
       p.email,
       m.role,
       m.granted_at,
       g.name as granted_by,
       m.expires_at
  from auth.memberships m
  join auth.people p
    on p.id = m.person_id
  left join auth.people g
    on g.id = m.granted_by
 where m.tenant_id = $1
   and (m.role = any($2::text[]) or m.person_id = any($3::uuid[]))
 order by m.role,
          p.name,
          m.id
"""

SELECT_KEYS: Final[LiteralString] = """
select k.id,
       k.name,
       k.created_by,
       p.name as owner,
       k.scopes,
       k.expires_at,
       k.last_used_at,
       k.revoked_at,
       exists (select
                 from auth.memberships m
                where m.tenant_id = k.tenant_id
                  and m.person_id = k.created_by
                  and (m.expires_at is null or m.expires_at > $2)) as owner_has_role
  from auth.api_keys k
  join auth.people p
    on p.id = k.created_by
 where k.tenant_id = $1
 order by k.created_at,
          k.id
"""

SELECT_CODES: Final[LiteralString] = """
select code
  from auth.tenants
 where code = any($1::text[])
"""


class StaffRow(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the provider's own tenant."""

    id: UUID
    email: str


class MembershipRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds, or held until a date, which role."""

    name: str
    email: str
    role: Position
    granted_at: datetime
    granted_by: str | None
    expires_at: datetime | None


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A key to the tenant, dead or alive."""

    id: str
    name: str
    created_by: UUID
    owner: str
    scopes: list[str]
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    owner_has_role: bool


async def select_staff(tx: DirectoryTx) -> list[StaffRow]:
    """Everybody who is a member of the provider's own tenant, from the directory."""
    return await tx.rows(StaffRow, SELECT_STAFF)


async def select_memberships(
    tx: DirectoryTx, tenant: TenantId, *, roles: Sequence[str], people: Sequence[UUID]
) -> list[MembershipRow]:
    """Memberships in the tenant with these roles or of these people, ended ones too, from the directory."""
    return await tx.rows(MembershipRow, SELECT_MEMBERSHIPS, tenant, roles, people)


async def select_keys(tx: DirectoryTx, tenant: TenantId, *, at: datetime) -> list[KeyRow]:
    """All keys to the tenant, from the directory. `at` is when an owner's role has to hold."""
    return await tx.rows(KeyRow, SELECT_KEYS, tenant, at)


async def select_codes(tx: DirectoryTx, codes: Sequence[str]) -> list[str]:
    """Which of these are codes of tenants, from the directory."""
    return await tx.values(str, SELECT_CODES, codes)
