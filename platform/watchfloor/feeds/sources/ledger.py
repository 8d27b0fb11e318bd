"""The ledger of log sources: which of Sigma's each feed really brought, by day of receipt.

Owns the adding up and the reading. What a parser could produce is another question (`normalise.catalogue`); only what
came in can fire a rule. The figures are written in the transaction that takes the batches off the queue, so they count
each event once; an event of several log sources counts for each of them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.feeds.sources import queries
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

KEPT: Final = timedelta(days=400)
"""For how long the days stay."""

_LONGEST: Final = 64


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """How many events of a log source one batch of a feed brought. A part that the log source has not is None.

    `last_event_at` is the newest event's own time.
    """

    feed_id: FeedId
    received_at: datetime
    product: str | None
    category: str | None
    service: str | None
    events: int
    last_event_at: datetime


class SeenSource(msgspec.Struct, frozen=True, kw_only=True):
    """A log source that came in, from all feeds together."""

    product: str | None
    category: str | None
    service: str | None
    events: int
    last_event_at: datetime


async def count_sources(tx: TenantTx, sightings: Sequence[Sighting]) -> None:
    """Adds the sightings to their feeds' days."""
    days: dict[tuple[object, ...], queries.SourceDay] = {}
    for one in sightings:
        row = queries.SourceDay(
            feed_id=one.feed_id,
            day=one.received_at.date(),
            product=(one.product or "")[:_LONGEST],
            category=(one.category or "")[:_LONGEST],
            service=(one.service or "")[:_LONGEST],
            events=one.events,
            last_event_at=one.last_event_at,
        )
        key = (row.feed_id, row.day, row.product, row.category, row.service)
        earlier = days.get(key)
        days[key] = row if earlier is None else _added(earlier, row)
    if days:
        await queries.add_to_days(tx, [days[key] for key in sorted(days, key=str)])


async def seen_sources(tx: TenantTx, *, since: datetime) -> list[SeenSource]:
    """The log sources that came in since the day of `since`, in the order of their parts."""
    return [
        SeenSource(
            product=row.product or None,
            category=row.category or None,
            service=row.service or None,
            events=row.events,
            last_event_at=row.last_event_at,
        )
        for row in await queries.select_sources(tx, since=since.date())
    ]


def add_up(tenants: Iterable[Sequence[SeenSource]]) -> list[SeenSource]:
    """The log sources of several tenants together."""
    sums: dict[tuple[str, str, str], SeenSource] = {}
    for sources in tenants:
        for one in sources:
            key = (one.product or "", one.category or "", one.service or "")
            earlier = sums.get(key, one)
            sums[key] = msgspec.structs.replace(
                one,
                events=one.events + (0 if earlier is one else earlier.events),
                last_event_at=max(one.last_event_at, earlier.last_event_at),
            )
    return [sums[key] for key in sorted(sums)]


async def forget_sources(tx: TenantTx, *, now: datetime) -> None:
    """Deletes days that nothing asks for any more. A regular job does it."""
    await queries.forget_days(tx, before=(now - KEPT).date())


def _added(one: queries.SourceDay, other: queries.SourceDay) -> queries.SourceDay:
    return msgspec.structs.replace(
        one, events=one.events + other.events, last_event_at=max(one.last_event_at, other.last_event_at)
    )
