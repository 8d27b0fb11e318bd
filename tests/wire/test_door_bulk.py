"""Elasticsearch's bulk protocol, exchange by exchange: what clients send, and the exact answer they rely on."""

import asyncio
import base64
import gzip
import json
import re
from typing import Final

import httpx
import pytest

from tests.wire.conftest import ACTOR, Doors, OpenFeed, Site
from tests.wire.hostile import talk
from watchfloor.feeds.batch import SentEvent, unpack
from watchfloor.feeds.doors.bulk.numbered import forget_documents
from watchfloor.feeds.feed import FeedOptions
from watchfloor.feeds.registry import change_feed
from watchfloor.kernel.db import tenant_tx

SHARDS: Final = '"_shards":{"total":1,"successful":1,"failed":0},"_seq_no":0,"_primary_term":1'
GENERATED: Final = re.compile(r'"_id":"[A-Za-z0-9_-]{12}[0-9a-f]{8}"')


def basic(feed: OpenFeed, user: str = "any") -> dict[str, str]:
    """The token as a password."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{feed.token}".encode()).decode()}


async def sent(site: Site, feed: OpenFeed) -> list[SentEvent]:
    """What is durable, as it was packed, in its order."""
    rows = await site.superuser.fetch(
        "select id, body from wf.intake_batches where feed_id = $1 order by id", feed.feed.id
    )
    async with tenant_tx(site.app, feed.feed.tenant_id) as tx:
        cipher = await site.keyring.cipher(tx)
    return [
        event
        for row in rows
        for event in unpack(cipher.open_(row["body"], table="intake_batches", column="body", row=row["id"]), SentEvent)
    ]


async def bodies(site: Site, feed: OpenFeed) -> list[bytes]:
    """The bodies of what is durable."""
    return [event.body for event in await sent(site, feed)]


@pytest.fixture
async def feed(site: Site) -> OpenFeed:
    return await site.feed(await site.customer(), door="bulk")


@pytest.fixture
async def doors(site: Site) -> Doors:
    return await site.doors()


def masked(answer: httpx.Response) -> str:
    """The answer's text without what differs each time."""
    return re.sub(r'"took":\d+', '"took":0', GENERATED.sub('"_id":"new"', answer.text))


def item(verb: str, sent_id: str = "new", index: str = "logs") -> str:
    """A document that was added."""
    return (
        f'{{"{verb}":{{"_index":"{index}","_id":"{sent_id}","_version":1,"result":"created",{SHARDS},"status":201}}}}'
    )


def refused(verb: str, reason: str, sent_id: str = "new", index: str = "logs") -> str:
    """A document that cannot be read."""
    error = f'{{"type":"mapper_parsing_exception","reason":"failed to parse: {reason}"}}'
    return f'{{"{verb}":{{"_index":"{index}","_id":"{sent_id}","status":400,"error":{error}}}}}'


NO_OBJECT: Final = "the document is not an object"
CUT: Final = "Input data was truncated"

