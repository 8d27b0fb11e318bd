"""The course of an incident: its timeline, the clocks of the service agreement, and what we could not see.

Reads the incident's own record, and puts into words only what the record says in one of ours: a severity, a verdict.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, cast, get_args

import msgspec

from reports import queries
from reports.findings.figures import CLOCKS
from reports.incident import Gap, ServiceLevel, Severity, Stage, Step, TimelineEntry, VerdictKind
from reports.language.phrases import Words
from reports.people import SYSTEM, People
from watchfloor.incidents import timeline
from watchfloor.incidents.incident import Incident
from watchfloor.incidents.targets import target_of
from watchfloor.kernel.db import TenantTx

ENTRIES_READ: Final = 2_000

_SUMMARY: Final = 160

_STEPS: Final = frozenset(cast("tuple[str, ...]", get_args(Step)))


class _Agreed(msgspec.Struct, frozen=True):
    """The part of a bundle's SLA that says which clocks do not always run."""

    business_hours_for: tuple[Severity, ...] = ()


def entries_of(
    incident: Incident,
    entries: Iterable[timeline.TimelineEntry],
    people: People,
    words: Words,
    *,
    summaries: dict[datetime, str],
) -> tuple[TimelineEntry, ...]:
    """The timeline: the entries that a report has a word for, and the first and last event around them."""
    told = [
        _event("first_event", incident.first_event_at, summaries),
        *(
            TimelineEntry(
                at=entry.at,
                step=cast("Step", entry.kind),
                text=_text(entry, people, words),
                actor=people.actor(entry.actor_kind, entry.actor_id),
                record=str(entry.id),
            )
            for entry in entries
            if entry.kind in _STEPS
        ),
    ]
    if incident.last_event_at != incident.first_event_at:
        told.append(_event("last_event", incident.last_event_at, summaries))
    return tuple(sorted(told, key=lambda entry: entry.at))


def named_in(entries: Iterable[timeline.TimelineEntry]) -> list[tuple[str, str]]:
    """The actors (kind, id) whom the entries name."""
    named = list[tuple[str, str]]()
    for entry in entries:
        named.append((entry.actor_kind, entry.actor_id))
        if "person" in entry.facts:
            named.append(("person", entry.facts["person"]))
    return named


def clocks_of(incident: Incident, sla: str | None) -> tuple[ServiceLevel, ...]:
    """The clocks, as the agreement in force has them. To contain is measured, but nothing is promised.

    None for a severity whose clocks stand still outside of business hours: nothing records yet how long they stood.
    """
    if sla is not None and incident.severity in msgspec.json.decode(sla, type=_Agreed).business_hours_for:
        return ()
    target = target_of(sla, incident.severity)
    clocks = [_clock(incident, "acknowledge", incident.acknowledged_at, target.acknowledge_within)]
    if incident.contained_at is not None:
        clocks.append(_clock(incident, "contain", incident.contained_at, None))
    return (*clocks, _clock(incident, "resolve", incident.resolved_at, target.resolve_within))


async def gaps_of(tx: TenantTx, incident: Incident) -> tuple[Gap, ...]:
    """The feeds that brought nothing of the incident's time: silent since before it, or never heard of."""
    return tuple(
        Gap(
            feed=feed.name,
            kind="not_collected" if feed.newest is None else "silent",
            since=feed.newest or feed.created_at,
            until=None,
        )
        for feed in await queries.select_silent_feeds(tx, incident.first_event_at)
    )


def _event(step: Step, at: datetime, summaries: dict[datetime, str]) -> TimelineEntry:
    return TimelineEntry(
        at=at, step=step, text=_shortened(summaries.get(at, "")), actor=SYSTEM, record="events_of_incident"
    )


def _shortened(summary: str) -> str:
    """The beginning: the whole stands in the evidence."""
    return summary if len(summary) <= _SUMMARY else f"{summary[: _SUMMARY - 1]}\N{HORIZONTAL ELLIPSIS}"


def _text(entry: timeline.TimelineEntry, people: People, words: Words) -> str:
    facts = entry.facts
    match entry.kind:
        case "opened" | "alert":
            return facts.get("rule") or f"+ {facts.get('more', '')}"
        case "severity_changed":
            before, after = cast("Severity", facts["before"]), cast("Severity", facts["after"])
            return f"{words.severity[before]} \N{RIGHTWARDS ARROW} {words.severity[after]}"
        case "assigned":
            return people.name(facts["person"])
        case "verdict":
            return f"{words.verdict[cast('VerdictKind', facts['verdict'])]}: {facts['text']}"
        case "note":
            return facts["text"]
        case _:
            return ""


def _clock(incident: Incident, stage: Stage, stopped_at: datetime | None, within: timedelta | None) -> ServiceLevel:
    return ServiceLevel(
        stage=stage,
        started_at=incident.opened_at,
        stopped_at=stopped_at,
        paused_seconds=0,
        target_seconds=None if within is None else int(within.total_seconds()),
        source=CLOCKS,
    )
