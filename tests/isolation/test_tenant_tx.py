"""`tenant_tx` is the only way to a tenant's rows, and leaves no tenant behind, however it ends (T9)."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Final

import asyncpg
import pytest

from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import Conflict, Unavailable
from watchfloor.kernel.ids import TenantId, new_uuid

CANCELLATIONS: Final = 1_000
POOL: Final = 3
LONGEST_SECONDS: Final = 0.006

CONTEXT: Final = "select coalesce(current_setting('wf.context', true), '')"
COUNT: Final = "select count(*) from wf.counters"
ADD: Final = "insert into wf.counters (tenant_id, name, value) values ($1, $2, 1)"

ONE: Final = TenantId(new_uuid())
OTHER: Final = TenantId(new_uuid())


@pytest.fixture
async def database(settings: Settings) -> AsyncGenerator[Database]:
    """A small pool, so that each connection is used again and again."""
    opened = await Database.open(settings, Role.APP, connections=POOL)
    yield opened
    await opened.close()


async def contexts(database: Database) -> list[str]:
    """The context that each connection of the pool carries outside of a tenant, all of them held at once."""
    everybody_in = asyncio.Barrier(POOL)

    async def look() -> str:
        async with directory_tx(database) as tx:
            await everybody_in.wait()
            assert await tx.value(int, COUNT) == 0
            return await tx.value(str, CONTEXT) or ""

    return list(await asyncio.gather(*(look() for _ in range(POOL))))


async def test_a_transaction_sees_its_own_tenant_and_a_later_one_on_the_connection_sees_none(
    database: Database,
) -> None:
    async with tenant_tx(database, ONE) as tx:
        await tx.execute(ADD, ONE, "a")
        assert await tx.value(int, COUNT) == 1
    async with tenant_tx(database, OTHER) as tx:
        assert await tx.value(int, COUNT) == 0
    assert set(await contexts(database)) == {""}


async def test_an_error_rolls_back_and_leaves_no_tenant(database: Database) -> None:
    async def fail() -> None:
        async with tenant_tx(database, ONE) as tx:
            await tx.execute(ADD, ONE, "a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    with pytest.raises(asyncpg.UndefinedTableError):
        async with tenant_tx(database, ONE) as tx:
            await tx.execute("select from wf.nothing")
    async with tenant_tx(database, ONE) as tx:
        assert await tx.value(int, COUNT) == 0
    assert set(await contexts(database)) == {""}


@pytest.mark.parametrize("inner", [ONE, OTHER])
async def test_a_second_tenant_transaction_may_not_nest_in_the_first(database: Database, inner: TenantId) -> None:
    async with tenant_tx(database, ONE) as tx:
        with pytest.raises(Conflict, match="may not nest"):
            async with tenant_tx(database, inner):
                pytest.fail("it nested")
        assert await tx.value(int, COUNT) == 0, "the outer one goes on"


async def test_a_child_task_and_a_later_transaction_are_no_nesting(database: Database) -> None:
    async def elsewhere() -> int | None:
        async with tenant_tx(database, OTHER) as tx:
            return await tx.value(int, COUNT)

    async with tenant_tx(database, ONE) as tx:
        await tx.execute(ADD, ONE, "a")
        assert await asyncio.create_task(elsewhere()) == 0
    assert await elsewhere() == 0


async def test_a_transaction_cannot_be_used_after_its_end(database: Database) -> None:
    kept: list[TenantTx] = []
    async with tenant_tx(database, ONE) as tx:
        kept.append(tx)
    with pytest.raises(asyncpg.InterfaceError):
        await kept[0].value(int, COUNT)


async def test_a_thousand_cancellations_at_any_moment_leave_no_connection_with_a_tenant(
    database: Database, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    dice = random.Random(9)
    loop = asyncio.get_running_loop()
    reached: Counter[str] = Counter()
    cancelled = 0

    async def work(number: int, where: list[str]) -> None:
        async with tenant_tx(database, ONE) as tx:
            where.append("inside")
            await tx.execute(ADD, ONE, f"{number}")
            where.append("written")
            await tx.value(int, COUNT)
            where.append("read")
        where.append("committed")

    number = 0
    while cancelled < CANCELLATIONS:
        where: list[list[str]] = [["waiting"] for _ in range(2 * POOL)]
        tasks = [asyncio.create_task(work(number := number + 1, steps)) for steps in where]
        for task in tasks:
            loop.call_later(dice.random() * LONGEST_SECONDS, task.cancel)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [one for one in outcomes if one is not None and not isinstance(one, asyncio.CancelledError)] == []
        for steps, task in zip(where, tasks, strict=True):
            if task.cancelled():
                cancelled += 1
                reached[steps[-1]] += 1
        assert set(await contexts(database)) == {""}
    # The dice met every stage of a transaction, or this test proved less than it says.
    assert {"waiting", "inside", "written", "read"} <= set(reached), reached
    held = await superuser.fetchval(
        "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'"
    )
    assert held == 0


async def test_a_connection_that_the_server_ends_is_told_and_replaced(
    database: Database, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    end = (
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where datname = current_database() and usename = 'wf_app'"
    )

    async def lose() -> None:
        async with tenant_tx(database, ONE) as tx:
            await tx.execute(ADD, ONE, "a")
            assert await superuser.fetchval(end) >= 1
            await tx.value(int, COUNT)

    with pytest.raises(Unavailable, match="was lost"):
        await lose()
    async with tenant_tx(database, ONE) as tx:
        assert await tx.value(int, COUNT) == 0
    assert set(await contexts(database)) == {""}
