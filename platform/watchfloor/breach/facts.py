"""What the records of incidents say about a breach: times, systems, accounts, indicators, techniques, measures.

Owns the pulling of facts, each with the records that say so. It reads and never writes, and it concludes nothing: no
awareness, no risk, no kind of data or person. What no record says stays absent. What is the first that we saw and may
not be the first that was is an estimate, and says so.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.alerts import listing
from watchfloor.alerts.listing import Alert
from watchfloor.breach import queries
from watchfloor.breach.known import SYSTEM, Citation, FactStatus, Known
from watchfloor.breach.values import Account, Indicator, Measure, MeasureState, System
from watchfloor.incidents.incident import Incident
from watchfloor.incidents.sealing import open_entity, open_reason
from watchfloor.kernel import ids
from watchfloor.kernel.characters import visible
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId
from watchfloor.respond import queries as respond
from watchfloor.respond.action import Action
from watchfloor.respond.kinds import KINDS
from watchfloor.respond.payload import open_payload

Fact = tuple[str, Known[object]]

MOST_ALERTS: Final = 2_000
_MOST_ENTITIES: Final = 1_000
_MOST_ACTIONS: Final = 200
_MOST_CITATIONS: Final = 20
_LONGEST: Final = 300
_SYSTEMS: Final = ("host",)
_ACCOUNTS: Final = ("user", "account", "email")
_INDICATORS: Final = ("ip", "domain", "hash")
_INITIAL_ACCESS: Final = "attack.initial-access"
_OVER: Final = ("contained", "resolved", "closed")

_STATES: Final[dict[str, MeasureState]] = {
    "proposed": "planned",
    "approved": "in_progress",
    "running": "in_progress",
    "done": "done",
}


class Pulled(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: facts by their paths, and the alerts that they came from, those that begin first first."""

    facts: tuple[Fact, ...]
    alerts: tuple[Alert, ...]


async def pull(tx: TenantTx, cipher: TenantCipher, incidents: Sequence[Incident], *, at: datetime) -> Pulled:
    """The facts in the records of these incidents, as of now. Raises Unopenable when a record was damaged."""
    found: list[Alert] = []
    for incident in incidents:
        found += await listing.list_of_incident(tx, incident.id, limit=MOST_ALERTS)
    alerts = sorted(found, key=lambda alert: (alert.first_seen, alert.id))
    facts = [
        *_times(incidents, alerts, at),
        *_methods(alerts, at),
        *_description(cipher, incidents, at),
        *await _things(tx, cipher, incidents, at),
        *await _measures(tx, cipher, incidents, at),
    ]
    return Pulled(facts=tuple(facts), alerts=tuple(alerts))


def cite_incident(incident: Incident, what: str) -> Citation:
    """The citation of an incident's record."""
    return Citation(kind="incident", id=ids.show("inc", incident.id), what=what)


def cite_alert(alert: Alert) -> Citation:
    """The citation of an alert."""
    return Citation(kind="alert", id=ids.show("alr", alert.id), what=shown(alert.rule.title))


def shown(text: str) -> str:
    """Foreign text in one readable line, cut to what a case keeps of it."""
    return visible(text, newline=" ")[:_LONGEST]


def _fact(
    path: str,
    value: object,
    citations: Iterable[Citation],
    at: datetime,
    *,
    estimate: str = "",
) -> Fact:
    status: FactStatus = "estimated" if estimate else "known"
    cited = tuple(citations)[:_MOST_CITATIONS]
    return path, Known(value=value, status=status, basis=estimate, citations=cited, by=SYSTEM, at=at)


def _times(incidents: Sequence[Incident], alerts: Sequence[Alert], at: datetime) -> list[Fact]:
    first = min(incidents, key=lambda incident: incident.first_event_at)
    last = max(incidents, key=lambda incident: incident.last_event_at)
    opened = min(incidents, key=lambda incident: incident.opened_at)
    began = cite_incident(first, "first event of the incident")
    facts = [
        _fact(
            "clock.occurred_from",
            first.first_event_at,
            (began,),
            at,
            estimate="The first event on record. It may have begun earlier.",
        ),
        _fact("clock.precision", "minute", (began,), at, estimate="Times of events, as their sources gave them."),
        _fact("clock.detected_at", opened.opened_at, (cite_incident(opened, "incident opened"),), at),
    ]
    if alerts:
        facts.append(_fact("clock.detected_how", "monitoring", (cite_alert(alerts[0]),), at))
    if all(incident.state in _OVER for incident in incidents):
        ended = (cite_incident(last, "last event of the incident"),)
        states = [cite_incident(incident, f"state: {incident.state}") for incident in incidents]
        words = "The last event on record before the incident was contained."
        facts.append(_fact("clock.occurred_to", last.last_event_at, ended, at, estimate=words))
        is_over = "By the incident's state."
        facts.append(_fact("clock.ongoing", value=False, citations=states, at=at, estimate=is_over))
    return facts


