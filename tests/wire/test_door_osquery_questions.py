"""Live queries and files: asked by a person, answered by the agents that were asked, kept within bounds."""

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest

from tests.wire.conftest import ACTOR, Customer, Doors, Site
from tests.wire.osquery_agent import Agent, Failed, Rows, block_body
from watchfloor.feeds.osquery import nodes
from watchfloor.feeds.osquery.carves import carving
from watchfloor.feeds.osquery.live import questions
from watchfloor.feeds.osquery.live.answers import MOST_BYTES, MOST_ROWS, Answer, list_answers
from watchfloor.kernel.db import TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import CarveId, NodeId, QuestionId, new_uuid

SQL: Final = "select * from users"
ARCHIVE: Final = bytes(range(256)) * 20


@pytest.fixture
async def doors(site: Site) -> Doors:
    return await site.doors()


@pytest.fixture
async def customer(site: Site) -> Customer:
    return await site.customer()


async def enrolled(site: Site, doors: Doors, customer: Customer, *names: str) -> list[Agent]:
    """Agents that have enrolled, with these names."""
    feed = await site.feed(customer, door="osquery", name=f"feed-{new_uuid().hex[:8]}")
    agents = [Agent(doors.client, feed.token, name) for name in names]
    for agent in agents:
        await agent.enrol()
    return agents


@asynccontextmanager
async def inside(site: Site, customer: Customer) -> AsyncGenerator[TenantTx]:
    async with tenant_tx(site.app, customer.id) as tx:
        yield tx


async def node_ids(site: Site, customer: Customer) -> dict[str, NodeId]:
    async with inside(site, customer) as tx:
        found = await nodes.list_nodes(tx, customer.cipher, after=UUID(int=0), limit=100)
    return {node.host.identifier: node.id for node in found}


async def ask(
    site: Site,
    customer: Customer,
    hosts: Sequence[NodeId] | None = None,
    *,
    sql: str = SQL,
    expires: timedelta = timedelta(hours=1),
) -> QuestionId:
    at = datetime.now(UTC)
    async with inside(site, customer) as tx:
        return await questions.ask(tx, customer.cipher, ACTOR, sql=sql, nodes=hosts, expires_at=at + expires, at=at)


async def ask_for_file(site: Site, customer: Customer, host: NodeId, path: str = "/etc/it's") -> QuestionId:
    at = datetime.now(UTC)
    async with inside(site, customer) as tx:
        return await questions.ask_for_file(
            tx, customer.cipher, ACTOR, path=path, nodes=[host], expires_at=at + timedelta(hours=1), at=at
        )


async def answers(site: Site, customer: Customer, question: QuestionId) -> dict[str, Answer]:
    """By the name of the host."""
    async with inside(site, customer) as tx:
        found = await list_answers(tx, customer.cipher, question, limit=100)
    return {one.host.identifier if one.host else "": one for one in found}


def answering(rows: Rows) -> Callable[[str], Rows]:
    return lambda _sql: rows


async def test_all_hosts_are_asked_and_each_answers_once(site: Site, doors: Doors, customer: Customer) -> None:
    agents = await enrolled(site, doors, customer, "a", "b")
    question = await ask(site, customer)
    assert {state.state for state in (await answers(site, customer, question)).values()} == {"pending"}
    for number, agent in enumerate(agents):
        agent.find = answering([{"uid": str(number)}])
        assert await agent.answer_questions() == 1
        assert agent.accelerate == questions.ACCELERATE_SECONDS
        assert await agent.answer_questions() == 0
        assert agent.accelerate == 0
    found = await answers(site, customer, question)
    assert {name: one.rows for name, one in found.items()} == {
        "a": [{"uid": "0"}],
        "b": [{"uid": "1"}],
    }
    async with inside(site, customer) as tx:
        (listed,) = await questions.list_questions(tx, customer.cipher, limit=10)
        assert listed == await questions.find_question(tx, customer.cipher, question)
    assert (listed.sql, listed.answered, listed.pending, listed.expired) == (SQL, 2, 0, 0)
    entries = await site.superuser.fetch("select action, actor_kind from wf.audit_entries order by seq")
    assert [row["action"] for row in entries if row["action"].startswith("osquery")] == [
        "osquery.enrol", "osquery.enrol", "osquery.ask"
    ]  # fmt: skip
    stored = await site.superuser.fetchval("select string_agg(encode(sql, 'escape'), '') from wf.osquery_queries")
    assert "users" not in stored


async def test_a_question_goes_to_the_hosts_that_it_names(site: Site, doors: Doors, customer: Customer) -> None:
    a, b = await enrolled(site, doors, customer, "a", "b")
    named = await node_ids(site, customer)
    question = await ask(site, customer, [named["a"], named["a"]])
    assert [await agent.answer_questions() for agent in (b, a)] == [0, 1]
    assert set(await answers(site, customer, question)) == {"a"}


