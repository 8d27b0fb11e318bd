"""Measures what customers feel of each other: from the last byte of an event to its alert, idle, loaded and flooded.

    python infra/bench/flood.py [seconds]

Runs doors and pipeline as programs of their own. B sends an event that fires, waits for its alert, and so on: alone;
beside a customer that sends half of what the machine can work; and while A floods 100 times B's share. Then four
customers flood at once, and Jain's index says how evenly they are served. At the end everything that was acknowledged
must be there.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncGenerator
from typing import Final

import asyncpg

from infra.load import HttpSender, add_customer, add_feed, percentile, resident, running, sample_events, tell
from watchfloor.kernel.config import Settings
from watchfloor.kernel.ids import TenantId
from watchfloor.ops.embedded.postgres import PostgresServer

BATCH_EVENTS: Final = 500
BETWEEN_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 30.0
PATH: Final = "/services/collector/event"

_ALERTS: Final = "select count(*) from wf.alerts where tenant_id = $1"
_WORKED: Final = "select coalesce(sum(events), 0)::bigint from wf.feed_hours where tenant_id = $1"
_WAITING: Final = "select count(*) from wf.intake_batches"


class Customer:
    """A customer with a HEC feed, and what of it was acknowledged."""

    def __init__(self, tenant_id: TenantId, token: str) -> None:
        self.tenant_id = tenant_id
        self.acknowledged = 0
        self.refused = 0
        self._headers = {"Authorization": f"Splunk {token}"}

    async def send(self, sender: HttpSender, body: bytes, events: int) -> bool:
        """Sends a body once; whether it was taken."""
        status, _ = await sender.post(PATH, body, self._headers)
        taken = status == 200
        self.acknowledged += events if taken else 0
        self.refused += not taken
        return taken


class Floor:
    """The measured installation."""

    def __init__(self, settings: Settings, records: "asyncpg.Connection[asyncpg.Record]", bodies: list[bytes]) -> None:
        self._settings = settings
        self._records = records
        self._bodies = bodies
        self._odd = 0

    async def customer(self, name: str) -> Customer:
        """A new customer."""
        tenant_id = await add_customer(self._settings, name)
        return Customer(tenant_id, (await add_feed(self._settings, tenant_id, door="hec"))[1])

    async def delays(self, customer: Customer, seconds: float) -> list[float]:
        """Seconds from the last byte sent to the alert, of one event after the other."""
        sender = await HttpSender.open(self._settings.door_port)
        found: list[float] = []
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            before = await self.count(_ALERTS, customer.tenant_id)
            self._odd += 1
            began = time.perf_counter()
            while not await customer.send(sender, _odd_event(self._odd), 1):  # noqa: ASYNC110 - an answer is no event
                await asyncio.sleep(BETWEEN_SECONDS)
            while await self.count(_ALERTS, customer.tenant_id) == before:
                if time.perf_counter() - began > PATIENCE_SECONDS:
                    raise RuntimeError("an alert did not come")
                await asyncio.sleep(0.002)
            found.append(time.perf_counter() - began)
            await asyncio.sleep(BETWEEN_SECONDS)
        sender.close()
        return found

    @contextlib.asynccontextmanager
    async def load(self, customer: Customer, *, connections: int, rate: float | None = None) -> AsyncGenerator[None]:
        """A customer that sends without pause, or so many events a second, until the end of the block."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for number in range(connections):
                tasks.create_task(self._pour(customer, stop, number, None if rate is None else rate / connections))
            try:
                yield
            finally:
                stop.set()

    async def drained(self) -> None:
        """Waits until nothing waits."""
        while await self.count(_WAITING):  # noqa: ASYNC110 - a table tells nobody
            await asyncio.sleep(0.05)

    async def count(self, query: str, *arguments: object) -> int:
        """What a query counts."""
        found: int = await self._records.fetchval(query, *arguments)
        return found

    async def worked(self, customer: Customer) -> int:
        """How many events of a customer have been worked."""
        return await self.count(_WORKED, customer.tenant_id)

    async def _pour(self, customer: Customer, stop: asyncio.Event, number: int, rate: float | None) -> None:
        sender = await HttpSender.open(self._settings.door_port)
        due = time.perf_counter()
        while not stop.is_set():
            body = self._bodies[number % len(self._bodies)]
            number += 1
            if not await customer.send(sender, body, BATCH_EVENTS):
                await asyncio.sleep(BETWEEN_SECONDS)
            if rate is not None:
                due += BATCH_EVENTS / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
        sender.close()


