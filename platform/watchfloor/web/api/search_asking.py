"""How the API's searches are asked, and answered within one tenant: for the routes of a tenant and those across."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from watchfloor.kernel.errors import Invalid
from watchfloor.lake.sightings import SWEPT
from watchfloor.normalise.event import Entity
from watchfloor.search.asked import MOST_EVENTS, MOST_FIELDS, MOST_SECONDS, Asked, question_of
from watchfloor.search.asking import MOST_INDICATORS, Question, prepare, sweep_for
from watchfloor.search.grammar import LONGEST
from watchfloor.search.indicator import entities_in
from watchfloor.search.question import Count, Hit, Include, Order, Place, Seen, Task
from watchfloor.web.api.search_views import (
    SearchFound,
    SweepFound,
    count_view,
    end_of,
    event_view,
    looked_view,
    seen_view,
)
from watchfloor.web.calls import TenantCall
from watchfloor.web.cursors import ByTimeAndKey

_LIST: Final = "search"


class Looking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


def asked_of(data: Looking, *, after: Place | None = None, about: tuple[Entity, ...] = ()) -> Asked:
    """What the request asks."""
    return Asked(
        query=data.query,
        sigma=data.sigma,
        about=about,
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


def place_of(call: TenantCall, cursor: str | None) -> Place | None:
    """Where a page begins. Raises Invalid for a cursor that is not this tenant's."""
    if cursor is None:
        return None
    place = call.services.cursors.read(call.tenant_id, _LIST, cursor, ByTimeAndKey)
    return Place(time=place.at, key=place.key)


async def task_of(call: TenantCall, question: Question) -> Task:
    """The search of the question in the caller's tenant, written into its access log."""
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        return await prepare(tx, cipher, call.actor, question, lake=call.services.settings.lake_dir)


async def find_in(call: TenantCall, question: Question) -> SearchFound:
    """The events of the caller's tenant, or how many, and how the list goes on."""
    task = await task_of(call, question)
    said = [one async for one in call.services.searchers.search(task)]
    end = end_of(said)
    hits = [one for one in said if isinstance(one, Hit)]
    cursor = None
    if end.stop == "page" and hits:
        place = ByTimeAndKey(hits[-1].place.time, hits[-1].place.key)
        cursor = call.services.cursors.make(call.tenant_id, _LIST, place)
    return SearchFound(
        events=[event_view(hit) for hit in hits],
        counts=[count_view(one) for one in said if isinstance(one, Count)],
        looked=looked_view(end),
        next_cursor=cursor,
    )


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """Indicators that were read. `unknown` are those that name nothing that events are kept under."""

    entities: tuple[Entity, ...]
    unknown: tuple[str, ...]
    words: str


def read_indicators(indicators: list[str]) -> Swept:
    """What the indicators name."""
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
    return Swept(entities=tuple(found), unknown=tuple(unknown), words="sweep: " + ", ".join(indicators))


async def sweep_in(call: TenantCall, swept: Swept, asked: Asked) -> SweepFound:
    """Which indicators were seen in the caller's tenant."""
    question = question_of(asked, now=call.services.clock.now())
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        aim = sweep_for(cipher, swept.entities)
        question = msgspec.structs.replace(question, aim=aim, words=swept.words)
        task = await prepare(tx, cipher, call.actor, question, lake=call.services.settings.lake_dir)
    said = [one async for one in call.services.searchers.search(task)]
    return SweepFound(
        seen=[seen_view(one) for one in said if isinstance(one, Seen)],
        unknown=list(swept.unknown),
        looked=looked_view(end_of(said)),
    )
