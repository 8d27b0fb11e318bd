"""`/tenants/{tenant}/unparsed`: events that no parser knows, by feed and shape, with a few of each."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from watchfloor.access.roles import Permission
from watchfloor.feeds.unparsed.ledger import UnparsedSource, unparsed_sources
from watchfloor.kernel import ids
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.declaration import in_tenant

_Most = Annotated[int, QueryParameter(description="How many at most, the most frequent first.", ge=1, le=200)]
_SAMPLE = 1_000


class UnparsedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one shape that a feed brought.

    `sketch` says what they look like: field names, or kinds of words; null for all shapes together beyond the first
    200 of a feed. `samples` are what came, as text, cut to 1,000 characters.
    """

    feed: str
    feed_name: str
    sketch: str | None
    events: int
    first_seen_at: datetime
    last_seen_at: datetime
    samples: list[str]


@get("/unparsed", access=in_tenant(Permission.QUARANTINE_READ, "unparsed"), dependencies=IN_TENANT, tags=["feeds"])
async def list_unparsed(call: InTenant, limit: _Most = 50) -> list[UnparsedLine]:
    """Events that no parser knows and no rule sees, by feed and shape."""
    async with call.records() as tx:
        found = await unparsed_sources(tx, await call.cipher(tx), with_samples=True, limit=limit)
    return [_line(one) for one in found]


ROUTES: list[HTTPRouteHandler] = [list_unparsed]
"""Inside a tenant."""


def _line(one: UnparsedSource) -> UnparsedLine:
    return UnparsedLine(
        feed=ids.show("feed", one.feed_id),
        feed_name=one.feed,
        sketch=one.sketch,
        events=one.events,
        first_seen_at=one.first_seen_at,
        last_seen_at=one.last_seen_at,
        samples=[sample.decode("utf-8", errors="replace")[:_SAMPLE] for sample in one.samples],
    )
