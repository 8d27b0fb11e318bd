"""Credentials that end: an alarm two weeks before the last certificate of a feed ends.

Tokens do not end by themselves. Certificates stand in the directory, which the watch may not read: the caller asks it
first, as wf_auth, and then settles the alarms, as wf_app.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from watchfloor.feeds.alarms import queries
from watchfloor.feeds.alarms.alarm import Figures
from watchfloor.feeds.alarms.judgement import Trouble
from watchfloor.feeds.alarms.watch import Watched, open_look
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

AHEAD: Final = timedelta(days=14)


async def ends_of_certificates(tx: TenantTx) -> dict[FeedId, datetime]:
    """When the last certificate of each feed ends. As wf_auth, inside the tenant."""
    return {row.feed_id: row.ends_at for row in await queries.select_certificate_ends(tx)}


async def watch_expiry(tx: TenantTx, ends: Mapping[FeedId, datetime], *, at: datetime) -> Watched:
    """Raises and clears the alarms about credentials that end at these moments."""
    look = await open_look(tx, at=at)
    for feed in await queries.select_watched(tx):
        if feed.state != "active":
            continue
        end = ends.get(feed.id)
        is_near = end is not None and end - at <= AHEAD
        figures = Figures(expires_at=end, what="client certificate")
        await look.settle(feed.id, "expiry", Trouble(since=at, figures=figures) if is_near else None)
    return look.seen()
