"""`/tenants/{tenant}/search`: the tenant's events, found, counted or swept for indicators. Each search is logged."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.response import Stream

from watchfloor.access.roles import Permission
from watchfloor.kernel.errors import Invalid, WatchfloorError
from watchfloor.lake.sightings import SWEPT
from watchfloor.normalise.event import Entity, EntityKind
from watchfloor.search.asked import MOST_EVENTS, MOST_FIELDS, MOST_SECONDS, Asked, question_of
from watchfloor.search.asking import MOST_INDICATORS, Question, prepare, sweep_for
from watchfloor.search.grammar import LONGEST
from watchfloor.search.indicator import entities_in
from watchfloor.search.question import Count, End, Hit, Include, Order, Place, Progress, Said, Seen, Stop, Task
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.cursors import ByTimeAndKey
from watchfloor.web.declaration import in_tenant

_LIST: Final = "search"
_NDJSON: Final = "application/x-ndjson"


class SearchAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events, of which time, and what to give back of them.

    `query` is in the [query language](search.md), `sigma` the YAML of a rule in its place; neither means all events.
    Without `since` the last `hours` before `until` (now). `count_by` and `every` (seconds) count instead of giving
    events. `include`: `line` gives what people read, `fields` also the fields, `record` also what the source sent.
    """

    query: Annotated[str, msgspec.Meta(max_length=LONGEST, examples=["EventID:4625 @host:dc-1"])] = ""
    sigma: Annotated[str, msgspec.Meta(max_length=100_000)] | None = None
    since: datetime | None = None
    until: datetime | None = None
    hours: Annotated[float, msgspec.Meta(gt=0, le=87_840)] = 24.0
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_EVENTS)] = 100
    order: Order = "newest"
    include: Include = "fields"
    cursor: Annotated[str, msgspec.Meta(max_length=512)] | None = None
    count_by: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=200)]], msgspec.Meta(max_length=MOST_FIELDS)
    ] = []
    every: Annotated[int, msgspec.Meta(ge=1, le=10**8)] | None = None
    seconds: Annotated[float, msgspec.Meta(gt=0, le=MOST_SECONDS)] = 30.0
    why: Annotated[str, msgspec.Meta(max_length=1_000)] = ""


class SweepAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Indicators as people paste them, defanged or not, and the time of which files are looked at."""

    indicators: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=1_024)]],
        msgspec.Meta(min_length=1, max_length=MOST_INDICATORS),
    ]
    since: datetime | None = None
    until: datetime | None = None
    hours: Annotated[float, msgspec.Meta(gt=0, le=87_840)] = 720.0
    why: Annotated[str, msgspec.Meta(max_length=1_000)] = ""


class EventEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A thing in an event."""

    kind: EntityKind
    value: str


class EventFound(msgspec.Struct, frozen=True, kw_only=True):
    """An event. `fields` and `raw` (Base64) as `include` says."""

    time: datetime
    key: str
    source: str
    host: str | None
    summary: str
    entities: list[EventEntity]
    fields: dict[str, object] | None
    raw: bytes | None


class EventCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many events have these texts (null: no value) in the span of time that begins at `since`."""

    values: tuple[str | None, ...]
    since: datetime | None
    events: int


class IndicatorSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An indicator that was seen: in how many events, first and last."""

    kind: EntityKind
    value: str
    events: int
    first_at: datetime
    last_at: datetime


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at. `stopped` other than `complete` or `page`: there may be more, as a limit was reached."""

    stopped: Stop
    events: int
    files: int
    found: int
    seconds: float


class SearchFound(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `next_cursor` is null on the last page, and where a limit ended the search."""

    events: list[EventFound]
    counts: list[EventCount]
    looked: Looked
    next_cursor: str | None


class SweepFound(msgspec.Struct, frozen=True, kw_only=True):
    """The indicators that were seen. `unknown` are those that name nothing that events are kept under."""

    seen: list[IndicatorSeen]
    unknown: list[str]
    looked: Looked


@post(
    "/search",
    access=in_tenant(Permission.EVENTS_SEARCH, "events", limit="search"),
    dependencies=IN_TENANT,
    tags=["search"],
    status_code=200,
)
async def search_events(call: InTenant, data: JSONBody[SearchAsked]) -> SearchFound:
    """Find or count events. Where a limit is reached, the answer says so."""
    task = await _prepare(call, data)
    said = [one async for one in call.services.searchers.search(task)]
    end = _end(said)
    hits = [one for one in said if isinstance(one, Hit)]
    cursor = None
    if end.stop == "page" and hits:
        place = ByTimeAndKey(hits[-1].place.time, hits[-1].place.key)
        cursor = call.services.cursors.make(call.tenant_id, _LIST, place)
    return SearchFound(
        events=[_event(hit) for hit in hits],
        counts=[_count(one) for one in said if isinstance(one, Count)],
        looked=_looked(end),
        next_cursor=cursor,
    )


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
    task = await _prepare(call, data)
    return Stream(_lines(call, task), media_type=_NDJSON)


