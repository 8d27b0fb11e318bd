"""The pipeline as a process: takes tenants in turn, and works what the doors made durable.

Owns the loop: who has work (hints, and a regular sweep because hints may be lost), whose turn it is (deficit round
robin, Q3), and what becomes of a turn that failed. A batch that fails twice in an unexpected way is put aside whole;
a database that is away is waited for. It can be killed at any moment and run any number of times beside itself.
"""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from redis.exceptions import RedisError

from watchfloor.detect.engine import Engine
from watchfloor.feeds.doors.hints import PIPELINE_LANE
from watchfloor.feeds.intake.opening import open_intake
from watchfloor.feeds.intake.queue import Intake, Lane
from watchfloor.feeds.rotation import Rotation, Turn
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, directory_tx
from watchfloor.kernel.errors import NotFound, Unavailable, WatchfloorError
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.logging import log_context
from watchfloor.kernel.outbox import INCIDENT_CHANGED
from watchfloor.kernel.valkey import Wake, connect
from watchfloor.lake.opening import open_lake
from watchfloor.ops.pipeline_alerting import Alerting
from watchfloor.ops.pipeline_faults import will_pass
from watchfloor.ops.pipeline_journal import left_behind, open_journal
from watchfloor.ops.pipeline_turn import Attempt, Bench, Outcome, take_turn
from watchfloor.ops.pipeline_windows import WindowCloser
from watchfloor.ops.rulesets.compiled import open_ruleset
from watchfloor.ops.rulesets.watch import RulesetWatch
from watchfloor.paging.pages import PAGES
from watchfloor.tenancy.directory import active_tenants
from watchfloor.tenancy.keyring import Keyring

QUANTUM_BYTES: Final = 1_000_000
WORKERS: Final = 2
"""How many tenants are under work at once in a process: while one computes, another waits for the database."""

FAILURES_ALLOWED: Final = 2
"""How often work on a batch may end in an unexpected error before the batch is put aside."""

DEATHS_ALLOWED: Final = 5
"""How often the process may die under a batch. More often: processes are killed for reasons of their own, too."""

SWEEP_SECONDS: Final = 10.0
_BLIND_SWEEP_SECONDS: Final = 1.0
_HINT_SECONDS: Final = 2.0
_WAIT_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)

_DIED: Final = "The pipeline died again and again while it worked on the batch."
_logger: Final = logging.getLogger(__name__)


