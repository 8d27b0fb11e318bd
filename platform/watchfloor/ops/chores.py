"""Chores: what is done regularly, for all tenants, by whichever worker comes first.

Each is safe to run at any time, any number of times, by several workers at once (Q1): it looks at what is there and
does what is missing. Owns the list of chores and how one is run; when they run is the business of `schedule`.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.access.sessions import remove_dead_sessions
from watchfloor.alerts.health.costs import forget_costs
from watchfloor.alerts.noise.flags import forget_noise, unflag_calm
from watchfloor.alerts.windows.correlate import forget as forget_windows
from watchfloor.audit.archive import HeadArchive
from watchfloor.audit.heads import open_signer, sign_all
from watchfloor.breach.holding.hold import forget_old
from watchfloor.breach.watching.queries import has_open_cases
from watchfloor.breach.watching.warning import warn as warn_of_breaches
from watchfloor.controls.entries.keeping import evidence_files
from watchfloor.controls.entries.queries import select_paths
from watchfloor.controls.integrity.checking import check_segments
from watchfloor.desk.queries import forget_requests
from watchfloor.feeds.acks.channels import forget_idle
from watchfloor.feeds.alarms.expiry import ends_of_certificates, watch_expiry
from watchfloor.feeds.alarms.judgement import CHECKED_EVERY
from watchfloor.feeds.alarms.watch import watch
from watchfloor.feeds.connectors.catalogue import known_connectors
from watchfloor.feeds.connectors.keys.ledger import forget_keys
from watchfloor.feeds.connectors.watch import watch_connectors
from watchfloor.feeds.doors.bulk.numbered import forget_documents
from watchfloor.feeds.intake.postgres import forget_receipts as forget_intake_receipts
from watchfloor.feeds.intake.refusals.ledger import forget_refused
from watchfloor.feeds.sources.ledger import forget_sources
from watchfloor.feeds.trust.learning import forget_hours, learn_feeds
from watchfloor.feeds.unparsed.ledger import forget_unparsed
from watchfloor.kernel import outbox
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.db import Role, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import FeedId, TenantId
from watchfloor.kernel.logging import log_context
from watchfloor.kernel.outbox import APPROVAL_CHANGED, REPORT_REQUESTED
from watchfloor.kernel.telemetry import INTAKE_BACKLOG, OUTBOX_BACKLOG
from watchfloor.lake.opening import open_lake
from watchfloor.ops import queries
from watchfloor.ops.consumers import Consumer, Resources
from watchfloor.ops.courier import Courier, Round
from watchfloor.ops.deadlines import watch_deadlines
from watchfloor.ops.exceptions import watch_exceptions
from watchfloor.ops.lake_keeping import LakeKeeper
from watchfloor.ops.queries import select_report_paths
from watchfloor.paging.queries import forget_pages
from watchfloor.reporting.timetable.asking import ask_for_due
from watchfloor.respond.execution import settle
from watchfloor.respond.expiry import expire_late
from watchfloor.tenancy.directory import active_tenants
from watchfloor.tenancy.files import TenantFiles

UNREAD_KEPT: Final = timedelta(days=30)
"""How long a message waits for a program that reads its topic."""

RECEIPTS_KEPT: Final = timedelta(days=7)
ORPHAN_AGE: Final = timedelta(hours=1)
"""How old a file must be before it can be an orphan: far older than any transaction that may still name it."""

_log: Final = logging.getLogger(__name__)


class Chore(msgspec.Struct, frozen=True, kw_only=True):
    """Something done regularly. `every` divides an hour, or is whole hours."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]


