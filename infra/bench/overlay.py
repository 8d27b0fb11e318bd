"""Measures what tenants' overlays cost the pipeline: 1, 50 and 500 tenants, each with and without one.

    python infra/bench/overlay.py [events]

Starts servers of its own in a directory that it removes again. The same events (the shared rules' own samples, one
firing one among twenty) go through the whole pipeline, spread over so many tenants; a tenant's overlay has rules that
are off, levels, exceptions and lists. Figures are CPU of the pipeline's process for an event, the smaller of two runs;
what counts are the ratios.
"""

import asyncio
import contextlib
import itertools
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

import asyncpg
import msgspec

from infra.scratch import scratch_installation
from watchfloor.alerts.overlay import commands
from watchfloor.audit.append import Actor
from watchfloor.detect.engine import Engine
from watchfloor.detect.filters import FilterDocument, read_filter
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.rule import Rule, Samples
from watchfloor.feeds.batch import Packer, SentEvent
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Lane, Sender
from watchfloor.feeds.registry import create_feed
from watchfloor.feeds.rotation import Turn
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, Role, TenantTx, tenant_tx
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.lake.opening import open_lake
from watchfloor.ops.embedded.postgres import PostgresServer
from watchfloor.ops.pipeline_alerting import Alerting
from watchfloor.ops.pipeline_journal import open_journal
from watchfloor.ops.pipeline_turn import Attempt, Bench, take_turn
from watchfloor.ops.rulesets.compiled import shared_engine
from watchfloor.tenancy.keyring import Keyring

TENANTS: Final = (1, 50, 500)
BATCH_EVENTS: Final = 40
FIRING_EACH: Final = 20
RUNS: Final = 2
EXCEPTIONS: Final = 10
CHANGED_RULES: Final = 5
ACTOR: Final = Actor(kind="system", id="bench", role="system", request_id="-")
SENDER: Final = Sender(remote="127.0.0.1", user_agent="bench", content_type="", request_id="-")
WHY: Final = "It is part of a measurement."

_INSERT_TENANT: Final = """
insert into auth.tenants (id, slug, code, name, kind, state)
values ($1, $2, $3, $2, 'customer', 'active')
"""


class Hall:
    """An installation with customers, half of whom have overlays."""

    def __init__(self, settings: Settings, database: Database, engine: Engine) -> None:
        self.settings = settings
        self.database = database
        self.engine = engine
        self.keyring = Keyring.open(settings)
        self.intake = PostgresIntake(database, self.keyring, backlog_bytes=10**12)
        self.feeds: dict[bool, list[Feed]] = {False: [], True: []}

    async def settle(self, count: int) -> None:
        """Makes so many customers with, and so many without an overlay."""
        admin = PostgresServer(self.settings.home, self.settings.postgres_port).admin_dsn.reveal().rpartition("/")[0]
        connection = await asyncpg.connect(f"{admin}/watchfloor")
        for number, is_tuned in itertools.product(range(count), (False, True)):
            tenant_id = TenantId(new_uuid())
            name = f"{'t' if is_tuned else 'p'}{number}"
            await connection.execute(_INSERT_TENANT, tenant_id, f"bench-{name}", f"B{name.upper()}")
            async with tenant_tx(self.database, tenant_id) as tx:
                cipher = await self.keyring.create(tx)
                self.feeds[is_tuned].append(await create_feed(tx, ACTOR, name="bench", door="hec"))
                if is_tuned:
                    await tune(tx, cipher, self.engine.rules, number)
        await connection.close()

    async def send(self, feeds: Sequence[Feed], bodies: Iterator[bytes], *, batches: int) -> int:
        """Puts batches into the customers' queues in turn; how many events these are."""
        for feed, _ in zip(itertools.cycle(feeds), range(batches), strict=False):
            packer = Packer()
            for body in itertools.islice(bodies, BATCH_EVENTS):
                packer.add(SentEvent(body=body))
            await self.intake.put(feed, packer.finish(), SENDER)
        return batches * BATCH_EVENTS