async def serve(settings: Settings, *, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Runs the pipeline until told to stop; what is under work then is finished.

    Raises Invalid when a rule of the shared content does not load, Unavailable when the database is away.
    """
    watch = RulesetWatch(settings)
    engine = open_ruleset(settings)
    # Rules are hundreds of thousands of objects that stay: a full collection over them would hold up every batch.
    gc.collect()
    gc.freeze()
    async with contextlib.AsyncExitStack() as held:
        database = await Database.open(settings, Role.APP)
        held.push_async_callback(database.close)
        valkey = connect(settings)
        held.push_async_callback(valkey.aclose)
        keyring = Keyring.open(settings)
        intake = await held.enter_async_context(open_intake(settings, database, keyring))
        await blame_the_dead(intake, settings.home / "run")
        bench = Bench(
            intake=intake,
            store=open_lake(settings),
            alerting=Alerting(engine),
            clock=SystemClock(),
            journal=held.enter_context(open_journal(settings.home / "run")),
        )
        ready()
        wake = Wake(valkey)
        closer = WindowCloser(database, keyring, wake)
        await Pipeline(database, bench, wake, watch=watch, closer=closer).run(stop)


async def blame_the_dead(intake: Intake, directory: Path) -> None:
    """Counts a failed attempt at each batch under which a process died; one that did so too often is put aside."""
    for under_work in left_behind(directory):
        with log_context(tenant_id=under_work.tenant_id):
            try:
                aside = await intake.note_failure(
                    under_work.tenant_id, under_work.batches, allowed=DEATHS_ALLOWED, reason=_DIED
                )
            except NotFound:
                continue  # its tenant is gone
            for batch_id in aside:
                _logger.error("Batch %s is put aside whole: %s", batch_id, _DIED)


class Pipeline:
    """Works all tenants' batches."""

    def __init__(
        self,
        database: Database,
        bench: Bench,
        wake: Wake,
        *,
        watch: RulesetWatch | None = None,
        closer: WindowCloser | None = None,
    ) -> None:
        """`database` is one of wf_app. Without `watch` the bench's rules stay as they are; `closer` closes windows."""
        self._database = database
        self._bench = bench
        self._intake: Intake = bench.intake
        self._wake = wake
        self._watch_rules = watch
        self._closer = closer
        self._rotation = Rotation(quantum=QUANTUM_BYTES)
        self._has_turn = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch(stop))
            if self._watch_rules is not None:
                tasks.create_task(self._watch_rules.run(stop, self._change_rules))
            if self._closer is not None:
                tasks.create_task(self._closer.run(stop, lambda: self._bench))
            for _ in range(WORKERS):
                tasks.create_task(self._work(stop))
            await stop.wait()
            self._has_turn.set()

    async def drain(self) -> bool:
        """Works until no tenant has anything left; False when a turn had to be put off. For one-off runs."""
        await self._sweep()
        while (turn := self._rotation.next()) is not None:
            if await self._take(turn, failures=0):
                return False
        return True

    def _change_rules(self, engine: Engine) -> None:
        """The next turns match with `engine`; those under work finish with what they began with."""
        self._bench = msgspec.structs.replace(self._bench, alerting=self._bench.alerting.with_rules(engine))
        _logger.info("The rules changed: %s are at work now.", len(engine.rules))

    async def _watch(self, stop: asyncio.Event) -> None:
        """Finds out who has work."""
        next_sweep = 0.0
        failures = 0
        while not stop.is_set():
            try:
                if time.monotonic() >= next_sweep:
                    await self._sweep()
                    next_sweep = time.monotonic() + SWEEP_SECONDS
                for tenant_id in await self._wake.wait(PIPELINE_LANE, seconds=_HINT_SECONDS):
                    self._add(tenant_id)
                failures = 0
            except RedisError as error:
                _logger.warning("Valkey is away, tenants are swept instead: %s", error)
                next_sweep = time.monotonic() + _BLIND_SWEEP_SECONDS
                await _stopped(stop, within=_BLIND_SWEEP_SECONDS)
            except Unavailable as error:
                _logger.warning("The pipeline waits: %s", error)
                await _stopped(stop, within=_patience(failures))
                failures += 1

    async def _sweep(self) -> None:
        async with directory_tx(self._database) as tx:
            tenants = await active_tenants(tx)
        for tenant_id in tenants:
            for lane in await self._intake.waiting_lanes(tenant_id):
                self._add(tenant_id, lane)

    def _add(self, tenant_id: TenantId, lane: Lane = Lane.LIVE) -> None:
        self._rotation.add(tenant_id, lane)
        self._has_turn.set()

    async def _add_later_lanes(self, turn: Turn) -> None:
        """A lane of the tenant is through: what waits in a later one? Hints do not say in which lane they mean."""
        with contextlib.suppress(WatchfloorError):  # the sweep asks again
            for lane in await self._intake.waiting_lanes(turn.tenant_id):
                if lane > turn.lane:
                    self._add(turn.tenant_id, lane)

    async def _work(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            turn = self._rotation.next()
            if turn is None:
                self._has_turn.clear()
                await self._has_turn.wait()
                continue
            failures = await self._take(turn, failures=failures)
            if failures:
                await _stopped(stop, within=_patience(failures - 1))

    async def _take(self, turn: Turn, *, failures: int) -> int:
        """Takes one turn and returns how many in a row have now failed for a reason that will pass."""
        attempt = Attempt()
        with log_context(tenant_id=turn.tenant_id):
            try:
                outcome = await take_turn(self._bench, turn, attempt)
            except NotFound as gone:
                _logger.warning("The tenant is passed over: %s", gone)
                outcome = Outcome(cost=0, has_more=False)
            except Exception as fault:  # the process edge: no batch may stop the work on all others
                if will_pass(fault):
                    _logger.warning("A turn is put off: %s", fault)
                    self._settle(turn, Outcome(cost=0, has_more=True))
                    return failures + 1
                _logger.exception("A turn failed.", extra={"batches": len(attempt.batches)})
                outcome = await self._blame(turn, attempt, fault)
            self._settle(turn, outcome)
            if not outcome.has_more:
                await self._add_later_lanes(turn)
        if outcome.incidents:
            await self._wake.hint(INCIDENT_CHANGED, turn.tenant_id)
            await self._wake.hint(PAGES, turn.tenant_id)
        return 0

    async def _blame(self, turn: Turn, attempt: Attempt, fault: Exception) -> Outcome:
        """Counts the failure against the batches; those that fail again and again are put aside."""
        reason = f"The batch cannot be worked ({type(fault).__name__}). The log of the pipeline has the details."
        try:
            aside = await self._intake.note_failure(
                turn.tenant_id, attempt.batches, allowed=FAILURES_ALLOWED, reason=reason
            )
        except WatchfloorError as error:
            _logger.warning("The failure cannot be noted: %s", error)
            aside = []
        for batch_id in aside:
            _logger.error("Batch %s is put aside whole.", batch_id)
        return Outcome(cost=QUANTUM_BYTES, has_more=True)

    def _settle(self, turn: Turn, outcome: Outcome) -> None:
        self._rotation.settle(turn, cost=outcome.cost, has_more=outcome.has_more)
        self._has_turn.set()


def _patience(failures: int) -> float:
    return _WAIT_SECONDS[min(failures, len(_WAIT_SECONDS) - 1)]


async def _stopped(stop: asyncio.Event, *, within: float) -> None:
    """Waits for `stop`, but no longer than `within` seconds."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), within)
