"""Alerts become incidents: the newest alerts join what they belong to, or open something new.

Owns what follows from a decision of `grouping.decision`: rows, number, title, severity, timeline, audit and the
message to the surfaces, all in the transaction that recorded the alerts. The caller holds the tenant's alert lock.
Incidents are locked, in the order of their ids, before anything is written, because people work on them meanwhile:
what was open when it was looked up may be resolved when it is locked, and is then left alone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from watchfloor.alerts.alert import AlertChange, Severity, rank
from watchfloor.alerts.sealing import entity_index
from watchfloor.audit.append import Actor, append
from watchfloor.incidents import timeline
from watchfloor.incidents.grouping import queries
from watchfloor.incidents.grouping.decision import REACH, Applicant, Candidate, Group, Name, decide
from watchfloor.incidents.incident import OPEN_STATES, Incident
from watchfloor.incidents.queries import lock_incidents, select_incident
from watchfloor.incidents.sealing import seal_entity
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlertId, IncidentId, new_uuid
from watchfloor.kernel.outbox import INCIDENT_CHANGED, publish
from watchfloor.normalise.event import Entity

GROUPING: Final = Actor(kind="system", id="grouping", role="system", request_id="")
"""Who opens and extends incidents, in the audit log and on the timeline."""

MAX_ENTITIES: Final = 1_000
"""How many entities an incident names at most."""

_LONGEST_TITLE: Final = 300
_LISTED: Final = 20
"""How many alerts of one batch get a line of their own on the timeline."""


async def group(tx: TenantTx, cipher: TenantCipher, changes: Sequence[AlertChange]) -> list[IncidentId]:
    """Puts new alerts into incidents and brings the incidents of grown ones up to date. Returns those touched."""
    if not changes:
        return []
    named = {change.alert_id: _names(cipher, change) for change in changes}
    applying = [change for change in changes if change.incident_id is None]
    shared = await _shared(tx, applying, named)
    own = {change.incident_id for change in changes if change.incident_id is not None}
    locked = {incident.id: incident for incident in await lock_incidents(tx, sorted({*own, *shared}))}
    candidates = [
        _candidate(locked[incident_id], rows)
        for incident_id, rows in shared.items()
        if incident_id in locked and locked[incident_id].state in OPEN_STATES
    ]
    groups = decide((_applicant(change, named) for change in applying), candidates)
    return await _Writer(tx, cipher, named).write(changes, groups, locked)


def _names(cipher: TenantCipher, change: AlertChange) -> dict[Name, Entity]:
    return {Name(entity.kind, entity_index(cipher, entity)): entity for entity in change.entities}


async def _shared(
    tx: TenantTx, changes: Sequence[AlertChange], named: dict[AlertId, dict[Name, Entity]]
) -> dict[IncidentId, list[queries.CandidateRow]]:
    """The open incidents that name an entity of the alerts, with those entities."""
    indexes = {name.index for change in changes for name in named[change.alert_id]}
    if not indexes:
        return {}
    since = min(change.first_seen for change in changes) - REACH
    until = max(change.last_seen for change in changes) + REACH
    shared: dict[IncidentId, list[queries.CandidateRow]] = {}
    for row in await queries.select_candidates(tx, sorted(indexes), since=since, until=until):
        shared.setdefault(IncidentId(row.incident_id), []).append(row)
    return shared


def _candidate(incident: Incident, rows: Iterable[queries.CandidateRow]) -> Candidate:
    rows = list(rows)
    return Candidate(
        incident_id=incident.id,
        names=frozenset(Name(row.kind, row.value_index) for row in rows),
        has_hosts=any(row.has_hosts for row in rows),
        first_event_at=incident.first_event_at,
        last_event_at=incident.last_event_at,
    )


def _applicant(change: AlertChange, named: dict[AlertId, dict[Name, Entity]]) -> Applicant:
    return Applicant(
        alert_id=change.alert_id,
        severity=change.rule.level,
        names=frozenset(named[change.alert_id]),
        first_seen=change.first_seen,
        last_seen=change.last_seen,
    )


class _Writer:
    """Writes what was decided."""

    def __init__(self, tx: TenantTx, cipher: TenantCipher, named: dict[AlertId, dict[Name, Entity]]) -> None:
        self.tx = tx
        self.cipher = cipher
        self.named = named

    async def write(
        self, changes: Sequence[AlertChange], groups: Sequence[Group], locked: dict[IncidentId, Incident]
    ) -> list[IncidentId]:
        """Opens and extends incidents and returns them."""
        by_id = {change.alert_id: change for change in changes}
        touched: list[IncidentId] = []
        joined: dict[IncidentId, list[AlertChange]] = {}
        grown: dict[IncidentId, list[AlertChange]] = {}
        for decided in groups:
            members = [by_id[alert_id] for alert_id in decided.alert_ids]
            if decided.incident_id is None:
                touched.append(await self.open(members))
            else:
                joined[decided.incident_id] = members
        for change in changes:
            if change.incident_id is not None:
                grown.setdefault(change.incident_id, []).append(change)
        for incident_id in sorted({*joined, *grown}):
            incident = locked[incident_id]
            await self.extend(incident, joined=joined.get(incident_id, ()), grown=grown.get(incident_id, ()))
            touched.append(incident_id)
        return touched

    async def open(self, members: Sequence[AlertChange]) -> IncidentId:
        """Opens an incident with these alerts."""
        incident_id = IncidentId(new_uuid())
        worst = _worst(members)
        extent = _extent(members, title=worst.rule.title, severity=worst.rule.level)
        number = await queries.next_number(self.tx)
        await queries.insert_incident(self.tx, incident_id, number=number, extent=extent)
        await queries.attach_alerts(self.tx, incident_id, [change.alert_id for change in members])
        await self._name(incident_id, members)
        await self._tell("opened", incident_id, [worst])
        await self._tell("alert", incident_id, [change for change in members if change is not worst])
        await self._record(incident_id, action="incident.open", before=None, alerts=members)
        return incident_id

    async def extend(self, incident: Incident, *, joined: Sequence[AlertChange], grown: Sequence[AlertChange]) -> None:
        """Adds alerts to an incident, and what its own alerts gained."""
        changes = [*joined, *grown]
        title, severity = incident.title, incident.severity
        if joined and rank(_worst(joined).rule.level) > rank(severity):
            title, severity = _worst(joined).rule.title, _worst(joined).rule.level
        await queries.update_extent(self.tx, incident.id, _extent(changes, title=title, severity=severity))
        await self._name(incident.id, changes)
        if joined:
            await queries.attach_alerts(self.tx, incident.id, [change.alert_id for change in joined])
            await self._tell("alert", incident.id, joined)
        if severity != incident.severity:
            facts: dict[str, str] = {"before": incident.severity, "after": severity}
            await timeline.add(self.tx, self.cipher, GROUPING, incident.id, kind="severity_changed", facts=facts)
        if joined:
            await self._record(incident.id, action="incident.extend", before=incident, alerts=joined)
        else:
            await publish(self.tx, topic=INCIDENT_CHANGED, key=ids.show("inc", incident.id))

    async def _name(self, incident_id: IncidentId, changes: Sequence[AlertChange]) -> None:
        """Adds the alerts' entities to the incident's, as far as there is room for new ones."""
        known = {Name(row.kind, row.value_index) for row in await queries.select_named(self.tx, incident_id)}
        room = MAX_ENTITIES - len(known)
        rows: list[queries.NewEntity] = []
        for name, (entity, first_seen, last_seen) in _sightings(changes, self.named).items():
            if name not in known:
                if room <= 0:
                    continue
                room -= 1
            rows.append(
                queries.NewEntity(
                    incident_id=incident_id,
                    kind=name.kind,
                    value_index=name.index,
                    value=seal_entity(self.cipher, incident_id, entity, name.index),
                    first_seen=first_seen,
                    last_seen=last_seen,
                )
            )
        if rows:
            await queries.upsert_entities(self.tx, rows)

    async def _tell(self, kind: timeline.Kind, incident_id: IncidentId, changes: Sequence[AlertChange]) -> None:
        for change in changes[:_LISTED]:
            facts = {
                "alert": ids.show("alr", change.alert_id),
                "rule": change.rule.title,
                "severity": change.rule.level,
            }
            await timeline.add(self.tx, self.cipher, GROUPING, incident_id, kind=kind, facts=facts)
        if len(changes) > _LISTED:
            facts = {"more": str(len(changes) - _LISTED)}
            await timeline.add(self.tx, self.cipher, GROUPING, incident_id, kind=kind, facts=facts)

    async def _record(
        self, incident_id: IncidentId, *, action: str, before: Incident | None, alerts: Sequence[AlertChange]
    ) -> None:
        after = await select_incident(self.tx, incident_id)
        await append(
            self.tx,
            GROUPING,
            action=action,
            object_kind="incident",
            object_id=ids.show("inc", incident_id),
            before=before,
            after={"incident": after, "alerts": [ids.show("alr", change.alert_id) for change in alerts]},
        )
        await publish(self.tx, topic=INCIDENT_CHANGED, key=ids.show("inc", incident_id))


def _worst(changes: Sequence[AlertChange]) -> AlertChange:
    """The most severe alert, the earliest of them if there are several: it names the incident."""
    return min(changes, key=lambda change: (-rank(change.rule.level), change.first_seen, change.alert_id))


def _extent(changes: Sequence[AlertChange], *, title: str, severity: Severity) -> queries.Extent:
    return queries.Extent(
        title=title[:_LONGEST_TITLE],
        severity=severity,
        first_event_at=min(change.first_seen for change in changes),
        last_event_at=max(change.last_seen for change in changes),
    )


def _sightings(
    changes: Sequence[AlertChange], named: dict[AlertId, dict[Name, Entity]]
) -> dict[Name, tuple[Entity, datetime, datetime]]:
    """Each entity of the alerts with the time in which they saw it."""
    seen: dict[Name, tuple[Entity, datetime, datetime]] = {}
    for change in changes:
        for name, entity in named[change.alert_id].items():
            _, first, last = seen.get(name, (entity, change.first_seen, change.last_seen))
            seen[name] = (entity, min(first, change.first_seen), max(last, change.last_seen))
    return seen
