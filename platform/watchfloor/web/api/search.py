"""`/tenants/{tenant}/search`: the tenant's events, found, counted or swept for indicators. Each search is logged."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Annotated, Final

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.response import Stream

from watchfloor.access.roles import Permission
from watchfloor.alerts import listing
from watchfloor.kernel import ids
from watchfloor.kernel.errors import Invalid, WatchfloorError
from watchfloor.kernel.ids import AlertId
from watchfloor.normalise.event import Entity, EntityKind
from watchfloor.search.asked import MOST_EVENTS, MOST_SECONDS, Asked, question_of
from watchfloor.search.grammar import LONGEST
from watchfloor.search.question import Include, Order, Task
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.api.search_asking import (
    Looking,
    SweepAsked,
    asked_of,
    find_in,
    place_of,
    read_indicators,
    sweep_in,
    task_of,
)
from watchfloor.web.api.search_views import SearchFound, SweepFound, name_of, view_of
from watchfloor.web.declaration import in_tenant

_NDJSON: Final = "application/x-ndjson"
_WHOSE: Final[tuple[EntityKind, ...]] = ("host", "user")
"""Whose events stand around an alert, unless the request says."""


class SearchAsked(Looking, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events, of which time, and what to give back of them; with a cursor, from where the last page ended."""

    cursor: Annotated[str, msgspec.Meta(max_length=512)] | None = None


class AroundAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alert, whose things of these kinds the events must name, and how long before its first and after its last."""

    alert: Annotated[str, msgspec.Meta(max_length=64, examples=["alr_01kfq3v7n8e1qtr3xk5v2m6d8a"])]
    kinds: Annotated[list[EntityKind], msgspec.Meta(max_length=10)] = []
    minutes: Annotated[float, msgspec.Meta(gt=0, le=10_080)] = 15.0
    query: Annotated[str, msgspec.Meta(max_length=LONGEST)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_EVENTS)] = 200
    order: Order = "oldest"
    include: Include = "line"
    cursor: Annotated[str, msgspec.Meta(max_length=512)] | None = None
    why: Annotated[str, msgspec.Meta(max_length=1_000)] = ""


@post(
    "/search",
    access=in_tenant(Permission.EVENTS_SEARCH, "events", limit="search"),
    dependencies=IN_TENANT,
    tags=["search"],
    status_code=200,
)
async def search_events(call: InTenant, data: JSONBody[SearchAsked]) -> SearchFound:
    """Find or count events. Where a limit is reached, the answer says so."""
    asked = asked_of(data, after=place_of(call, data.cursor))
    return await find_in(call, question_of(asked, now=call.services.clock.now()))


@post(
    "/search/stream",
    access=in_tenant(Permission.EVENTS_SEARCH, "events", limit="search"),
    dependencies=IN_TENANT,
    tags=["search"],
    status_code=200,
    media_type=_NDJSON,
)
async def stream_events(call: InTenant, data: JSONBody[SearchAsked]) -> Stream:
    """Find or count events, told as they are found: one JSON object a line, `progress` among them, `looked` the last.

    Who hangs up ends the search.
    """
    asked = asked_of(data, after=place_of(call, data.cursor))
    task = await task_of(call, question_of(asked, now=call.services.clock.now()))
    return Stream(_lines(call, task), media_type=_NDJSON)


@post(
    "/search/around",
    access=in_tenant(Permission.EVENTS_SEARCH, "events", limit="search"),
    dependencies=IN_TENANT,
    tags=["search"],
    status_code=200,
)
async def search_around(call: InTenant, data: JSONBody[AroundAsked]) -> SearchFound:
    """The timeline of an alert's hosts and users: what else they did shortly before, meanwhile and shortly after."""
    alert_id = AlertId(ids.parse("alr", data.alert))
    async with call.records() as tx:
        alert = await listing.find_alert(tx, alert_id)
        entities = await listing.entities_of(tx, await call.cipher(tx), alert_id)
    margin = timedelta(minutes=data.minutes)
    asked = Asked(
        query=data.query,
        about=_of_kinds(entities, data.kinds),
        since=alert.first_seen - margin,
        until=alert.last_seen + margin,
        most=data.limit,
        order=data.order,
        include=data.include,
        after=place_of(call, data.cursor),
        why=data.why,
    )
    question = question_of(asked, now=call.services.clock.now())
    return await find_in(call, msgspec.structs.replace(question, words=f"around {data.alert} {data.query}".strip()))


@post(
    "/search/sweep",
    access=in_tenant(Permission.EVENTS_SEARCH, "events", limit="search"),
    dependencies=IN_TENANT,
    tags=["search"],
    status_code=200,
)
async def sweep_events(call: InTenant, data: JSONBody[SweepAsked]) -> SweepFound:
    """Say which of many indicators were seen."""
    asked = Asked(since=data.since, until=data.until, hours=data.hours, seconds=MOST_SECONDS, why=data.why)
    return await sweep_in(call, read_indicators(data.indicators), asked)


ROUTES: list[HTTPRouteHandler] = [search_events, stream_events, search_around, sweep_events]


def _of_kinds(entities: list[Entity], kinds: list[EntityKind]) -> tuple[Entity, ...]:
    found = tuple(one for one in entities if one.kind in (kinds or _WHOSE))
    if found:
        return found
    if not kinds and entities:
        return tuple(entities)
    named = ", ".join(sorted({one.kind for one in entities})) or "nothing"
    raise Invalid("The alert names nothing of these kinds.", where="kinds", remedy=f"It names: {named}.")


async def _lines(call: InTenant, task: Task) -> AsyncGenerator[bytes]:
    try:
        async for said in call.services.searchers.search(task):
            yield msgspec.json.encode({name_of(said): view_of(said)}) + b"\n"
    except WatchfloorError as fault:
        problem = {"code": fault.code, "message": fault.message, "where": fault.where, "remedy": fault.remedy}
        yield msgspec.json.encode({"problem": problem}) + b"\n"
