"""SQL of the audit chain. Entries are added by `wf.audit_append` alone; no login role may change or delete one (A2)."""

from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.audit.chain import Entry, Head
from watchfloor.kernel.db import DirectoryTx, TenantTx
from watchfloor.kernel.errors import Unavailable

APPEND: Final[LiteralString] = "select wf.audit_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"


class NewEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry before the database gives it its number, time and hash. The order is that of `wf.audit_append`."""

    id: UUID
    actor_kind: str
    actor_id: str
    as_role: str
    action: str
    object_kind: str
    object_id: str
    before_hash: bytes | None
    after_hash: bytes | None
    sealed: bytes | None
    request_id: str


async def append(tx: TenantTx, entry: NewEntry) -> int:
    """Adds one entry at the end of the tenant's chain and returns its number."""
    seq = await tx.value(int, APPEND, *msgspec.structs.astuple(entry))
    if seq is None:
        raise Unavailable("The audit log did not take the entry.", where=entry.action)
    return seq


SELECT_TIP: Final[LiteralString] = """
select (select t.seq from wf.audit_tips t where t.tenant_id = $1) as seq,
       (select t.hash from wf.audit_tips t where t.tenant_id = $1) as hash,
       (select max(e.seq) from wf.audit_entries e where e.tenant_id = $1) as newest_entry,
       (select max(h.seq) from wf.audit_heads h where h.tenant_id = $1) as newest_head
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
  left join wf.audit_details d
    on d.tenant_id = e.tenant_id
   and d.seq = e.seq
 where e.tenant_id = $1
   and e.seq > $2
   and e.seq <= $3
 order by e.seq
 limit $4
"""

SELECT_HEADS: Final[LiteralString] = """
select seq,
       hash,
       signed_at,
       key_id,
       signature
  from wf.audit_heads
 where tenant_id = $1
   and seq > $2
   and seq <= $3
 order by seq
"""

INSERT_HEAD: Final[LiteralString] = """
insert into wf.audit_heads (tenant_id, seq, hash, signed_at, key_id, signature)
values ($1, $2, $3, $4, $5, $6)
on conflict do nothing
"""

SELECT_CHAINS: Final[LiteralString] = """
select id
  from auth.tenants
 where state <> 'offboarded'
 order by id
"""

SELECT_NAMED_CHAINS: Final[LiteralString] = """
select id,
       slug
  from auth.tenants
 where state <> 'offboarded'
   and ($1::text is null or slug = $1)
 order by slug
"""


class NamedChain(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant that has a chain, by the name that its operators use."""

    id: UUID
    slug: str


class Tip(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chain stands, all of one moment. A field is None where there is no such row."""

    seq: int | None
    hash: bytes | None
    newest_entry: int | None
    newest_head: int | None


async def select_tip(tx: TenantTx) -> Tip:
    """Where the tenant's chain stands."""
    tip = await tx.row(Tip, SELECT_TIP, tx.tenant_id)
    return tip or Tip(seq=None, hash=None, newest_entry=None, newest_head=None)


async def select_entries(tx: TenantTx, *, after: int, until: int, limit: int) -> list[Entry]:
    """Up to `limit` entries with a number over `after` and not over `until`, in order."""
    return await tx.rows(Entry, SELECT_ENTRIES, tx.tenant_id, after, until, limit)


async def select_heads(tx: TenantTx, *, after: int, until: int) -> list[Head]:
    """The signed heads of the entries over `after` and not over `until`, in order."""
    return await tx.rows(Head, SELECT_HEADS, tx.tenant_id, after, until)


async def insert_head(tx: TenantTx, head: Head) -> None:
    """Keeps a head; the first one of an entry stays."""
    await tx.execute(INSERT_HEAD, tx.tenant_id, head.seq, head.hash, head.signed_at, head.key_id, head.signature)


async def select_chains(tx: DirectoryTx) -> list[UUID]:
    """The tenants that have a chain: all but those that are gone."""
    return await tx.values(UUID, SELECT_CHAINS)


async def select_named_chains(tx: DirectoryTx, *, slug: str | None) -> list[NamedChain]:
    """The tenant with this slug, or all, that have a chain. For `wf_auth` only, which may read names."""
    return await tx.rows(NamedChain, SELECT_NAMED_CHAINS, slug)
