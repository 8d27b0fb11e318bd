"""One turn of the pipeline: a tenant's next batches, from the queue to incidents, in one transaction.

Owns the composition of the steps and their order. Everything that a turn writes (the lake's manifest, quarantine,
alerts, incidents, figures, outbox) commits together with the batches' leaving the queue, so a turn that is killed at
any moment has either happened or not (N4). The computing runs in a thread; the tenant's alert lock is taken only when
a rule matched, after the lake was written, so that quiet batches of a tenant never wait for one another.
"""

import asyncio
from typing import Final

import msgspec

from watchfloor.alerts.alert import AlertChange
from watchfloor.detect.engine import Engine
from watchfloor.feeds.hours import count
from watchfloor.feeds.intake.quarantine import put_aside
from watchfloor.feeds.intake.queue import Intake, Lane, Work
from watchfloor.feeds.rotation import Turn
from watchfloor.feeds.sources.ledger import count_sources
from watchfloor.feeds.trust.recent import RecentKeys
from watchfloor.feeds.unparsed.ledger import count_unparsed
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.ids import BatchId, IncidentId
from watchfloor.kernel.telemetry import ALERT_DELAY, ALERTS, EVENTS, MATCHES, span
from watchfloor.lake.store import EventStore
from watchfloor.ops.pipeline_alerting import Alerted, Alerting
from watchfloor.ops.pipeline_costs import CostLedger
from watchfloor.ops.pipeline_digest import Digest, digest
from watchfloor.ops.pipeline_journal import Journal

MOST_BYTES: Final = 4_000_000
"""How much one turn takes at most, whatever a tenant has saved up: about a second of work."""

MOST_LATER_BYTES: Final = 1_000_000
"""How much it takes of what is not live: live events wait for one such turn at most."""

_BYTES_PER_EVENT: Final = 256
"""What an event costs beside its bytes, in bytes."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn came to. `incidents` were opened or changed."""

    cost: int
    has_more: bool
    incidents: tuple[IncidentId, ...] = ()


class Attempt:
    """What a turn has under work: known to the caller even when the turn fails."""

    def __init__(self) -> None:
        self.batches: tuple[BatchId, ...] = ()


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn works with."""

    intake: Intake
    store: EventStore
    alerting: Alerting
    clock: Clock
    journal: Journal
    costs: CostLedger = msgspec.field(default_factory=CostLedger)
    recent: RecentKeys = msgspec.field(default_factory=RecentKeys)

    @property
    def engine(self) -> Engine:
        """The engine whose matches are taken to incidents."""
        return self.alerting.engine


async def take_turn(bench: Bench, turn: Turn, attempt: Attempt) -> Outcome:
    """Works the tenant's next batches, and says in `attempt` which they are. Raises whatever goes wrong."""
    most = MOST_BYTES if turn.lane is Lane.LIVE else MOST_LATER_BYTES
    async with bench.intake.work(turn.tenant_id, most_bytes=min(turn.allowance, most), lane=turn.lane) as work:
        if work is None:
            return Outcome(cost=0, has_more=False)
        attempt.batches = tuple(batch.id for batch in work.batches)
        with (
            bench.journal.working_on(turn.tenant_id, attempt.batches),
            span("pipeline.turn", batches=len(work.batches)),
        ):
            digested = await asyncio.to_thread(digest, work.cipher, work.batches, bench.engine)
            alerted = await _write(bench, work, digested)
    bench.recent.remember(key for hour in digested.hours for key in hour.keys)
    _measure(bench, digested, alerted.changes)
    return Outcome(cost=_cost(work), has_more=work.has_more, incidents=tuple(alerted.incidents))


async def _write(bench: Bench, work: Work, digested: Digest) -> Alerted:
    tx, cipher = work.tx, work.cipher
    if digested.events:
        await bench.store.append(tx, cipher, digested.events)
    await put_aside(tx, cipher, digested.put_aside)
    now = bench.clock.now()
    alerted = await bench.alerting.alert(tx, cipher, events=digested.events, matches=digested.matches, at=now)
    await count(tx, digested.hours, worked_at=now, recent=bench.recent)
    await count_sources(tx, digested.sources)
    await count_unparsed(tx, cipher, digested.unknown)
    await bench.costs.add(tx, digested.costs, at=now)
    return alerted


def _cost(work: Work) -> int:
    return sum(batch.raw_bytes + _BYTES_PER_EVENT * batch.events for batch in work.batches)


def _measure(bench: Bench, digested: Digest, changes: list[AlertChange]) -> None:
    for event in digested.events:
        EVENTS.labels(event.source).inc()
    if digested.put_aside:
        EVENTS.labels("quarantined").inc(len(digested.put_aside))
    for rule in digested.matches.rule:
        MATCHES.labels(bench.engine.rules[rule].level).inc()
    delay = (bench.clock.now() - digested.received_at).total_seconds()
    for change in changes:
        if change.is_new:
            ALERTS.labels(change.rule.level).inc()
            ALERT_DELAY.observe(max(delay, 0.0))