class Chores:
    """The chores of one worker."""

    def __init__(self, resources: Resources, *, consumers: list[Consumer], clock: Clock) -> None:
        self._resources = resources
        self._consumers = consumers
        self._clock = clock
        self._connectors = known_connectors()
        self._courier = Courier(resources, clock)
        self._lake = LakeKeeper(resources, clock)

    def all(self) -> list[Chore]:
        """Every chore, the most frequent first."""
        return [
            Chore(name="measure_backlog", every=timedelta(seconds=15), run=self.measure_backlog),
            Chore(name="watch_deadlines", every=timedelta(seconds=20), run=self.watch_deadlines),
            Chore(name="watch_breaches", every=timedelta(minutes=1), run=self.watch_breaches),
            Chore(name="sign_audit_heads", every=timedelta(seconds=30), run=self.sign_audit_heads),
            Chore(name="deliver_reports", every=timedelta(seconds=30), run=self.deliver_reports),
            Chore(name="end_actions", every=timedelta(seconds=30), run=self.end_actions),
            Chore(name="watch_feeds", every=CHECKED_EVERY, run=self.watch_feeds),
            Chore(name="remove_dead_sessions", every=timedelta(minutes=10), run=self.remove_dead_sessions),
            Chore(name="ask_for_reports", every=timedelta(minutes=1), run=self.ask_for_reports),
            Chore(name="compact_lake", every=timedelta(minutes=1), run=self._lake.compact),
            Chore(name="watch_exceptions", every=timedelta(minutes=5), run=self.watch_exceptions),
            Chore(name="forget_windows", every=timedelta(minutes=10), run=self.forget_windows),
            Chore(name="unflag_calm_rules", every=timedelta(minutes=10), run=self.unflag_calm_rules),
            Chore(name="forget_rule_figures", every=timedelta(hours=1), run=self.forget_rule_figures),
            Chore(name="collect_orphans", every=timedelta(hours=1), run=self.collect_orphans),
            Chore(name="check_segments", every=timedelta(hours=1), run=self.check_segments),
            Chore(name="forget_receipts", every=timedelta(hours=1), run=self.forget_receipts),
            Chore(name="forget_breaches", every=timedelta(hours=1), run=self.forget_breaches),
            Chore(name="forget_pulled_keys", every=timedelta(hours=1), run=self.forget_pulled_keys),
            Chore(name="watch_credentials", every=timedelta(hours=1), run=self.watch_credentials),
            Chore(name="learn_feeds", every=timedelta(hours=1), run=self.learn_feeds),
        ]

    async def end_actions(self) -> None:
        """Ends proposals that nobody decided about in time, and actions whose hosts have answered."""

        async def end(tx: TenantTx) -> None:
            cipher = await self._resources.keyring.cipher(tx)
            if await expire_late(tx, cipher) + await settle(tx, cipher):
                await self._resources.wake.hint(APPROVAL_CHANGED, tx.tenant_id)

        await self._for_each_tenant(end)

    async def watch_feeds(self) -> None:
        """Raises and clears the alarms of all feeds."""
        now = self._clock.now()

        async def look(tx: TenantTx) -> None:
            await watch(tx, at=now)
            await watch_connectors(tx, self._connectors, at=now)

        await self._for_each_tenant(look)

    async def watch_deadlines(self) -> None:
        """Warns of deadlines that come near or have passed, and takes up what was laid aside until now."""

        async def look(tx: TenantTx) -> None:
            await watch_deadlines(tx, self._resources.keyring)

        await self._for_each_tenant(look)

    async def watch_breaches(self) -> None:
        """Warns of the clocks of breach cases, at the points that the rules set."""

        async def look(tx: TenantTx) -> None:
            if await has_open_cases(tx):
                await warn_of_breaches(tx, await self._resources.keyring.cipher(tx))

        await self._for_each_tenant(look)

    async def forget_breaches(self) -> None:
        """Forgets closed breach cases whose time is over and that nobody holds."""
        await self._for_each_tenant(forget_old)

    async def ask_for_reports(self) -> None:
        """Asks for the reports that are due by the tenants' own clocks, each once."""
        now = self._clock.now()

        async def ask(tx: TenantTx) -> None:
            if await ask_for_due(tx, at=now):
                await self._resources.wake.hint(REPORT_REQUESTED, tx.tenant_id)

        await self._for_each_tenant(ask)

    async def deliver_reports(self) -> None:
        """Tells people by mail of reports that are ready. No transaction is open while a mail leaves."""
        if self._courier.is_out:
            return
        rounds: list[Round] = []

        async def take(tx: TenantTx) -> None:
            taken = await self._courier.take(tx)
            if taken is not None:
                rounds.append(taken)

        await self._for_each_tenant(take)
        await self._courier.send(rounds)

    async def watch_exceptions(self) -> None:
        """Tells of exceptions that end soon, and ends requests for exceptions that nobody answered."""

        async def look(tx: TenantTx) -> None:
            await watch_exceptions(tx, self._resources.keyring, self._resources.wake)

        await self._for_each_tenant(look)

    async def watch_credentials(self) -> None:
        """Raises and clears the alarms about certificates that end."""
        now, ends = self._clock.now(), dict[TenantId, dict[FeedId, datetime]]()

        async def ask(tx: TenantTx) -> None:
            ends[tx.tenant_id] = await ends_of_certificates(tx)

        async def settle(tx: TenantTx) -> None:
            if tx.tenant_id in ends:
                await watch_expiry(tx, ends[tx.tenant_id], at=now)

        await self._for_each_tenant(ask, role=Role.AUTH)
        await self._for_each_tenant(settle)

    async def learn_feeds(self) -> None:
        """Learns what feeds usually bring, and deletes figures of hours that nothing asks for any more."""
        now = self._clock.now()

        async def learn(tx: TenantTx) -> None:
            await learn_feeds(tx, at=now)
            await forget_hours(tx, at=now)

        await self._for_each_tenant(learn)

    async def forget_windows(self) -> None:
        """Deletes the windows of correlations that nothing can still meet."""

        async def forget(tx: TenantTx) -> None:
            await forget_windows(tx, now=self._clock.now())

        await self._for_each_tenant(forget)

    async def sign_audit_heads(self) -> None:
        """Signs each audit chain's head and copies it out; A3 asks for it every minute."""
        settings = self._resources.settings
        database = await self._resources.database(Role.APP)
        done = await sign_all(database, HeadArchive(settings.audit_dir), open_signer(settings), at=self._clock.now())
        for tenant_id, fault in done.faults.items():
            with log_context(tenant_id=tenant_id):
                _log.error("an audit head was not signed: %s", fault)

    async def measure_backlog(self) -> None:
        """Counts what waits, of all tenants together, for the metrics."""
        batches = messages = 0

        async def count(tx: TenantTx) -> None:
            nonlocal batches, messages
            waiting = await queries.count_backlog(tx)
            batches += waiting.batches
            messages += waiting.messages

        await self._for_each_tenant(count)
        INTAKE_BACKLOG.set(batches)
        OUTBOX_BACKLOG.set(messages)

    async def remove_dead_sessions(self) -> None:
        """Deletes what is left of sessions that have ended."""
        async with directory_tx(await self._resources.database(Role.AUTH)) as tx:
            await remove_dead_sessions(tx)

    async def forget_receipts(self) -> None:
        """Deletes the marks of requests and messages that nobody will repeat, and messages that nobody reads."""
        now = self._clock.now()

        async def forget(tx: TenantTx) -> None:
            await forget_intake_receipts(tx)
            await forget_refused(tx)
            await forget_idle(tx)
            await forget_documents(tx)
            await forget_pages(tx)
            await forget_requests(tx)
            for consumer in self._consumers:
                await outbox.forget_receipts(tx, consumer=consumer.name, before=now - RECEIPTS_KEPT)
            read = {consumer.topic for consumer in self._consumers}
            await outbox.forget_unread(tx, topics=read, before=now - UNREAD_KEPT)

        await self._for_each_tenant(forget)

    async def forget_pulled_keys(self) -> None:
        """Deletes the keys of records that no vendor offers any more."""
        await self._for_each_tenant(forget_keys)

    async def unflag_calm_rules(self) -> None:
        """Ends the throttling of rules that have been calm."""
        now = self._clock.now()

        async def unflag(tx: TenantTx) -> None:
            await unflag_calm(tx, now=now)

        await self._for_each_tenant(unflag)

    async def forget_rule_figures(self) -> None:
        """Deletes what rules did, cost and looked at so long ago that nothing asks for it any more."""
        now = self._clock.now()

        async def forget(tx: TenantTx) -> None:
            await forget_noise(tx, now=now)
            await forget_costs(tx, now=now)
            await forget_sources(tx, now=now)
            await forget_unparsed(tx, now=now)

        await self._for_each_tenant(forget)

    async def collect_orphans(self) -> None:
        """Removes files of the lake and reports that no row names: what a killed pipeline or report job left."""
        settings, age = self._resources.settings, ORPHAN_AGE.total_seconds()
        lake, reports = open_lake(settings), TenantFiles(settings.reports_dir, "reports")
        evidence = evidence_files(settings.home)

        async def collect(tx: TenantTx) -> None:
            await lake.collect_orphans(tx, older_than_seconds=age)
            await reports.collect_orphans(tx, named=await select_report_paths(tx), older_than_seconds=age)
            await evidence.collect_orphans(tx, named=await select_paths(tx), older_than_seconds=age)

        await self._for_each_tenant(collect)

    async def check_segments(self) -> None:
        """Compares stored segments with the hashes that the manifest has, each about once a day."""
        lake, now = open_lake(self._resources.settings).files, self._clock.now()

        async def check(tx: TenantTx) -> None:
            await check_segments(tx, lake, at=now)

        await self._for_each_tenant(check)

    async def _for_each_tenant(self, work: Callable[[TenantTx], Awaitable[object]], *, role: Role = Role.APP) -> None:
        """Runs the work in every tenant; what fails in one is logged and stops no other."""
        database = await self._resources.database(role)
        async with directory_tx(database) as tx:
            tenants: list[TenantId] = await active_tenants(tx)
        for tenant_id in tenants:
            with log_context(tenant_id=tenant_id):
                try:
                    async with tenant_tx(database, tenant_id) as tx:
                        await work(tx)
                except WatchfloorError as fault:
                    _log.error("a chore failed: %s", fault)


async def run_chore(chore: Chore) -> None:
    """Runs one chore. An error is logged and ends there: the chore comes again."""
    try:
        await chore.run()
    except WatchfloorError as fault:
        _log.error("the chore %s failed: %s", chore.name, fault)
