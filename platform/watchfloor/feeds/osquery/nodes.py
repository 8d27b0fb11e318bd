"""The hosts of a tenant whose osquery enrolled, and the keys that they show from then on.

Owns what a key stands for. A host's name is what its agent calls itself: within a tenant, whoever enrols under a name
is that host and its earlier key is dead; the same name at two tenants is two hosts that never meet. The tenant is the
feed's, whose id stands in the key; the row is the tenant's own, and the whole digest of the key is compared (N2).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.audit.append import Actor, append
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.osquery import queries
from watchfloor.feeds.osquery.queries import NodeState
from watchfloor.kernel import ids
from watchfloor.kernel.credentials import MintedAgentKey, PresentedAgentKey, matches, mint_agent_key
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid, NotFound, TooLarge, Unavailable
from watchfloor.kernel.ids import FeedId, NodeId

MOST_NODES: Final = 50_000
"""How many hosts a tenant may have: whoever has the secret of a feed can enrol under any name."""

LONGEST_IDENTIFIER: Final = 255
_LONGEST_DETAILS: Final = 48_000

Details = dict[str, dict[str, str]]
"""What the agent says about its host at enrolment: a row each of `os_version`, `osquery_info`, `system_info`, ..."""


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """A host as its agent describes it; untrusted text."""

    identifier: str
    details: Details

    @property
    def name(self) -> str:
        """The host's name in the network, or else what the agent calls itself."""
        system = self.details.get("system_info", {})
        return system.get("hostname") or system.get("computer_name") or self.identifier

    @property
    def system(self) -> str:
        """The operating system and its version."""
        found = self.details.get("os_version", {})
        return " ".join(part for part in (found.get("name") or found.get("platform"), found.get("version")) if part)

    @property
    def agent_version(self) -> str:
        """The version of osquery."""
        return self.details.get("osquery_info", {}).get("version", "")


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A host that enrolled. A revoked one is refused until it enrols again."""

    id: NodeId
    feed_id: FeedId
    host: Host
    state: NodeState
    enrolments: int
    enrolled_at: datetime
    last_seen_at: datetime


async def enrol(tx: TenantTx, cipher: TenantCipher, feed: Feed, host: Host) -> MintedAgentKey:
    """A new key for the host, in place of any that it had.

    Raises Invalid when it has no name, TooLarge beyond `MOST_NODES`, Unavailable when it enrols twice at once.
    """
    _check_identifier(host.identifier)
    name = host.identifier.casefold()
    known = await queries.lock_host(tx, cipher.index_candidates("osquery_host", name))
    if known is None and await queries.has_nodes(tx, MOST_NODES - 1):
        raise TooLarge(f"The tenant has {MOST_NODES} hosts.", remedy="Remove feeds of hosts that are gone.")
    node_id = known or NodeId(ids.new_uuid())
    key = mint_agent_key("node", feed_id=feed.id, owner=node_id)
    row = queries.NewNodeRow(
        id=node_id,
        feed_id=feed.id,
        host_index=cipher.index("osquery_host", name),
        host=cipher.seal(_description(host), table="osquery_nodes", column="host", row=node_id),
        key_hash=key.digest,
    )
    if known is not None:
        await queries.replace_node(tx, row)
    elif not await queries.insert_node(tx, row):
        raise Unavailable("The host is enrolling already.", retry_after_seconds=1)
    actor = Actor(kind="feed", id=ids.show("feed", feed.id), role="feed", request_id="-")
    action = "osquery.enrol" if known is None else "osquery.enrol_again"
    await append(tx, actor, action=action, object_kind="node", object_id=shown(node_id))
    return key


async def recognise(tx: TenantTx, presented: PresentedAgentKey) -> NodeId | None:
    """The host whose key this is, None when the key is nobody's, or was replaced or revoked. Notes that it was seen."""
    row = await queries.select_node(tx, NodeId(presented.owner))
    if not matches(None if row is None else row.key_hash, presented) or row is None:
        return None
    if row.state != "active" or row.feed_id != presented.feed_id:
        return None
    if row.is_stale:
        await queries.touch_node(tx, row.id)
    return row.id


async def find_host(tx: TenantTx, cipher: TenantCipher, name: str) -> NodeId | None:
    """The host that enrolled under this name and was not revoked since."""
    known = await queries.lock_host(tx, cipher.index_candidates("osquery_host", name.casefold()))
    row = None if known is None else await queries.select_node(tx, known)
    return None if row is None or row.state != "active" else row.id


async def list_nodes(tx: TenantTx, cipher: TenantCipher, *, after: UUID, limit: int) -> list[Node]:
    """Hosts behind an id, in the order in which they first enrolled."""
    rows = await queries.select_nodes(tx, after=after, limit=limit)
    return [
        Node(
            id=row.id,
            feed_id=row.feed_id,
            host=_opened(cipher, row.id, row.host),
            state=row.state,
            enrolments=row.enrolments,
            enrolled_at=row.enrolled_at,
            last_seen_at=row.last_seen_at,
        )
        for row in rows
    ]


async def hosts_of(tx: TenantTx, cipher: TenantCipher, node_ids: Sequence[NodeId]) -> dict[NodeId, Host]:
    """These hosts' descriptions."""
    rows = await queries.select_hosts(tx, list(node_ids))
    return {row.id: _opened(cipher, row.id, row.host) for row in rows}


async def revoke(tx: TenantTx, actor: Actor, node_id: NodeId) -> bool:
    """Revokes a host's key; False when it was revoked before. The door notices within a second.

    Its agent enrols again if the secret that it has is still good: revoke the feed's token, too, to keep it out.
    Raises NotFound.
    """
    if await queries.select_node(tx, node_id) is None:
        raise NotFound("There is no such host.")
    revoked = await queries.revoke_node(tx, node_id)
    if revoked:
        await append(tx, actor, action="osquery.revoke", object_kind="node", object_id=shown(node_id))
    return revoked


def shown(node_id: NodeId) -> str:
    """A host's id, as people see it."""
    return ids.show("nod", node_id)


def _check_identifier(identifier: str) -> None:
    if not identifier.strip() or len(identifier) > LONGEST_IDENTIFIER:
        raise Invalid(f"It has 1 to {LONGEST_IDENTIFIER} characters.", where="host_identifier")


def _description(host: Host) -> bytes:
    """Without the details where they are longer than any agent's."""
    whole = msgspec.json.encode(host)
    return (
        whole if len(whole) <= _LONGEST_DETAILS else msgspec.json.encode(Host(identifier=host.identifier, details={}))
    )


def _opened(cipher: TenantCipher, node_id: NodeId, sealed: bytes) -> Host:
    return msgspec.json.decode(cipher.open_(sealed, table="osquery_nodes", column="host", row=node_id), type=Host)
