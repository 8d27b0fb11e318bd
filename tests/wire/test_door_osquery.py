"""The osquery door, met by an agent: enrolment, keys, configuration and logs, through refusals and across tenants."""

import json
import re
from datetime import UTC, datetime
from importlib.resources import files
from typing import Final
from uuid import UUID

import pytest

from tests.conftest import Eventually
from tests.wire.conftest import ACTOR, Customer, Doors, OpenFeed, Site
from tests.wire.osquery_agent import Agent, Auth, Body, Failed, result, status
from watchfloor.feeds.batch import SentEvent, unpack
from watchfloor.feeds.doors.osquery.door import PREFIXES
from watchfloor.feeds.feed import FeedState
from watchfloor.feeds.osquery import nodes
from watchfloor.feeds.osquery.configuration import JsonObject, change, standard
from watchfloor.feeds.registry import change_feed
from watchfloor.kernel.credentials import mint_agent_key, parse_agent_key
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import NodeId, new_uuid

FIRST: Final = NodeId(UUID(int=0))
DETAILS: Final = {
    "os_version": {"name": "Ubuntu", "version": "24.04", "platform": "ubuntu"},
    "osquery_info": {"version": "5.13.1"},
    "system_info": {"hostname": "web01.acme.example", "uuid": "4C4C4544-0000"},
}


@pytest.fixture
async def doors(site: Site) -> Doors:
    return await site.doors()


async def agent_of(site: Site, doors: Doors, *, identifier: str = "web01", customer: Customer | None = None) -> Agent:
    """An agent that may enrol at a new feed."""
    feed = await site.feed(customer or await site.customer(), door="osquery")
    return Agent(doors.client, feed.token, identifier, details=DETAILS)


async def events(site: Site, customer: Customer) -> list[SentEvent]:
    """What is durable, in its order."""
    rows = await site.superuser.fetch(
        "select id, body from wf.intake_batches where tenant_id = $1 order by id", customer.id
    )
    opened = [customer.cipher.open_(row["body"], table="intake_batches", column="body", row=row["id"]) for row in rows]
    return [event for packed in opened for event in unpack(packed, SentEvent)]


async def hosts(site: Site, customer: Customer) -> list[nodes.Node]:
    async with tenant_tx(site.app, customer.id) as tx:
        return await nodes.list_nodes(tx, customer.cipher, after=FIRST, limit=100)


@pytest.mark.parametrize(
    ("prefix", "auth", "compress"),
    [
        (PREFIXES[0], "body", False),
        (PREFIXES[0], "both", True),
        (PREFIXES[1], "header", True),
        (PREFIXES[1], "body", True),
    ],
)
async def test_an_agent_enrols_is_configured_and_everything_it_logs_is_found_again(
    site: Site, doors: Doors, prefix: str, auth: Auth, *, compress: bool
) -> None:
    customer = await site.customer()
    agent = await agent_of(site, doors, customer=customer)
    agent.prefix, agent.auth, agent.compress = prefix, auth, compress
    config = await agent.refresh()
    assert config == {**json.loads(standard()), "node_invalid": False}
    lines = [result(number, host="web01") for number in range(1_500)]
    for line in lines:
        agent.log(line)
    agent.log(status(1, host="web01"), kind="status")
    await agent.flush_all()
    found = await events(site, customer)
    assert [json.loads(event.body) for event in found] == [*lines, status(1, host="web01")]
    assert (found[0].host, found[0].time) == ("web01", datetime.fromtimestamp(1_772_452_800, UTC))
    assert {event.sourcetype for event in found} == {"osquery:result", "osquery:status"}
    (host,) = await hosts(site, customer)
    assert {event.fields["osquery_node"] for event in found} == {nodes.shown(host.id)}
    assert (host.host.name, host.host.system, host.host.agent_version) == (
        "web01.acme.example", "Ubuntu 24.04", "5.13.1"
    )  # fmt: skip
    assert (agent.enrolments, host.enrolments, agent.refusals) == (1, 1, [])


