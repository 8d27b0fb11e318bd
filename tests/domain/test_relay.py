"""The relay delivers the outbox: at least once to the consumer, once in its effects (Q1)."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Literal

import msgspec
import pytest
from redis.asyncio import Redis

from tests.conftest import Eventually
from tests.domain.workplace import Count, MakeTenant, Tenant
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, TenantTx, tenant_tx
from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.outbox import publish
from watchfloor.kernel.queries import Message
from watchfloor.ops import consumers
from watchfloor.ops.consumers import Consumer, Resources, load_consumers
from watchfloor.ops.relay import Relay

TOPIC = "test.topic"


@dataclass
class Recorder:
    """A consumer that writes each message it handles into the tenant's counters, and what was committed into a list."""

    poison: frozenset[str] = frozenset()
    committed_keys: list[str] = field(default_factory=list)
    name: str = "recorder"
    topic: str = TOPIC
    role: Literal[Role.APP] = Role.APP
    batch: int = 100

    async def handle(self, tx: TenantTx, message: Message) -> None:
        await tx.execute(
            "insert into wf.counters as c (tenant_id, name, value) values ($1, $2, 1)"
            " on conflict (tenant_id, name) do update set value = c.value + 1",
            tx.tenant_id,
            message.key,
        )
        if message.key in self.poison:
            raise ZeroDivisionError(message.key)

    async def committed(self, tenant_id: TenantId, messages: Sequence[Message]) -> None:
        del tenant_id
        self.committed_keys += [message.key for message in messages]


@asynccontextmanager
async def resources_of(settings: Settings) -> AsyncGenerator[Resources]:
    async with AsyncExitStack() as opened:
        yield Resources(settings, opened)


@pytest.fixture
async def resources(settings: Settings, valkey: Redis) -> AsyncGenerator[Resources]:
    del valkey  # emptied
    async with resources_of(settings) as opened:
        yield opened


async def send(tenant: Tenant, *keys: str) -> None:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        for key in keys:
            await publish(tx, topic=TOPIC, key=key)


async def effects(database: Database, tenant: Tenant) -> dict[str, int]:
    class Counter(msgspec.Struct):
        name: str
        value: int

    async with tenant_tx(database, tenant.id) as tx:
        rows = await tx.rows(Counter, "select name, value from wf.counters where tenant_id = $1", tenant.id)
    return {row.name: row.value for row in rows}


async def drain(relay: Relay, tenant: Tenant) -> None:
    due = {tenant.id}
    while due:
        due = await relay.turn(due)


async def test_each_message_has_its_effect_once_and_leaves_the_outbox(
    acme: Tenant, resources: Resources, db_app: Database, count: Count
) -> None:
    recorder = Recorder()
    await send(acme, *(str(number) for number in range(250)))
    await drain(Relay(recorder, resources), acme)
    assert await effects(db_app, acme) == {str(number): 1 for number in range(250)}
    assert sorted(recorder.committed_keys) == sorted(str(number) for number in range(250))
    assert await count("wf.outbox") == 0


async def test_of_several_messages_with_one_key_one_is_handled_and_all_are_ended(
    acme: Tenant, resources: Resources, db_app: Database, count: Count
) -> None:
    await send(acme, "a", "a", "b", "a")
    await drain(Relay(Recorder(), resources), acme)
    assert await effects(db_app, acme) == {"a": 1, "b": 1}
    assert await count("wf.outbox") == 0


async def test_a_message_that_fails_is_put_off_without_effect_and_its_neighbours_go_on(
    acme: Tenant, resources: Resources, db_app: Database, count: Count
) -> None:
    recorder = Recorder(poison=frozenset({"bad"}))
    await send(acme, "a", "bad", "b")
    await drain(Relay(recorder, resources), acme)
    assert await effects(db_app, acme) == {"a": 1, "b": 1}
    assert recorder.committed_keys == ["a", "b"]
    assert await count("wf.outbox where attempts = 1 and last_error = 'ZeroDivisionError: bad'") == 1