async def test_another_tenants_hosts_cannot_be_asked_nor_answer(site: Site, doors: Doors, customer: Customer) -> None:
    other = await site.customer()
    (own,) = await enrolled(site, doors, customer, "a")
    (foreign,) = await enrolled(site, doors, other, "a")
    theirs = (await node_ids(site, other))["a"]
    for hosts in ([theirs], [theirs, (await node_ids(site, customer))["a"]], [NodeId(new_uuid())]):
        with pytest.raises(NotFound):
            await ask(site, customer, hosts)
    question = await ask(site, customer)
    assert await foreign.answer_questions() == 0
    body = {"queries": {questions.shown(question): [{"stolen": "1"}]}, "statuses": {questions.shown(question): 0}}
    assert await foreign.request("distributed/write", dict(body)) == {}
    assert (await answers(site, customer, question))["a"].state == "pending"
    assert await own.answer_questions() == 1


async def test_what_went_wrong_on_a_host_is_kept_with_its_words(site: Site, doors: Doors, customer: Customer) -> None:
    (agent,) = await enrolled(site, doors, customer, "a")

    def fail(_sql: str) -> Rows:
        raise ValueError("no such table: \u202eusers\x1b[2J")

    agent.find = fail
    question = await ask(site, customer)
    await agent.answer_questions()
    (found,) = (await answers(site, customer, question)).values()
    assert (found.state, found.status, found.rows) == ("failed", 1, [])
    assert found.message == "no such table: \u202eusers\x1b[2J"


