"""Connectors as people manage them: told, tried, rotated, filled up from the past, watched."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from tests.wire.conftest import ACTOR, Site
from tests.wire.connectors.made_up import CONNECTOR
from tests.wire.connectors.made_up_vendor import KEY, MadeUpVendor
from tests.wire.connectors.suite import Line
from watchfloor.feeds.alarms.alarm import open_alarms
from watchfloor.feeds.connectors.instances import queries
from watchfloor.feeds.connectors.instances.backfill import add_backfill
from watchfloor.feeds.connectors.instances.overview import inspect
from watchfloor.feeds.connectors.instances.registry import (
    Instance,
    add_connector,
    change_settings,
    find_instance,
    set_state,
    switch_streams,
)
from watchfloor.feeds.connectors.instances.trial import NotProven, rotate, try_connector
from watchfloor.feeds.connectors.reach import Reach, open_egress, read_stand_ins
from watchfloor.feeds.connectors.watch import watch_connectors
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import load_settings
from watchfloor.kernel.db import TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid

CATALOGUE: Final = {"made_up": CONNECTOR}
HOUR: Final = timedelta(hours=1)


async def line_of(site: Site, vendor: MadeUpVendor) -> Line:
    """A customer whose connector asks the vendor."""
    customer = await site.customer()
    async with tenant_tx(site.app, customer.id) as tx:
        feed = await add_connector(tx, customer.cipher, ACTOR, CONNECTOR, name="pulled", given=vendor.given())
    return Line(site, customer, vendor, CONNECTOR, feed)


async def instance_of(line: Line) -> Instance:
    async with tenant_tx(line.site.app, line.customer.id) as tx:
        return await find_instance(tx, line.customer.cipher, "pulled")


def reach_of(line: Line) -> Reach:
    stand_ins = line.vendor.stand_ins()
    return Reach(database=line.site.app, egress=open_egress(stand_ins), clock=SystemClock(), stand_ins=stand_ins)


async def test_secrets_are_sealed_and_settings_are_checked(site: Site) -> None:
    async with MadeUpVendor() as vendor:
        line = await line_of(site, vendor)
        row = await site.superuser.fetchrow("select settings, secrets from wf.connectors")
        assert row is not None
        assert KEY.encode() not in row["secrets"]
        assert b"mine" not in row["settings"]
        assert KEY not in repr(await instance_of(line))
        faults = {
            "account": {"account": "MINE", "key": "k"},
            "key": {"account": "mine"},
            "nothing": {"account": "mine", "key": "k", "nothing": "1"},
        }
        for where, given in faults.items():
            async with tenant_tx(site.app, line.customer.id) as tx:
                with pytest.raises(Invalid) as refused:
                    await add_connector(tx, line.customer.cipher, ACTOR, CONNECTOR, name="other", given=given)
            assert refused.value.where == where


async def test_new_secrets_are_tried_before_the_old_ones_go(site: Site) -> None:
    async with MadeUpVendor() as vendor:
        line = await line_of(site, vendor)
        found = await try_connector(reach_of(line), CONNECTOR, line.feed, (await instance_of(line)).told)
        assert [one.is_good for one in found] == [True]
        with pytest.raises(NotProven, match="not good"):
            await rotate(
                reach_of(line), line.customer.cipher, ACTOR, CONNECTOR, await instance_of(line),
                secrets={"key": "wrong"}, seconds=60,
            )  # fmt: skip
        assert (await instance_of(line)).told.secrets["key"].reveal() == KEY
        vendor.keys.add("fresh")
        before = await instance_of(line)
        await rotate(
            reach_of(line), line.customer.cipher, ACTOR, CONNECTOR, before, secrets={"key": "fresh"}, seconds=60
        )
        with pytest.raises(Conflict):
            await rotate(
                reach_of(line), line.customer.cipher, ACTOR, CONNECTOR, before, secrets={"key": KEY}, seconds=60
            )
        vendor.keys.discard(KEY)
        vendor.expire()
        await line.happen(12)
        await line.catch_up()
        await line.check()


async def test_a_backfill_may_be_repeated_and_goes_beside_the_live_stream(site: Site) -> None:
    async with MadeUpVendor() as vendor:
        line = await line_of(site, vendor)
        await line.happen(20)
        await line.catch_up()
        for _ in range(2):
            now = datetime.now(UTC)
            async with tenant_tx(site.app, line.customer.id) as tx:
                streams = await add_backfill(
                    tx, ACTOR, CONNECTOR, await find_instance(tx, line.customer.cipher, "pulled"),
                    start=now - HOUR, end=now, now=now,
                )  # fmt: skip
            assert streams == ["log"]
            await line.happen(3)
            await line.catch_up()
        await line.check()
        async with tenant_tx(site.app, line.customer.id) as tx:
            rows = await queries.select_streams(tx, [line.feed.id])
        filled = [row for row in rows if row.window_start is not None]
        assert [(row.state, row.records) for row in filled] == [("done", 0), ("done", 0)]
        assert sum(row.repeats for row in filled) == 43


async def test_what_only_a_backfill_brings_goes_behind_what_is_live(site: Site) -> None:
    async with MadeUpVendor() as vendor:
        line = await line_of(site, vendor)
        await line.happen(15)
        await site.superuser.execute("update wf.connector_streams set state = 'off'")
        now = datetime.now(UTC)
        async with tenant_tx(site.app, line.customer.id) as tx:
            instance = await find_instance(tx, line.customer.cipher, "pulled")
            await add_backfill(tx, ACTOR, CONNECTOR, instance, start=now - HOUR, end=now, now=now, streams=["log"])
        await line.turn()
        lanes = await site.superuser.fetch("select distinct lane from wf.intake_batches")
        assert [row["lane"] for row in lanes] == [1]
        await line.check()


async def test_a_window_whose_keys_are_forgotten_is_refused_where_it_was_fetched_before(site: Site) -> None:
    async with MadeUpVendor() as vendor:
        line = await line_of(site, vendor)
        now = datetime.now(UTC)
        long_ago, before = now - timedelta(days=90), now - timedelta(days=99)
        await site.superuser.execute(
            "update wf.connector_streams set begun_at = $1, looked_at = $1 where name = 'log'", long_ago
        )
        async with tenant_tx(site.app, line.customer.id) as tx:
            instance = await find_instance(tx, line.customer.cipher, "pulled")
            with pytest.raises(Conflict, match="stored twice"):
                await add_backfill(tx, ACTOR, CONNECTOR, instance, start=now - timedelta(days=60), end=now, now=now)
            with pytest.raises(Invalid, match="30 days"):
                await add_backfill(tx, ACTOR, CONNECTOR, instance, start=before, end=long_ago, now=now)
            with pytest.raises(Invalid):
                await add_backfill(tx, ACTOR, CONNECTOR, instance, start=now, end=now - HOUR, now=now)
            await add_backfill(tx, ACTOR, CONNECTOR, instance, start=now - timedelta(days=20), end=now, now=now)


async def test_a_stranger_that_is_added_is_looked_at_again(site: Site) -> None:
    async with MadeUpVendor() as vendor:
        line = await line_of(site, vendor)
        foreign = await vendor.happen(7, is_foreign=True)
        await line.catch_up()
        async with tenant_tx(site.app, line.customer.id) as tx:
            await watch_connectors(tx, CATALOGUE, at=datetime.now(UTC))
            alarms = await open_alarms(tx)
            shown = await inspect(
                tx, await find_instance(tx, line.customer.cipher, "pulled"), CATALOGUE, at=datetime.now(UTC)
            )
        assert [alarm.kind for alarm in alarms] == ["strangers"]
        assert alarms[0].words("pulled").endswith("not the customer's: theirs.")
        assert [(one.account, one.records) for one in shown.strangers] == [("theirs", 7)]
        now = datetime.now(UTC)
        async with tenant_tx(site.app, line.customer.id) as tx:
            instance = await instance_in(tx, line)
            changed = await change_settings(
                tx, line.customer.cipher, ACTOR, CONNECTOR, instance, changes={"account": "mine,theirs"}
            )
            await add_backfill(tx, ACTOR, CONNECTOR, changed, start=now - HOUR, end=now, now=now)
            await watch_connectors(tx, CATALOGUE, at=now)
            assert await open_alarms(tx) == []
        line.names += foreign
        await line.catch_up()
        await line.check()


async def test_a_stopped_and_a_late_stream_are_alarms_of_the_feed_and_blind_hours(site: Site) -> None:
    async with MadeUpVendor() as vendor:
        line = await line_of(site, vendor)
        await line.happen(5)
        await line.catch_up()
        vendor.forbid()
        await line.turn()
        now = datetime.now(UTC)
        async with tenant_tx(site.app, line.customer.id) as tx:
            seen = await watch_connectors(tx, CATALOGUE, at=now)
        assert [alarm.kind for alarm in seen.raised] == ["denied"]
        assert "does not let the connector pulled read log since" in seen.raised[0].words("pulled")
        await site.superuser.execute("update wf.connector_streams set fault = null, reached_at = $1", now - 5 * HOUR)
        async with tenant_tx(site.app, line.customer.id) as tx:
            seen = await watch_connectors(tx, CATALOGUE, at=now)
            again = await watch_connectors(tx, CATALOGUE, at=now)
        assert [alarm.kind for alarm in seen.raised] == ["behind"]
        assert [alarm.kind for alarm in seen.cleared] == ["denied"]
        assert (again.raised, again.cleared) == ([], [])
        assert await site.rows(line.customer, "feed_blind_hours") in {4, 5}
        vendor.forbid(is_back=True)
        await line.catch_up()
        async with tenant_tx(site.app, line.customer.id) as tx:
            seen = await watch_connectors(tx, CATALOGUE, at=datetime.now(UTC))
        assert [alarm.kind for alarm in seen.cleared] == ["behind"]


async def test_streams_are_switched_and_a_resumed_connector_is_looked_at_at_once(site: Site) -> None:
    async with MadeUpVendor() as vendor:
        line = await line_of(site, vendor)
        async with tenant_tx(site.app, line.customer.id) as tx:
            instance = await instance_in(tx, line)
            assert await switch_streams(tx, ACTOR, CONNECTOR, instance, streams=["log", "side"]) == ["side"]
            assert await switch_streams(tx, ACTOR, CONNECTOR, instance, streams=["side"]) == ["log"]
            with pytest.raises(Invalid):
                await switch_streams(tx, ACTOR, CONNECTOR, instance, streams=["none"])
            await set_state(tx, ACTOR, instance, "paused")
            shown = await inspect(tx, await instance_in(tx, line), CATALOGUE, at=datetime.now(UTC))
            assert (shown.health, shown.state) == ("paused", "paused")
        await site.superuser.execute("update wf.connector_streams set due_at = now() + interval '1 hour'")
        async with tenant_tx(site.app, line.customer.id) as tx:
            await set_state(tx, ACTOR, await instance_in(tx, line), "active")
        assert await site.superuser.fetchval(
            "select bool_and(due_at <= now()) from wf.connector_streams where state = 'active'"
        )
        entries = await site.superuser.fetch("select action from wf.audit_entries")
        actions = [row["action"] for row in entries]
        assert "connector.add" in actions
        assert actions.count("connector.switch_streams") == 2


async def instance_in(tx: TenantTx, line: Line) -> Instance:
    return await find_instance(tx, line.customer.cipher, "pulled")


def test_stand_ins_are_pairs_of_origins() -> None:
    def read(text: str) -> dict[str, str]:
        return read_stand_ins(load_settings({"WATCHFLOOR_CONNECTOR_STAND_INS": text}))

    pair = "https://sqs.eu-central-1.amazonaws.com=http://127.0.0.1:5000"
    assert read(f"{pair}, https://a.example=https://b.example:8443")["https://a.example"] == "https://b.example:8443"
    assert read("") == {}
    for wrong in ("https://a.example", "a=b", "https://a.example/x=https://b.example", "https://a.example=file:///etc"):
        with pytest.raises(Invalid):
            read(wrong)