def _odd_event(number: int) -> bytes:
    event = {
        "EventID": 1,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Provider_Name": "Microsoft-Windows-Sysmon",
        "Computer": f"ws-{number}.example",
        "EventRecordID": number,
        "Image": r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
        "CommandLine": "powershell.exe -EncodedCommand SQBFAFgAIAAoAE4AZQB3AC0ATwBi",
        "User": rf"EXAMPLE\user{number}",
        "ParentImage": r"C:\Windows\explorer.exe",
    }
    return json.dumps({"event": event}).encode()


def show(label: str, found: list[float]) -> None:
    """Prints the spread of delays."""
    middle, high, top = (1000 * percentile(found, share) for share in (0.5, 0.95, 0.99))
    tell(f"  {label:<34} p50 {middle:6.0f} ms   p95 {high:6.0f} ms   p99 {top:6.0f} ms   ({len(found)} alerts)")


def jain(shares: list[int]) -> float:
    """Jain's fairness index (Jain, Chiu, Hawe 1984): 1 when all have the same."""
    return sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares))


async def main(seconds: float) -> None:
    """Measures with so many seconds for each part."""
    bodies = _bodies(40)
    async with running("doors", "pipeline") as (settings, programs):
        admin = PostgresServer(settings.home, settings.postgres_port).admin_dsn.reveal().rpartition("/")[0]
        records = await asyncpg.connect(f"{admin}/watchfloor")
        floor = Floor(settings, records, bodies)
        a, b = await floor.customer("anna"), await floor.customer("berta")
        await floor.delays(b, 2.0)
        tell("from the last byte of an event to its alert, B:")
        idle = await floor.delays(b, seconds)
        show("alone", idle)
        full = await capacity(floor, a, seconds)
        tell(f"  the whole path on this machine: {full:,.0f} events/s by the clock, door and pipeline together")
        async with floor.load(a, connections=2, rate=full / 2):
            await asyncio.sleep(2.0)
            show(f"beside A at half of it ({full / 2:,.0f}/s)", await floor.delays(b, seconds))
        await floor.drained()
        async with floor.load(a, connections=8):
            await asyncio.sleep(2.0)
            flooded = await floor.delays(b, seconds)
            show("while A floods", flooded)
        tell(f"  p95 flooded / alone: x{percentile(flooded, 0.95) / percentile(idle, 0.95):.2f}")
        await floor.drained()
        for name, program in programs.items():
            tell(f"  {name} has {resident(program):.0f} MiB")
        await share(floor, [a, *[await floor.customer(f"carla{number}") for number in range(3)]], seconds)
        await floor.drained()
        for customer in (a, b):
            worked = await floor.worked(customer)
            tell(f"  acknowledged {customer.acknowledged:,}, worked {worked:,}, refused requests {customer.refused:,}")
            if worked != customer.acknowledged:
                raise RuntimeError("what was acknowledged is not what was worked")
        await records.close()


async def capacity(floor: Floor, customer: Customer, seconds: float) -> float:
    """Events per second by the clock that go all the way, door and pipeline at work at once."""
    before = await floor.worked(customer)
    began = time.perf_counter()
    async with floor.load(customer, connections=2):
        await asyncio.sleep(seconds)
    await floor.drained()
    return (await floor.worked(customer) - before) / (time.perf_counter() - began)


async def share(floor: Floor, customers: list[Customer], seconds: float) -> None:
    """Prints how evenly customers are served who all send more than can be worked, one of them most of all."""
    async with contextlib.AsyncExitStack() as held:
        for place, customer in enumerate(customers):
            await held.enter_async_context(floor.load(customer, connections=6 if place == 0 else 2))
        await asyncio.sleep(seconds / 2)
        before = [await floor.worked(customer) for customer in customers]
        await asyncio.sleep(seconds)
        shares = [await floor.worked(one) - known for one, known in zip(customers, before, strict=True)]
    tell(f"four customers at once, the first over three times the connections: {shares}, Jain {jain(shares):.3f}")


def _bodies(count: int) -> list[bytes]:
    events = sample_events(count * BATCH_EVENTS)
    made = [json.dumps({"time": 1795336244.5, "host": "bench", "event": event}).encode() for event in events]
    return [b"".join(made[first : first + BATCH_EVENTS]) for first in range(0, len(made), BATCH_EVENTS)]


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0))
