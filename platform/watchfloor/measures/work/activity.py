"""What people and detection did in a period: alerts, responses, changes, and who of the provider looked."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import ActionId, AlertId, ExceptionId
from watchfloor.measures.basis import Days, Spans, Stock
from watchfloor.measures.period import Period
from watchfloor.measures.reading import Reading, Record, reading
from watchfloor.measures.work import queries
from watchfloor.measures.work.queries import (
    ActionRow,
    AlertRow,
    AuditedRow,
    ExceptionRow,
    QuarterRow,
    RequestRow,
)
from watchfloor.respond.action import ActionState

CHANGES: Final = ("rule.disable", "rule.enable", "rule.level", "list.set", "list.remove")
"""What the audit log calls changes of the tenant's rules."""

VIEWED: Final = "access.viewed"
"""What it calls that somebody of the provider's looked at something of the tenant's."""

MOST_ALERTS: Final = 100_000
"""How many alerts are listed as records."""

ENDS: Final[tuple[ActionState, ...]] = ("done", "failed", "declined", "expired", "withdrawn")


R = TypeVar("R")


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a period. `waiting` are actions that nobody decided about by `read_at`, whenever proposed."""

    period: Period
    read_at: datetime
    quarters: tuple[QuarterRow, ...]
    hosts: int
    weighed: int
    actions: tuple[ActionRow, ...]
    waiting: tuple[ActionRow, ...]
    of_incidents: tuple[ActionRow, ...]
    exceptions: tuple[ExceptionRow, ...]
    requests: tuple[RequestRow, ...]
    changes: tuple[AuditedRow, ...]
    views: tuple[AuditedRow, ...]


async def read_activity(tx: TenantTx, period: Period, *, at: datetime, incidents: Iterable[UUID]) -> Activity:
    """What was done in the period, and the actions of these incidents at any time."""
    begin, end = period.begin, period.until
    audited = await queries.select_audited(tx, begin=begin, end=end, actions=(*CHANGES, VIEWED))
    return Activity(
        period=period,
        read_at=at,
        quarters=tuple(await queries.select_quarters(tx, begin=begin, end=end)),
        hosts=await queries.select_hosts(tx, begin=begin, end=end),
        weighed=await queries.select_weighed(tx),
        actions=tuple(await queries.select_actions(tx, begin=begin, end=end)),
        waiting=tuple(await queries.select_waiting(tx)),
        of_incidents=tuple(await queries.select_of_incidents(tx, list(incidents))),
        exceptions=tuple(await queries.select_exceptions(tx, begin=begin, end=end)),
        requests=tuple(await queries.select_requests(tx)),
        changes=tuple(row for row in audited if row.action != VIEWED),
        views=tuple(row for row in audited if row.action == VIEWED),
    )


async def alert_records(tx: TenantTx, period: Period) -> list[Record]:
    """The alerts of the period, the oldest first, as far as they are listed."""
    rows = await queries.select_alerts(tx, begin=period.begin, end=period.until, limit=MOST_ALERTS)
    return [_alert(row) for row in rows]


def readings(activity: Activity) -> Iterator[Reading]:
    """The figures of what was done. The records of `alerts` are read apart from it."""
    yield Reading(
        measure="alerts",
        basis=_days(activity, ((row.at, row.alerts) for row in activity.quarters)),
        records=list,
    )
    yield reading("assets.hosts", Stock(number=activity.hosts))
    yield reading("assets.weighed", Stock(number=activity.weighed))
    yield _listed(activity, "actions", activity.actions, _requested, _action)
    for state in ENDS:
        ended = [row for row in activity.actions if row.state == state]
        yield _listed(activity, f"actions.{state}", ended, _requested, _action)
    approved = [row for row in activity.actions if row.customer_approvals]
    yield _listed(activity, "actions.customer", approved, _requested, _action)
    spans = [(row, (row.approved_at - row.requested_at).total_seconds()) for row in activity.actions if row.approved_at]
    yield reading(
        "time.approve",
        Spans(seconds=tuple(sorted(max(0.0, seconds) for _, seconds in spans))),
        [_action(row, max(0.0, seconds)) for row, seconds in spans],
    )
    yield from _changes(activity)
    yield _listed(activity, "access.views", activity.views, lambda row: row.at, _entry)
    people: dict[str, AuditedRow] = {}
    for row in activity.views:
        people.setdefault(row.actor_id, row)
    yield reading("access.people", Stock(number=len(people)), [_entry(row) for row in people.values()])


def _changes(activity: Activity) -> Iterator[Reading]:
    begin, end = activity.period.begin, activity.period.until
    made = [row for row in activity.exceptions if row.created_at >= begin]
    ended = [(row, at) for row in activity.exceptions if (at := _end(row)) < min(end, activity.read_at)]
    held = [row for row in activity.exceptions if _end(row) >= min(end, activity.read_at)]
    yield _listed(activity, "exceptions.made", made, lambda row: row.created_at, _exception)
    yield _listed(activity, "exceptions.ended", ended, lambda pair: pair[1], lambda pair: _exception(pair[0]))
    yield reading("exceptions.held", Stock(number=len(held)), [_exception(row) for row in held])
    yield _listed(activity, "changes", activity.changes, lambda row: row.at, _entry)


def _listed(
    activity: Activity,
    measure: str,
    rows: Iterable[R],
    moment: Callable[[R], datetime],
    shown: Callable[[R], Record],
) -> Reading:
    kept = list(rows)
    basis = _days(activity, ((moment(row), 1) for row in kept))
    return Reading(measure=measure, basis=basis, records=lambda: [shown(row) for row in kept])


def _days(activity: Activity, numbers: Iterable[tuple[datetime, int]]) -> Days:
    counts = [0] * activity.period.elapsed_days(activity.read_at)
    for at, number in numbers:
        counts[activity.period.day_of(at)] += number
    return Days(counts=tuple(counts))


def _requested(row: ActionRow) -> datetime:
    return row.requested_at


def _end(row: ExceptionRow) -> datetime:
    return row.expires_at if row.ended_at is None else min(row.expires_at, row.ended_at)


def _alert(row: AlertRow) -> Record:
    return Record(kind="alert", id=ids.show("alr", AlertId(row.id)), at=row.created_at, label=row.rule_id)


def _action(row: ActionRow, seconds: float = 1) -> Record:
    return Record(
        kind="action", id=ids.show("act", ActionId(row.id)), at=row.requested_at, label=row.kind, quantity=seconds
    )


def _exception(row: ExceptionRow) -> Record:
    return Record(kind="exception", id=ids.show("exc", ExceptionId(row.id)), at=row.created_at, label="")


def _entry(row: AuditedRow) -> Record:
    return Record(kind="audit_entry", id=str(row.seq), at=row.at, label=f"{row.action} {row.object_kind}")
