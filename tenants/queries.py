"""SQL of a tenant's life: its entry in the directory, its record, who belongs to it, its steps, its end."""

from datetime import datetime
from typing import Final, Literal, LiteralString
from uuid import UUID

import msgspec

from watchfloor.access.roles import Role, TenantKind
from watchfloor.kernel.db import DirectoryTx, TenantTx, Tx
from watchfloor.kernel.ids import FeedId

TenantState = Literal["onboarding", "active", "suspended", "offboarding", "offboarded"]

Journey = Literal["onboard", "offboard"]

SELECT_TENANT: Final[LiteralString] = """
select id,
       slug,
       code,
       name,
       kind,
       state
  from auth.tenants
 where slug = $1
"""

SELECT_OPERATOR: Final[LiteralString] = """
select id,
       slug,
       code,
       name,
       kind,
       state
  from auth.tenants
 where kind = 'operator'
"""

SELECT_OWN_TENANT: Final[LiteralString] = """
select id,
       slug,
       code,
       name,
       kind,
       state
  from auth.tenants
 where id = $1
"""

SELECT_TENANTS: Final[LiteralString] = """
select id,
       slug,
       code,
       name,
       kind,
       state
  from auth.tenants
 order by kind desc,
          slug
"""

INSERT_TENANT: Final[LiteralString] = """
insert into auth.tenants (id, slug, code, name, kind, state)
values ($1, $2, $3, $4, $5, 'onboarding')
on conflict do nothing
"""

UPDATE_TENANT: Final[LiteralString] = """
update auth.tenants
   set slug = $2,
       code = $3,
       name = $4
 where id = $1
   and not exists (
         select
           from auth.tenants o
          where o.id <> $1
            and (o.slug = $2 or o.code = $3))
"""

UPDATE_STATE: Final[LiteralString] = """
update auth.tenants
   set state = $2
 where id = $1
"""

LOCK_TENANT: Final[LiteralString] = "select state from auth.tenants where id = $1 for update"

SELECT_RECORD: Final[LiteralString] = """
select code,
       name,
       language,
       time_zone,
       bundle::text as settings,
       contacts
  from wf.tenants
 where tenant_id = $1
"""

UPSERT_RECORD: Final[LiteralString] = """
insert into wf.tenants as known (tenant_id, code, name, language, time_zone, bundle, bundle_hash, contacts)
values ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8)
on conflict (tenant_id) do update
   set code = excluded.code,
       name = excluded.name,
       language = excluded.language,
       time_zone = excluded.time_zone,
       bundle = excluded.bundle,
       bundle_hash = excluded.bundle_hash,
       contacts = excluded.contacts,
       applied_at = now()
"""

SELECT_FED_FEEDS: Final[LiteralString] = """
select distinct feed_id
  from auth.feed_tokens
 where tenant_id = $1
   and revoked_at is null
"""

SELECT_MEMBERS: Final[LiteralString] = """
select m.id,
       lower(p.email) as email,
       m.role
  from auth.memberships m
  join auth.people p
    on p.id = m.person_id
 where m.tenant_id = $1
 order by p.email,
          m.role
"""

INSERT_MEMBERSHIP: Final[LiteralString] = """
insert into auth.memberships (id, tenant_id, person_id, role)
values ($1, $2, $3, $4)
on conflict do nothing
"""

SELECT_STEPS: Final[LiteralString] = """
select step,
       done_at,
       outcome::text as outcome
  from auth.tenant_steps
 where tenant_id = $1
   and journey = $2
 order by done_at,
          step
"""

INSERT_STEP: Final[LiteralString] = """
insert into auth.tenant_steps (tenant_id, journey, step, done_at, outcome)
values ($1, $2, $3, clock_timestamp(), $4::text::jsonb)
on conflict do nothing
"""


class TenantRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant in the directory."""

    id: UUID
    slug: str
    code: str
    name: str
    kind: TenantKind
    state: TenantState


class RecordRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's own record. `settings` is JSON, `contacts` is sealed."""

    code: str
    name: str
    language: str
    time_zone: str
    settings: str
    contacts: bytes | None


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """A membership, by the person's address in lower case."""

    id: UUID
    email: str
    role: Role


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """A step that is done. `outcome` is JSON."""

    step: str
    done_at: datetime
    outcome: str


async def select_tenant(tx: DirectoryTx, slug: str) -> TenantRow | None:
    """The tenant with this slug."""
    return await tx.row(TenantRow, SELECT_TENANT, slug)


async def select_operator(tx: DirectoryTx) -> TenantRow | None:
    """The operator's tenant."""
    return await tx.row(TenantRow, SELECT_OPERATOR)


async def select_own_tenant(tx: TenantTx) -> TenantRow | None:
    """The tenant of the transaction, as the directory knows it."""
    return await tx.row(TenantRow, SELECT_OWN_TENANT, tx.tenant_id)


async def select_tenants(tx: DirectoryTx) -> list[TenantRow]:
    """All tenants, the operator's first."""
    return await tx.rows(TenantRow, SELECT_TENANTS)


async def insert_tenant(tx: Tx, row: TenantRow) -> bool:
    """Enters a tenant that is to be onboarded. False when its slug or code is taken."""
    return bool(await tx.execute(INSERT_TENANT, row.id, row.slug, row.code, row.name, row.kind))


async def update_tenant(tx: TenantTx, *, slug: str, code: str, name: str) -> bool:
    """Changes how the directory names the tenant. False when its slug or code is another's."""
    return bool(await tx.execute(UPDATE_TENANT, tx.tenant_id, slug, code, name))


async def update_state(tx: Tx, tenant_id: UUID, state: TenantState) -> None:
    """Moves a tenant to another state of its life."""
    await tx.execute(UPDATE_STATE, tenant_id, state)


async def lock_tenant(tx: TenantTx) -> str | None:
    """The tenant's state; who changes the tenant waits here for whoever does already."""
    return await tx.value(str, LOCK_TENANT, tx.tenant_id)


async def select_record(tx: TenantTx) -> RecordRow | None:
    """The tenant's record."""
    return await tx.row(RecordRow, SELECT_RECORD, tx.tenant_id)


async def upsert_record(tx: TenantTx, row: RecordRow, *, bundle_hash: bytes) -> None:
    """Writes the tenant's record."""
    await tx.execute(
        UPSERT_RECORD,
        tx.tenant_id,
        row.code,
        row.name,
        row.language,
        row.time_zone,
        row.settings,
        bundle_hash,
        row.contacts,
    )


async def select_fed_feeds(tx: TenantTx) -> set[FeedId]:
    """The feeds that somebody can send to: they have a token that is not revoked."""
    return {FeedId(feed_id) for feed_id in await tx.values(UUID, SELECT_FED_FEEDS, tx.tenant_id)}


async def select_members(tx: TenantTx) -> list[MemberRow]:
    """The tenant's memberships."""
    return await tx.rows(MemberRow, SELECT_MEMBERS, tx.tenant_id)


async def insert_membership(tx: TenantTx, membership_id: UUID, *, person_id: UUID, role: Role) -> None:
    """Gives a person a role, unless the person has it."""
    await tx.execute(INSERT_MEMBERSHIP, membership_id, tx.tenant_id, person_id, role)


async def select_steps(tx: Tx, tenant_id: UUID, journey: Journey) -> list[StepRow]:
    """The steps of a journey that are done, in the order in which they were."""
    return await tx.rows(StepRow, SELECT_STEPS, tenant_id, journey)


async def insert_step(tx: Tx, tenant_id: UUID, journey: Journey, *, step: str, outcome: str) -> None:
    """Notes a step as done now, by the database's clock; the first note stays."""
    await tx.execute(INSERT_STEP, tenant_id, journey, step, outcome)
