"""SQL of people, memberships, sessions and of who has looked, in the directory that only wf_auth reads."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, LiteralString
from uuid import UUID

import msgspec

from watchfloor.access.principal import Membership
from watchfloor.access.roles import Role, TenantKind
from watchfloor.kernel.db import DirectoryTx, TenantTx, Tx

SELECT_INSTALLATION: Final[LiteralString] = "select kind from wf.installation"

SELECT_OPERATOR: Final[LiteralString] = """
select id
  from auth.tenants
 where kind = 'operator'
"""

SELECT_TENANTS: Final[LiteralString] = """
select t.id,
       t.slug,
       t.code,
       t.name,
       t.kind,
       t.state,
       t.created_at
  from auth.tenants t
 where t.id > $1
 order by t.id
 limit $2
"""

SELECT_PERSON: Final[LiteralString] = """
select id,
       email,
       name
  from auth.people
 where id = $1
   and state = 'active'
"""

SELECT_PERSON_BY_EMAIL: Final[LiteralString] = """
select id,
       email,
       name
  from auth.people
 where lower(email) = lower($1)
   and state = 'active'
"""

INSERT_PERSON: Final[LiteralString] = """
insert into auth.people (id, email, name)
values ($1, $2, $3)
on conflict do nothing
"""

SELECT_MEMBERSHIPS: Final[LiteralString] = """
select m.id,
       m.tenant_id,
       t.slug as tenant_slug,
       t.code as tenant_code,
       t.name as tenant_name,
       t.kind as tenant_kind,
       m.role
  from auth.memberships m
  join auth.tenants t on t.id = m.tenant_id
 where m.person_id = $1
   and t.state in ('onboarding', 'active')
   and (m.expires_at is null or m.expires_at > now())
 order by m.tenant_id, m.role
"""

SELECT_MEMBERS: Final[LiteralString] = """
select m.id,
       m.person_id,
       p.email,
       m.role,
       m.granted_at,
       m.expires_at
  from auth.memberships m
  join auth.people p on p.id = m.person_id
 where m.tenant_id = $1
   and m.id > $2
 order by m.id
 limit $3
"""

SELECT_MEMBER: Final[LiteralString] = """
select m.id,
       m.person_id,
       p.email,
       m.role,
       m.granted_at,
       m.expires_at
  from auth.memberships m
  join auth.people p on p.id = m.person_id
 where m.tenant_id = $1
   and m.id = $2
   for update of m
"""

LOCK_TENANT: Final[LiteralString] = "select kind from auth.tenants where id = $1 for update"

COUNT_ROLE: Final[LiteralString] = """
select count(*)
  from auth.memberships
 where tenant_id = $1
   and role = $2
   and (expires_at is null or expires_at > now())
"""

INSERT_MEMBERSHIP: Final[LiteralString] = """
insert into auth.memberships (id, tenant_id, person_id, role, granted_by, expires_at)
values ($1, $2, $3, $4, $5, $6)
on conflict do nothing
"""

DELETE_MEMBERSHIP: Final[LiteralString] = """
delete from auth.memberships
 where tenant_id = $1
   and id = $2
"""

INSERT_SESSION: Final[LiteralString] = """
insert into auth.sessions (id_hash, person_id, csrf_hash, authenticated_by, user_agent, expires_at)
values ($1, $2, $3, $4, $5, now() + $6)
returning created_at,
          expires_at
"""

SELECT_SESSION: Final[LiteralString] = """
select s.person_id,
       s.csrf_hash,
       s.authenticated_by,
       s.created_at,
       s.expires_at,
       s.last_seen_at < now() - interval '1 minute' as is_stale
  from auth.sessions s
 where s.id_hash = $1
   and s.expires_at > now()
   and s.last_seen_at > now() - $2::interval
"""

SELECT_LIVING_SESSIONS: Final[LiteralString] = """
select s.id_hash
  from auth.sessions s
  join auth.people p on p.id = s.person_id
 where s.id_hash = any($1::bytea[])
   and s.expires_at > now()
   and s.last_seen_at > now() - $2::interval
   and p.state = 'active'
"""

TOUCH_SESSION: Final[LiteralString] = """
update auth.sessions
   set last_seen_at = now()
 where id_hash = $1
"""

DELETE_SESSION: Final[LiteralString] = "delete from auth.sessions where id_hash = $1"

DELETE_SESSIONS_OF_PERSON: Final[LiteralString] = "delete from auth.sessions where person_id = $1"

DELETE_DEAD_SESSIONS: Final[LiteralString] = """
delete from auth.sessions
 where expires_at <= now()
    or last_seen_at <= now() - $1::interval
"""

SELECT_HAS_VIEWED: Final[LiteralString] = """
select exists (
  select
    from (
      select actor_id,
             action,
             at
        from wf.audit_entries
       where tenant_id = $1
         and object_kind = $2
         and object_id = $3
       order by seq desc
       limit 50) latest
   where actor_id = $4
     and action = 'access.viewed'
     and at > now() - $5::interval)
"""


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may sign in."""

    id: UUID
    email: str
    name: str


class TenantRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant as the directory knows it."""

    id: UUID
    slug: str
    code: str
    name: str
    kind: TenantKind
    state: str
    created_at: datetime


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """One person's role in a tenant."""

    id: UUID
    person_id: UUID
    email: str
    role: Role
    granted_at: datetime
    expires_at: datetime | None


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A living session. `is_stale` says that its last use was noted more than a minute ago."""

    person_id: UUID
    csrf_hash: bytes
    authenticated_by: Literal["oidc", "development"]
    created_at: datetime
    expires_at: datetime
    is_stale: bool


class SessionSpan(msgspec.Struct, frozen=True, kw_only=True):
    """From when to when a session lives, by the database's clock."""

    created_at: datetime
    expires_at: datetime


