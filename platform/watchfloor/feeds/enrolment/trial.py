"""Tries a feed: sends a test event through its door, follows it into the pipeline, and says what was found.

Through doors that do not speak HTTP it waits for the sender's own next event. The token of the test event lives for
the request only. Each step has a transaction of its own; what is done stands in the tenant's audit log.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.audit.append import Actor
from watchfloor.feeds.enrolment.checkup import RECENT, Checkup, Finding, examine
from watchfloor.feeds.enrolment.probe import PROBED, Answer, send_test_event
from watchfloor.feeds.enrolment.queries import count_live_credentials, select_last_received
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.registry import mint_token, revoke_token
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import new_uuid
from watchfloor.tenancy.keyring import Keyring

LONGEST_WAIT: Final = 120
"""How many seconds a trial may wait for an event."""

_LOOK_SECONDS: Final = 0.2
_SLACK: Final = timedelta(seconds=2)
"""How far our clock and the database's may be apart."""


class Workshop(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial works with: `app` is a database of wf_app, `auth` one of wf_auth."""

    settings: Settings
    app: Database
    auth: Database
    keyring: Keyring
    clock: Clock


async def try_feed(
    shop: Workshop, actor: Actor, feed: Feed, *, send: bool, wait_seconds: float, tell: Callable[[str], object] = str
) -> Checkup:
    """Tries a feed.

    `send`: with an event of our own, where its door can; else something of the sender's is waited for, unless it came
    within the last hour. `tell` is told what happens.
    """
    began = shop.clock.now() - _SLACK
    since = began
    findings: list[Finding] = []
    if send and feed.door in PROBED and feed.state == "active":
        tell("A test event is sent.")
        findings.append(await _probe(shop, actor, feed))
    else:
        since = began - RECENT
    if all(one.verdict != "bad" for one in findings) and feed.state == "active":
        await _await_arrival(shop, feed, since=since, wait_seconds=wait_seconds, tell=tell)
    async with tenant_tx(shop.auth, feed.tenant_id) as tx:
        tokens = await count_live_credentials(tx, feed.id)
    async with tenant_tx(shop.app, feed.tenant_id) as tx:
        cipher = await shop.keyring.cipher(tx)
        found = await examine(tx, cipher, feed_id=feed.id, tokens=tokens, since=since, at=shop.clock.now())
    return Checkup.of(feed.name, [*findings, *found])


async def _probe(shop: Workshop, actor: Actor, feed: Feed) -> Finding:
    async with tenant_tx(shop.auth, feed.tenant_id) as tx:
        minted = await mint_token(tx, actor, feed_id=feed.id)
    try:
        answer = await send_test_event(shop.settings, feed, minted.text, marker=new_uuid(), at=shop.clock.now())
    except WatchfloorError as fault:
        return Finding(
            verdict="bad",
            code="no_door",
            text=f"No door answers on this machine: {fault.message}",
            remedy="Start it with `watchfloor up`, and see WATCHFLOOR_DOOR_PORT.",
        )
    finally:
        async with tenant_tx(shop.auth, feed.tenant_id) as tx:
            await revoke_token(tx, actor, minted)
    return _judged(answer)


def _judged(answer: Answer) -> Finding:
    if answer.is_taken:
        return Finding(verdict="good", code="door", text="The door took a test event: it is durable.")
    return Finding(
        verdict="bad",
        code="door_refused",
        text=f"The door refused the test event with {answer.status}.",
        detail=answer.text,
    )


async def _await_arrival(
    shop: Workshop, feed: Feed, *, since: datetime, wait_seconds: float, tell: Callable[[str], object]
) -> None:
    """Waits until the pipeline has worked something that was received since, or for so long."""
    loop = asyncio.get_running_loop()
    until = loop.time() + min(wait_seconds, LONGEST_WAIT)
    is_told = False
    while loop.time() < until:
        async with tenant_tx(shop.app, feed.tenant_id) as tx:
            last = await select_last_received(tx, feed.id)
        if last is not None and last >= since:
            return
        if not is_told:
            tell("Waiting for an event to come through the pipeline.")
            is_told = True
        await asyncio.sleep(_LOOK_SECONDS)
