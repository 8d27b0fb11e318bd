"""The course of an incident: its timeline, the clocks of the service agreement, and what we could not see.

Reads the incident's own record, and puts into words only what the record says in one of ours: a severity, a verdict.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, cast, get_args

from reports.documents.incident import queries
from reports.documents.incident.facts import (
    Gap,
    ServiceLevel,
    TimelineEntry,
)
from reports.documents.incident.findings.figures import CLOCKS
from reports.facts import (
    Severity,
)
from reports.language.phrases import Words
from reports.people import SYSTEM, People
from reports.vocabulary import (
    Step,
    VerdictKind,
)
from watchfloor.incidents import timeline
from watchfloor.incidents.incident import Incident
from watchfloor.incidents.sla.clock import Clock
from watchfloor.incidents.sla.keeping import clocks_at
from watchfloor.kernel.db import TenantTx

ENTRIES_READ: Final = 2_000

_SUMMARY: Final = 160

_STEPS: Final = frozenset(cast("tuple[str, ...]", get_args(Step)))


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


async def clocks_of(tx: TenantTx, incident: Incident, *, at: datetime) -> tuple[ServiceLevel, ...]:
    """The clocks as they stand at an instant, by the agreement under which the incident was opened.

    To contain is measured around the clock, but nothing is promised. An incident that was opened before there were
    clocks has none.
    """
    clocks = {clock.target: _clock(clock, elapsed, at) for clock, elapsed in await clocks_at(tx, incident.id, at=at)}
    if not clocks:
        return ()
    if incident.contained_at is None:
        return (clocks["acknowledge"], clocks["resolve"])
    contained = ServiceLevel(
        stage="contain",
        started_at=incident.opened_at,
        stopped_at=incident.contained_at,
        paused_seconds=0,
        target_seconds=None,
        source=CLOCKS,
    )
    return (clocks["acknowledge"], contained, clocks["resolve"])


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
        case "note" | "asked" | "answered" | "exception_made" | "message":
            return facts["text"]
        case _:
            return _acted(facts)


def _acted(facts: dict[str, str]) -> str:
    """What a step of a response action says; nothing for an entry that is about none."""
    if "target" not in facts:
        return ""
    about = f"{facts['action'].replace('_', ' ')}: {facts['target']}"
    return ". ".join(part for part in (about, facts.get("result", ""), facts["text"]) if part)


def _clock(clock: Clock, elapsed: timedelta, at: datetime) -> ServiceLevel:
    stopped_at = clock.met_at or clock.ended_at
    whole = (stopped_at or at) - clock.started_at
    is_late = stopped_at is None and clock.deadline is not None and at > clock.deadline
    return ServiceLevel(
        stage=clock.target,
        started_at=clock.started_at,
        stopped_at=stopped_at,
        paused_seconds=max(int(whole.total_seconds()) - int(elapsed.total_seconds()), 0),
        target_seconds=int(clock.allowed.total_seconds()),
        source=CLOCKS,
        is_missed=is_late or clock.breached_at is not None,
    )