async def tune(tx: TenantTx, cipher: TenantCipher, rules: Sequence[Rule], number: int) -> None:
    """Gives a customer an overlay of its own."""
    at = SystemClock().now()
    for place in range(CHANGED_RULES):
        off, other = rules[(number + 2 * place) % len(rules)], rules[(number + 2 * place + 1) % len(rules)]
        await commands.disable_rule(tx, cipher, ACTOR, rule=off, reason=WHY)
        await commands.set_level(tx, cipher, ACTOR, rule=other, level="informational", reason=WHY)
    await commands.set_list(tx, cipher, ACTOR, name="admins", entries=[f"adm{number}", "svc_*"], reason=WHY)
    for place in range(EXCEPTIONS):
        wanted = commands.NewException(
            written=exception(number, place), owner="bench", reason=WHY, expires_at=at + timedelta(days=90)
        )
        await commands.add_exception(tx, cipher, ACTOR, wanted=wanted, rules=rules, at=at)


def exception(number: int, place: int) -> FilterDocument:
    """An exception for all rules of processes."""
    return read_filter(
        {
            "title": f"Exception {place}",
            "logsource": {"product": "windows", "category": "process_creation"},
            "filter": {
                "rules": "any",
                "selection": {
                    "User|endswith": f"svc_{number}_{place}",
                    "CommandLine|contains": [f"job {number}", f"task {place}"],
                },
                "condition": "selection",
            },
        }
    )


def events() -> Iterator[bytes]:
    """Samples without end, each another event."""
    samples = load_shared_rules().samples.values()
    fires, silent = flattened(samples, "fires"), flattened(samples, "silent")
    for number in itertools.count():
        turn, rest = divmod(number, FIRING_EACH)
        body = silent[number % len(silent)] if rest else fires[turn % len(fires)]
        event = msgspec.json.decode(body, type=dict[str, object])
        yield msgspec.json.encode(event | {"EventRecordID": number, "Computer": f"ws-{number % 300}"})


def flattened(samples: Iterable[Samples], kind: str) -> list[bytes]:
    """All samples of a kind that are single events."""
    return [body for own in samples for body in getattr(own, kind) if body.startswith(b"{")]


async def measure(hall: Hall, bench: Bench, *, count: int, is_tuned: bool, batches: int) -> tuple[float, float]:
    """CPU microseconds an event: when each customer's first batch comes, and from then on.

    Each batch is a turn, so that turns are of one size however many customers there are.
    """
    feeds, bodies = hall.feeds[is_tuned][:count], events()
    found: list[float] = []
    for number in (count, *[batches] * RUNS):
        sent = await hall.send(feeds, bodies, batches=number)
        began = time.process_time()
        for feed, _ in zip(itertools.cycle(feeds), range(number), strict=False):
            await take_turn(bench, Turn(tenant_id=feed.tenant_id, lane=Lane.LIVE, allowance=1), Attempt())
        found.append((time.process_time() - began) / sent * 1e6)
    return found[0], min(found[1:])


def tell(line: str) -> None:
    """Prints a line at once."""
    print(line, flush=True)  # noqa: T201 - a program for a terminal


async def main(count: int) -> None:
    """Measures with so many events a run."""
    batches = max(count // BATCH_EVENTS, TENANTS[-1])
    async with contextlib.AsyncExitStack() as held:
        settings, _ = await held.enter_async_context(scratch_installation())
        database = await Database.open(settings, Role.APP)
        held.push_async_callback(database.close)
        hall = Hall(settings, database, shared_engine())
        began = time.perf_counter()
        await hall.settle(TENANTS[-1])
        tell(f"{len(hall.engine.rules)} rules, {2 * TENANTS[-1]} tenants made in {time.perf_counter() - began:.0f} s")
        bench = Bench(
            intake=hall.intake,
            store=open_lake(settings),
            alerting=Alerting(hall.engine),
            clock=SystemClock(),
            journal=held.enter_context(open_journal(settings.home / "run")),
        )
        figures: dict[tuple[int, bool], float] = {}
        for number, is_tuned in itertools.product(TENANTS, (False, True)):
            first, figures[number, is_tuned] = await measure(
                hall, bench, count=number, is_tuned=is_tuned, batches=batches
            )
            kind = "with overlays" if is_tuned else "without      "
            tell(
                f"{number:>4} tenants {kind}: {figures[number, is_tuned]:7.1f} us an event (first batches {first:.1f})"
            )
        for number in TENANTS:
            tell(f"{number:>4} tenants: overlays cost x{figures[number, True] / figures[number, False]:.3f}")
        most, fewest = TENANTS[-1], TENANTS[0]
        grown = figures[most, True] / figures[fewest, True]
        plain = figures[most, False] / figures[fewest, False]
        tell(
            f"from {fewest} to {most} tenants: x{grown:.3f} with overlays, x{plain:.3f} without;"
            f" the overlays' part x{grown / plain:.3f}"
        )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40_000))