async def test_an_answer_is_kept_within_bounds(site: Site, doors: Doors, customer: Customer) -> None:
    (agent,) = await enrolled(site, doors, customer, "a")
    cases: list[tuple[Rows, int]] = [
        ([{"n": str(n)} for n in range(5_000)], MOST_ROWS),
        ([{"n": "x" * 9_999} for _ in range(150)], MOST_BYTES // 10_007),
    ]
    for rows, kept in cases:
        agent.find = answering(rows)
        question = await ask(site, customer)
        await agent.answer_questions()
        (found,) = (await answers(site, customer, question)).values()
        assert (found.state, found.total_rows, len(found.rows)) == ("answered", len(rows), kept)
        assert found.rows == rows[:kept]


ODD: Final[dict[str, tuple[object, object, str, int]]] = {
    "a status as text": ([{"a": "1"}], "0", "answered", 1),
    "no rows and a status": ("", 1, "failed", 0),
    "null for rows": (None, 0, "answered", 0),
    "no status": ([{"a": "1"}], None, "answered", 1),
    "a status that is none": ([{"a": "1"}], "x", "failed", 1),
    "rows that are none": ([1, [], {"a": {}}, {"a": "1"}, None], 0, "answered", 1),
    "numbers in rows": ([{"a": 1, "b": 1.5, "c": None, "d": True}], 0, "answered", 1),
}


async def test_answers_of_other_forms_are_understood(site: Site, doors: Doors, customer: Customer) -> None:
    (agent,) = await enrolled(site, doors, customer, "a")
    for name, (rows, status, state, kept) in ODD.items():
        question = await ask(site, customer)
        given = await agent.request("distributed/read", {})
        wire = questions.shown(question)
        assert given["queries"] == {wire: SQL}
        statuses = {} if status is None else {wire: status}
        await agent.request("distributed/write", {"queries": {wire: rows}, "statuses": statuses})
        (found,) = (await answers(site, customer, question)).values()
        assert (found.state, len(found.rows)) == (state, kept), name
        # A second answer changes nothing.
        await agent.request("distributed/write", {"queries": {wire: [{"b": "2"}]}, "statuses": {wire: 0}})
        assert (await answers(site, customer, question))["a"] == found, name


async def test_a_question_that_is_over_is_not_asked_and_shown_as_expired(
    site: Site, doors: Doors, customer: Customer
) -> None:
    (agent,) = await enrolled(site, doors, customer, "a")
    question = await ask(site, customer)
    await site.superuser.execute("update wf.osquery_queries set expires_at = now()")
    assert await agent.answer_questions() == 0
    (found,) = (await answers(site, customer, question)).values()
    assert found.state == "expired"
    async with inside(site, customer) as tx:
        listed = await questions.find_question(tx, customer.cipher, question)
    assert (listed.pending, listed.expired) == (0, 1)


async def test_what_was_delivered_and_lost_is_delivered_again_three_times(
    site: Site, doors: Doors, customer: Customer
) -> None:
    (agent,) = await enrolled(site, doors, customer, "a")
    await ask(site, customer)
    for _ in range(3):
        assert (await agent.request("distributed/read", {}))["queries"]
        assert not (await agent.request("distributed/read", {}))["queries"]
        await site.superuser.execute("update wf.osquery_answers set delivered_at = now() - interval '6 minutes'")
    assert not (await agent.request("distributed/read", {}))["queries"]


async def test_what_cannot_be_asked_is_refused(site: Site, doors: Doors, customer: Customer) -> None:
    with pytest.raises(NotFound):
        await ask(site, customer)
    await enrolled(site, doors, customer, "a")
    for sql in ("", "  ", "x" * 8_001, "select\0 1"):
        with pytest.raises(Invalid):
            await ask(site, customer, sql=sql)
    for expires in (timedelta(0), timedelta(days=8)):
        with pytest.raises(Invalid):
            await ask(site, customer, expires=expires)
    with pytest.raises(Invalid):
        await ask(site, customer, [])
    for _ in range(questions.MOST_OPEN):
        await ask(site, customer)
    with pytest.raises(Conflict):
        await ask(site, customer)
    await site.superuser.execute("update wf.osquery_queries set expires_at = now() - interval '31 days'")
    await ask(site, customer)
    assert await site.superuser.fetchval("select count(*) from wf.osquery_queries") == 81


async def test_a_file_that_was_asked_for_arrives_whole_and_sealed(site: Site, doors: Doors, customer: Customer) -> None:
    (agent,) = await enrolled(site, doors, customer, "a")
    question = await ask_for_file(site, customer, (await node_ids(site, customer))["a"])
    given = await agent.request("distributed/read", {})
    wire = questions.shown(question)
    assert given["queries"] == {wire: "select * from carves where carve = 1 and path = '/etc/it''s'"}
    await agent.carve(wire, ARCHIVE)
    (found,) = (await answers(site, customer, question)).values()
    assert found.carve_id is not None
    assert await content(site, customer, found.carve_id) == ARCHIVE
    stored = b"".join(
        row["body"] for row in await site.superuser.fetch("select body from wf.osquery_carve_blocks order by number")
    )
    assert ARCHIVE[:64] not in stored
    with pytest.raises(Failed, match="409"):
        await agent.carve(wire, ARCHIVE)


async def content(site: Site, customer: Customer, carve_id: CarveId) -> bytes:
    async with inside(site, customer) as tx:
        return b"".join([block async for block in carving.blocks_of(tx, customer.cipher, carve_id)])


async def test_a_file_that_nobody_asked_for_is_refused(site: Site, doors: Doors, customer: Customer) -> None:
    a, b = await enrolled(site, doors, customer, "a", "b")
    (foreign,) = await enrolled(site, doors, await site.customer(), "a")
    wire = questions.shown(await ask_for_file(site, customer, (await node_ids(site, customer))["a"]))
    for agent, request_id in (
        (a, "x"),
        (a, questions.shown(QuestionId(new_uuid()))),
        (b, wire),
        (foreign, wire),
        (a, wire),
    ):
        with pytest.raises(Failed, match="403"):  # the last one was asked, but has not been told yet
            await agent.carve(request_id, ARCHIVE)
    plain = questions.shown(await ask(site, customer))
    await a.answer_questions()
    with pytest.raises(Failed, match="403"):
        await a.carve(plain, ARCHIVE)


async def test_a_block_counts_once_and_only_as_it_was_announced(site: Site, doors: Doors, customer: Customer) -> None:
    (agent,) = await enrolled(site, doors, customer, "a")
    question = await ask_for_file(site, customer, (await node_ids(site, customer))["a"])
    wire = questions.shown(question)
    await agent.request("distributed/read", {})
    sizes = {"block_count": 3, "block_size": 2_000, "carve_size": 5_120, "carve_id": "x", "request_id": wire}
    for wrong in (
        {"block_count": 2},
        {"carve_size": 0},
        {"carve_size": 10**9},
        {"block_size": 3_000_000},
        {"block_count": "x"},
    ):
        with pytest.raises(Failed, match=r"^4(00|13)"):
            await agent.request("carve/begin", {**sizes, **wrong})
    session = str((await agent.request("carve/begin", dict(sizes)))["session_id"])
    blocks = [ARCHIVE[:2_000], ARCHIVE[2_000:4_000], ARCHIVE[4_000:]]
    for number, block, named in ((0, blocks[2], wire), (3, b"", wire), (-1, blocks[0], wire), (0, blocks[0], "qst_x")):
        answer = await doors.client.post("/api/osquery/carve/block", json=block_body(number, session, named, block))
        assert answer.status_code in (400, 403)
    for number in (2, 0, 0, 2):
        answer = await doors.client.post(
            "/api/osquery/carve/block", json=block_body(number, session, wire, blocks[number])
        )
        assert answer.json() == {"success": True}
    (found,) = (await answers(site, customer, question)).values()
    assert found.carve_id is not None
    with pytest.raises(Conflict):
        await content(site, customer, found.carve_id)
    last = json.dumps(
        {"data": block_body(1, session, wire, blocks[1])["data"], **block_body(1, session, wire, blocks[1])}
    )
    assert (await doors.client.post("/api/osquery/carve/block", content=last)).status_code == 200
    assert await content(site, customer, found.carve_id) == ARCHIVE
    for wrong_session in ("", "x", session[:-1] + ("a" if session[-1] != "a" else "b"), agent.key):
        answer = await doors.client.post("/api/osquery/carve/block", json=block_body(0, wrong_session, wire, blocks[0]))
        assert answer.status_code == 403
