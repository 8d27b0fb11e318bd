"""A tenant's changes hold in a running pipeline from the next batch on, and for that tenant alone."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Final

import pytest

from tests.conftest import Eventually
from tests.unit.overlay_cases import make_filter, make_rule
from tests.wire.conftest import ACTOR, BACKLOG_BYTES, Customer, Site
from watchfloor.access.roles import PERMISSIONS_OF, Role
from watchfloor.alerts.overlay import commands
from watchfloor.alerts.overlay.flow.shapes import Shape
from watchfloor.audit.append import Actor
from watchfloor.desk import exempting, tuning
from watchfloor.desk.tuning import Asked, Author
from watchfloor.detect.condition import AllOf, Condition, Listed, ListName, Not, OnField, Text
from watchfloor.detect.engine import PlainEngine
from watchfloor.feeds.batch import Packer, SentEvent
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Sender
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import PersonId, new_uuid, show
from watchfloor.kernel.valkey import Wake
from watchfloor.ops.pipeline import Pipeline

SENDER: Final = Sender(remote="127.0.0.1", user_agent="test", content_type="", request_id="1")
WHY: Final = "Agreed with the customer."
STARTED: Final[Condition] = OnField("Image", Text(("C:\\rar.exe",)))
UNLISTED: Final = AllOf((STARTED, Not(OnField("User", Listed((ListName("admins"),))))))
RULES: Final = (make_rule(1, STARTED), make_rule(2, UNLISTED))


class Line:
    """A pipeline that runs, and two customers that send to it."""

    def __init__(self, site: Site, feeds: dict[str, tuple[Customer, Feed]]) -> None:
        self.site = site
        self.feeds = feeds
        self.intake = PostgresIntake(site.app, site.keyring, backlog_bytes=BACKLOG_BYTES)
        self.pipeline = Pipeline(site.app, site.bench(self.intake, PlainEngine(RULES)), Wake(site.valkey))
        self._number = 0

    async def send(self, name: str, *, host: str) -> None:
        """One process on a host, in a batch of its own."""
        self._number += 1
        event = {
            "EventID": 1,
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "Computer": host,
            "EventRecordID": self._number,
            "UtcTime": "2026-03-02 08:14:27.381",
            "Image": "C:\\rar.exe",
            "User": "svc_backup",
        }
        packer = Packer()
        packer.add(SentEvent(body=json.dumps(event).encode()))
        customer, feed = self.feeds[name]
        await self.intake.put(feed, packer.finish(), SENDER)
        await Wake(self.site.valkey).hint("pipeline", customer.id)

    async def alerts(self, name: str) -> dict[str, list[str]]:
        """The severities of the alerts, by rule."""
        rows = await self.site.superuser.fetch(
            "select title, severity from wf.alerts where tenant_id = $1 order by title, created_at",
            self.feeds[name][0].id,
        )
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row["title"], []).append(row["severity"])
        return found

    async def hidden(self, name: str) -> int:
        """How many matches were hidden."""
        statement = "select coalesce(sum(hidden), 0) from wf.hidden_matches where tenant_id = $1"
        return int(await self.site.superuser.fetchval(statement, self.feeds[name][0].id))


@pytest.fixture
async def line(site: Site) -> AsyncGenerator[Line]:
    feeds: dict[str, tuple[Customer, Feed]] = {}
    for name in ("acme", "nord"):
        customer = await site.customer()
        feeds[name] = customer, (await site.feed(customer)).feed
    made, stop = Line(site, feeds), asyncio.Event()
    run = asyncio.create_task(made.pipeline.run(stop))
    yield made
    stop.set()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(run, 5)


async def test_an_exception_holds_from_the_next_batch_on_and_for_its_tenant_alone(
    line: Line, eventually: Eventually
) -> None:
    acme = line.feeds["acme"][0]

    async def fired(name: str, times: int) -> bool:
        return len((await line.alerts(name)).get("Rule 1", [])) == times

    for name in line.feeds:
        await line.send(name, host="ws-1")
        await eventually(lambda name=name: fired(name, 1), within=5)  # type: ignore[misc]  # a lambda with a default
    at = SystemClock().now()
    wanted = commands.NewException(
        written=make_filter({"User": "svc_*"}, rules=["rule_1"]),
        owner="kim",
        reason=WHY,
        expires_at=at + timedelta(days=1),
    )
    async with tenant_tx(line.site.app, acme.id) as tx:
        made = await commands.add_exception(tx, acme.cipher, ACTOR, wanted=wanted, rules=RULES, at=at)
    for number in (2, 3, 4):
        for name in line.feeds:
            await line.send(name, host=f"ws-{number}")

    async def is_hidden() -> bool:
        return await line.hidden("acme") == 3

    await eventually(is_hidden, within=5)
    await eventually(lambda: fired("nord", 4), within=5)
    assert (await fired("acme", 1), await line.hidden("nord")) == (True, 0)

    async with tenant_tx(line.site.app, acme.id) as tx:
        await commands.end_exception(tx, acme.cipher, ACTOR, exception_id=made, reason=WHY, at=at)
    await line.send("acme", host="ws-5")
    await eventually(lambda: fired("acme", 2), within=5)


async def test_levels_and_lists_change_what_alerts_are_made_of(line: Line, eventually: Eventually) -> None:
    acme = line.feeds["acme"][0]
    await line.send("acme", host="ws-1")

    async def seen(expected: dict[str, list[str]]) -> bool:
        return await line.alerts("acme") == expected

    await eventually(lambda: seen({"Rule 1": ["high"]}), within=5)
    async with tenant_tx(line.site.app, acme.id) as tx:
        await commands.set_level(tx, acme.cipher, ACTOR, rule=RULES[0], level="low", reason=WHY)
        await commands.set_list(tx, acme.cipher, ACTOR, name="admins", entries=["root", "admin*"], reason=WHY)
    await line.send("acme", host="ws-2")
    await eventually(lambda: seen({"Rule 1": ["high", "low"], "Rule 2": ["high"]}), within=5)
    async with tenant_tx(line.site.app, acme.id) as tx:
        await commands.disable_rule(tx, acme.cipher, ACTOR, rule=RULES[0], reason=WHY)
        await commands.set_list(tx, acme.cipher, ACTOR, name="admins", entries=["svc_*"], reason=WHY)
    await line.send("acme", host="ws-3")

    async def is_hidden() -> bool:
        return await line.hidden("acme") == 1

    await eventually(is_hidden, within=5)
    assert await seen({"Rule 1": ["high", "low"], "Rule 2": ["high"]})


async def test_an_exception_from_an_incident_holds_within_five_seconds_of_the_second_persons_word(
    line: Line, eventually: Eventually
) -> None:
    acme = line.feeds["acme"][0]
    await line.send("acme", host="ws-1")
    ref = ""

    async def is_known() -> bool:
        nonlocal ref
        found = await line.site.superuser.fetchval("select id from wf.incidents where tenant_id = $1", acme.id)
        ref = "" if found is None else show("inc", found)
        return bool(ref)

    await eventually(is_known, within=5)
    people = [PersonId(new_uuid()), PersonId(new_uuid())]
    maker, second = (Actor(kind="person", id=show("per", one), role="lead", request_id="r") for one in people)
    may = PERMISSIONS_OF[Role.LEAD]
    async with tenant_tx(line.site.app, acme.id) as tx:
        asked = Asked(mode="make", shape=Shape.ANY_HOST, reason=WHY)
        author = Author(person_id=people[0], owner="kim@mssp.example")
        await tuning.hide(tx, acme.cipher, maker, may, incident=ref, asked=asked, author=author)
    await line.send("acme", host="ws-2")
    await eventually(lambda: _fired(line, 2), within=5)
    async with tenant_tx(line.site.app, acme.id) as tx:
        await exempting.approve(tx, acme.cipher, second, may, incident=ref, which="", person_id=people[1])
    await line.send("acme", host="ws-3")

    async def is_hidden() -> bool:
        return await line.hidden("acme") == 1

    await eventually(is_hidden, within=5)
    await line.send("nord", host="ws-3")
    await eventually(lambda: _fired(line, 1, "nord"), within=5)
    assert await _fired(line, 2)


async def _fired(line: Line, times: int, name: str = "acme") -> bool:
    return len((await line.alerts(name)).get("Rule 1", [])) == times
