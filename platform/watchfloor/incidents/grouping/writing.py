"""Writes what grouping decided: rows, number, title, severity, entities, timeline, audit, the message to the surfaces.

Decides nothing but who comes back (see `returning`). The caller holds the tenant's alert lock and those of all
incidents that are there.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from watchfloor.alerts.alert import AlertChange, Severity, rank
from watchfloor.alerts.precision.figures import note_verdict
from watchfloor.alerts.sealing import entity_index
from watchfloor.audit.append import Actor, append
from watchfloor.incidents import timeline
from watchfloor.incidents.calling import call_for
from watchfloor.incidents.grouping import queries
from watchfloor.incidents.grouping.decision import Group, Name
from watchfloor.incidents.grouping.returning import Earlier, is_taken_up
from watchfloor.incidents.incident import Incident
from watchfloor.incidents.queries import select_incident, update_state
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

LONGEST_TITLE: Final = 300

_LISTED: Final = 20
"""How many alerts of one batch get a line of their own on the timeline."""
_GROWN: Final = 2
"""A storm's timeline speaks of it again when it is so many times larger."""


class Writer:
    """Writes for one batch."""

    def __init__(self, tx: TenantTx, cipher: TenantCipher, earlier: dict[AlertId, Earlier]) -> None:
        self.tx = tx
        self.cipher = cipher
        self.earlier = earlier

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
            earlier = None if decided.is_storm else self._earlier(members)
            if decided.incident_id is not None:
                joined.setdefault(decided.incident_id, []).extend(members)
            elif earlier is not None and self._takes_up(locked.get(earlier.incident_id), members):
                joined.setdefault(earlier.incident_id, []).extend(members)
            else:
                touched.append(await self._open(decided, members, earlier))
        for change in changes:
            if change.incident_id is not None:
                grown.setdefault(change.incident_id, []).append(change)
        for incident_id in sorted({*joined, *grown}):
            incident = locked[incident_id]
            if incident_id in joined and self._takes_up(incident, joined[incident_id]):
                incident = await self._reopen(incident, joined[incident_id])
            await self._extend(incident, joined=joined.get(incident_id, ()), grown=grown.get(incident_id, ()))
            touched.append(incident_id)
        return touched

    def _earlier(self, members: Sequence[AlertChange]) -> Earlier | None:
        """What the alerts follow, all the same which of them."""
        return next((self.earlier[one.alert_id] for one in members if one.alert_id in self.earlier), None)

    def _takes_up(self, earlier: Incident | None, members: Sequence[AlertChange]) -> bool:
        return earlier is not None and is_taken_up(earlier, members)

    async def _open(self, decided: Group, members: Sequence[AlertChange], earlier: Earlier | None) -> IncidentId:
        """Opens an incident with these alerts."""
        incident_id = IncidentId(new_uuid())
        worst = worst_of(members)
        kind = "storm" if decided.is_storm else "newcomer" if decided.newcomer is not None else "alert"
        extent = _extent(members, title=worst.rule.title, severity=worst.rule.level)
        number = await queries.next_number(self.tx)
        await queries.insert_incident(self.tx, incident_id, number=number, extent=extent)
        await queries.insert_origin(self.tx, incident_id, rule_id=worst.rule.id, kind=kind, newcomer=decided.newcomer)
        await queries.attach_alerts(self.tx, incident_id, [change.alert_id for change in members])
        await self._name(incident_id, members, is_storm=decided.is_storm)
        more: dict[str, str] = {} if earlier is None else {"earlier": earlier.ref}
        if decided.newcomer is not None:
            more["newcomer"] = decided.newcomer
        await self._tell("opened", incident_id, [worst], more)
        if decided.is_storm:
            await self._gather(incident_id, members)
        else:
            await self._tell("alert", incident_id, [change for change in members if change is not worst])
        await self._record(incident_id, action="incident.open", before=None, alerts=members)
        await call_for(self.tx, incident_id, by=GROUPING.id)
        return incident_id

    async def _reopen(self, incident: Incident, members: Sequence[AlertChange]) -> Incident:
        """Takes an incident up again whose alerts come back."""
        await update_state(self.tx, incident.id, state="acknowledged", assignee_id=incident.assignee_id)
        worst = worst_of(members)
        facts: dict[str, str] = {"rule": worst.rule.title, "alert": ids.show("alr", worst.alert_id)}
        await timeline.add(self.tx, self.cipher, GROUPING, incident.id, kind="reopened", facts=facts)
        await self._record(incident.id, action="incident.reopen", before=incident, alerts=members)
        return await select_incident(self.tx, incident.id) or incident

    async def _extend(self, incident: Incident, *, joined: Sequence[AlertChange], grown: Sequence[AlertChange]) -> None:
        """Adds alerts to an incident, and what its own alerts gained."""
        changes = [*joined, *grown]
        title, severity = incident.title, incident.severity
        seen = max(rank(severity), rank(incident.rated_from or severity))
        if joined and rank(worst_of(joined).rule.level) > seen:
            title, severity = worst_of(joined).rule.title, worst_of(joined).rule.level
        await queries.update_extent(self.tx, incident.id, _extent(changes, title=title, severity=severity))
        is_storm = await self._gather(incident.id, joined)
        await self._name(incident.id, changes, is_storm=is_storm)
        if joined:
            await queries.attach_alerts(self.tx, incident.id, [change.alert_id for change in joined])
            if not is_storm:
                await self._tell("alert", incident.id, joined)
            if incident.verdict is not None:
                await note_verdict(self.tx, incident.id)
        if severity != incident.severity:
            facts: dict[str, str] = {"before": incident.severity, "after": severity}
            await timeline.add(self.tx, self.cipher, GROUPING, incident.id, kind="severity_changed", facts=facts)
            await call_for(self.tx, incident.id, by=GROUPING.id)
        if joined:
            await self._record(incident.id, action="incident.extend", before=incident, alerts=joined)
        else:
            await publish(self.tx, topic=INCIDENT_CHANGED, key=ids.show("inc", incident.id))

    async def _gather(self, incident_id: IncidentId, joined: Sequence[AlertChange]) -> bool:
        """Counts what a storm gains and speaks of it when it has doubled. False for what is no storm."""
        storm = await queries.add_to_storm(self.tx, incident_id, alerts=len(joined))
        if storm is None:
            return False
        if storm.gathered >= _GROWN * max(storm.told, 1):
            facts = {"rule": worst_of(joined).rule.title, "alerts": str(storm.gathered)}
            await timeline.add(self.tx, self.cipher, GROUPING, incident_id, kind="storm", facts=facts)
            await queries.update_told(self.tx, incident_id)
        return True

    async def _name(self, incident_id: IncidentId, changes: Sequence[AlertChange], *, is_storm: bool) -> None:
        """Adds the alerts' entities to the incident's, as far as there is room for new ones."""
        known = {Name(row.kind, row.value_index) for row in await queries.select_named(self.tx, incident_id)}
        room = MAX_ENTITIES - len(known)
        rows: list[queries.NewEntity] = []
        for name, (entity, first_seen, last_seen) in self._sightings(changes, is_storm=is_storm).items():
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

    def _sightings(
        self, changes: Sequence[AlertChange], *, is_storm: bool
    ) -> dict[Name, tuple[Entity, datetime, datetime]]:
        """Each entity of the alerts with the time in which they saw it."""
        seen: dict[Name, tuple[Entity, datetime, datetime]] = {}
        for change in changes:
            entities = change.also or change.entities if is_storm else change.entities
            for name, entity in names_of(self.cipher, entities).items():
                _, first, last = seen.get(name, (entity, change.first_seen, change.last_seen))
                seen[name] = (entity, min(first, change.first_seen), max(last, change.last_seen))
        return seen

    async def _tell(
        self,
        kind: timeline.Kind,
        incident_id: IncidentId,
        changes: Sequence[AlertChange],
        more: dict[str, str] | None = None,
    ) -> None:
        for change in changes[:_LISTED]:
            facts = {
                "alert": ids.show("alr", change.alert_id),
                "rule": change.rule.title,
                "severity": change.rule.level,
                **(more or {}),
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


def names_of(cipher: TenantCipher, entities: Iterable[Entity]) -> dict[Name, Entity]:
    """The entities by their keyed hashes."""
    return {Name(entity.kind, entity_index(cipher, entity)): entity for entity in entities}


def worst_of(changes: Sequence[AlertChange]) -> AlertChange:
    """The most severe alert, the earliest of them if there are several: it names the incident."""
    return min(changes, key=lambda change: (-rank(change.rule.level), change.first_seen, change.alert_id))


def _extent(changes: Sequence[AlertChange], *, title: str, severity: Severity) -> queries.Extent:
    return queries.Extent(
        title=title[:LONGEST_TITLE],
        severity=severity,
        first_event_at=min(change.first_seen for change in changes),
        last_event_at=max(change.last_seen for change in changes),
    )
