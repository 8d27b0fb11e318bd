"""The alerts of an incident with their rules, and the events behind them as evidence.

Owns which are shown: the most severe alerts, and of each of them its first events, as many as fit. A value is given
whole or its event is left out; nothing is shortened here.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from reports.documents.incident.facts import (
    Alert,
    Evidence,
    EvidenceField,
    Rule,
    Technique,
)
from reports.documents.incident.findings import queries
from reports.documents.incident.findings.fields import fields_of
from watchfloor.alerts import listing
from watchfloor.alerts.alert import Evidence as Kept
from watchfloor.alerts.alert import RuleFacts, rank
from watchfloor.alerts.sealing import open_evidence
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlertId, IncidentId

ALERTS_LISTED: Final = 200
EVENTS_LISTED: Final = 60
EVENTS_EACH: Final = 3
EVIDENCE_BYTES: Final = 6 * 1024 * 1024
"""How much evidence is handed over: well below what a report may have in all."""

_ALERTS_READ: Final = 5_000
_SYSTEM_PROGRAMS: Final = ("c:\\windows\\system32\\", "c:\\windows\\syswow64\\", "c:\\windows\\microsoft.net\\")
_VALUES_SHOWN: Final = 6


class Detections(msgspec.Struct, frozen=True, kw_only=True):
    """The alerts, the most severe first, and their events, the most telling first.

    `system_hashes` are the digests that the events have of Windows' own programs: who blocked them would block Windows.
    """

    alerts: tuple[Alert, ...]
    evidence: tuple[Evidence, ...]
    alert_ids: tuple[AlertId, ...]
    system_hashes: frozenset[str]


class _Opened(msgspec.Struct, kw_only=True):
    """The events to show, each once and as many as fit; the first event of each alert; see `Detections`."""

    chosen: dict[bytes, "_Event"] = {}
    firsts: dict[AlertId, "_Event"] = {}
    system_hashes: set[str] = set()


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    """An opened event of an alert."""

    key: bytes
    source: str
    kept: Kept
    fields: tuple[EvidenceField, ...]


async def find(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId) -> Detections:
    """What was detected. Raises Unopenable when evidence was damaged."""
    rows = await listing.list_of_incident(tx, incident_id, limit=_ALERTS_READ)
    ordered = sorted(rows, key=lambda alert: (-rank(alert.severity), alert.first_seen, alert.id))[:ALERTS_LISTED]
    sources = {row.alert_id: row.source for row in await queries.select_sources(tx, incident_id)}
    opened = await _open(tx, cipher, [alert.id for alert in ordered])
    return Detections(
        alerts=tuple(_alert(alert, sources.get(alert.id, "unknown"), opened.firsts.get(alert.id)) for alert in ordered),
        evidence=tuple(await _evidence(tx, incident_id, list(opened.chosen.values()))),
        alert_ids=tuple(alert.id for alert in ordered),
        system_hashes=frozenset(opened.system_hashes),
    )


async def _open(tx: TenantTx, cipher: TenantCipher, alert_ids: Sequence[AlertId]) -> _Opened:
    opened = _Opened()
    room = EVIDENCE_BYTES
    async for row in queries.stream_evidence(tx, alert_ids, each=EVENTS_EACH):
        alert_id = AlertId(row.alert_id)
        kept = open_evidence(cipher, alert_id, row.event_key, row.body)
        event = _Event(key=row.event_key, source=row.source, kept=kept, fields=fields_of(kept))
        opened.firsts.setdefault(alert_id, event)
        opened.system_hashes.update(_system_hashes(kept))
        size = sum(len(field.name) + len(field.value) for field in event.fields)
        if row.event_key not in opened.chosen and len(opened.chosen) < EVENTS_LISTED and size <= room:
            opened.chosen[row.event_key] = event
            room -= size
    return opened


def _system_hashes(kept: Kept) -> list[str]:
    program = str(kept.fields.get("ImageLoaded") or kept.fields.get("Image") or "").lower()
    if not program.startswith(_SYSTEM_PROGRAMS):
        return []
    return [entity.value for entity in kept.entities if entity.kind == "hash"]


async def _evidence(tx: TenantTx, incident_id: IncidentId, events: Sequence[_Event]) -> list[Evidence]:
    rules: dict[bytes, list[str]] = {}
    for row in await queries.select_rules_of_events(tx, incident_id, [event.key for event in events]):
        rules.setdefault(row.event_key, []).append(row.rule_id)
    return [
        Evidence(
            key=event.key.hex(),
            at=event.kept.time,
            received_at=event.kept.received_at,
            source=event.source,
            summary=event.kept.summary,
            rules=tuple(rules.get(event.key, ())),
            fields=event.fields,
        )
        for event in events
    ]


def _alert(alert: listing.Alert, source: str, first: _Event | None) -> Alert:
    return Alert(
        id=ids.show("alr", alert.id),
        rule=_rule(alert.rule),
        severity=alert.severity,
        log_source=source,
        first_seen=alert.first_seen,
        last_seen=alert.last_seen,
        events=alert.match_count,
        entities=() if first is None else _dedup_values(alert.rule, first),
    )


def _dedup_values(rule: RuleFacts, first: _Event) -> tuple[str, ...]:
    """What the alert is about: the first event's values of the names that make up the rule's dedup key."""
    entities: dict[str, str] = {}
    for entity in first.kept.entities:
        entities.setdefault(entity.kind, entity.value)
    fields = {field.name: field.value for field in first.fields}
    values = (entities.get(name) or fields.get(name, "") for name in rule.dedup if name != "process")
    return tuple(dict.fromkeys(value for value in values if value))[:_VALUES_SHOWN]


def _rule(facts: RuleFacts) -> Rule:
    tactics = _tactics(facts)
    # Which of several tactics a technique serves, the rule does not say.
    tactic = tactics[0] if len(tactics) == 1 else ""
    return Rule(
        id=facts.id,
        title=facts.title,
        level=facts.level,
        why=facts.why,
        false_positives="; ".join(facts.false_positives),
        author=facts.author,
        licence=facts.licence,
        link=facts.link or "",
        content_hash=facts.content_hash,
        techniques=tuple(Technique(id=name, name="", tactic=tactic) for name in facts.techniques),
    )


def _tactics(facts: RuleFacts) -> list[str]:
    names = (tag.removeprefix("attack.") for tag in facts.tags if tag.startswith("attack."))
    return [name for name in names if not any(character.isdigit() for character in name)]
