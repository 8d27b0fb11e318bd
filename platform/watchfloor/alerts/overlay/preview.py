"""What an exception would have hidden of the alerts of the last days: to be looked at before it is made.

Judges the events that alerts keep whole, the first ones of each; it reads and never writes.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

import msgspec

from watchfloor.alerts.overlay import queries
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

DAYS: Final = 14
MOST_ALERTS: Final = 200


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Of the newest `alerts` of the rules in the last `days`: how many kept events and whole alerts are hidden."""

    days: int
    alerts: int
    alerts_hidden: int
    events: int
    events_hidden: int

    def __str__(self) -> str:
        return (
            f"It would have hidden {self.events_hidden} of {self.events} kept events,"
            f" all those of {self.alerts_hidden} of {self.alerts} alerts of the last {self.days} days."
        )


async def preview(
    tx: TenantTx, cipher: TenantCipher, *, written: FilterDocument, rules: Sequence[Rule], at: datetime
) -> Preview:
    """See Preview. Raises Invalid for a filter whose lists are missing."""
    concerned = [rule.id for rule in rules if written.is_for(rule)]
    rows = await queries.select_probes(tx, concerned, since=at - timedelta(days=DAYS), alerts=MOST_ALERTS)
    lists = (await read_tuning(tx, cipher, at=at)).lists
    return await asyncio.to_thread(_judge, cipher, written, lists, rows)


def _judge(cipher: TenantCipher, written: FilterDocument, lists: Lists, rows: Sequence[queries.ProbeRow]) -> Preview:
    hides = compile_condition(fill(hidden_by(written), lists))
    hidden: dict[UUID, list[bool]] = {}
    for row in rows:
        evidence = open_evidence(cipher, AlertId(row.alert_id), row.event_key, row.body)
        view = EventView(cast("dict[str, FieldValue]", evidence.fields))
        hidden.setdefault(row.alert_id, []).append(hides(view))
    return Preview(
        days=DAYS,
        alerts=len(hidden),
        alerts_hidden=sum(all(events) for events in hidden.values()),
        events=sum(len(events) for events in hidden.values()),
        events_hidden=sum(sum(events) for events in hidden.values()),
    )
