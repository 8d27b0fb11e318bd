"""The timeline of an incident: everything that happened to it, in order, sealed.

Owns the kinds of entries. An entry's digest goes into the audit chain with the entry that the
desk appends beside it, so that a timeline cannot be rewritten unseen. Entries are added, never changed.
"""

import hashlib
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

import msgspec

from watchfloor.audit.append import Actor, ActorKind
from watchfloor.incidents import queries
from watchfloor.incidents.sealing import open_facts, seal_facts
from watchfloor.incidents.sla.keeping import refresh
from watchfloor.incidents.sla.log import STEPS
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
    "asked",
    "answered",
    "snoozed",
    "unsnoozed",
    "approval_requested",
    "approved",
    "declined",
    "action",
    "paged",
    "page_taken",
    "escalated",
    "exception_asked",
    "exception_made",
    "exception_declined",
    "exception_ending",
    "message",
    "merged",
    "absorbed",
    "unmerged",
    "split",
    "storm",
    "weighed",
    "restricted",
    "unnamed",
    "unrestricted",
]


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. `facts` depend on the kind.

    opened, alert: `alert` (id), `rule` (title), `severity`; an opening also `earlier`, `from` (references of incidents)
    or `newcomer` (kind of entity); severity_changed: `before`, `after`, `text` of a person; assigned: `person` (id);
    verdict: `verdict`, `text`; note: `text`; report_requested: `report` (id); asked, answered, escalated: `text`;
    paged: `person` (id) or `layer`, and `text`; snoozed: `until` (ISO 8601) and `text`; approval_requested, approved,
    declined: `number`, `action`, `target`, `text`; action: these and `result`; exception_asked, exception_made,
    exception_declined, exception_ending: `exception` or `request` (id), `text` (title, reason), `until` (ISO 8601) but
    where declined; message: `text`, `author`, `written_at`; merged, split: `into` (reference), `alerts` (how many);
    absorbed: `from`, `alerts`; unmerged: either; storm: `rule`, `alerts`; weighed: `value`, `kind`, `weight`;
    restricted: `person` (id), the last one named; unnamed: `person` (id) of who sees it no more; unrestricted: nothing.
    All of it is untrusted.
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
    """Adds an entry and returns its digest for the audit chain. What moves a clock, moves it here, in one with it.

    The caller holds the incident's lock: an entry's time is the database's, and later than any that stands there.

    With an `entry_id` of the caller's, an entry that stands already is not added again: None.
    """
    entry_id = entry_id or new_uuid()
    sealed = seal_facts(cipher, entry_id, facts)
    entry = queries.NewEntry(
        id=entry_id,
        incident_id=incident_id,
        kind=kind,
        actor_kind=actor.kind,
        actor_id=actor.id,
        body=sealed,
    )
    if not await queries.insert_entry(tx, entry):
        return None
    if kind in STEPS:
        await refresh(tx, cipher, incident_id)
    return hashlib.sha256(sealed).hexdigest()


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
            facts=open_facts(cipher, row.id, row.body),
        )
        for row in reversed(rows)
    ]


def entry_id_of(actor: Actor, incident_id: IncidentId, kind: Kind) -> UUID:
    """The one id (UUIDv8, RFC 9562) of what this actor does to the incident in this request.

    A request that is delivered again makes the same id, and so no second entry.
    """
    digest = hashlib.sha256(bind(incident_id.bytes, kind, actor.kind, actor.id, actor.request_id)).digest()
    return UUID(bytes=bytes([*digest[:6], digest[6] & 0x0F | 0x80, digest[7], digest[8] & 0x3F | 0x80, *digest[9:16]]))
