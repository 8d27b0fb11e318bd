"""Searching the lake: the answer is what detection would say of each event, in order, of one tenant, within limits."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import psutil
import pytest

from tests.wire.conftest import ACTOR, Customer, Site
from watchfloor.detect.condition import AllOf, Condition, OnField, Text, Wildcard
from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.lists import widen
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.samples import normalise_sample
from watchfloor.detect.view import EventView
from watchfloor.kernel.crypto import Unopenable
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.lake.compaction import Compactor
from watchfloor.normalise.event import Entity, Event
from watchfloor.search.asking import Question, prepare, sweep_for
from watchfloor.search.process import Searchers
from watchfloor.search.question import Aim, Count, End, Find, Hit, Limits, Order, Place, Query, Said, Seen, Tally, Task

BEGIN: Final = datetime(2026, 11, 2, tzinfo=UTC)
END: Final = BEGIN + timedelta(days=3)
ALL: Final = AllOf(())
LOADED: Final = load_shared_rules()


def made_events() -> list[Event]:
    """The shared rules' samples as events of three days, each with a key and a time of its own."""
    bodies = [
        body
        for samples in LOADED.samples.values()
        for body in (*samples.fires, *samples.silent)
        if not body.startswith(b"[")
    ]
    step = (END - BEGIN) / len(bodies)
    return [
        _dated(normalise_sample(body), number, BEGIN + number * step)
        for number, body in enumerate(sorted(bodies, key=lambda body: hash(body) % 97))
    ]


def _dated(event: Event, number: int, at: datetime) -> Event:
    return Event(
        **{
            name: getattr(event, name)
            for name in event.__struct_fields__
            if name not in {"key", "time", "time_quality"}
        },
        key=number.to_bytes(16),
        time=at,
        time_quality="parsed",
    )


EVENTS: Final = made_events()


@pytest.fixture
async def searchers() -> AsyncGenerator[Searchers]:
    made = Searchers()
    yield made
    await made.close()


async def fill(site: Site, customer: Customer, events: Sequence[Event] = EVENTS, *, batch: int = 150) -> None:
    """The events as fresh files."""
    for first in range(0, len(events), batch):
        async with tenant_tx(site.app, customer.id) as tx:
            await site.store.append(tx, customer.cipher, events[first : first + batch])


async def task_of(
    site: Site,
    customer: Customer,
    aim: Aim,
    condition: Condition = ALL,
    *,
    limits: Limits | None = None,
    **query: object,
) -> Task:
    question = Question(
        since=BEGIN,
        until=END,
        query=Query(condition=condition, **query),  # type: ignore[arg-type]
        aim=aim,
        limits=limits or Limits(),
        words="a test",
    )
    async with tenant_tx(site.app, customer.id) as tx:
        return await prepare(tx, customer.cipher, ACTOR, question, lake=site.lake_dir)


async def said(searchers: Searchers, task: Task) -> list[Said]:
    return [one async for one in searchers.search(task)]


async def numbers(searchers: Searchers, task: Task) -> list[int]:
    return [int.from_bytes(one.place.key) for one in await said(searchers, task) if isinstance(one, Hit)]


def contains(field: str, text: str) -> Condition:
    return OnField(field, Text((Wildcard.ANY, text, Wildcard.ANY)))


async def test_every_shared_rule_as_a_query_finds_what_detection_finds_before_and_after_compaction(
    site: Site, searchers: Searchers
) -> None:
    customer = await site.customer()
    await fill(site, customer)
    rules = [rule for rule in LOADED.rules if rule.correlation is None]
    matches = PlainEngine(rules).match(EVENTS)
    wanted: dict[int, set[int]] = {}
    for event, number in zip(matches.event, matches.rule, strict=True):
        wanted.setdefault(number, set()).add(event)
    chosen = [number for number in wanted if number % 30 == 0]
    for is_compacted in (False, True):
        if is_compacted:
            done = await Compactor(site.app, site.store, fresh_seconds=0).compact(customer.id, customer.cipher, at=END)
            assert done.retired >= len(EVENTS) // 150
        for number in chosen:
            rule = rules[number]
            task = await task_of(site, customer, Find(most=10_000), widen(rule.condition), logsource=rule.logsource)
            assert set(await numbers(searchers, task)) == wanted[number], rule.title


@pytest.mark.parametrize("order", ["newest", "oldest"])
async def test_pages_in_order_give_every_event_once(site: Site, searchers: Searchers, order: Order) -> None:
    customer = await site.customer()
    await fill(site, customer, EVENTS[:600], batch=70)
    found: list[int] = []
    after: Place | None = None
    for _ in range(20):
        page = await said(searchers, await task_of(site, customer, Find(most=90, order=order, after=after)))
        hits = [one for one in page if isinstance(one, Hit)]
        end = page[-1]
        assert isinstance(end, End)
        found += [int.from_bytes(hit.place.key) for hit in hits]
        if end.stop == "complete":
            break
        after = hits[-1].place
        if len(found) == 270:
            await Compactor(site.app, site.store, fresh_seconds=0).compact(customer.id, customer.cipher, at=END)
    assert found == sorted(range(600), reverse=order == "newest")


async def test_an_event_comes_back_as_it_was(site: Site, searchers: Searchers) -> None:
    customer = await site.customer()
    await fill(site, customer, EVENTS[:300])
    answer = await said(searchers, await task_of(site, customer, Find(most=300, order="oldest", include="record")))
    hits = [one for one in answer if isinstance(one, Hit)]
    for hit, event in zip(hits, EVENTS[:300], strict=True):
        assert (hit.fields, hit.raw, hit.summary, hit.source) == (event.fields, event.raw, event.summary, event.source)
        assert list(hit.fields or ()) == list(event.fields)
        assert hit.entities == tuple((entity.kind, entity.value) for entity in event.entities)


