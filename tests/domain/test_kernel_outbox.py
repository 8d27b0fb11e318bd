"""The outbox and the leases on real PostgreSQL (Q1, Q2)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from watchfloor.kernel import leases, outbox
from watchfloor.kernel.db import Database, directory_tx, tenant_tx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.kernel.queries import Message

TOPIC = outbox.INCIDENT_CHANGED


class Eventually(Protocol):
    """The shared fixture that waits for a condition."""

    async def __call__(self, condition: Callable[[], Awaitable[object]]) -> object: ...


@pytest.fixture
def tenant() -> TenantId:
    return TenantId(new_uuid())


async def test_a_message_exists_only_if_its_change_does(db_app: Database, tenant: TenantId) -> None:
    async def fail() -> None:
        async with tenant_tx(db_app, tenant) as tx:
            await outbox.publish(tx, topic=TOPIC, key="1")
            raise Conflict("The change fails.")

    with pytest.raises(Conflict):
        await fail()
    async with tenant_tx(db_app, tenant) as tx:
        assert await outbox.take(tx, topic=TOPIC) == []


async def test_two_consumers_never_hold_the_same_message(db_app: Database, tenant: TenantId) -> None:
    async with tenant_tx(db_app, tenant) as tx:
        for number in range(10):
            await outbox.publish(tx, topic=TOPIC, key=str(number))
    first, second = await _take_in_two_transactions(db_app, tenant)
    assert len(first) == 6
    assert len(second) == 4
    assert not {message.id for message in first} & {message.id for message in second}


async def _take_in_two_transactions(database: Database, tenant: TenantId) -> tuple[list[Message], list[Message]]:

    async def take_more() -> list[Message]:
        async with tenant_tx(database, tenant) as other:
            return await outbox.take(other, topic=TOPIC, limit=10)

    async with tenant_tx(database, tenant) as tx:
        first = await outbox.take(tx, topic=TOPIC, limit=6)
        return first, await asyncio.create_task(take_more())


async def test_a_message_that_was_taken_and_not_ended_comes_again(db_app: Database, tenant: TenantId) -> None:
    async with tenant_tx(db_app, tenant) as tx:
        await outbox.publish(tx, topic=TOPIC, key="1", payload=b"\x00\xff")

    async def die() -> None:
        async with tenant_tx(db_app, tenant) as tx:
            await outbox.acknowledge(tx, (await outbox.take(tx, topic=TOPIC))[0], consumer="chat")
            raise Conflict("The consumer dies.")

    with pytest.raises(Conflict):
        await die()
    async with tenant_tx(db_app, tenant) as tx:
        [message] = await outbox.take(tx, topic=TOPIC)
        assert message.payload == b"\x00\xff"
        assert await outbox.acknowledge(tx, message, consumer="chat")
    async with tenant_tx(db_app, tenant) as tx:
        assert await outbox.take(tx, topic=TOPIC) == []
        assert not await outbox.acknowledge(tx, message, consumer="chat")


async def test_a_postponed_message_waits_and_keeps_its_reason(
    db_app: Database, tenant: TenantId, eventually: Eventually
) -> None:
    async with tenant_tx(db_app, tenant) as tx:
        await outbox.publish(tx, topic=TOPIC, key="1")
    async with tenant_tx(db_app, tenant) as tx:
        await outbox.postpone(tx, (await outbox.take(tx, topic=TOPIC))[0], error="x" * 10_000)
    async with tenant_tx(db_app, tenant) as tx:
        assert await outbox.take(tx, topic=TOPIC) == []

    async def due() -> list[Message]:
        async with tenant_tx(db_app, tenant) as tx:
            return await outbox.take(tx, topic=TOPIC)

    await eventually(due)
    assert [message.attempts for message in await due()] == [1]


async def test_a_message_that_no_program_reads_goes_after_its_time(db_app: Database, tenant: TenantId) -> None:
    async with tenant_tx(db_app, tenant) as tx:
        for topic in (TOPIC, "nobody.asks"):
            await outbox.publish(tx, topic=topic, key="1")
        now = datetime.now(UTC)
        assert await outbox.forget_unread(tx, topics=[TOPIC], before=now - timedelta(minutes=1)) == 0
        assert await outbox.forget_unread(tx, topics=[TOPIC], before=now + timedelta(minutes=1)) == 1
        assert len(await outbox.take(tx, topic=TOPIC)) == 1


async def test_messages_of_one_tenant_are_nothing_to_another(db_app: Database, tenant: TenantId) -> None:
    async with tenant_tx(db_app, tenant) as tx:
        await outbox.publish(tx, topic=TOPIC, key="1")
    async with tenant_tx(db_app, TenantId(new_uuid())) as tx:
        assert await outbox.take(tx, topic=TOPIC) == []


async def test_a_lease_has_one_holder_at_a_time(db_app: Database) -> None:
    async with directory_tx(db_app) as tx:
        held = await leases.acquire(tx, name="relay", holder="a", seconds=60)
    async with directory_tx(db_app) as tx:
        assert held is not None
        assert await leases.acquire(tx, name="relay", holder="b", seconds=60) is None
        assert await leases.acquire(tx, name="other", holder="b", seconds=60) is not None


async def test_a_holder_that_slept_cannot_write_over_its_successor(db_app: Database, tenant: TenantId) -> None:
    async with directory_tx(db_app) as tx:
        zombie = await leases.acquire(tx, name="relay", holder="a", seconds=-1)
    async with directory_tx(db_app) as tx:
        successor = await leases.acquire(tx, name="relay", holder="b", seconds=60)
    assert zombie is not None
    assert successor is not None
    assert successor.epoch > zombie.epoch
    async with tenant_tx(db_app, tenant) as tx:
        await leases.require(tx, successor)
    with pytest.raises(Conflict):
        async with tenant_tx(db_app, tenant) as tx:
            await leases.require(tx, zombie)
    with pytest.raises(Conflict):
        async with directory_tx(db_app) as tx:
            await leases.renew(tx, zombie, seconds=60)


async def test_a_lease_in_use_does_not_pass_on(db_app: Database) -> None:
    async with directory_tx(db_app) as tx:
        held = await leases.acquire(tx, name="relay", holder="a", seconds=60)
        assert held is not None
        await leases.renew(tx, held, seconds=120)
    async with directory_tx(db_app) as tx:
        await leases.require(tx, held)
