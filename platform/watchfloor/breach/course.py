"""How it went, and what is kept of it: the time line and the evidence of a case, from the incidents' records.

Owns which entries of an incident's timeline tell a breach and which events are named as evidence. Reads only.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from watchfloor.alerts.alert import rank
from watchfloor.alerts.listing import Alert
from watchfloor.alerts.sealing import open_evidence
from watchfloor.breach import queries
from watchfloor.breach.facts import cite_alert, cite_incident, shown
from watchfloor.breach.known import SYSTEM, Citation
from watchfloor.breach.records import Evidence, TimelineItem
from watchfloor.incidents import timeline
from watchfloor.incidents.incident import Incident
from watchfloor.incidents.timeline import Kind, TimelineEntry
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlertId

_ENTRIES_READ: Final = 5_000
_MOST_ITEMS: Final = 400
_RULES_TOLD: Final = 40
_EVENTS_KEPT: Final = 20

_WORDS: Final[dict[Kind, str]] = {
    "opened": "Incident opened",
    "acknowledged": "An analyst began to work on it",
    "verdict": "Verdict",
    "contained": "Contained",
    "action": "Response action",
    "escalated": "Escalated",
    "resolved": "Resolved",
    "closed": "Closed",
    "reopened": "Opened again",
}
"""What of a timeline is told, and how."""

_OURS: Final[frozenset[Kind]] = frozenset({"acknowledged", "escalated"})
"""How the MSSP worked: not for the controller's papers unless somebody says so."""

_TOLD: Final = ("rule", "verdict", "action", "target", "result", "text")


async def timeline_of(
    tx: TenantTx, cipher: TenantCipher, incidents: Sequence[Incident], alerts: Sequence[Alert]
) -> tuple[TimelineItem, ...]:
    """What happened, in order: the first event, the first alert of each rule, and the steps that were taken."""
    items: list[TimelineItem] = []
    for incident in incidents:
        items.append(_first_event(incident))
        entries = await timeline.read(tx, cipher, incident.id, limit=_ENTRIES_READ)
        items += [_item(incident, entry) for entry in entries if entry.kind in _WORDS]
    firsts: dict[str, Alert] = {}
    for alert in alerts:
        firsts.setdefault(alert.rule.id, alert)
    items += [_first_alert(alert) for alert in list(firsts.values())[:_RULES_TOLD]]
    return tuple(sorted(items, key=lambda item: item.utc)[:_MOST_ITEMS])


async def evidence_of(tx: TenantTx, cipher: TenantCipher, alerts: Sequence[Alert]) -> tuple[Evidence, ...]:
    """The first event of the most severe alerts of different rules, by the digest of its record as it came.

    It is named by its rule and source: what an event says, such as a command line, may hold a password.
    """
    worst = sorted(alerts, key=lambda alert: (-rank(alert.severity), alert.first_seen, alert.id))
    chosen: dict[str, Alert] = {}
    for alert in worst:
        chosen.setdefault(alert.rule.id, alert)
    rows = await queries.select_first_events(tx, [alert.id for alert in list(chosen.values())[:_EVENTS_KEPT]])
    titles = {alert.id: shown(alert.rule.title) for alert in worst}
    kept: list[Evidence] = []
    for row in rows:
        event = open_evidence(cipher, AlertId(row.alert_id), row.event_key, row.body)
        key = row.event_key.hex()
        cite = Citation(kind="event", id=key, what=f"{row.source}, in alert {ids.show('alr', AlertId(row.alert_id))}")
        kept.append(
            Evidence(
                id=key,
                what=f"{titles[AlertId(row.alert_id)]} ({row.source})",
                sha256=hashlib.sha256(event.raw).hexdigest(),
                collected_at=event.received_at,
                by=SYSTEM,
                citations=(cite,),
            )
        )
    return tuple(kept)


def _first_event(incident: Incident) -> TimelineItem:
    return TimelineItem(
        utc=incident.first_event_at,
        source=cite_incident(incident, "first event of the incident"),
        actor=SYSTEM,
        text="First event on record",
        code="first_event",
        confirmed=True,
        visible_to_controller=True,
    )


def _first_alert(alert: Alert) -> TimelineItem:
    return TimelineItem(
        utc=alert.first_seen,
        source=cite_alert(alert),
        actor=SYSTEM,
        text=f"Detected: {shown(alert.rule.title)}",
        code="first_alert",
        confirmed=True,
        visible_to_controller=True,
    )


def _item(incident: Incident, entry: TimelineEntry) -> TimelineItem:
    told = [shown(entry.facts[name]) for name in _TOLD if entry.facts.get(name)]
    if entry.kind == "verdict":
        told[:1] = [told[0].replace("_", " ")] if told else []
    words = _WORDS[entry.kind]
    return TimelineItem(
        utc=entry.at,
        source=Citation(
            kind="timeline", id=str(entry.id), what=f"{entry.kind}, incident {ids.show('inc', incident.id)}"
        ),
        actor=entry.actor_id if entry.actor_kind == "person" else SYSTEM,
        text=f"{words}: {'; '.join(told)}" if told else words,
        code=entry.kind,
        confirmed=True,
        visible_to_controller=entry.kind not in _OURS,
    )
