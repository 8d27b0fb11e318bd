"""Correlation of a tenant's matches, with windows that outlive the process: in the transaction of the batch.

The caller holds the tenant's alert lock, so that two processes never work on one group at once; what is remembered
commits together with the alerts and with the batch's leaving the queue, so that a process that is killed at any moment
has counted each match once or not at all. The computing runs in threads.

What no late event can meet any more is let go. How late it is, is told by the clock, held back to the oldest batch that
still waits for work: however long a queue has grown, what came in time counts as in time
(`docs/decisions/0018-correlation-windows.md`).
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.alerts.windows import queries
from watchfloor.alerts.windows.store import WindowStore
from watchfloor.detect.correlate.correlator import Arrivals, Correlator, Group
from watchfloor.detect.correlate.memory import as_matches
from watchfloor.detect.engine import Matches
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.normalise.event import Event

MAX_GROUPS: Final = 200_000
"""How many groups a tenant's correlations remember, all together; past it, those that end first are let go."""

CLOSED_AT_ONCE: Final = 1_000
"""How many groups one transaction closes at most."""

_COMMITTING: Final = timedelta(minutes=1)
"""How long a batch may be received and not yet seen in the queue."""

_log: Final = logging.getLogger(__name__)


class ClosedWindows(msgspec.Struct, frozen=True, kw_only=True):
    """What came of windows that closed: events that carry matches, the matches, and whether more wait to be closed."""

    events: list[Event]
    matches: Matches
    has_more: bool


async def correlate(
    tx: TenantTx,
    cipher: TenantCipher,
    *,
    correlator: Correlator,
    events: Sequence[Event],
    matches: Matches,
    now: datetime,
) -> Matches:
    """Adds the matches to their windows, and returns the matches of correlations, in the order of events, then rules.

    Costs nothing when no match is one that a correlation looks at. `matches` have the tenant's overlay behind them.
    """
    if not correlator.concerns(matches):
        return Matches([], [])
    horizon = min(await _horizon(tx, now), *(events[index].received_at for index in matches.event))
    store = WindowStore(tx, cipher, correlator)
    arriving = await asyncio.to_thread(correlator.arrivals, events, matches)
    fired, changed = await _run(store, correlator, arriving, events, horizon)
    await _save(store, changed)
    return as_matches(fired)


async def close(tx: TenantTx, cipher: TenantCipher, *, correlator: Correlator, now: datetime) -> ClosedWindows:
    """Closes windows whose time is over. The matches go the way of any others; `events` are what they point into."""
    store = WindowStore(tx, cipher, correlator)
    horizon = await _horizon(tx, now)
    rows = await store.load_due(at=horizon, limit=CLOSED_AT_ONCE)
    due = dict(store.windows)
    closing = await asyncio.to_thread(correlator.close, due, now=int(horizon.timestamp()))
    fired, changed = await _run(store, correlator, closing.onward, closing.events, horizon)
    await _save(store, [*due, *changed])
    return ClosedWindows(
        events=closing.events, matches=as_matches([*closing.fired, *fired]), has_more=rows == CLOSED_AT_ONCE
    )


async def forget(tx: TenantTx, *, now: datetime) -> int:
    """Deletes the windows that nothing can still meet, and those past `MAX_GROUPS`; says how many there were."""
    expired = await queries.delete_expired(tx, before=await _horizon(tx, now))
    excess = await queries.delete_excess(tx, kept=MAX_GROUPS, at_most=MAX_GROUPS)
    if excess:
        _log.warning("%d windows of correlations were let go: there were more than %d.", excess, MAX_GROUPS)
    return expired + excess


async def _horizon(tx: TenantTx, now: datetime) -> datetime:
    """Whatever was received before this moment has been worked."""
    oldest = await queries.select_oldest_waiting(tx)
    seen = now - _COMMITTING
    return seen if oldest is None else min(seen, oldest)


async def _run(
    store: WindowStore, correlator: Correlator, arriving: Arrivals, events: Sequence[Event], horizon: datetime
) -> tuple[list[tuple[int, int]], list[Group]]:
    """Brings what arrived through all correlations, those that look at correlations last."""
    fired: list[tuple[int, int]] = []
    changed: list[Group] = []
    second = int(horizon.timestamp())
    for level in range(correlator.depth):
        here = {group: found for group, found in arriving.items() if correlator.steps[group[0]].level == level}
        if not here:
            continue
        await store.load(here)
        advance = await asyncio.to_thread(correlator.advance, here, store.windows, events, horizon=second)
        fired += advance.fired
        changed += advance.changed
        for group, found in advance.onward.items():
            arriving.setdefault(group, []).extend(found)
    for group in changed:
        if store.windows[group].lost:
            _log.warning(
                "A group of the correlation %s is full: %d matches were let go.",
                correlator.steps[group[0]].name,
                store.windows[group].lost,
            )
            store.windows[group].lost = 0
    return fired, changed


async def _save(store: WindowStore, changed: Sequence[Group]) -> None:
    await store.save(changed, await asyncio.to_thread(store.seal, changed))
