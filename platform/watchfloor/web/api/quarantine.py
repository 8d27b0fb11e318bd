"""`/tenants/{tenant}/quarantine`: what could not be read, in groups and one by one; putting it back, dropping it.

What is done is in `feeds.quarantine`. Samples and bytes are a stranger's text, given as they are.
"""

import base64
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access.roles import Permission
from watchfloor.feeds.doors.hints import PIPELINE_LANE
from watchfloor.feeds.intake.opening import open_intake
from watchfloor.feeds.quarantine import commands, listing, queries
from watchfloor.feeds.quarantine.commands import LONGEST_REASON, SHORTEST_REASON, Selection
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.web.api.evidence import LAST_ID
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.cursors import ById
from watchfloor.web.declaration import in_tenant

_LIST: Final = "quarantine"
_Name = Annotated[str, PathParameter(description="The id of what was put aside (`qua_...`).", max_length=64)]


class QuarantineLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be read, and why. `event_index` is its place in its batch, -1 for all of it."""

    id: str
    feed: str
    event_index: int
    code: str
    reason: str
    received_at: datetime


class QuarantineView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be read, with its bytes. `sample` is its beginning without what looks like a secret."""

    line: QuarantineLine
    sample: str
    body_base64: str


class QuarantineGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Things of one feed that could not be read for one reason. `sample` and `newest` are those of the newest."""

    feed: str
    feed_name: str
    code: str
    reason: str
    things: int
    first_at: datetime
    last_at: datetime
    newest: str
    sample: str


class QuarantineChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which things, and why: those that fit all of `feed` (id or name), `code` and `items` that is given."""

    reason: Annotated[str, msgspec.Meta(min_length=SHORTEST_REASON, max_length=LONGEST_REASON)]
    feed: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    code: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    items: Annotated[list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=1_000)] | None = None


class PutBackReply(msgspec.Struct, frozen=True, kw_only=True):
    """What was put back. `unusable` things were not kept whole or are damaged; `left` are for the next call."""

    text: str
    things: int
    unusable: int
    left: int


class DroppedReply(msgspec.Struct, frozen=True, kw_only=True):
    """What was deleted; `left` are for the next call."""

    text: str
    things: int
    left: int


@get("/quarantine", access=in_tenant(Permission.QUARANTINE_READ, "quarantine"), dependencies=IN_TENANT, tags=["feeds"])
async def list_quarantine(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[QuarantineLine]:
    """What could not be read, the newest first."""
    place = ById(LAST_ID)
    if cursor is not None:
        place = call.services.cursors.read(call.tenant_id, _LIST, cursor, ById)
    async with call.records() as tx:
        rows = await queries.select_page(tx, before=place.id, limit=limit + 1)
    more = None
    if len(rows) > limit:
        more = call.services.cursors.make(call.tenant_id, _LIST, ById(rows[limit - 1].id))
    return Page(items=[_line(row) for row in rows[:limit]], next_cursor=more)


@get(
    "/quarantine/groups",
    access=in_tenant(Permission.QUARANTINE_READ, "quarantine"),
    dependencies=IN_TENANT,
    tags=["feeds"],
)
async def list_quarantine_groups(call: InTenant) -> list[QuarantineGroup]:
    """What could not be read, equal failures of a feed in one line, the most frequent first."""
    async with call.records() as tx:
        groups = await listing.list_groups(tx, await call.cipher(tx))
    return [
        QuarantineGroup(
            feed=ids.show("feed", group.feed_id),
            feed_name=group.feed,
            code=group.code,
            reason=group.reason,
            things=group.things,
            first_at=group.first_at,
            last_at=group.last_at,
            newest=ids.show("qua", group.newest_id),
            sample=group.sample,
        )
        for group in groups
    ]


@get(
    "/quarantine/{quarantine:str}",
    access=in_tenant(Permission.QUARANTINE_READ, "quarantine"),
    dependencies=IN_TENANT,
    tags=["feeds"],
)
async def read_quarantined(call: InTenant, quarantine: _Name) -> QuarantineView:
    """What could not be read, with its bytes."""
    thing_id = ids.parse("qua", quarantine)
    async with call.records() as tx:
        thing = await listing.find_thing(tx, await call.cipher(tx), thing_id)
    return QuarantineView(line=_line(thing), sample=thing.sample, body_base64=base64.b64encode(thing.body).decode())


@post(
    "/quarantine/replay",
    access=in_tenant(Permission.QUARANTINE_MANAGE, "quarantine", limit="write"),
    dependencies=IN_TENANT,
    tags=["feeds"],
    status_code=200,
)
async def replay_quarantine(call: InTenant, data: JSONBody[QuarantineChoice]) -> PutBackReply:
    """Put things back through the intake, behind all live events; they leave the quarantine once they were read."""
    async with call.records() as tx:
        selection, cipher = await _selection(tx, data), await call.cipher(tx)
        found = await commands.take_out(tx, cipher, call.actor, selection=selection, reason=data.reason)
    if found.parcels:
        services = call.services
        async with open_intake(services.settings, services.app, services.keyring) as intake:
            await commands.send(intake, found, request_id=call.request_id)
        await call.hint(PIPELINE_LANE)
    text = f"{found.things} are read again soon; those that fail again are put aside again."
    return PutBackReply(text=text, things=found.things, unusable=found.unusable, left=found.left)


@post(
    "/quarantine/drop",
    access=in_tenant(Permission.QUARANTINE_MANAGE, "quarantine", limit="write"),
    dependencies=IN_TENANT,
    tags=["feeds"],
    status_code=200,
)
async def drop_quarantine(call: InTenant, data: JSONBody[QuarantineChoice]) -> DroppedReply:
    """Delete things for good."""
    async with call.records() as tx:
        selection, cipher = await _selection(tx, data), await call.cipher(tx)
        found = await commands.drop(tx, cipher, call.actor, selection=selection, reason=data.reason)
    return DroppedReply(text=f"{found.things} are gone.", things=found.things, left=found.left)


ROUTES: list[HTTPRouteHandler] = [
    list_quarantine,
    list_quarantine_groups,
    read_quarantined,
    replay_quarantine,
    drop_quarantine,
]


async def _selection(tx: TenantTx, data: QuarantineChoice) -> Selection:
    return Selection(
        feed_id=None if data.feed is None else await commands.feed_named(tx, data.feed),
        code=data.code,
        things=None if data.items is None else tuple(ids.parse("qua", item) for item in data.items),
    )


def _line(row: queries.LineRow | listing.Thing) -> QuarantineLine:
    return QuarantineLine(
        id=ids.show("qua", row.id),
        feed=ids.show("feed", row.feed_id),
        event_index=row.event_index,
        code=row.code,
        reason=row.reason,
        received_at=row.received_at,
    )
