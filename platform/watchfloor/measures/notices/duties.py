"""Notices that were due in a period as a figure: in time, of those handed in or overdue by the reading."""

from collections.abc import Iterator
from datetime import datetime

from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import NoticeId
from watchfloor.measures.basis import Share
from watchfloor.measures.notices import queries
from watchfloor.measures.notices.queries import NoticeRow
from watchfloor.measures.period import Period
from watchfloor.measures.reading import Reading, Record, reading


async def read_duties(tx: TenantTx, period: Period, *, at: datetime) -> list[NoticeRow]:
    """The notices that were due in the period and are settled by `at`: handed in, or too late."""
    rows = await queries.select_due(tx, begin=period.begin, end=period.until)
    return [row for row in rows if row.sent_at is not None or row.due_at <= at]


def readings(rows: list[NoticeRow]) -> Iterator[Reading]:
    """The figure of the notices."""
    in_time = {row.id for row in rows if row.sent_at is not None and row.sent_at <= row.due_at}
    records = [
        Record(
            kind="notice",
            id=ids.show("ntc", NoticeId(row.id)),
            at=row.due_at,
            label=f"{row.regime} {row.stage}",
            counts=row.id in in_time,
        )
        for row in rows
    ]
    yield reading("notices.in_time", Share(part=len(in_time), whole=len(rows)), records)
