"""Collects a service report from the figures of its period, as `wf_report` in the tenant's transaction (T9, O3).

Owns which rows stand beside the figures. All of it is of one reading; it writes nothing and invents nothing.
"""

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final, cast
from uuid import UUID

from reports.documents.service.facts import (
    Change,
    ChangeKind,
    Daily,
    Days,
    Feed,
    Incident,
    MissingSource,
    Number,
    OpenAction,
    Outage,
    Response,
    ServiceReport,
    Tactic,
    Technique,
)
from reports.facts import Provenance
from reports.letterhead import HANDLING, Desk, letterhead_of
from reports.queries import RequestRow
from watchfloor.detect.coverage import logsource_words
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.rule import LoadReport
from watchfloor.incidents.sealing import open_verdict_reason
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import IncidentId
from watchfloor.measures import basis
from watchfloor.measures.definitions import DEFINITIONS
from watchfloor.measures.feeds.coverage import begun_in
from watchfloor.measures.figures import Figures, Tally, figures_of
from watchfloor.measures.incidents.casework import SEVERE
from watchfloor.measures.incidents.course import Course
from watchfloor.measures.period import period_of
from watchfloor.normalise.event import LogSource
from watchfloor.ops.rulesets.installed import load_ruleset

RECORDS_LISTED: Final = 25
"""How many of the records behind a number stand in the attached data; the API lists them all."""


async def collect(tx: TenantTx, cipher: TenantCipher, request: RequestRow, desk: Desk) -> ServiceReport:
    """The service report of the period that was asked for, as things stand now.

    Raises Invalid without a period, NotFound when there is no such tenant, Unopenable when a sealed value was damaged.
    """
    if request.period_from is None or request.period_to is None:
        raise Invalid("A service report has a period.", where="period_from")
    head = await letterhead_of(tx, request, desk)
    loaded = await asyncio.to_thread(
        load_shared_rules if desk.settings is None else partial(load_ruleset, desk.settings)
    )
    period = await period_of(tx, first=request.period_from, end=request.period_to)
    figures = await figures_of(tx, period, loaded=loaded)
    tally = figures.tally
    provenance, sources = _provenance(figures)
    return ServiceReport(
        id=head.id,
        revision=head.revision,
        handling=HANDLING,
        generated_at=tally.read_at,
        provider=head.provider,
        customer=head.customer,
        provenance=provenance,
        audit_head=head.audit_head,
        audit_entries=head.audit_entries,
        period=Days(first=period.first, end=period.end),
        before=Days(first=period.before.first, end=period.before.end),
        has_data=tally.coverage.has_data,
        numbers=tuple(_numbers(figures, sources)),
        daily=Daily(
            events=_daily(tally, "events"), alerts=_daily(tally, "alerts"), incidents=_daily(tally, "incidents")
        ),
        feeds=tuple(_feeds(tally)),
        missing_sources=tuple(_missing(tally)),
        incidents=tuple(_incident(cipher, tally, course) for course in tally.casework.courses),
        attack_version=tally.knowledge.version,
        tactics=tuple(_tactics(tally)),
        open_actions=tuple(sorted(_open_actions(tally), key=lambda one: (one.owner, one.since, one.subject))),
        outages=tuple(_outages(tally)),
        changes=tuple(_changes(tally, loaded)),
    )


def _provenance(figures: Figures) -> tuple[tuple[Provenance, ...], Mapping[str, str]]:
    """Where the numbers come from, one entry for each query, and which entry each measure has."""
    records: dict[str, list[str]] = {}
    totals: dict[str, int] = {}
    for measure in figures.measures:
        query = DEFINITIONS[measure].query
        found = figures.tally.readings[measure].records()
        listed = records.setdefault(query, [])
        listed += [one.id for one in found[: RECORDS_LISTED - len(listed)]]
        totals[query] = totals.get(query, 0) + len(found)
    names = {query: f"M{place}" for place, query in enumerate(records, start=1)}
    taken_at = figures.tally.read_at
    entries = tuple(
        Provenance(id=name, query=query, taken_at=taken_at, records=tuple(records[query]), total_records=totals[query])
        for query, name in names.items()
    )
    return entries, {measure: names[DEFINITIONS[measure].query] for measure in figures.measures}


def _numbers(figures: Figures, sources: Mapping[str, str]) -> Iterator[Number]:
    for measure in figures.measures.values():
        yield Number(
            id=measure.id,
            unit=DEFINITIONS[measure.id].unit,
            value=_exact(measure.value),
            p95=_exact(measure.p95),
            n=measure.n,
            before=_exact(measure.before),
            trend=measure.trend,
            target=_exact(measure.target),
            is_met=measure.is_met,
            source=sources[measure.id],
        )