async def test_slow_work_is_taken_one_by_one(acme: Tenant, resources: Resources, db_app: Database) -> None:
    slow = Recorder(batch=1)
    await send(acme, "a", "b")
    relay = Relay(slow, resources)
    assert await relay.turn({acme.id}) == {acme.id}
    assert len(await effects(db_app, acme)) == 1
    await drain(relay, acme)
    assert await effects(db_app, acme) == {"a": 1, "b": 1}


async def test_workers_side_by_side_do_nothing_twice(acme: Tenant, resources: Resources, db_app: Database) -> None:
    await send(acme, *(str(number) for number in range(300)))
    await asyncio.gather(*(drain(Relay(Recorder(), resources), acme) for _ in range(3)))
    assert set((await effects(db_app, acme)).values()) == {1}


async def test_a_hint_is_followed_at_once_and_stopping_is_quick(
    acme: Tenant, resources: Resources, db_app: Database, eventually: Eventually
) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(Relay(Recorder(), resources, sweep_seconds=3600).run(stop))
    await send(acme, "first")
    await resources.wake.hint(TOPIC, acme.id)

    async def delivered() -> bool:
        return await effects(db_app, acme) == {"first": 1}

    await eventually(delivered, within=5)
    stop.set()
    await asyncio.wait_for(running, 5)


@pytest.mark.parametrize("is_valkey_there", [True, False])
async def test_a_lost_hint_costs_time_and_nothing_else(
    is_valkey_there: bool,
    make_tenant: MakeTenant,
    settings: Settings,
    db_app: Database,
    eventually: Eventually,
) -> None:
    acme, nord = await make_tenant("ACME"), await make_tenant("NORD")
    if not is_valkey_there:
        settings = msgspec.structs.replace(settings, valkey_port=1)
    stop = asyncio.Event()
    async with resources_of(settings) as opened:
        running = asyncio.create_task(Relay(Recorder(), opened, sweep_seconds=0.1).run(stop))
        await send(acme, "a")
        await send(nord, "n")

        async def delivered() -> bool:
            return await effects(db_app, acme) == {"a": 1} and await effects(db_app, nord) == {"n": 1}

        await eventually(delivered)
        stop.set()
        await asyncio.wait_for(running, 10)


async def test_what_fails_while_telling_others_is_done_all_the_same(
    acme: Tenant, resources: Resources, db_app: Database, count: Count
) -> None:
    class Deaf(Recorder):
        async def committed(self, tenant_id: TenantId, messages: Sequence[Message]) -> None:
            raise ConnectionError(f"nobody listens to {tenant_id} with {len(messages)}")

    await send(acme, "a")
    await drain(Relay(Deaf(), resources), acme)
    assert await effects(db_app, acme) == {"a": 1}
    assert await count("wf.outbox") == 0


def _point(monkeypatch: pytest.MonkeyPatch, **factories: Callable[[Resources], Consumer] | None) -> None:
    class Point:
        def __init__(self, name: str, factory: Callable[[Resources], Consumer] | None) -> None:
            self.name, self.value, self.factory = name, f"test:{name}", factory

        def load(self) -> Callable[[Resources], Consumer]:
            if self.factory is None:
                raise ImportError("no such surface")
            return self.factory

    def points(*, group: str) -> list[Point]:
        assert group == consumers.JOB_GROUP
        return [Point(name, factory) for name, factory in factories.items()]

    monkeypatch.setattr(consumers, "entry_points", points)


async def test_two_consumers_of_one_topic_are_refused(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    _point(monkeypatch, one=lambda _: Recorder(), two=lambda _: Recorder())
    with pytest.raises(Invalid, match=TOPIC):
        load_consumers(resources)


async def test_a_consumer_that_cannot_be_loaded_stops_the_start(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    _point(monkeypatch, broken=None)
    with pytest.raises(Unavailable, match="broken"):
        load_consumers(resources)


def test_the_installed_surfaces_take_the_topics_of_the_desk() -> None:
    assert "console" in {point.name for point in entry_points(group=consumers.JOB_GROUP)}
