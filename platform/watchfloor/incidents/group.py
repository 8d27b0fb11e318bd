"""Alerts become incidents: the newest alerts join what they belong to, or open something new.

Owns the order: what there is to join is looked up, locked, decided on (`grouping.decision`) and written
(`grouping.writing`), all in the transaction that recorded the alerts. The caller holds the tenant's alert lock.
Incidents are locked, in the order of their ids, before anything is written, because people work on them meanwhile:
what was open when it was looked up may be resolved when it is locked, and is then left alone.
"""

from collections.abc import Iterable, Sequence

from watchfloor.alerts.alert import AlertChange
from watchfloor.incidents.grouping import queries
from watchfloor.incidents.grouping.decision import REACH, Applicant, Candidate, Name, decide
from watchfloor.incidents.grouping.returning import returning
from watchfloor.incidents.grouping.storms import BUSY, WINDOW, Outlook, Weather
from watchfloor.incidents.grouping.writing import Writer, names_of
from watchfloor.incidents.incident import OPEN_STATES, Incident
from watchfloor.incidents.queries import lock_incidents
from watchfloor.incidents.scoring.keeping import rescore
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlertId, IncidentId
from watchfloor.normalise.event import Entity


async def group(tx: TenantTx, cipher: TenantCipher, changes: Sequence[AlertChange]) -> list[IncidentId]:
    """Puts new alerts into incidents and brings the incidents of grown ones up to date. Returns those touched."""
    if not changes:
        return []
    applying = [change for change in changes if change.incident_id is None]
    named = {change.alert_id: names_of(cipher, change.entities) for change in applying}
    shared = await _shared(tx, applying, named)
    outlook = await _outlook(tx, applying)
    earlier = await returning(tx, applying)
    own = {change.incident_id for change in changes if change.incident_id is not None}
    storms = {weather.storm_id for weather in outlook.rules.values() if weather.storm_id is not None}
    wanted = sorted({*own, *shared, *storms, *(one.incident_id for one in earlier.values())})
    locked = {incident.id: incident for incident in await lock_incidents(tx, wanted)}
    candidates = [
        _candidate(locked[incident_id], rows) for incident_id, rows in shared.items() if _is_open(locked, incident_id)
    ]
    groups = decide((_applicant(change, named) for change in applying), candidates, _standing(outlook, locked))
    touched = await Writer(tx, cipher, earlier).write(changes, groups, locked)
    await rescore(tx, touched)
    return touched


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


async def _outlook(tx: TenantTx, changes: Iterable[AlertChange]) -> Outlook:
    """How it stands with the rules of new alerts."""
    rule_ids = sorted({change.rule.id for change in changes})
    if not rule_ids:
        return Outlook()
    rules = {
        row.rule_id: Weather(
            opened=row.opened,
            newcomers=row.newcomers,
            storm_id=None if row.storm_id is None else IncidentId(row.storm_id),
        )
        for row in await queries.select_weather(tx, rule_ids, within=WINDOW, busy=BUSY)
    }
    return Outlook(opened=await queries.count_opened(tx, within=WINDOW), rules=rules)


def _standing(outlook: Outlook, locked: dict[IncidentId, Incident]) -> Outlook:
    """The outlook without storms that somebody has worked out before they were locked."""
    rules = {
        rule_id: weather
        if weather.storm_id is None or _is_open(locked, weather.storm_id)
        else Weather(opened=weather.opened, newcomers=weather.newcomers)
        for rule_id, weather in outlook.rules.items()
    }
    return Outlook(opened=outlook.opened, rules=rules)


def _is_open(locked: dict[IncidentId, Incident], incident_id: IncidentId) -> bool:
    return incident_id in locked and locked[incident_id].state in OPEN_STATES


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
    names = named[change.alert_id]
    return Applicant(
        alert_id=change.alert_id,
        severity=change.rule.level,
        names=frozenset(names),
        first_seen=change.first_seen,
        last_seen=change.last_seen,
        rule_id=change.rule.id,
        newcomer=next((name for name in names if name.kind == change.newcomer), None),
        is_standing=change.is_standing,
    )
