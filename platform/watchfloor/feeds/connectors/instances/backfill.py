"""Fetching a window of the past: a stream of its own beside the live one, worked when nobody has live events waiting.

Safe to repeat for as long as keys are kept: what is stored is not stored again. Owns the refusal of windows in which
that would not hold any more, because something was brought then whose keys are forgotten.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.audit.append import Actor
from watchfloor.feeds.connectors.connector import Connector
from watchfloor.feeds.connectors.instances import queries
from watchfloor.feeds.connectors.instances.queries import StreamRow
from watchfloor.feeds.connectors.instances.registry import Instance, note
from watchfloor.feeds.connectors.keys.ledger import KEPT_DAYS
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid
from watchfloor.kernel.ids import new_uuid

FORGOTTEN_AFTER: Final = timedelta(days=KEPT_DAYS - 2)
"""Up to this age keys are surely there: a day for the deleting, and one for the other side of midnight."""


async def add_backfill(
    tx: TenantTx,
    actor: Actor,
    connector: Connector,
    instance: Instance,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    streams: Sequence[str] = (),
) -> list[str]:
    """Has the connector fetch what happened in the window; gives the streams that it is fetched of.

    Without `streams` of those that are on. Raises Invalid, also when the vendor does not keep that long, and Conflict
    when some of it was fetched before and could be stored twice.
    """
    if not start < end <= now:
        raise Invalid("The window begins before it ends, and ends before now.")
    rows = await queries.select_streams(tx, [instance.feed.id])
    live = [row for row in rows if row.window_start is None]
    wanted = _wanted(live, streams)
    for name in wanted:
        _refuse_forgotten(rows, name, start=start, end=end, now=now)
        cursor = connector.window(name, start=start, end=end)
        await queries.insert_stream(
            tx,
            instance.feed.id,
            stream_id=new_uuid(),
            name=name,
            state="active",
            window=(start, end),
            cursor=msgspec.json.encode(cursor).decode(),
        )
    window = {"streams": wanted, "start": start.isoformat(), "end": end.isoformat()}
    await note(tx, actor, "connector.backfill", instance.feed, after=window)
    return wanted


def _wanted(live: Sequence[StreamRow], streams: Sequence[str]) -> list[str]:
    known = {row.name for row in live}
    for name in streams:
        if name not in known:
            raise Invalid(f"There is no stream {name}.", where=name, remedy=f"Known are: {', '.join(sorted(known))}.")
    found = list(dict.fromkeys(streams)) or [row.name for row in live if row.state == "active"]
    if not found:
        raise Invalid("The connector has no stream that is on.", remedy="Name the streams to be fetched.")
    return found


def _refuse_forgotten(rows: Sequence[StreamRow], name: str, *, start: datetime, end: datetime, now: datetime) -> None:
    """Raises Conflict when something of the window was stored so long ago that its keys may be gone."""
    forgotten = now - FORGOTTEN_AFTER
    for row in rows:
        if row.name != name or row.begun_at >= forgotten or row.looked_at is None:
            continue
        # What a live stream stored after `forgotten` is known still; what a backfill stored is as old as itself.
        first, last = (row.begun_at, forgotten) if row.window_start is None else (row.window_start, row.window_end)
        if last is not None and first < end and start < last:
            raise Conflict(
                "Some of this window was fetched so long ago that it would be stored twice.",
                where=name,
                remedy=f"Let the window begin at {forgotten:%Y-%m-%d} or later, or end at {row.begun_at:%Y-%m-%d}.",
            )
