"""SQL of osquery's hosts, and of what a tenant changes about their configuration."""

from datetime import datetime
from typing import Final, Literal, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId, NodeId

NodeState = Literal["active", "revoked"]

SELECT_NODE: Final[LiteralString] = """
select id,
       feed_id,
       key_hash,
       state,
       last_seen_at < now() - interval '60 seconds' as is_stale
  from wf.osquery_nodes
 where tenant_id = $1
   and id = $2
"""

TOUCH_NODE: Final[LiteralString] = """
update wf.osquery_nodes
   set last_seen_at = now()
 where tenant_id = $1
   and id = $2
"""

LOCK_HOST: Final[LiteralString] = """
select id
  from wf.osquery_nodes
 where tenant_id = $1
   and host_index = any ($2::bytea[])
 order by id
 limit 1
   for update
"""

HAS_NODES: Final[LiteralString] = """
select exists (
  select
    from wf.osquery_nodes
   where tenant_id = $1
   order by id
  offset $2
   limit 1)
"""

INSERT_NODE: Final[LiteralString] = """
insert into wf.osquery_nodes (tenant_id, id, feed_id, host_index, host, key_hash, state, enrolments)
values ($1, $2, $3, $4, $5, $6, 'active', 1)
on conflict (tenant_id, host_index) do nothing
"""

REPLACE_NODE: Final[LiteralString] = """
update wf.osquery_nodes
   set feed_id = $3,
       host_index = $4,
       host = $5,
       key_hash = $6,
       state = 'active',
       enrolments = enrolments + 1,
       enrolled_at = now(),
       last_seen_at = now()
 where tenant_id = $1
   and id = $2
"""

REVOKE_NODE: Final[LiteralString] = """
update wf.osquery_nodes
   set state = 'revoked'
 where tenant_id = $1
   and id = $2
   and state = 'active'
"""

SELECT_NODES: Final[LiteralString] = """
select id,
       feed_id,
       host,
       state,
       enrolments,
       enrolled_at,
       last_seen_at
  from wf.osquery_nodes
 where tenant_id = $1
   and id > $2
 order by id
 limit $3
"""

SELECT_HOSTS: Final[LiteralString] = """
select id,
       host
  from wf.osquery_nodes
 where tenant_id = $1
   and id = any ($2::uuid[])
"""

SELECT_CONFIGURATION: Final[LiteralString] = """
select version,
       body,
       changed_by,
       changed_at
  from wf.osquery_configurations
 where tenant_id = $1
 order by version desc
 limit 1
"""

INSERT_CONFIGURATION: Final[LiteralString] = """
insert into wf.osquery_configurations (tenant_id, version, body, changed_by)
values ($1, $2, $3, $4)
on conflict do nothing
"""


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent's key is checked against. `is_stale`: the host was not seen for a minute."""

    id: NodeId
    feed_id: FeedId
    key_hash: bytes
    state: NodeState
    is_stale: bool


class NodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A host; `host` is sealed."""

    id: NodeId
    feed_id: FeedId
    host: bytes
    state: NodeState
    enrolments: int
    enrolled_at: datetime
    last_seen_at: datetime


class HostRow(msgspec.Struct, frozen=True, kw_only=True):
    """A host's sealed description."""

    id: NodeId
    host: bytes


class NewNodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A host that enrols; the order is that of `INSERT_NODE` and `REPLACE_NODE`."""

    id: NodeId
    feed_id: FeedId
    host_index: bytes
    host: bytes
    key_hash: bytes


class ConfigurationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's changes; `body` is sealed."""

    version: int
    body: bytes
    changed_by: str
    changed_at: datetime


async def select_node(tx: TenantTx, node_id: NodeId) -> KeyRow | None:
    """What the key of a host is checked against."""
    return await tx.row(KeyRow, SELECT_NODE, tx.tenant_id, node_id)


async def touch_node(tx: TenantTx, node_id: NodeId) -> None:
    """Notes that the host was seen now."""
    await tx.execute(TOUCH_NODE, tx.tenant_id, node_id)


async def lock_host(tx: TenantTx, indexes: tuple[bytes, ...]) -> NodeId | None:
    """The host with this name, locked until the transaction ends."""
    found = await tx.value(UUID, LOCK_HOST, tx.tenant_id, list(indexes))
    return None if found is None else NodeId(found)


async def has_nodes(tx: TenantTx, number: int) -> bool:
    """Whether the tenant has more hosts than `number`."""
    return bool(await tx.value(bool, HAS_NODES, tx.tenant_id, number))


async def insert_node(tx: TenantTx, row: NewNodeRow) -> bool:
    """Adds a host; False when its name was taken meanwhile."""
    return await tx.execute(INSERT_NODE, tx.tenant_id, *msgspec.structs.astuple(row)) == 1


async def replace_node(tx: TenantTx, row: NewNodeRow) -> None:
    """Gives a host that is known a new key and a new description."""
    await tx.execute(REPLACE_NODE, tx.tenant_id, *msgspec.structs.astuple(row))


async def revoke_node(tx: TenantTx, node_id: NodeId) -> bool:
    """Revokes a host's key; False when there is none that is good."""
    return await tx.execute(REVOKE_NODE, tx.tenant_id, node_id) == 1


async def select_nodes(tx: TenantTx, *, after: UUID, limit: int) -> list[NodeRow]:
    """Hosts by id, which is the order in which they first enrolled."""
    return await tx.rows(NodeRow, SELECT_NODES, tx.tenant_id, after, limit)


async def select_hosts(tx: TenantTx, node_ids: list[NodeId]) -> list[HostRow]:
    """The descriptions of these hosts."""
    return await tx.rows(HostRow, SELECT_HOSTS, tx.tenant_id, node_ids)


async def select_configuration(tx: TenantTx) -> ConfigurationRow | None:
    """The newest version of the tenant's changes."""
    return await tx.row(ConfigurationRow, SELECT_CONFIGURATION, tx.tenant_id)


async def insert_configuration(tx: TenantTx, *, version: int, body: bytes, changed_by: str) -> bool:
    """Adds a version; False when it is there already."""
    return await tx.execute(INSERT_CONFIGURATION, tx.tenant_id, version, body, changed_by) == 1
