"""Appending to a tenant's audit chain, in the transaction of the change itself (A1).

An entry says who did what to which object, under which role and request, with the hash of the object before and
after. What may be personal data goes into `detail`, which stands outside the chain, sealed with the tenant's key;
the chain holds the hash of the sealed bytes, so that destroying the key breaks nothing (A4).
"""

import hashlib
from typing import Literal

import msgspec

from watchfloor.audit import queries
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import new_uuid

ActorKind = Literal["person", "api_key", "feed", "system"]


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts: a person, an API key, a feed or a part of the system, as which role, in which request."""

    kind: ActorKind
    id: str
    role: str
    request_id: str


async def append(
    tx: TenantTx,
    actor: Actor,
    *,
    action: str,
    object_kind: str,
    object_id: str,
    before: object = None,
    after: object = None,
    detail: dict[str, str] | None = None,
    cipher: TenantCipher | None = None,
) -> int:
    """Appends one entry and returns its number in the tenant's chain.

    `before` and `after` are the object's states (anything msgspec encodes); only their hashes are kept.
    Raises Invalid when there is a detail and no cipher to seal it with.
    """
    entry_id = new_uuid()
    sealed = None
    if detail is not None:
        if cipher is None:
            raise Invalid("An audit detail needs the tenant's cipher.", where=action)
        sealed = cipher.seal(_canonical(detail), table="audit_details", column="sealed", row=entry_id)
    entry = queries.NewEntry(
        id=entry_id,
        actor_kind=actor.kind,
        actor_id=actor.id,
        as_role=actor.role,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        before_hash=state_hash(before),
        after_hash=state_hash(after),
        sealed=sealed,
        request_id=actor.request_id,
    )
    return await queries.append(tx, entry)


def state_hash(state: object) -> bytes | None:
    """SHA-256 over a state's JSON with sorted keys, or None for no state."""
    return None if state is None else hashlib.sha256(_canonical(state)).digest()


def _canonical(value: object) -> bytes:
    return msgspec.json.encode(value, order="deterministic")