# The body, the events taken, whether there are errors, and the items.
TAKEN: Final[dict[str, tuple[bytes, list[bytes], bool, list[str]]]] = {
    "create": (b'{"create":{}}\n{"a":1}\n', [b'{"a":1}'], False, [item("create")]),
    "two": (
        b'{"index":{}}\n{"a":1}\n{"create":{"_index":"other"}}\n{"b":2}\n',
        [b'{"a":1}', b'{"b":2}'],
        False,
        [item("index"), item("create", index="other")],
    ),
    "no newline at the end": (b'{"index":{}}\n{"a":1}', [b'{"a":1}'], False, [item("index")]),
    "blank lines, as rsyslog sends them": (
        b'{"index":{"_index":"logs"}}\n{"a":1}\n\n{"index":{"_index":"logs"}}\n{"b":2}\n\n',
        [b'{"a":1}', b'{"b":2}'],
        False,
        [item("index"), item("index")],
    ),
    "CRLF": (b'{"index":{}}\r\n{"a":1}\r\n', [b'{"a":1}'], False, [item("index")]),
    "a byte order mark": (b'\xef\xbb\xbf{"index":{}}\n{"a":1}\n', [b'{"a":1}'], False, [item("index")]),
    "metadata that we do not know": (
        b'{"index":{"_type":"_doc","routing":"x","require_alias":true,"_id":null}}\n{"a":1}\n',
        [b'{"a":1}'],
        False,
        [item("index")],
    ),
    "the document exactly as written": (
        b'{"index":{}}\n {"b":1.0, "a":"\\u00e4 \xc3\xa4","a":2} \n',
        [b' {"b":1.0, "a":"\\u00e4 \xc3\xa4","a":2} '],
        False,
        [item("index")],
    ),
    "a number as id": (b'{"index":{"_id":7}}\n{"a":1}\n', [b'{"a":1}'], False, [item("index", "7")]),
    "an id with quotes": (b'{"index":{"_id":"a\\"b"}}\n{"a":1}\n', [b'{"a":1}'], False, [item("index", 'a\\"b')]),
    "an update": (
        b'{"update":{"_id":"u"}}\n{"doc":{"a":1},"doc_as_upsert":true}\n',
        [b'{"a":1}'],
        False,
        [item("update", "u")],
    ),
    "a lone surrogate": (b'{"index":{}}\n{"a":"\\ud800"}\n', [b'{"a":"\\ufffd"}'], False, [item("index")]),
    "a bad document among good ones": (
        b'{"index":{}}\n{"a":1}\n{"index":{}}\n{"a":\n{"create":{}}\n[1]\n{"index":{}}\n{"b":2}\n',
        [b'{"a":1}', b'{"b":2}'],
        True,
        [item("index"), refused("index", CUT), refused("create", NO_OBJECT), item("index")],
    ),
    "nothing but bad documents": (b'{"index":{}}\n"a"\n', [], True, [refused("index", NO_OBJECT)]),
    "a script": (
        b'{"update":{"_id":"u"}}\n{"script":"ctx"}\n',
        [],
        True,
        [refused("update", "the update has neither [doc] nor [upsert]; scripts are not run", "u")],
    ),
}


