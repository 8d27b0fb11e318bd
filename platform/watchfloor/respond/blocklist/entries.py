"""Entries of the blocklist: what may stand there, in which spelling, and how they are put on and taken off.

Firewalls read the list line by line, so only what is exactly one address, domain or hash in its plain form gets on it.
Addresses by which everybody or nobody is meant, and those of this machine, are refused.
"""

import hashlib
import ipaddress
import re
from collections.abc import Sequence
from typing import Final, Literal, cast

from watchfloor.alerts.sealing import entity_index
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import ActionId
from watchfloor.normalise.event import Entity, EntityKind
from watchfloor.respond.blocklist import queries

MOST: Final = 50_000
"""How many entries a list gives at most: what small firewalls can take."""

BlockedKind = Literal["ip", "domain", "hash"]

BLOCKED_KINDS: Final[tuple[BlockedKind, ...]] = ("ip", "domain", "hash")

_TABLE: Final = "wf.blocklist"
_DOMAIN: Final = re.compile(r"(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_HASH: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}")


def plain(entity: Entity) -> Entity:
    """The entity as it can stand on the list. Raises Invalid when it cannot."""
    value = entity.value.strip().lower().rstrip(".")
    match entity.kind:
        case "ip":
            return Entity("ip", _address(value))
        case "domain" if _DOMAIN.fullmatch(value):
            return Entity("domain", value)
        case "hash" if _HASH.fullmatch(value):
            return Entity("hash", value)
        case _:
            raise Invalid(
                "This cannot stand on a blocklist.", where="target", remedy="Name one address, domain or hash."
            )


async def block(tx: TenantTx, cipher: TenantCipher, entity: Entity, action_id: ActionId) -> bool:
    """Puts an entity on the list. False when it stands there."""
    index = entity_index(cipher, entity)
    row = queries.BlockedRow(
        kind=entity.kind,
        value_index=index,
        value=cipher.seal(entity.value.encode(), table=_TABLE, column="value", row=_place(entity.kind, index)),
    )
    return await queries.insert_blocked(tx, row, action_id)


async def unblock(tx: TenantTx, cipher: TenantCipher, entity: Entity) -> bool:
    """Takes an entity off the list. False when it does not stand there."""
    candidates = cipher.index_candidates(f"entity.{entity.kind}", entity.value)
    return await queries.delete_blocked(tx, entity.kind, candidates)


async def listed(tx: TenantTx, cipher: TenantCipher, kinds: Sequence[EntityKind]) -> list[Entity]:
    """What stands on the list, of these kinds, sorted."""
    rows = await queries.select_blocked(tx, kinds, limit=MOST)
    opened = [
        Entity(
            cast("EntityKind", row.kind),
            cipher.open_(row.value, table=_TABLE, column="value", row=_place(row.kind, row.value_index)).decode(),
        )
        for row in rows
    ]
    return sorted(opened, key=lambda entity: (entity.kind, entity.value))


def as_text(entities: Sequence[Entity]) -> str:
    """The list as firewalls read it: a value a line."""
    return "".join(f"{entity.value}\n" for entity in entities)


def version_of(text: str) -> str:
    """What changes when the list does: its entity tag (RFC 9110 section 8.8.3)."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _place(kind: str, index: bytes) -> str:
    return f"{kind}:{index.hex()}"


def _address(value: str) -> str:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        raise Invalid("This is no address.", where="target") from None
    if address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local:
        raise Invalid("An address that means every machine, or the firewall itself, is not blocked.", where="target")
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        raise Invalid("An address with a zone means something on one machine only.", where="target")
    return str(address)
