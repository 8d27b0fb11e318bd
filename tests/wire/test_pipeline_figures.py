"""What the pipeline notes beside its work: which log sources came in, what rules did, and where a storm went."""

import json

import msgspec

from tests.unit.parser_samples import BATCHES
from tests.wire.conftest import EVER, OpenFeed, Site
from tests.wire.test_intake import SENDER, intake_of, packed
from tests.wire.test_pipeline_main_job import encoded_powershell
from watchfloor.alerts.noise.budget import Budgets
from watchfloor.feeds.unparsed.ledger import unparsed_sources
from watchfloor.kernel.db import tenant_tx
from watchfloor.normalise.event import LogSource


async def send(site: Site, feed: OpenFeed, *bodies: bytes) -> None:
    await intake_of(site).put(feed.feed, packed(*bodies), SENDER)
    await site.pipeline().drain()


async def test_the_log_sources_of_a_feed_stand_in_the_ledger_once_for_each_event(site: Site) -> None:
    acme = await site.customer()
    feed = await site.feed(acme)
    process = [json.dumps(encoded_powershell(number)).encode() for number in range(3)]
    registry = json.dumps({"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 13, "Computer": "ws"}).encode()
    unknown = b'{"some": "thing"}'
    await send(site, feed, *process, registry, unknown)
    await send(site, feed, *process)
    rows = await site.superuser.fetch(
        "select feed_id, category, service, events from wf.source_days where tenant_id = $1 order by category", acme.id
    )
    assert [tuple(row) for row in rows] == [
        (feed.feed.id, "process_creation", "sysmon", 6),
        (feed.feed.id, "registry_event", "sysmon", 1),
        (feed.feed.id, "registry_set", "sysmon", 1),
    ]


async def test_the_hours_of_a_feed_have_its_lag_its_repeats_and_its_duplicates(site: Site) -> None:
    acme = await site.customer()
    feed = await site.feed(acme)
    process = [json.dumps(encoded_powershell(number)).encode() for number in range(3)]
    pipeline = site.pipeline()
    keyed = msgspec.structs.replace(SENDER, request_key="batch-1")
    for sender in (keyed, keyed, SENDER):
        await intake_of(site).put(feed.feed, packed(*process), sender)
        await pipeline.drain()
    row = await site.superuser.fetchrow("select * from wf.feed_hours")
    assert row is not None
    assert (row["batches"], row["events"], row["repeats"], row["duplicates"]) == (2, 6, 3, 3)
    assert sum(row["work_lag"]) == 6
    assert sum(row["event_lag"]) == 6
    assert row["minutes"].bit_count() in (1, 2)
    assert row["first_event_at"] <= row["last_event_at"] <= row["last_received_at"]


async def test_a_storm_through_the_pipeline_is_throttled_and_counted(site: Site) -> None:
    acme, other = await site.customer(), await site.customer()
    feed, theirs = await site.feed(acme), await site.feed(other)
    bodies = [json.dumps(encoded_powershell(n, host=f"ws-{n}.acme.example")).encode() for n in range(600)]
    for begin in range(0, 600, 150):
        await send(site, feed, *bodies[begin : begin + 150])
    await send(site, theirs, *bodies[:5])
    found = await site.superuser.fetchrow(
        "select count(*) filter (where held_keys is null) as opened, sum(held_keys) as held,"
        " sum(match_count) as matches from wf.alerts where tenant_id = $1 and title like '%ncoded%'",
        acme.id,
    )
    assert found is not None
    assert found["opened"] + found["held"] == 600
    assert found["matches"] == 600
    assert found["opened"] == 2 * Budgets().high or found["opened"] == 2 * Budgets().medium
    flagged = await site.superuser.fetch(
        "select tenant_id from wf.rule_states where throttled_since is not null group by tenant_id"
    )
    assert [row[0] for row in flagged] == [acme.id]


async def test_what_no_parser_knows_is_listed_with_samples_and_an_execution_is_put_together(site: Site) -> None:
    acme = await site.customer()
    feed = await site.feed(acme)
    records = [line.encode() for line in BATCHES["linux.auditd"]]
    await send(site, feed, *records, b'{"some": "thing"}', b'{"some": "other thing"}', b'{"records": [{"some": "x"}]}')
    async with tenant_tx(site.app, acme.id) as tx:
        (odd,) = await unparsed_sources(tx, acme.cipher, with_samples=True)
        stored = [event async for event in site.store.scan(tx, acme.cipher, since=EVER[0], until=EVER[1])]
    assert (odd.sketch, odd.events) == ("some:value", 3)
    assert odd.samples == (b'{"some": "thing"}', b'{"some": "other thing"}', b'{"some": "x"}')
    executions = [event for event in stored if LogSource("linux", "process_creation") in event.logsources]
    assert [event.fields["CommandLine"] for event in executions] == ["cat /etc/shadow"]
