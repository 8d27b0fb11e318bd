"""What the pipeline notes beside its work: which log sources came in, what rules did, and where a storm went."""

import json

from tests.wire.conftest import OpenFeed, Site
from tests.wire.test_intake import SENDER, intake_of, packed
from tests.wire.test_pipeline_main_job import encoded_powershell
from watchfloor.alerts.noise.budget import Budgets


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
