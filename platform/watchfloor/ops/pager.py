"""The pager: takes the steps of pages when they are due and sends them, apart from every other delivery.

A process may die at any moment and several may run: what is due, what is held and what left stands in the database.
It learns of pages by hints, knows when a tenant's next step is due, and sweeps all tenants regularly, because a hint
may be lost and another pager may have died. One lane's slowness holds up no other step.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Final

from redis.exceptions import RedisError

from watchfloor.kernel.db import Database, Role, directory_tx, tenant_tx
from watchfloor.kernel.errors import Unavailable, WatchfloorError
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.logging import log_context
from watchfloor.kernel.telemetry import PAGE_STEPS
from watchfloor.ops.consumers import Resources
from watchfloor.paging import steps
from watchfloor.paging.attempts import queries
from watchfloor.paging.duty.roster import Roster, read_roster
from watchfloor.paging.lane import Lane, LaneName, Uncertain
from watchfloor.paging.opening import open_lanes, order_of
from watchfloor.paging.pages import CHAT_PAGES, PAGES
from watchfloor.paging.steps import Taken
from watchfloor.tenancy.directory import active_tenants

SWEEP_SECONDS: Final = 5.0
SENDING_AT_ONCE: Final = 16

_ROSTER_KEPT_SECONDS: Final = 3.0
_LONGEST_WAIT_SECONDS: Final = 2.0
_SHORTEST_WAIT_SECONDS: Final = 0.1
_SHARE_OF_LEASE: Final = 0.75
"""How much of a lease a lane may use, so that it ends before the lease does."""

_log: Final = logging.getLogger(__name__)


class Pager:
    """Works on the pages of all tenants until it is told to stop."""

    def __init__(
        self,
        resources: Resources,
        *,
        lanes: Mapping[LaneName, Lane] | None = None,
        sweep_seconds: float = SWEEP_SECONDS,
    ) -> None:
        """`lanes` are those of the settings unless others are given. Raises Invalid for settings that do not fit."""
        self._resources = resources
        self._lanes = open_lanes(resources.settings) if lanes is None else dict(lanes)
        self._order = order_of(resources.settings)
        self._own: list[LaneName] = [lane for lane in self._order if lane in self._lanes]
        self._sweep_seconds = sweep_seconds
        self._next: dict[TenantId, float] = {}
        self._sending = set[asyncio.Task[None]]()
        self._roster: tuple[float, Roster] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Pages until `stop` is set. What is being sent then is finished first."""
        due, next_sweep = set[TenantId](), 0.0
        while not stop.is_set():
            try:
                if time.monotonic() >= next_sweep:
                    due |= await self._everyone()
                    next_sweep = time.monotonic() + self._sweep_seconds
                for tenant_id in sorted(due):
                    await self.turn(tenant_id)
            except Unavailable as away:
                _log.warning("the pager waits: %s", away)
                next_sweep = time.monotonic() + 1
            wait = min([next_sweep, *self._next.values()]) - time.monotonic()
            hinted = await self._hinted(stop, seconds=min(max(wait, 0.05), _LONGEST_WAIT_SECONDS))
            due = hinted | {tenant_id for tenant_id, at in self._next.items() if at <= time.monotonic()}
        if self._sending:
            await asyncio.wait(self._sending)

    async def turn(self, tenant_id: TenantId) -> None:
        """Plans the tenant's new pages, takes what is due and begins to send it. Raises Unavailable."""
        records = await self._resources.database(Role.APP)
        roster = await self._current_roster(records)
        with log_context(tenant_id=tenant_id):
            try:
                async with tenant_tx(records, tenant_id) as tx:
                    in_chat = await steps.plan(tx, roster, lanes=self._order)
                    room = SENDING_AT_ONCE - len(self._sending)
                    taken = await steps.take(tx, roster, lanes=self._own, limit=room) if room > 0 else []
                    seconds = await queries.select_seconds_to_next(tx, chat_seconds=roster.rota.timing.chat)
            except Unavailable:
                raise
            except WatchfloorError as fault:
                _log.error("the pages of a tenant cannot be worked on: %s", fault)
                taken, seconds, in_chat = [], None, False
        self._next.pop(tenant_id, None)
        if seconds is not None:
            self._next[tenant_id] = time.monotonic() + max(seconds, _SHORTEST_WAIT_SECONDS)
        for step in taken:
            task = asyncio.create_task(self._send(tenant_id, step, roster))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        if in_chat and seconds is not None:
            await self._resources.wake.hint(CHAT_PAGES, tenant_id)

    async def finish(self) -> None:
        """Waits for what is being sent."""
        if self._sending:
            await asyncio.wait(self._sending)

    async def _send(self, tenant_id: TenantId, step: Taken, roster: Roster) -> None:
        with log_context(tenant_id=tenant_id):
            try:
                outcome = await self._attempt(tenant_id, step, roster)
            except Exception:  # noqa: BLE001  the edge: one step's trouble stops no other; its hold runs out and it is taken again
                _log.exception("a step of a page could not be ended")
                outcome = "broken"
        PAGE_STEPS.labels(lane=step.place.lane, outcome=outcome).inc()

    async def _attempt(self, tenant_id: TenantId, step: Taken, roster: Roster) -> str:
        """Sends one step and notes what became of it. Raises Unavailable when that cannot be noted."""
        records = await self._resources.database(Role.APP)
        lane = self._lanes[step.place.lane]
        is_leaving = False

        async def handing() -> None:
            nonlocal is_leaving
            async with tenant_tx(records, tenant_id) as tx:
                await steps.hand_over(tx, step, roster)
            is_leaving = True

        try:
            async with asyncio.timeout(roster.rota.timing.lease * _SHARE_OF_LEASE):
                said = await lane.send(step.notice, handing)
        except (WatchfloorError, TimeoutError) as fault:
            reason = str(fault) or "It took too long."
            _log.warning("a page did not leave by %s, or may not have: %s", step.place.lane, reason)
            async with tenant_tx(records, tenant_id) as tx:
                if isinstance(fault, Uncertain) or (isinstance(fault, TimeoutError) and is_leaving):
                    await steps.note_uncertain(tx, step, roster, outcome=reason, lanes=self._order)
                    return "uncertain"
                await steps.note_failed(tx, step, outcome=reason, lanes=self._order)
            return "failed"
        async with tenant_tx(records, tenant_id) as tx:
            await steps.note_sent(tx, step, outcome=said)
        return "sent"

    async def _current_roster(self, records: Database) -> Roster:
        if self._roster is None or time.monotonic() - self._roster[0] > _ROSTER_KEPT_SECONDS:
            directory = await self._resources.database(Role.AUTH)
            self._roster = (time.monotonic(), await read_roster(records, directory))
        return self._roster[1]

    async def _everyone(self) -> set[TenantId]:
        async with directory_tx(await self._resources.database(Role.APP)) as tx:
            return set(await active_tenants(tx))

    async def _hinted(self, stop: asyncio.Event, *, seconds: float) -> set[TenantId]:
        """The tenants that are hinted at within `seconds`, or none when it is time to go on or to stop."""
        hinted = asyncio.create_task(self._resources.wake.wait(PAGES, seconds=seconds))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({hinted, stopped}, return_when=asyncio.FIRST_COMPLETED, timeout=seconds + 1)
            if hinted.done():
                return hinted.result()
        except RedisError:
            await asyncio.wait({stopped}, timeout=seconds)
        finally:
            hinted.cancel()
            stopped.cancel()
        return set()