def _methods(alerts: Sequence[Alert], at: datetime) -> list[Fact]:
    by_technique: dict[str, Alert] = {}
    for alert in alerts:
        for technique in alert.rule.techniques:
            by_technique.setdefault(technique, alert)
    facts: list[Fact] = []
    if by_technique:
        names = tuple(sorted(by_technique))
        cited = [cite_alert(by_technique[name]) for name in names]
        facts.append(_fact("nature.attack_techniques", names, dict.fromkeys(cited), at))
    entry = next((alert for alert in alerts if _INITIAL_ACCESS in alert.rule.tags), None)
    if entry is not None:
        words = "The earliest detection of initial access."
        facts.append(_fact("nature.vector", shown(entry.rule.title), (cite_alert(entry),), at, estimate=words))
    return facts


def _description(cipher: TenantCipher, incidents: Sequence[Incident], at: datetime) -> list[Fact]:
    said: list[tuple[Incident, str]] = []
    for incident in incidents:
        reason = open_reason(cipher, incident)
        if incident.verdict == "true_positive" and reason is not None:
            said.append((incident, reason))
    if not said:
        return []
    text = "\n\n".join(reason for _, reason in said)
    cited = [cite_incident(incident, "reason of the verdict") for incident, _ in said]
    return [_fact("nature.description", text, cited, at, estimate="The analyst's verdict, word for word.")]


class _Thing(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    value: str
    weight: str | None
    cite: Citation


async def _things(tx: TenantTx, cipher: TenantCipher, incidents: Sequence[Incident], at: datetime) -> list[Fact]:
    rows = await queries.select_entities(
        tx,
        [incident.id for incident in incidents],
        kinds=(*_SYSTEMS, *_ACCOUNTS, *_INDICATORS),
        limit=_MOST_ENTITIES,
    )
    things: dict[tuple[str, bytes], _Thing] = {}
    for row in rows:
        entity = open_entity(cipher, row.incident_id, row.kind, row.value_index, row.value)
        cite = Citation(
            kind="asset" if row.kind in _SYSTEMS else "incident",
            id=ids.show("inc", IncidentId(row.incident_id)),
            what=f"{row.kind} in the incident, first seen {row.first_seen:%Y-%m-%dT%H:%M:%SZ}",
        )
        thing = _Thing(kind=row.kind, value=shown(entity.value), weight=row.weight, cite=cite)
        things.setdefault((row.kind, row.value_index), thing)
    lists: tuple[tuple[str, tuple[str, ...], Callable[[_Thing], object]], ...] = (
        ("nature.systems", _SYSTEMS, lambda one: System(name=one.value, kind=one.kind, criticality=one.weight)),
        ("nature.accounts", _ACCOUNTS, lambda one: Account(name=one.value, kind=one.kind)),
        ("nature.indicators", _INDICATORS, lambda one: Indicator(kind=one.kind, value=one.value)),
    )
    facts: list[Fact] = []
    for path, kinds, made in lists:
        chosen = [thing for thing in things.values() if thing.kind in kinds]
        if chosen:
            words = "What the incident names. Whether each was hit, is for a person to say."
            cited = dict.fromkeys(thing.cite for thing in chosen)
            facts.append(_fact(path, tuple(made(thing) for thing in chosen), cited, at, estimate=words))
    return facts


async def _measures(tx: TenantTx, cipher: TenantCipher, incidents: Sequence[Incident], at: datetime) -> list[Fact]:
    taken: list[tuple[Measure, Citation]] = []
    for incident in incidents:
        actions = await respond.select_of_incident(tx, incident.id, limit=_MOST_ACTIONS)
        taken += [_measure(cipher, action) for action in reversed(actions) if action.state in _STATES]
    facts: list[Fact] = []
    for path, states in (("measures.taken", ("done", "in_progress")), ("measures.proposed", ("planned",))):
        chosen = [(measure, cite) for measure, cite in taken if measure.state in states]
        if chosen:
            facts.append(_fact(path, tuple(measure for measure, _ in chosen), [cite for _, cite in chosen], at))
    return facts


def _measure(cipher: TenantCipher, action: Action) -> tuple[Measure, Citation]:
    payload = open_payload(cipher, action.id, action.payload)
    label = f"{KINDS[action.kind].label}: {shown(payload.target)}"
    measure = Measure(
        text=label[0].upper() + label[1:],
        owner=ids.show("per", action.requested_by),
        state=_STATES[action.state],
        done_at=action.ended_at if action.state == "done" else None,
        evidence_ids=(ids.show("act", action.id),),
    )
    cite = Citation(
        kind="timeline", id=ids.show("act", action.id), what=f"action {action.number} of the incident: {action.state}"
    )
    return measure, cite
