"""Entered numbers as measurements: which entry counts for a period, and what it leaves open. Pure.

A share adds up the newest entries that do not overlap; any other number is that of the newest entry. What an entry
leaves out of the period is a gap, never filled in.
"""

from datetime import date, timedelta

from watchfloor.controls.entries.entry import Entry
from watchfloor.controls.kind import Kind, Metric
from watchfloor.controls.measurement import Measurement, Member, Scene, nothing
from watchfloor.controls.period import days_of, local_day
from watchfloor.controls.result import ENTRIES, Gap
from watchfloor.kernel import ids


def entered(scene: Scene, kind: Kind, metric: Metric) -> Measurement:
    """The number that people entered for a metric, or no data and why."""
    own = [entry for entry in scene.entries if (entry.kind, entry.metric) == (kind.id, metric.id)]
    if metric.entry == "age":
        return _age(scene, kind.id, metric.id, own)
    chosen = _chosen(own, scene)
    if not chosen:
        return nothing(scene, kind.id, metric.id, "no_entry")
    if metric.unit != "percent":
        chosen = chosen[:1]
        return _measured(kind.id, metric.id, chosen, value=chosen[0].value, gaps=_uncovered(scene, chosen))
    numerator = sum(entry.numerator or 0 for entry in chosen)
    denominator = sum(entry.denominator or 0 for entry in chosen)
    return _measured(
        kind.id,
        metric.id,
        chosen,
        value=100 * numerator / denominator,
        of=(numerator, denominator),
        gaps=_uncovered(scene, chosen),
    )


def used_entries(scene: Scene, kind: Kind, metric: Metric) -> list[Entry]:
    """The entries behind the number of a metric, the newest first."""
    names = {member.id for member in entered(scene, kind, metric).members}
    return [entry for entry in reversed(scene.entries) if ids.show("evd", entry.id) in names]


def _age(scene: Scene, kind: str, metric: str, own: list[Entry]) -> Measurement:
    last = scene.period.until - timedelta(days=1)
    last = min(last, local_day(scene.now, scene.period.time_zone))
    dated = [(entry.happened_on, entry) for entry in own if entry.happened_on is not None and entry.happened_on <= last]
    if not dated:
        return nothing(scene, kind, metric, "no_entry")
    day, newest = max(dated, key=lambda pair: (pair[0], pair[1].at, pair[1].id))
    return _measured(kind, metric, [newest], value=(last - day).days, gaps=())


def _chosen(own: list[Entry], scene: Scene) -> list[Entry]:
    """The newest entries that touch the period and do not overlap, the newest first."""
    chosen: list[Entry] = []
    for entry in reversed(own):
        touches = entry.first < scene.period.until and entry.until > scene.period.first
        if touches and not any(entry.first < other.until and other.first < entry.until for other in chosen):
            chosen.append(entry)
    return chosen


def _uncovered(scene: Scene, chosen: list[Entry]) -> tuple[Gap, ...]:
    open_days = [
        day
        for day in days_of(scene.period.first, scene.period.until)
        if not any(entry.first <= day < entry.until for entry in chosen)
    ]
    if not open_days:
        return ()
    return (Gap(code="entry_missing_part", detail=_span(open_days, scene)),)


def _span(open_days: list[date], scene: Scene) -> str:
    whole = (scene.period.until - scene.period.first).days
    return f"{whole - len(open_days)}/{whole}"


def _measured(
    kind: str,
    metric: str,
    chosen: list[Entry],
    *,
    value: float | None,
    gaps: tuple[Gap, ...],
    of: tuple[int | None, int | None] = (None, None),
) -> Measurement:
    return Measurement(
        kind=kind,
        metric=metric,
        population=f"{ENTRIES}{kind}.{metric}",
        value=value,
        numerator=of[0],
        denominator=of[1],
        members=tuple(Member(id=ids.show("evd", entry.id)) for entry in sorted(chosen, key=lambda entry: entry.id)),
        gaps=gaps,
    )
