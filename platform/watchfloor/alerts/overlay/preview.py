"""What an exception would have hidden of the alerts of the last days: to be looked at before it is made.

Judges the events that alerts keep whole, the first ones of each; it reads and never writes. Alerts of incidents that
were judged attacks are looked at before all others, so that none of them is left out for want of room.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

import msgspec

from watchfloor.alerts.overlay.flow import queries
from watchfloor.alerts.overlay.loading import read_tuning
from watchfloor.alerts.sealing import open_evidence
from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.filters import FilterDocument, hidden_by
from watchfloor.detect.lists import Lists, fill
from watchfloor.detect.rule import Rule
from watchfloor.detect.view import EventView
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlertId
from watchfloor.normalise.event import FieldValue

DAYS: Final = 30
MOST_ALERTS: Final = 300
MOST_JUDGED: Final = 300
"""How many alerts of incidents that were judged true positives are looked at."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Of the newest `alerts` of the rules in the last `days`: how many kept events and whole alerts are hidden.

    `all_alerts` is how many there are, looked at or not. `hosts` counts the hosts that the hidden events name.
    `judged_true` are the numbers of incidents that were judged true positives of which an event would be hidden.
    """

    days: int
    all_alerts: int
    alerts: int
    alerts_hidden: int
    events: int
    events_hidden: int
    hosts: int
    judged_true: tuple[int, ...]

    def __str__(self) -> str:
        return (
            f"It would have hidden {self.events_hidden} of {self.events} kept events,"
            f" all those of {self.alerts_hidden} of {self.alerts} alerts of the last {self.days} days."
        )


class _Judged(msgspec.Struct):
    """What is hidden of one alert."""

    events: int = 0
    hidden: int = 0


def concerned(written: FilterDocument, rules: Sequence[Rule]) -> list[str]:
    """The ids of the rules that a filter is for."""
    return [rule.id for rule in rules if written.is_for(rule)]


async def preview(
    tx: TenantTx, cipher: TenantCipher, *, written: FilterDocument, rule_ids: Sequence[str], at: datetime
) -> Preview:
    """See Preview. Raises Invalid for a filter whose lists are missing."""
    since = at - timedelta(days=DAYS)
    newest = await queries.select_probes(tx, rule_ids, since=since, alerts=MOST_ALERTS)
    judged = await queries.select_judged_probes(tx, rule_ids, since=since, alerts=MOST_JUDGED)
    rows = {(row.alert_id, row.event_key): row for row in (*newest, *judged)}
    count = await queries.count_alerts(tx, rule_ids, since=since)
    lists = (await read_tuning(tx, cipher, at=at)).lists
    return await asyncio.to_thread(_judge, cipher, written, lists, list(rows.values()), count)


def _judge(
    cipher: TenantCipher, written: FilterDocument, lists: Lists, rows: Sequence[queries.ProbeRow], count: int
) -> Preview:
    hides = compile_condition(fill(hidden_by(written), lists))
    alerts: dict[UUID, _Judged] = {}
    hosts: set[str] = set()
    judged_true: set[int] = set()
    for row in rows:
        alert = alerts.setdefault(row.alert_id, _Judged())
        alert.events += 1
        evidence = open_evidence(cipher, AlertId(row.alert_id), row.event_key, row.body)
        if hides(EventView(cast("dict[str, FieldValue]", evidence.fields))):
            alert.hidden += 1
            # The full name comes first; the short one behind it is the same machine.
            hosts.update([entity.value for entity in evidence.entities if entity.kind == "host"][:1])
            judged_true.update(() if row.judged_true is None else (row.judged_true,))
    return Preview(
        days=DAYS,
        all_alerts=count,
        alerts=len(alerts),
        alerts_hidden=sum(alert.hidden == alert.events for alert in alerts.values()),
        events=sum(alert.events for alert in alerts.values()),
        events_hidden=sum(alert.hidden for alert in alerts.values()),
        hosts=len(hosts),
        judged_true=tuple(sorted(judged_true)),
    )