async def test_each_action_is_answered_in_its_place_to_the_byte(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    for number, (name, (body, events, has_errors, items)) in enumerate(TAKEN.items()):
        feed = await site.feed(customer, door="bulk", name=f"feed-{number}")
        for path in ("/logs/_bulk", "/some/logs/_bulk/"):
            if path != "/logs/_bulk" and b"_id" in body:
                continue
            answer = await doors.client.post(path, content=body, headers=basic(feed))
            assert answer.status_code == 200, name
            errors = str(has_errors).lower()
            assert masked(answer) == f'{{"took":0,"errors":{errors},"items":[{",".join(items)}]}}', name
            assert answer.headers["x-elastic-product"] == "Elasticsearch"
            assert answer.headers["content-type"] == "application/json"
        assert set(await bodies(site, feed)) == set(events), name


async def test_a_delete_finds_nothing_and_is_no_error(site: Site, doors: Doors, feed: OpenFeed) -> None:
    body = b'{"delete":{"_index":"logs","_id":"x"}}\n{"delete":{"_index":"logs","_id":"y"}}\n{"index":{}}\n{"a":1}\n'
    answer = await doors.client.post("/_bulk", content=body, headers=basic(feed))
    gone = [
        f'{{"delete":{{"_index":"logs","_id":"{x}","_version":1,"result":"not_found",{SHARDS},"status":404}}}}'
        for x in "xy"
    ]
    assert masked(answer) == f'{{"took":0,"errors":false,"items":[{",".join(gone)},{item("index", index="main")}]}}'
    assert await bodies(site, feed) == [b'{"a":1}']
    only = await doors.client.post("/_bulk", content=body.split(b'\n{"index')[0] + b"\n", headers=basic(feed))
    assert masked(only) == f'{{"took":0,"errors":false,"items":[{",".join(gone)}]}}'


REFUSED: Final[dict[str, tuple[bytes, str]]] = {
    "nothing": (b"", "request body is required"),
    "blank lines": (b"\n\r\n \n", "request body is required"),
    "text": (b"hello\n", "Malformed action/metadata line [1], "),
    "a document without an action": (b'{"a":1}\n', "Malformed action/metadata line [1], "),
    "an unknown action": (b'{"index":{}}\n{"a":1}\n{"upsert":{}}\n{"b":1}\n', "Malformed action/metadata line [3], "),
    "two actions in one": (b'{"index":{},"create":{}}\n{"a":1}\n', "Malformed action/metadata line [1], "),
    "an action that is a list": (b"[1]\n", "Malformed action/metadata line [1], "),
    "metadata that are text": (b'{"index":"a"}\n{"a":1}\n', "Malformed action/metadata line [1], "),
    "an index that is a number": (b'{"index":{"_index":5}}\n{"a":1}\n', "Malformed action/metadata line [1], "),
    "an action that is cut off": (b'{"index":{}}\n{"a":1}\n{"ind', "Malformed action/metadata line [3], "),
    "a last action without its document": (b'{"index":{}}\n{"a":1}\n{"index":{}}\n', "The last action has no document"),
}


async def test_a_body_out_of_step_is_refused_whole(site: Site, doors: Doors, feed: OpenFeed) -> None:
    for name, (body, reason) in REFUSED.items():
        answer = await doors.client.post("/_bulk", content=body, headers=basic(feed))
        assert answer.status_code == 400, name
        said = answer.json()
        assert said["error"]["root_cause"] == [{"type": said["error"]["type"], "reason": said["error"]["reason"]}]
        assert said["error"]["reason"].startswith(reason), name
        assert said["status"] == 400
        assert answer.headers["x-elastic-product"] == "Elasticsearch"
    assert await sent(site, feed) == []


async def test_what_breaks_a_limit_of_one_action_costs_only_that_action(
    site: Site, doors: Doors, feed: OpenFeed
) -> None:
    meta = [{"_index": "i" * 256}, {"_id": ""}, {"_id": "ä" * 257}, {"_id": "ä" * 256, "_index": "i" * 255}]
    body = "".join(json.dumps({"index": one}) + '\n{"a":1}\n' for one in meta)
    answer = await doors.client.post("/_bulk", content=body, headers=basic(feed))
    assert [one["index"]["status"] for one in answer.json()["items"]] == [400, 400, 400, 201]
    nameless = await doors.client.post("/_bulk", content=b'{"update":{}}\n{"doc":{}}\n', headers=basic(feed))
    assert nameless.json()["items"][0]["update"]["status"] == 400
    assert len(await sent(site, feed)) == 1


async def test_events_that_nobody_will_read_are_refused_one_by_one_when_there_is_no_other(
    site: Site, doors: Doors, feed: OpenFeed
) -> None:
    deep = b'{"a":' * 40 + b"1" + b"}" * 40
    one = b'{"create":{"_id":"1"}}\n' + deep + b"\n"
    answer = await doors.client.post("/_bulk", content=one, headers=basic(feed))
    assert answer.json()["items"][0]["create"]["error"]["type"] == "mapper_parsing_exception"
    assert await sent(site, feed) == []
    both = await doors.client.post("/_bulk", content=one + b'{"create":{}}\n{"a":1}\n', headers=basic(feed))
    assert both.json()["errors"] is False
    assert await bodies(site, feed) == [deep, b'{"a":1}']


async def test_index_and_pipeline_go_with_the_event(site: Site, doors: Doors, feed: OpenFeed) -> None:
    body = b'{"create":{"_index":"wazuh-4.x","pipeline":"alerts"}}\n{"a":1}\n{"index":{}}\n{"b":2}\n'
    await doors.client.put("/_bulk?pipeline=all&refresh=true&filter_path=errors", content=body, headers=basic(feed))
    first, second = await sent(site, feed)
    assert (first.source, first.fields) == ("wazuh-4.x", {"_index": "wazuh-4.x", "_pipeline": "alerts"})
    assert (second.source, second.fields) == ("main", {"_index": "main", "_pipeline": "all"})
    assert (first.identity, second.identity) == ((), ())


async def test_every_way_of_showing_a_token_is_known(doors: Doors, feed: OpenFeed) -> None:
    both = f"{feed.feed.id}:{feed.token}"
    encoded = base64.b64encode(both.encode()).decode()
    for authorization in (
        basic(feed)["Authorization"],
        basic(feed, user="")["Authorization"],
        f"ApiKey {encoded}",
        f"apikey {encoded.rstrip('=')}",
        f"ApiKey {both}",
        f"ApiKey {feed.token}",
        f"Bearer {feed.token}",
    ):
        answer = await doors.client.get("/", headers={"Authorization": authorization})
        assert answer.status_code == 200, authorization


async def test_strangers_hear_so_in_elasticsearchs_words(site: Site, doors: Doors) -> None:
    hec = await site.feed(await site.customer(), door="hec")
    paused = await site.feed(await site.customer(), door="bulk")
    async with tenant_tx(site.app, paused.feed.tenant_id) as tx:
        await change_feed(tx, ACTOR, feed_id=paused.feed.id, source_hint=None, state="paused")
    wrong = [
        {},
        {"Authorization": "ApiKey"},
        {"Authorization": "ApiKey bm9uc2Vuc2U="},
        {"Authorization": "Negotiate x"},
    ]
    cases = [*((headers, 401) for headers in (*wrong, basic(hec))), (basic(paused), 403)]
    for headers, status in cases:
        for method, path in (("GET", "/"), ("POST", "/_bulk"), ("GET", "/_license"), ("PUT", "/_template/x")):
            answer = await doors.client.request(method, path, headers=headers, content=b'{"index":{}}\n{"a":1}\n')
            assert answer.status_code == status, (path, headers)
            assert answer.json()["error"]["type"] == "security_exception"
            assert ("www-authenticate" in answer.headers) == (status == 401)
            assert answer.headers["x-elastic-product"] == "Elasticsearch"
    for bad in wrong[:1]:
        assert (await doors.client.head("/", headers=bad)).status_code == 401


QUESTIONS: Final = (
    "/", "/_license", "/_license?human=false", "/_xpack", "/_cat/health", "/_cluster/health", "/_nodes/http",
    "/_nodes/_all/http", "/_ilm/policy/winlogbeat", "/_index_template/logs", "/_component_template/a", "/_template",
    "/_ingest/pipeline/filebeat-7.10.2-wazuh-alerts-pipeline", "/_alias/winlogbeat", "/_data_stream/logs-x", "/logs",
    "/siem/", "/siem/_license", "/siem/_template/logs/",
)  # fmt: skip


async def test_what_clients_ask_before_they_send_is_answered(doors: Doors, feed: OpenFeed) -> None:
    for path in QUESTIONS:
        got = await doors.client.get(path, headers=basic(feed))
        head = await doors.client.head(path, headers=basic(feed))
        assert (got.status_code, head.status_code) == (200, 200), path
        assert (head.content, head.headers["content-length"]) == (b"", str(len(got.content)))
        assert got.headers["x-elastic-product"] == head.headers["x-elastic-product"] == "Elasticsearch"
    for path in QUESTIONS[8:]:
        put = await doors.client.put(path, headers=basic(feed), json={"any": "thing"})
        expected = 405 if path == "/siem/_license" else 200
        assert (put.status_code, put.status_code == 405 or put.json() == {"acknowledged": True}) == (expected, True)
    licence = (await doors.client.get("/_license", headers=basic(feed))).json()["license"]
    assert (licence["status"], licence["type"]) == ("active", "basic")
    nodes = (await doors.client.get("/_nodes/http", headers=basic(feed))).json()["nodes"]
    assert [node["http"]["publish_address"] for node in nodes.values()] == [f"127.0.0.1:{doors.port}"]
    plugins = await doors.client.get("/_nodes/ingest", headers=basic(feed))
    assert plugins.json()["nodes"] == {}
    ugly = await doors.client.get("/_nodes/http", headers={**basic(feed), "Host": "evil.example/x"})
    assert (ugly.status_code, b"evil" in ugly.content) == (400, False)


async def test_the_version_is_the_feeds(site: Site, doors: Doors, feed: OpenFeed) -> None:
    about = (await doors.client.get("/", headers=basic(feed))).json()
    assert list(about) == ["name", "cluster_name", "cluster_uuid", "version", "tagline"]
    assert (about["version"]["number"], about["tagline"]) == ("8.19.0", "You Know, for Search")
    assert about["version"]["minimum_wire_compatibility_version"] == "7.17.0"
    old = await site.feed(await site.customer(), door="bulk", options=FeedOptions(server_version="7.10.2"))
    about = (await doors.client.get("/", headers=basic(old))).json()
    assert about["version"]["number"] == "7.10.2"
    assert about["version"]["minimum_wire_compatibility_version"] == "6.8.0"


async def test_clients_get_the_name_for_json_that_they_asked_for(doors: Doors, feed: OpenFeed) -> None:
    for accept, expected in (
        (
            "application/vnd.elasticsearch+json; compatible-with=9",
            "application/vnd.elasticsearch+json;compatible-with=9",
        ),
        (
            "application/vnd.elasticsearch+json;compatible-with=8",
            "application/vnd.elasticsearch+json;compatible-with=8",
        ),
        ("application/json, */*", "application/json"),
        ("", "application/json"),
    ):
        for path in ("/", "/_unknown/x"):
            answer = await doors.client.get(path, headers={**basic(feed), "Accept": accept})
            assert answer.headers["content-type"] == expected


async def test_paths_that_are_not_served_are_told_in_this_protocol(doors: Doors, feed: OpenFeed) -> None:
    for method, path, status in (
        ("POST", "/logs/_search", 404),
        ("GET", "/_bulk", 405),
        ("GET", "/logs/_bulk", 405),
        ("POST", "/a/b/c/_bulk", 404),
    ):
        answer = await doors.client.request(method, path, headers=basic(feed))
        assert (answer.status_code, answer.json()["status"]) == (status, status), path
        assert answer.headers["x-elastic-product"] == "Elasticsearch"
    other = await doors.client.get("/ingest/v2/x/y", headers=basic(feed))
    assert "x-elastic-product" not in other.headers


async def test_compressed_bodies_of_any_content_type_are_read(site: Site, doors: Doors, feed: OpenFeed) -> None:
    body = b'{"create":{}}\n{"a":1}\n'
    for kind in (
        "application/x-ndjson",
        "application/json; charset=utf-8",
        "application/vnd.elasticsearch+x-ndjson; compatible-with=9",
        "text/plain",
    ):
        headers = {**basic(feed), "Content-Type": kind, "Content-Encoding": "gzip"}
        assert (await doors.client.put("/_bulk", content=gzip.compress(body), headers=headers)).status_code == 200
    assert len(await sent(site, feed)) == 4
    zipped = {**basic(feed), "Content-Encoding": "gzip"}
    broken = await doors.client.put("/_bulk", content=b"\x1f\x8bxx", headers=zipped)
    assert (broken.status_code, broken.json()["error"]["type"]) == (400, "illegal_argument_exception")
    unknown = await doors.client.put("/_bulk", content=body, headers={**basic(feed), "Content-Encoding": "br"})
    assert unknown.status_code == 415


def numbered(verb: str, sent_id: str, document: str, index: str = "logs") -> str:
    """An action on a numbered document."""
    return json.dumps({verb: {"_index": index, "_id": sent_id}}) + f"\n{document}\n"


async def statuses(doors: Doors, feed: OpenFeed, *actions: str) -> list[int]:
    """The statuses of what becomes of actions."""
    answer = await doors.client.post("/_bulk", content="".join(actions), headers=basic(feed))
    return [one["status"] for each in answer.json()["items"] for one in each.values()]


async def test_a_numbered_document_is_taken_once(site: Site, doors: Doors, feed: OpenFeed) -> None:
    one, two = numbered("create", "1", '{"a":1}'), numbered("create", "2", '{"a":2}')
    assert await statuses(doors, feed, one) == [201]
    again = await doors.client.post("/_bulk", content=one + two, headers=basic(feed))
    reason = "[1]: version conflict, document already exists (current version [1])"
    assert again.json()["items"][0]["create"] == {
        "_index": "logs",
        "_id": "1",
        "status": 409,
        "error": {"type": "version_conflict_engine_exception", "reason": reason},
    }
    assert '"errors":true' in again.text
    assert again.json()["items"][1]["create"]["status"] == 201
    assert await statuses(doors, feed, one, two) == [409, 409]
    assert await bodies(site, feed) == [b'{"a":1}', b'{"a":2}']
    assert await statuses(doors, feed, numbered("create", "1", '{"a":1}', index="other")) == [201]
    assert await statuses(doors, feed, one, one.replace('"1"', '"3"'), one.replace('"1"', '"3"')) == [409, 201, 409]


async def test_an_index_action_is_taken_again_when_its_document_changed(
    site: Site, doors: Doors, feed: OpenFeed
) -> None:
    first, same = numbered("index", "1", '{"a":1}'), numbered("index", "1", '{"a":1}')
    changed = numbered("index", "1", '{"a":2}')
    assert await statuses(doors, feed, first) == [201]
    assert await statuses(doors, feed, same) == [200]
    assert await statuses(doors, feed, changed, numbered("update", "1", '{"doc":{"a":2}}')) == [200, 200]
    assert await statuses(doors, feed, changed) == [200]
    assert await statuses(doors, feed, first) == [200]
    assert await bodies(site, feed) == [b'{"a":1}', b'{"a":2}', b'{"a":1}']
    assert await site.superuser.fetchval("select count(*) from wf.bulk_documents") == 1


async def test_the_same_documents_over_many_connections_are_taken_once(
    site: Site, doors: Doors, feed: OpenFeed
) -> None:
    actions = [numbered("create", str(number), f'{{"n":{number}}}') for number in range(200)]
    bodies_sent = ["".join(actions[start:] + actions[:start]) for start in range(0, 200, 25)]
    answers = await asyncio.gather(
        *(doors.client.post("/_bulk", content=body, headers=basic(feed)) for body in bodies_sent)
    )
    created = [
        one["create"]["_id"]
        for answer in answers
        if answer.status_code == 200
        for one in answer.json()["items"]
        if one["create"]["status"] == 201
    ]
    assert {answer.status_code for answer in answers} <= {200, 429}
    assert sorted(created) == sorted({str(number) for number in range(200)})
    assert len(await sent(site, feed)) == 200


async def test_numbers_of_two_feeds_mean_nothing_to_each_other(site: Site, doors: Doors, feed: OpenFeed) -> None:
    customer = await site.customer()
    others = [await site.feed(customer, door="bulk", name=name) for name in ("a", "b")]
    for one in (feed, *others):
        assert await statuses(doors, one, numbered("create", "1", '{"a":1}')) == [201]


async def test_numbers_are_forgotten_after_a_day(site: Site, doors: Doors, feed: OpenFeed) -> None:
    one = numbered("create", "1", '{"a":1}')
    assert await statuses(doors, feed, one) == [201]
    async with tenant_tx(site.app, feed.feed.tenant_id) as tx:
        assert await forget_documents(tx) == 0
    await site.superuser.execute("update wf.bulk_documents set taken_at = now() - interval '25 hours'")
    async with tenant_tx(site.app, feed.feed.tenant_id) as tx:
        assert await forget_documents(tx) == 1
    assert await statuses(doors, feed, one) == [201]


async def test_nothing_is_remembered_of_a_batch_that_was_refused(site: Site, feed: OpenFeed) -> None:
    full = await site.doors(backlog_bytes=1)
    assert await statuses(full, feed, '{"create":{}}\n{"a":1}\n') == [201]
    answer = await full.client.post("/_bulk", content=numbered("create", "1", '{"a":1}'), headers=basic(feed))
    assert answer.status_code == 429
    assert answer.json()["error"]["type"] == "es_rejected_execution_exception"
    assert int(answer.headers["retry-after"]) > 0
    doors = await site.doors()
    assert await statuses(doors, feed, numbered("create", "1", '{"a":1}')) == [201]


async def test_a_door_that_closes_says_so(doors: Doors, feed: OpenFeed) -> None:
    doors.reception.close()
    answer = await doors.client.post("/_bulk", content=b'{"index":{}}\n{"a":1}\n', headers=basic(feed))
    assert (answer.status_code, answer.json()["error"]["type"]) == (503, "unavailable_shards_exception")


def nameless(path: str, authorization: str, body: bytes) -> bytes:
    """A request of a client that names no program, as rsyslog writes it."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nAccept: */*\r\n"
        "Connection: close\r\n"
        f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def test_a_client_that_names_no_program_loses_its_connection_instead_of_its_batch(
    site: Site, feed: OpenFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchfloor.feeds.doors.bulk.replies.HOLD_SECONDS", 0.05)
    full = await site.doors(backlog_bytes=1)
    body, good = b'{"index":{}}\n{"a":1}\n', basic(feed)["Authorization"]
    assert await statuses(full, feed, body.decode()) == [201]
    assert await talk(full.port, nameless("/_bulk", good, body)) == b""
    assert await talk(full.port, nameless("/_bulk", "Basic bm86bm8=", body)) == b""
    assert (await talk(full.port, nameless("/siem", "Basic bm86bm8=", b""))).startswith(b"HTTP/1.1 401 ")
    roomy = await site.doors()
    assert (await talk(roomy.port, nameless("/_bulk", good, b"x"))).startswith(b"HTTP/1.1 400 ")
    full.reception.close()
    assert await talk(full.port, nameless("/_bulk", good, body)) == b""
    assert len(await sent(site, feed)) == 1