@post(
    "/search/sweep",
    access=in_tenant(Permission.EVENTS_SEARCH, "events", limit="search"),
    dependencies=IN_TENANT,
    tags=["search"],
    status_code=200,
)
async def sweep_events(call: InTenant, data: JSONBody[SweepAsked]) -> SweepFound:
    """Say which of many indicators were seen."""
    entities, unknown = _entities(data.indicators)
    asked = Asked(since=data.since, until=data.until, hours=data.hours, seconds=MOST_SECONDS, why=data.why)
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        question = msgspec.structs.replace(
            question_of(asked, now=call.services.clock.now()),
            aim=sweep_for(cipher, entities),
            words="sweep: " + ", ".join(data.indicators),
        )
        task = await prepare(tx, cipher, call.actor, question, lake=call.services.settings.lake_dir)
    said = [one async for one in call.services.searchers.search(task)]
    return SweepFound(
        seen=[_seen(one) for one in said if isinstance(one, Seen)], unknown=unknown, looked=_looked(_end(said))
    )


ROUTES: list[HTTPRouteHandler] = [search_events, stream_events, sweep_events]


async def _prepare(call: InTenant, data: SearchAsked) -> Task:
    question = _question(call, data)
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        return await prepare(tx, cipher, call.actor, question, lake=call.services.settings.lake_dir)


def _question(call: InTenant, data: SearchAsked) -> Question:
    after = None
    if data.cursor is not None:
        place = call.services.cursors.read(call.tenant_id, _LIST, data.cursor, ByTimeAndKey)
        after = Place(time=place.at, key=place.key)
    asked = Asked(
        query=data.query,
        sigma=data.sigma,
        since=data.since,
        until=data.until,
        hours=data.hours,
        most=data.limit,
        order=data.order,
        include=data.include,
        after=after,
        count_by=tuple(data.count_by),
        every_seconds=data.every,
        seconds=data.seconds,
        why=data.why,
    )
    return question_of(asked, now=call.services.clock.now())


async def _lines(call: InTenant, task: Task) -> AsyncGenerator[bytes]:
    try:
        async for said in call.services.searchers.search(task):
            yield msgspec.json.encode({_name(said): _view(said)}) + b"\n"
    except WatchfloorError as fault:
        problem = {"code": fault.code, "message": fault.message, "where": fault.where, "remedy": fault.remedy}
        yield msgspec.json.encode({"problem": problem}) + b"\n"


def _name(said: Said) -> str:
    match said:
        case Hit():
            return "event"
        case Count():
            return "count"
        case Seen():
            return "seen"
        case Progress():
            return "progress"
        case _:
            return "looked"


def _view(said: Said) -> object:
    match said:
        case Hit():
            return _event(said)
        case Count():
            return _count(said)
        case Seen():
            return _seen(said)
        case End():
            return _looked(said)
        case _:
            return {name: getattr(said, name) for name in said.__struct_fields__}


def _entities(indicators: list[str]) -> tuple[list[Entity], list[str]]:
    found: list[Entity] = []
    unknown: list[str] = []
    for indicator in indicators:
        try:
            things = [entity for entity in entities_in(indicator) if entity.kind in SWEPT]
        except Invalid:
            things = []
        found += things
        if not things:
            unknown.append(indicator)
    return found, unknown


def _end(said: list[Said]) -> End:
    return next(one for one in reversed(said) if isinstance(one, End))


def _event(hit: Hit) -> EventFound:
    return EventFound(
        time=hit.place.time,
        key=hit.place.key.hex(),
        source=hit.source,
        host=hit.host,
        summary=hit.summary,
        entities=[EventEntity(kind=kind, value=value) for kind, value in hit.entities],
        fields=hit.fields,
        raw=hit.raw,
    )


def _count(count: Count) -> EventCount:
    return EventCount(values=count.values, since=count.since, events=count.events)


def _seen(seen: Seen) -> IndicatorSeen:
    return IndicatorSeen(
        kind=seen.kind, value=seen.value, events=seen.events, first_at=seen.first_at, last_at=seen.last_at
    )


def _looked(end: End) -> Looked:
    return Looked(stopped=end.stop, events=end.rows, files=end.files, found=end.found, seconds=end.seconds)