async def test_what_it_logs_arrives_parsed_and_once(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    agent = await agent_of(site, doors, customer=customer)
    for line in (result(1, host="web01"), result(1, host="web01"), result(2, host="web01", action="removed")):
        agent.log(line)
    agent.log(status(2, host="web01"), kind="status")
    await agent.flush_all()
    await site.pipeline().drain()
    found = await site.events(customer)
    assert sorted(event.source for event in found) == ["osquery.result"] * 3 + ["osquery.status"]
    results = [event for event in found if event.source == "osquery.result"]
    assert len({event.key for event in results}) == 2
    assert results[0].fields["CommandLine"] == "curl --silent http://a.example/1"
    assert [len(event.logsources) for event in results] == [2, 2, 1]


async def test_enrolling_again_replaces_the_key_and_keeps_the_host(
    site: Site, doors: Doors, eventually: Eventually
) -> None:
    customer = await site.customer()
    agent = await agent_of(site, doors, customer=customer)
    await agent.refresh()
    (before,) = await hosts(site, customer)
    again = Agent(doors.client, agent.secret, "WEB01")
    await again.refresh()
    (after,) = await hosts(site, customer)
    assert (after.id, after.enrolments) == (before.id, 2)

    async def has_enrolled_once_more() -> bool:
        await agent.refresh()
        return agent.enrolments == 2

    await eventually(has_enrolled_once_more, within=2)
    assert (await hosts(site, customer))[0].enrolments == 3


async def test_a_key_that_nobody_has_is_told_to_enrol_and_nothing_else(site: Site, doors: Doors) -> None:
    feed = await site.feed(await site.customer(), door="osquery")
    forged = mint_agent_key("node", feed_id=feed.feed.id, owner=new_uuid()).text.reveal()
    elsewhere = mint_agent_key("node", feed_id=(await site.feed(await site.customer())).feed.id, owner=new_uuid())
    other_kind = mint_agent_key("carve", feed_id=feed.feed.id, owner=new_uuid())
    keys = ["", "x", "fleet-node-key", forged, elsewhere.text.reveal(), other_kind.text.reveal(), feed.token]
    for key in keys:
        for path in ("config", "log", "distributed/read", "distributed/write", "carve/begin"):
            answer = await doors.client.post(f"/api/osquery/{path}", json={"node_key": key, "data": []})
            assert (answer.status_code, answer.content) == (200, b'{"node_invalid":true}'), (key, path)


async def test_a_secret_that_opens_nothing_is_a_failure(site: Site, doors: Doors) -> None:
    hec = await site.feed(await site.customer())
    for secret in ("", "wrong", hec.token):
        answer = await doors.client.post(
            "/api/osquery/enroll", json={"enroll_secret": secret, "host_identifier": "web01"}
        )
        assert answer.status_code == 401
        assert set(answer.json()) == {"error", "node_invalid"}
    feed = await site.feed(await site.customer(), door="osquery")
    for identifier in ("", "  ", "x" * 256):
        asked = {"enroll_secret": feed.token, "host_identifier": identifier}
        assert (await doors.client.post("/api/osquery/enroll", json=asked)).status_code == 400
    assert await site.superuser.fetchval("select count(*) from wf.osquery_nodes") == 0


async def test_details_of_another_shape_or_size_do_not_keep_a_host_out(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    feed = await site.feed(customer, door="osquery")
    odd: list[object] = [None, [], {"os_version": 7}, {"x": {"y": "z" * 100_000}}, "text"]
    for number, details in enumerate(odd):
        asked = {"enroll_secret": feed.token, "host_identifier": f"host-{number}", "host_details": details}
        assert (await doors.client.post("/api/osquery/enroll", json=asked)).status_code == 200
    found = await hosts(site, customer)
    assert [host.host.name for host in found] == [f"host-{number}" for number in range(5)]


async def test_two_tenants_with_one_host_name_never_mix(site: Site, doors: Doors) -> None:
    customers = [await site.customer(), await site.customer()]
    agents = [await agent_of(site, doors, customer=customer) for customer in customers]
    for number, agent in enumerate(agents):
        agent.log(result(number, host="web01"))
        await agent.flush_all()
    await change_schedule(site, customers[0], {"schedule": {"only_first": {"query": "select 1", "interval": 60}}})
    for number, (customer, agent) in enumerate(zip(customers, agents, strict=True)):
        assert [json.loads(event.body)["counter"] for event in await events(site, customer)] == [number]
        assert len(await hosts(site, customer)) == 1
        schedule = (await agent.refresh())["schedule"]
        assert isinstance(schedule, dict)
        assert ("only_first" in schedule) == (number == 0)
    assert agents[0].enrolments == agents[1].enrolments == 1


async def test_a_stolen_key_reaches_its_own_tenant_only(site: Site, doors: Doors) -> None:
    customers = [await site.customer(), await site.customer()]
    victim, thief = [await agent_of(site, doors, customer=customer) for customer in customers]
    await victim.refresh()
    await thief.refresh()
    stolen = parse_agent_key("node", victim.key)
    own = parse_agent_key("node", thief.key)
    # The thief's feed in the victim's key, and the victim's host under the thief's feed: neither is a key of anybody.
    # Nor is the victim's with another secret.
    for feed_id, owner in (
        (own.feed_id, stolen.owner), (stolen.feed_id, own.owner), (stolen.feed_id, stolen.owner)
    ):  # fmt: skip
        forged = mint_agent_key("node", feed_id=feed_id, owner=owner).text.reveal()
        answer = await doors.client.post(
            "/api/osquery/log", json={"node_key": forged, "log_type": "result", "data": ["x"]}
        )
        assert answer.content == b'{"node_invalid":true}'
    # Whoever has the whole key is the victim's host, and writes into the victim's tenant whatever else it says.
    line = {**result(7, host="web01"), "tenant_id": str(customers[1].id)}
    headers = {"Authorization": f"NodeKey {victim.key}", "X-Tenant-Id": str(customers[1].id)}
    body = {"node_key": thief.key, "log_type": "result", "data": [line]}
    assert (await doors.client.post("/api/osquery/log", json=body, headers=headers)).content == b"{}"
    assert len(await events(site, customers[0])) == 1
    assert await events(site, customers[1]) == []


async def test_a_revoked_key_is_refused_within_a_second_and_the_agent_comes_back(
    site: Site, doors: Doors, eventually: Eventually
) -> None:
    customer = await site.customer()
    agent = await agent_of(site, doors, customer=customer)
    await agent.refresh()
    (host,) = await hosts(site, customer)
    async with tenant_tx(site.app, customer.id) as tx:
        assert await nodes.revoke(tx, ACTOR, host.id)
    key = agent.key

    async def is_invalid() -> bool:
        answer = await doors.client.post("/api/osquery/config", json={"node_key": key})
        return answer.content == b'{"node_invalid":true}'

    await eventually(is_invalid, within=2)
    await agent.refresh()
    assert agent.enrolments == 2


@pytest.mark.parametrize("how", ["paused", "suspended"])
async def test_a_feed_that_takes_nothing_loses_nothing(
    site: Site, doors: Doors, eventually: Eventually, how: str
) -> None:
    customer = await site.customer()
    feed = await site.feed(customer, door="osquery")
    agent = Agent(doors.client, feed.token, "web01")
    await agent.refresh()
    await close(site, customer, feed, how, is_open=False)
    agent.log(result(1, host="web01"))

    async def is_refused() -> bool:
        answer = await doors.client.post("/api/osquery/config", json={"node_key": agent.key})
        return answer.status_code == 503 and "retry-after" in answer.headers

    await eventually(is_refused, within=2)
    assert not await agent.flush()
    late = Agent(doors.client, feed.token, "web02")
    with pytest.raises(Failed):
        await late.enrol()
    assert set(agent.refusals + late.refusals) == {503}
    await close(site, customer, feed, how, is_open=True)
    await eventually(agent.flush, within=3)
    assert agent.enrolments == 1
    assert [json.loads(event.body)["counter"] for event in await events(site, customer)] == [1]


async def close(site: Site, customer: Customer, feed: OpenFeed, how: str, *, is_open: bool) -> None:
    if how == "suspended":
        state = "active" if is_open else "suspended"
        await site.superuser.execute("update auth.tenants set state = $2 where id = $1", customer.id, state)
        return
    wanted: FeedState = "active" if is_open else "paused"
    async with tenant_tx(site.app, customer.id) as tx:
        await change_feed(tx, ACTOR, feed_id=feed.feed.id, source_hint=None, state=wanted)


async def test_lines_outlive_a_burst_that_is_refused(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    agent = await agent_of(site, doors, customer=customer)
    full = await site.doors(backlog_bytes=1)
    agent.client = full.client
    lines = [result(number, host="web01") for number in range(3_000)]
    for line in lines:
        agent.log(line)
    assert await agent.flush()
    for _ in range(5):
        assert not await agent.flush()
    assert agent.refusals == [503] * 5
    assert len(agent.lines["result"]) == 3_000 - 1_024
    agent.client = doors.client
    await agent.flush_all()
    assert [json.loads(event.body) for event in await events(site, customer)] == lines


async def test_a_full_queue_of_one_tenant_refuses_no_other(site: Site) -> None:
    doors = await site.doors(backlog_bytes=1)
    first, second = await agent_of(site, doors), await agent_of(site, doors)
    for agent, taken in ((first, [True, False]), (second, [True])):
        for is_taken in taken:
            agent.log(result(1, host="web01"))
            assert await agent.flush() is is_taken


LOGS: Final[dict[str, tuple[Body, int]]] = {
    "no lines": ({"log_type": "result", "data": []}, 0),
    "no data": ({"log_type": "result"}, 0),
    "null": ({"log_type": "status", "data": None}, 0),
    "a type that nobody knows": ({"log_type": "health", "data": [{"a": 1}]}, 1),
    "lines as texts": ({"log_type": "result", "data": ['{"name":"x"}', "words"]}, 2),
    "the key at the end": ({"data": [{"a": "x" * 5_000}], "log_type": "result"}, 1),
    "values that are no lines": ({"log_type": "result", "data": [1, None, []]}, 3),
    "times that are none": ({"log_type": "result", "data": [{"unixTime": "9" * 30}, {"unixTime": {}}]}, 2),
}


async def test_bodies_of_other_forms_are_understood(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    agent = await agent_of(site, doors, customer=customer)
    await agent.enrol()
    taken = 0
    for name, (body, count) in LOGS.items():
        answer = await doors.client.post("/api/osquery/log", json={**body, "node_key": agent.key})
        assert (answer.status_code, answer.content) == (200, b"{}"), name
        taken += count
        assert len(await events(site, customer)) == taken, name


async def test_rows_that_come_together_are_told_apart(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    agent = await agent_of(site, doors, customer=customer)
    rows = {"added": [{"path": "/bin/a"}, {"path": "/bin/b"}], "removed": [{"path": "/bin/c"}]}
    line: Body = {"name": "p", "hostIdentifier": "h", "unixTime": 1, "epoch": 0, "counter": 1, "diffResults": rows}
    agent.log(line)
    agent.log({**line, "diffResults": {"added": "", "removed": ""}})
    agent.log({**line, "diffResults": {"added": [], "removed": [{"path": "/bin/d"}]}})
    await agent.flush_all()
    found = [json.loads(event.body) for event in await events(site, customer)]
    assert [(one["action"], one["columns"]["path"], one["name"], one["counter"]) for one in found] == [
        ("added", "/bin/a", "p", 1),
        ("added", "/bin/b", "p", 1),
        ("removed", "/bin/c", "p", 1),
        ("removed", "/bin/d", "p", 1),
    ]


async def test_a_long_snapshot_is_kept_in_parts_and_loses_no_row(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    agent = await agent_of(site, doors, customer=customer)
    rows = [{"name": f"package-{n}", "version": "1:2.3", "source": "", "arch": "amd64"} for n in range(3_000)]
    short: Body = {"name": "s", "hostIdentifier": "h", "unixTime": 1, "snapshot": rows[:3], "action": "snapshot"}
    agent.log(short)
    agent.log({**short, "snapshot": rows})
    await agent.flush_all()
    first, *parts = [json.loads(event.body) for event in await events(site, customer)]
    assert first == short
    assert [row for part in parts for row in part["snapshot"]] == rows
    assert [part["snapshot_part"] for part in parts] == list(range(len(parts)))
    assert len(parts) > 5
    assert {part["action"] for part in parts} == {"snapshot"}


async def test_a_line_over_a_limit_does_not_stop_the_ones_behind_it(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    agent = await agent_of(site, doors, customer=customer)
    agent.log({"name": "x", "hostIdentifier": "h", "columns": {"content": "y" * 400_000}})
    assert await agent.flush()
    found = await events(site, customer)
    assert [len(event.body) > 400_000 for event in found] == [True, False]
    assert "over a limit" in json.loads(found[1].body)["message"]


async def change_schedule(site: Site, customer: Customer, patch: JsonObject) -> None:
    async with tenant_tx(site.app, customer.id) as tx:
        await change(tx, customer.cipher, ACTOR, patch)


async def test_a_tenants_changes_stand_upon_the_standard(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    agent = await agent_of(site, doors, customer=customer)
    await change_schedule(
        site,
        customer,
        {"schedule": {"suid_bin": None, "users": {"interval": 99}}, "options": {"distributed_interval": 5}},
    )
    config = await agent.refresh()
    whole = json.loads(standard())
    del whole["schedule"]["suid_bin"]
    whole["schedule"]["users"]["interval"] = 99
    whole["options"]["distributed_interval"] = 5
    assert config == {**whole, "node_invalid": False}
    await change_schedule(site, customer, {})
    assert await agent.refresh() == {**json.loads(standard()), "node_invalid": False}
    versions = await site.superuser.fetch("select version from wf.osquery_configurations order by version")
    assert [row["version"] for row in versions] == [1, 2]


UNREADABLE: Final[list[JsonObject]] = [
    {"schedule": {"x": {"query": "select 1"}}},
    {"schedule": {"x": {"query": "", "interval": 5}}},
    {"schedule": {"x": {"query": "select 1", "interval": 0}}},
    {"schedule": {"x": {"query": "select 1", "interval": 5, "intervall": 5}}},
    {"schedule": []},
    {"options": {"a": []}},
    {"decorators": {"load": "select 1"}},
    {"file_paths": {"a": "x"}},
    {"schedule": {f"q{n}": {"query": "select 1", "interval": 5} for n in range(501)}},
    {"packs": {"x": "y" * 300_000}},
]


async def test_changes_that_no_agent_could_read_are_refused(site: Site) -> None:
    customer = await site.customer()
    for patch in UNREADABLE:
        with pytest.raises(Invalid):
            await change_schedule(site, customer, patch)


FLEET: Final = {
    "enroll_tls_endpoint": "enroll",
    "config_tls_endpoint": "config",
    "logger_tls_endpoint": "log",
    "distributed_tls_read_endpoint": "distributed/read",
    "distributed_tls_write_endpoint": "distributed/write",
    "carver_start_endpoint": "carve/begin",
    "carver_continue_endpoint": "carve/block",
}
"""What FleetDM's flag files name, and where it stands there."""


async def test_a_flag_file_of_fleetdm_finds_every_path(site: Site, doors: Doors) -> None:
    page = files("watchfloor").joinpath("docs/clients/osquery.md").read_text("utf-8")
    ours = dict(re.findall(r"^--(\w+_endpoint)=(\S+)$", page, flags=re.MULTILINE))
    assert ours == {flag: f"/api/osquery/{path}" for flag, path in FLEET.items()}
    feed = await site.feed(await site.customer(), door="osquery")
    for prefix in PREFIXES:
        agent = Agent(doors.client, feed.token, "web01", prefix=prefix, auth="both")
        await agent.enrol()
        for path in FLEET.values():
            for ending in ("", "/"):
                answer = await doors.client.post(f"{prefix}/{path}{ending}", json={"node_key": agent.key})
                assert answer.status_code not in (404, 405, 500), path


async def test_there_is_nothing_else_on_these_paths(doors: Doors) -> None:
    for path, code in (("/api/osquery/nothing", 404), ("/api/v1/osquery/", 404)):
        answer = await doors.client.post(path, json={})
        assert (answer.status_code, answer.json()["node_invalid"]) == (code, False)
    assert (await doors.client.get("/api/osquery/enroll")).status_code == 405