async def select_installation(tx: DirectoryTx) -> str | None:
    """What this database is: production, demo or test."""
    return await tx.value(str, SELECT_INSTALLATION)


async def select_operator(tx: DirectoryTx) -> UUID | None:
    """The MSSP's own tenant."""
    return await tx.value(UUID, SELECT_OPERATOR)


async def select_tenants(tx: DirectoryTx, *, after: UUID, limit: int) -> list[TenantRow]:
    """All tenants of the installation, in the order of their ids, beginning behind `after`."""
    return await tx.rows(TenantRow, SELECT_TENANTS, after, limit)


async def lock_tenant(tx: TenantTx) -> TenantKind | None:
    """The tenant's kind; who changes its members or keys waits here for whoever does already."""
    return await tx.value(TenantKind, LOCK_TENANT, tx.tenant_id)  # type: ignore[arg-type]  # a Literal is a type form


async def select_person(tx: Tx, person_id: UUID) -> PersonRow | None:
    """An active person."""
    return await tx.row(PersonRow, SELECT_PERSON, person_id)


async def select_person_by_email(tx: Tx, email: str) -> PersonRow | None:
    """The active person with this address, whatever its case."""
    return await tx.row(PersonRow, SELECT_PERSON_BY_EMAIL, email)


async def insert_person(tx: Tx, *, person_id: UUID, email: str, name: str) -> None:
    """Adds a person, unless the address is taken."""
    await tx.execute(INSERT_PERSON, person_id, email, name)


async def select_memberships(tx: Tx, person_id: UUID) -> list[Membership]:
    """The person's memberships that count now, in tenants that are open."""
    return await tx.rows(Membership, SELECT_MEMBERSHIPS, person_id)


async def select_members(tx: TenantTx, *, after: UUID, limit: int) -> list[MemberRow]:
    """The tenant's members, in the order of their memberships' ids, beginning behind `after`."""
    return await tx.rows(MemberRow, SELECT_MEMBERS, tx.tenant_id, after, limit)


async def select_member(tx: TenantTx, membership_id: UUID) -> MemberRow | None:
    """One membership of the tenant, locked."""
    return await tx.row(MemberRow, SELECT_MEMBER, tx.tenant_id, membership_id)


async def count_role(tx: TenantTx, role: Role) -> int:
    """How many hold the role in the tenant."""
    return await tx.value(int, COUNT_ROLE, tx.tenant_id, role) or 0


async def insert_membership(
    tx: TenantTx,
    *,
    membership_id: UUID,
    person_id: UUID,
    role: Role,
    granted_by: UUID,
    expires_at: datetime | None,
) -> bool:
    """Adds a membership. False when the person has the role already."""
    return bool(
        await tx.execute(INSERT_MEMBERSHIP, membership_id, tx.tenant_id, person_id, role, granted_by, expires_at)
    )


async def delete_membership(tx: TenantTx, membership_id: UUID) -> bool:
    """Ends a membership. False when there is none."""
    return bool(await tx.execute(DELETE_MEMBERSHIP, tx.tenant_id, membership_id))


async def insert_session(
    tx: DirectoryTx,
    *,
    id_hash: bytes,
    person_id: UUID,
    csrf_hash: bytes,
    authenticated_by: str,
    user_agent: str,
    lifetime: timedelta,
) -> SessionSpan:
    """Adds a session and returns from when to when it lives at most."""
    spans = await tx.rows(
        SessionSpan, INSERT_SESSION, id_hash, person_id, csrf_hash, authenticated_by, user_agent, lifetime
    )
    return spans[0]


async def select_session(tx: DirectoryTx, id_hash: bytes, *, idle: timedelta) -> SessionRow | None:
    """The session, if it was used within `idle` and has not ended."""
    return await tx.row(SessionRow, SELECT_SESSION, id_hash, idle)


async def select_living_sessions(tx: DirectoryTx, id_hashes: Sequence[bytes], *, idle: timedelta) -> set[bytes]:
    """Those of the sessions that have not ended."""
    return set(await tx.values(bytes, SELECT_LIVING_SESSIONS, id_hashes, idle))


async def touch_session(tx: DirectoryTx, id_hash: bytes) -> None:
    """Notes that the session is in use."""
    await tx.execute(TOUCH_SESSION, id_hash)


async def delete_session(tx: DirectoryTx, id_hash: bytes) -> None:
    """Ends one session."""
    await tx.execute(DELETE_SESSION, id_hash)


async def delete_sessions_of_person(tx: Tx, person_id: UUID) -> int:
    """Ends all sessions of a person and says how many there were."""
    return await tx.execute(DELETE_SESSIONS_OF_PERSON, person_id)


async def delete_dead_sessions(tx: DirectoryTx, *, idle: timedelta) -> int:
    """Removes sessions that have ended and says how many there were."""
    return await tx.execute(DELETE_DEAD_SESSIONS, idle)


async def select_has_viewed(
    tx: TenantTx, *, actor_id: str, object_kind: str, object_id: str, within: timedelta
) -> bool:
    """Whether the tenant's audit log shows already that this actor has looked at this object lately."""
    return bool(await tx.value(bool, SELECT_HAS_VIEWED, tx.tenant_id, object_kind, object_id, actor_id, within))