async def test_a_new_page_of_the_newest_opens_the_newest_files_only(site: Site, searchers: Searchers) -> None:
    customer = await site.customer()
    await fill(site, customer, batch=50)
    end = (await said(searchers, await task_of(site, customer, Find(most=10))))[-1]
    assert isinstance(end, End)
    assert (end.found, end.stop) == (10, "page")
    assert end.files <= 2


async def test_counts_are_those_of_the_events(site: Site, searchers: Searchers) -> None:
    customer = await site.customer()
    await fill(site, customer)
    aim = Tally(by=(":source",), every_seconds=86_400)
    counts = [one for one in await said(searchers, await task_of(site, customer, aim)) if isinstance(one, Count)]
    told = {(count.since, count.values[0]): count.events for count in counts}
    assert told == Counter(
        (event.time.replace(hour=0, minute=0, second=0, microsecond=0), event.source) for event in EVENTS
    )
    by_id = Tally(by=("EventID",), most=1_000)
    found = [one for one in await said(searchers, await task_of(site, customer, by_id)) if isinstance(one, Count)]
    ids = Counter(next(iter(EventView(event.fields).texts("EventID")), None) for event in EVENTS)
    assert {count.values[0]: count.events for count in found} == ids


async def test_a_sweep_names_what_was_seen_in_fresh_files_and_in_sightings(site: Site, searchers: Searchers) -> None:
    customer = await site.customer()
    await fill(site, customer, EVENTS[:600])
    await Compactor(site.app, site.store, fresh_seconds=0).compact(customer.id, customer.cipher, at=END)
    await fill(site, customer, EVENTS[600:], batch=300)
    real = {entity for event in EVENTS for entity in event.entities if entity.kind in {"ip", "hash", "domain"}}
    made_up = [Entity(kind="ip", value=f"203.0.113.{number}") for number in range(255)]
    absent = [entity for entity in made_up if entity not in real]
    answer = await said(searchers, await task_of(site, customer, sweep_for(customer.cipher, [*real, *absent])))
    seen = {Entity(kind=one.kind, value=one.value): one for one in answer if isinstance(one, Seen)}
    assert seen.keys() == real
    for entity, one in seen.items():
        times = [event.time for event in EVENTS if entity in event.entities]
        assert (one.events, one.first_at, one.last_at) == (len(times), min(times), max(times))


async def test_a_limit_that_is_reached_is_said(site: Site, searchers: Searchers) -> None:
    customer = await site.customer()
    await fill(site, customer)
    for limits, stop in (
        (Limits(rows=200), "rows"),
        (Limits(bytes=1_000), "bytes"),
        (Limits(seconds=0.0001), "seconds"),
    ):
        end = (await said(searchers, await task_of(site, customer, Find(most=100_000), limits=limits)))[-1]
        assert isinstance(end, End)
        assert end.stop == stop


async def test_a_task_with_another_tenants_files_or_key_opens_nothing(site: Site, searchers: Searchers) -> None:
    mine, theirs = await site.customer(), await site.customer()
    await fill(site, mine, EVENTS[:100])
    await fill(site, theirs, EVENTS[:100])
    my_task, their_task = [await task_of(site, customer, Find()) for customer in (mine, theirs)]
    replace = {"since": BEGIN, "until": END, "query": Query(), "aim": Find(), "limits": Limits()}
    reach_out = Task(directory=my_task.directory, pieces=their_task.pieces, **replace)  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        await said(searchers, reach_out)
    crossed = tuple(
        msgspec.structs.replace(piece, key=other.key)
        for piece, other in zip(my_task.pieces, their_task.pieces, strict=True)
    )
    with pytest.raises(Unavailable):
        await said(searchers, Task(directory=my_task.directory, pieces=crossed, **replace))  # type: ignore[arg-type]
    async with tenant_tx(site.app, theirs.id) as tx:
        with pytest.raises(Unopenable):
            await prepare(
                tx,
                mine.cipher,
                ACTOR,
                Question(since=BEGIN, until=END, aim=Find(), words="-"),
                lake=site.lake_dir,
            )


async def test_a_search_stands_in_the_tenants_access_log(site: Site) -> None:
    customer = await site.customer()
    await task_of(site, customer, Find())
    kept = await site.superuser.fetchrow(
        "select action, object_kind from wf.audit_entries where tenant_id = $1 order by seq desc limit 1", customer.id
    )
    assert kept is not None
    assert tuple(kept) == ("access.searched", "events")


async def test_a_search_that_is_left_is_ended(site: Site) -> None:
    customer = await site.customer()
    await fill(site, customer)
    searchers = Searchers(most=1)
    answer = searchers.search(await task_of(site, customer, Find(most=100_000)))
    await anext(answer)
    await answer.aclose()
    async with asyncio.timeout(20):
        assert len(await numbers(searchers, await task_of(site, customer, Find(most=1)))) == 1
    await searchers.close()


async def test_times_in_no_order_are_refused(site: Site) -> None:
    customer = await site.customer()
    question = Question(since=END, until=BEGIN, aim=Find(), words="-")
    async with tenant_tx(site.app, customer.id) as tx:
        with pytest.raises(Invalid):
            await prepare(tx, customer.cipher, ACTOR, question, lake=site.lake_dir)


async def test_searches_go_on_when_what_they_are_copied_from_is_killed(site: Site, searchers: Searchers) -> None:
    customer = await site.customer()
    await fill(site, customer, EVENTS[:10])
    task = await task_of(site, customer, Find())
    for _ in range(2):
        assert len(await numbers(searchers, task)) == 10
        for process in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if "watchfloor.search.worker" in process.cmdline():
                    process.kill()
