"""Collects an incident report from the records, as `wf_report` and inside the tenant's transaction (T9, O3).

Owns what a report is made of and that all of it is of one state of the incident: every change of an incident raises
its revision, so what was read is thrown away and read again when the revision moved meanwhile. It writes nothing and
invents nothing: what has no record (response actions, decisions, open points today) stays empty.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from reports import people
from reports.documents.incident import course, queries
from reports.documents.incident.facts import (
    Evidence,
    IncidentReport,
    Verdict,
)
from reports.documents.incident.facts import (
    Incident as IncidentFacts,
)
from reports.documents.incident.findings import detections, figures, subjects
from reports.language.locale import locale_for
from reports.letterhead import HANDLING, Desk, letterhead_of
from reports.queries import RequestRow
from watchfloor.incidents import timeline
from watchfloor.incidents.incident import NO_SUCH_INCIDENT, Incident, Reference
from watchfloor.incidents.queries import select_incident
from watchfloor.incidents.sealing import open_reason
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, NotFound

LISTED: Final = 1_000
"""How many entities and how many indicators are handed over."""

_READINGS: Final = 5


async def collect(tx: TenantTx, cipher: TenantCipher, request: RequestRow, desk: Desk) -> IncidentReport:
    """The report that was asked for, as the incident stands now.

    Raises NotFound when there is no such incident, Invalid for a language or time zone that reports do not know,
    Unopenable when a sealed value was damaged, and Conflict when the incident changes faster than it can be read.
    """
    incident = await _incident(tx, request)
    for _ in range(_READINGS):
        report = await _read(tx, cipher, request, incident, desk)
        again = await _incident(tx, request)
        if again.revision == incident.revision:
            return report
        incident = again
    raise Conflict("The incident is changing faster than it can be read.", where="report")


async def _incident(tx: TenantTx, request: RequestRow) -> Incident:
    found = None if request.incident_id is None else await select_incident(tx, request.incident_id)
    if found is None:
        raise NotFound(NO_SUCH_INCIDENT)
    return found


async def _read(
    tx: TenantTx, cipher: TenantCipher, request: RequestRow, incident: Incident, desk: Desk
) -> IncidentReport:
    head = await letterhead_of(tx, request, desk)
    words = locale_for(request.language, head.customer.time_zone).phrases.words
    found = await detections.find(tx, cipher, incident.id)
    concerned = await subjects.find(tx, cipher, incident.id, harmless=found.system_hashes)
    entries = await timeline.read(tx, cipher, incident.id, limit=course.ENTRIES_READ)
    given = await queries.select_verdict_given(tx, incident.id)
    known = await people.meet(
        tx,
        desk.directory,
        kind="incident",
        object_id=ids.show("inc", incident.id),
        actors=_actors(incident, entries, given),
    )
    counted = await figures.count(
        tx, incident.id, alert_ids=found.alert_ids, subjects=concerned, taken_at=head.generated_at
    )
    return IncidentReport(
        id=head.id,
        revision=head.revision,
        handling=HANDLING,
        generated_at=head.generated_at,
        provider=head.provider,
        customer=head.customer,
        incident=_facts(cipher, incident, str(Reference(head.code, incident.number)), given, known),
        figures=counted.figures,
        timeline=course.entries_of(incident, entries, known, words, summaries=_summaries(found.evidence)),
        alerts=found.alerts,
        entities=concerned.entities[:LISTED],
        evidence=found.evidence,
        indicators=concerned.indicators[:LISTED],
        service_levels=await course.clocks_of(tx, incident, at=head.generated_at),
        activity=counted.activity,
        gaps=await course.gaps_of(tx, incident),
        provenance=counted.provenance,
        audit_head=head.audit_head,
        audit_entries=head.audit_entries,
    )


def _actors(
    incident: Incident, entries: Iterable[timeline.TimelineEntry], given: queries.GivenRow | None
) -> list[tuple[str, str]]:
    named = course.named_in(entries)
    if incident.assignee_id is not None:
        named.append(("person", ids.show("per", incident.assignee_id)))
    if given is not None:
        named.append((given.actor_kind, given.actor_id))
    return named


def _facts(
    cipher: TenantCipher, incident: Incident, ref: str, given: queries.GivenRow | None, known: people.People
) -> IncidentFacts:
    return IncidentFacts(
        id=ids.show("inc", incident.id),
        ref=ref,
        title=incident.title,
        severity=incident.severity,
        state=incident.state,
        verdict=_verdict(cipher, incident, given, known),
        assignee=None if incident.assignee_id is None else known.person(incident.assignee_id),
        first_event_at=incident.first_event_at,
        last_event_at=incident.last_event_at,
        opened_at=incident.opened_at,
        acknowledged_at=incident.acknowledged_at,
        contained_at=incident.contained_at,
        resolved_at=incident.resolved_at,
        closed_at=incident.closed_at,
        revision=incident.revision,
    )


def _verdict(
    cipher: TenantCipher, incident: Incident, given: queries.GivenRow | None, known: people.People
) -> Verdict | None:
    reason = open_reason(cipher, incident)
    if incident.verdict is None or reason is None:
        return None
    if given is None:
        raise NotFound("The timeline does not say who gave the verdict.", where=str(incident.id))
    return Verdict(kind=incident.verdict, reason=reason, by=known.actor(given.actor_kind, given.actor_id), at=given.at)


def _summaries(evidence: Iterable[Evidence]) -> dict[datetime, str]:
    """What an event says in one line, by its time; for the first and the last event."""
    return {event.at: event.summary for event in evidence}
