"""The numbers of a report, and where each comes from.

Every figure counts the whole incident in the database, whatever the lists beside it leave out. Owns the names under
which the queries stand in the report; estimates nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from reports.documents.incident.facts import (
    Activity,
    Figures,
)
from reports.documents.incident.findings import queries
from reports.documents.incident.findings.subjects import Subjects
from reports.facts import (
    Figure,
    Provenance,
)
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlertId, IncidentId

EVENTS: Final = "Q1"
ALERTS: Final = "Q2"
SUBJECTS: Final = "Q3"
INDICATORS: Final = "Q4"
CLOCKS: Final = "Q5"

RECORDS_LISTED: Final = 200
"""How many of the records behind a number stand in the attached data."""

_MOST_BARS: Final = 60
_BARS: Final = (10, 30, 60, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800, 2_592_000, 31_536_000)


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """The figures with their sources, and the events over time."""

    figures: Figures
    provenance: tuple[Provenance, ...]
    activity: Activity | None


async def count(
    tx: TenantTx,
    incident_id: IncidentId,
    *,
    alert_ids: Sequence[AlertId],
    subjects: Subjects,
    taken_at: datetime,
) -> Counted:
    """Counts the incident. `alert_ids` and `subjects` are the records that are named as sources."""
    totals = await queries.select_totals(tx, incident_id)
    keys = await queries.select_event_keys(tx, incident_id, limit=RECORDS_LISTED)

    def source(name: str, query: str, records: Iterable[str], total: int) -> Provenance:
        listed = tuple(records)[:RECORDS_LISTED]
        return Provenance(id=name, query=query, taken_at=taken_at, records=listed, total_records=total)

    named = len(subjects.hosts) + len(subjects.accounts)
    return Counted(
        figures=Figures(
            events=Figure(value=totals.events, source=EVENTS),
            alerts=Figure(value=totals.alerts, source=ALERTS),
            rules=Figure(value=totals.rules, source=ALERTS),
            hosts=Figure(value=len(subjects.hosts), source=SUBJECTS),
            accounts=Figure(value=len(subjects.accounts), source=SUBJECTS),
            indicators=Figure(value=len(subjects.indicators), source=INDICATORS),
        ),
        provenance=(
            source(EVENTS, "events_of_incident", (key.hex() for key in keys), totals.events),
            source(ALERTS, "alerts_of_incident", (ids.show("alr", found) for found in alert_ids), totals.alerts),
            source(SUBJECTS, "entities_of_incident", (*subjects.hosts, *subjects.accounts), named),
            source(
                INDICATORS,
                "indicators_of_incident",
                (indicator.value for indicator in subjects.indicators),
                len(subjects.indicators),
            ),
            source(CLOCKS, "stages_of_incident", (ids.show("inc", incident_id),), 1),
        ),
        activity=await _activity(tx, incident_id, totals),
    )


async def _activity(tx: TenantTx, incident_id: IncidentId, totals: queries.TotalsRow) -> Activity | None:
    """The events over time. None when they all happened at one moment: one bar says nothing."""
    if totals.first_at is None or totals.last_at is None or totals.first_at == totals.last_at:
        return None
    seconds = next((size for size in _BARS if _bars(totals.first_at, totals.last_at, size) <= _MOST_BARS), _BARS[-1])
    start = _floor(totals.first_at, seconds)
    counts = [0] * _bars(totals.first_at, totals.last_at, seconds)
    for row in await queries.select_activity(tx, incident_id, start=start, seconds=seconds):
        counts[row.bucket] = row.events
    return Activity(start=start, bucket_seconds=seconds, counts=tuple(counts), source=EVENTS)


def _floor(at: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)


def _bars(first: datetime, last: datetime, seconds: int) -> int:
    return (last - _floor(first, seconds)) // timedelta(seconds=seconds) + 1
