"""The timeline of an incident: everything that happened to it, in order, sealed.

Owns the kinds of entries and their sealing. An entry's digest goes into the audit chain with the entry that the
desk appends beside it, so that a timeline cannot be rewritten unseen. Entries are added, never changed.
"""

import hashlib
from datetime import datetime
from typing import Final, Literal, cast
from uuid import UUID

import msgspec

from watchfloor.audit.append import Actor, ActorKind
from watchfloor.incidents import queries
from watchfloor.kernel.crypto import TenantCipher, bind
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId, new_uuid

Kind = Literal[
    "opened",
    "alert",
    "severity_changed",
    "acknowledged",
    "assigned",
    "verdict",
    "contained",
    "resolved",
    "closed",
    "reopened",
    "note",
    "report_requested",
]

_TABLE: Final = "wf.incident_timeline"


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. `facts` depend on the kind.

    opened, alert: `alert` (id), `rule` (title), `severity`; severity_changed: `before`, `after`; assigned: `person`
    (id); verdict: `verdict`, `text`; note: `text`; report_requested: `report` (id). All of it is untrusted.
    """

    id: UUID
    at: datetime
    kind: Kind
    actor_kind: ActorKind
    actor_id: str
    facts: dict[str, str]


async def add(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    incident_id: IncidentId,
    *,
    kind: Kind,
    facts: dict[str, str],
    entry_id: UUID | None = None,
) -> str | None:
    """Adds an entry and returns its digest for the audit chain.

    With an `entry_id` of the caller's, an entry that stands already is not added again: None.
    """
    entry_id = entry_id or new_uuid()
    sealed = cipher.seal(msgspec.json.encode(facts, order="sorted"), table=_TABLE, column="body", row=entry_id)
    entry = queries.NewEntry(
        id=entry_id,
        incident_id=incident_id,
        kind=kind,
        actor_kind=actor.kind,
        actor_id=actor.id,
        body=sealed,
    )
    return hashlib.sha256(sealed).hexdigest() if await queries.insert_entry(tx, entry) else None


async def read(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId, *, limit: int) -> list[TimelineEntry]:
    """The newest entries, in the order in which they happened."""
    rows = await queries.select_timeline(tx, incident_id, limit=limit)
    return [
        TimelineEntry(
            id=row.id,
            at=row.at,
            kind=cast("Kind", row.kind),
            actor_kind=cast("ActorKind", row.actor_kind),
            actor_id=row.actor_id,
            facts=msgspec.json.decode(
                cipher.open_(row.body, table=_TABLE, column="body", row=row.id), type=dict[str, str]
            ),
        )
        for row in reversed(rows)
    ]


def entry_id_of(actor: Actor, incident_id: IncidentId, kind: Kind) -> UUID:
    """The one id (UUIDv8, RFC 9562) of what this actor does to the incident in this request.

    A request that is delivered again makes the same id, and so no second entry.
    """
    digest = hashlib.sha256(bind(incident_id.bytes, kind, actor.kind, actor.id, actor.request_id)).digest()
    return UUID(bytes=bytes([*digest[:6], digest[6] & 0x0F | 0x80, digest[7], digest[8] & 0x3F | 0x80, *digest[9:16]]))
