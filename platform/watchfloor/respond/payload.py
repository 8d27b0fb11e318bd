"""What exactly an action would do, as bytes that votes are bound to; sealed at its place.

Owns the canonical form, its hash and its seal. The hash covers a random part, so it tells nothing of the target, and a
payload with anything changed has another one.
"""

import hashlib
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.ids import ActionId, IncidentId
from watchfloor.normalise.event import Entity, EntityKind
from watchfloor.respond.kinds import ActionName

_TABLE: Final = "wf.actions"
_CODE_DIGITS: Final = 8


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """One action against one target. `salt` is random. `reason` is the proposer's words."""

    action: UUID
    incident: UUID
    kind: ActionName
    target_kind: EntityKind
    target: str
    reason: str
    salt: bytes

    @property
    def entity(self) -> Entity:
        """The target."""
        return Entity(kind=self.target_kind, value=self.target)

    @property
    def canonical(self) -> bytes:
        """The one encoding of these values."""
        return msgspec.json.encode(self, order="deterministic")


def digest(canonical: bytes) -> bytes:
    """What votes are bound to: SHA-256 of the canonical form."""
    return hashlib.sha256(canonical).digest()


def code(number: int, payload_hash: bytes) -> str:
    """How people name a proposal together with its exact content: `2-9f3c21ab`."""
    return f"{number}-{payload_hash.hex()[:_CODE_DIGITS]}"


def seal(cipher: TenantCipher, payload: Payload) -> bytes:
    """The payload, sealed at its action."""
    return cipher.seal(payload.canonical, table=_TABLE, column="payload", row=payload.action)


def open_payload(cipher: TenantCipher, action_id: ActionId, sealed: bytes) -> Payload:
    """The payload of an action. Raises Unopenable when it is damaged or stands elsewhere."""
    return msgspec.json.decode(opened_bytes(cipher, action_id, sealed), type=Payload)


def opened_bytes(cipher: TenantCipher, action_id: ActionId, sealed: bytes) -> bytes:
    """The canonical form as it was sealed. Raises Unopenable."""
    return cipher.open_(sealed, table=_TABLE, column="payload", row=action_id)


def seal_outcome(cipher: TenantCipher, action_id: ActionId, text: str) -> bytes:
    """What came of an action, sealed."""
    return cipher.seal(text.encode("utf-8", "surrogatepass"), table=_TABLE, column="outcome", row=action_id)


def open_outcome(cipher: TenantCipher, action_id: ActionId, sealed: bytes | None) -> str:
    """What came of an action; empty while nothing has."""
    if sealed is None:
        return ""
    return cipher.open_(sealed, table=_TABLE, column="outcome", row=action_id).decode("utf-8", "surrogatepass")


def is_about(payload: Payload, action_id: ActionId, incident_id: IncidentId) -> bool:
    """Whether the payload is this action's, and not another's that was put in its place."""
    return payload.action == action_id and payload.incident == incident_id
