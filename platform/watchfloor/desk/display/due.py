"""What is due on an incident, and how long its stages took: the rows of a card that tell of time.

Reads the clocks as they are kept. An incident that was opened before there were clocks is shown by its targets, around
the clock from its opening.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from watchfloor.desk.card import Deadline, Moment, Row, Text, Value
from watchfloor.incidents.incident import Incident
from watchfloor.incidents.sla import queries
from watchfloor.incidents.sla.agreement import TargetName
from watchfloor.incidents.sla.clock import Clock, Stages
from watchfloor.incidents.sla.keeping import read_course
from watchfloor.incidents.targets import target_of
from watchfloor.kernel.db import TenantTx

_UNITS: Final = (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60))


async def due(tx: TenantTx, incident: Incident, sla: str | None) -> tuple[tuple[Row, ...], Stages | None]:
    """The rows, and how far the incident is. `sla` is that part of the tenant's bundle as JSON."""
    course = await read_course(tx, incident.id)
    if course is None:
        return (_by_targets(incident, sla),), None
    beginnings = await queries.select_beginnings(tx, incident.id)
    clocks: dict[TargetName, Clock] = {clock.target: clock for clock in course.clocks}
    rows = (*_clocks(incident, clocks, course.stages), *_stages(course.stages, beginnings))
    return rows, course.stages


def span(length: timedelta) -> str:
    """A length of time in its two largest units: `2 d 4 h`, `3 h 5 min`, `40 s`."""
    seconds = max(int(length.total_seconds()), 0)
    for unit, size, smaller, part in _UNITS:
        if seconds >= size:
            rest = seconds % size // part
            return f"{seconds // size} {unit} {rest} {smaller}" if rest else f"{seconds // size} {unit}"
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


def _clocks(incident: Incident, clocks: dict[TargetName, Clock], stages: Stages) -> Iterator[Row]:
    if incident.state == "new":
        yield _row("Acknowledge by", clocks["acknowledge"], None)
    elif incident.state in ("acknowledged", "contained"):
        yield _row("Resolve by", clocks["resolve"], None)
    else:
        yield _row("Resolved", clocks["resolve"], incident.resolved_at)
    if stages.waiting_since is not None:
        yield Row("Paused", (Text("waiting on the customer since"), Moment(stages.waiting_since)))
    if stages.snoozed_until is not None:
        yield Row("Look again", (Moment(stages.snoozed_until),))


def _row(label: str, clock: Clock, met_at: datetime | None) -> Row:
    if clock.deadline is not None:
        return Row(label, (Deadline(clock.deadline, clock.met_at or met_at),))
    if clock.ended_at is not None:
        return Row(label, (Text("part of another incident since"), Moment(clock.ended_at)))
    return Row(label, (Text(f"paused, {span(clock.allowed - clock.elapsed)} left"),))


def _stages(stages: Stages, beginnings: queries.BeginningsRow | None) -> Iterator[Row]:
    """How long each stage took, those that were reached."""
    told = list[tuple[str, timedelta]]()
    if beginnings is not None and beginnings.detected_at is not None:
        told.append(("detected after", beginnings.detected_at - beginnings.event_at))
    reached = (
        ("acknowledged", stages.acknowledged_at),
        ("decided", stages.decided_at),
        ("contained", stages.contained_at),
        ("resolved", stages.resolved_at),
    )
    told += [(f"{stage} after", at - stages.alerted_at) for stage, at in reached if at is not None]
    if stages.acknowledged_at is not None:
        values: tuple[Value, ...] = tuple(Text(f"{stage} {span(length)}") for stage, length in told)
        yield Row("Stages", values)


def _by_targets(incident: Incident, sla: str | None) -> Row:
    target = target_of(sla, incident.severity)
    if incident.state == "new":
        return Row("Acknowledge by", (Deadline(incident.opened_at + target.acknowledge_within),))
    by = Deadline(incident.opened_at + target.resolve_within, incident.resolved_at)
    return Row("Resolve by" if incident.state in ("acknowledged", "contained") else "Resolved", (by,))