def _exact(number: float | None) -> float | None:
    """A number that is written alike before and after it was handed over: a whole one, too, has a decimal point."""
    return None if number is None else float(number)


def _daily(tally: Tally, measure: str) -> tuple[int, ...]:
    found = tally.readings[measure].basis
    return found.counts if isinstance(found, basis.Days) else ()


def _feeds(tally: Tally) -> Iterator[Feed]:
    for feed in tally.coverage.feeds:
        yield Feed(
            name=feed.name,
            is_paused=feed.is_paused,
            events=feed.events,
            hours=feed.hours,
            hours_with_data=feed.hours_with_data,
            dark_hours=len(feed.dark_hours),
            silent_seconds=feed.silent_seconds,
            unparsed=feed.unparsed,
            refused=feed.refused,
            last_hour=feed.last_hour,
        )


def _missing(tally: Tally) -> Iterator[MissingSource]:
    for one in tally.knowledge.missing:
        source = LogSource(product=one.product, category=one.category, service=one.service)
        yield MissingSource(name=logsource_words(source), rules=one.rules)


def _incident(cipher: TenantCipher, tally: Tally, course: Course) -> Incident:
    incident = course.incident
    incident_id = IncidentId(incident.id)
    shown = not incident.is_restricted
    reason = open_verdict_reason(cipher, incident_id, incident.verdict_reason) if shown else None
    return Incident(
        id=ids.show("inc", incident_id),
        ref=tally.casework.reference(incident.number),
        title=incident.title if shown else "",
        is_restricted=incident.is_restricted,
        severity=incident.severity,
        state=incident.state,
        verdict=incident.verdict,
        reason=reason or "",
        opened_at=incident.opened_at,
        resolved_at=course.resolved_at,
        responses=tuple(
            Response(kind=row.kind, state=row.state)
            for row in tally.activity.of_incidents
            if row.incident_id == incident.id
        )
        if shown
        else (),
        needed_customer=course.needed_customer,
    )


def _tactics(tally: Tally) -> Iterator[Tactic]:
    for tactic in tally.knowledge.tactics:
        yield Tactic(
            id=tactic.id,
            name=tactic.name,
            techniques=tuple(
                Technique(
                    id=one.id,
                    name=one.name,
                    alerts=one.alerts,
                    rules=one.rules,
                    is_covered=one.is_covered,
                    is_tested=one.is_tested,
                )
                for one in tactic.techniques
            ),
        )


def _open_actions(tally: Tally) -> Iterator[OpenAction]:
    work = tally.casework
    for row in work.open_now:
        ref = work.reference(row.number)
        if row.waiting_since is not None:
            yield OpenAction(owner="customer", duty="answer", subject=ref, since=row.waiting_since, due_at=None)
        elif row.severity in SEVERE:
            yield OpenAction(owner="provider", duty="resolve", subject=ref, since=row.opened_at, due_at=row.deadline)
    for action in tally.activity.waiting:
        yield OpenAction(
            owner="customer" if action.decision == "customer" else "provider",
            duty="approve",
            subject=f"{work.reference(action.incident_number)}/{action.number}",
            since=action.requested_at,
            due_at=action.expires_at,
        )
    for asked in tally.activity.requests:
        yield OpenAction(
            owner="provider",
            duty="decide_exception",
            subject=f"{work.reference(asked.incident_number)}/{asked.number}",
            since=asked.requested_at,
            due_at=asked.answer_by,
        )
    names: dict[UUID, str] = {feed.id: feed.name for feed in tally.coverage.feeds}
    for alarm in tally.coverage.alarms:
        if alarm.cleared_at is None and alarm.kind == "silent" and alarm.feed_id in names:
            name = names[alarm.feed_id]
            yield OpenAction(owner="customer", duty="restore_feed", subject=name, since=alarm.since, due_at=None)


def _outages(tally: Tally) -> Iterator[Outage]:
    names: dict[UUID, str] = {feed.id: feed.name for feed in tally.coverage.feeds}
    for alarm in begun_in(tally.coverage):
        name = names.get(alarm.feed_id, "")
        yield Outage(feed=name, kind=alarm.kind, since=alarm.since, until=alarm.cleared_at)


def _changes(tally: Tally, loaded: LoadReport) -> Iterator[Change]:
    titles = {rule.id: rule.title for rule in loaded.rules}
    for entry in tally.activity.changes:
        subject = titles.get(entry.object_id, entry.object_id)
        yield Change(at=entry.at, kind=cast("ChangeKind", entry.action), subject=subject)
