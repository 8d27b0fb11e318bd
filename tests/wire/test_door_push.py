"""Services that push to the HTTP door: Firehose, Cloudflare, and what any sender of JSON may do beside its body."""

import base64
import gzip
import json
import time
from collections.abc import AsyncIterator
from typing import Final

import httpx
import pytest
from redis.asyncio import Redis

from tests.wire.conftest import Doors, OpenFeed, Site
from tests.wire.hostile import ROOM_BYTES, SECONDS, HostileBody, door_process, hostile_bodies, talk
from tests.wire.test_door_hec import sent
from watchfloor.feeds.feed import FeedOptions
from watchfloor.feeds.first_bodies.ledger import KEPT, FirstBody, first_bodies
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx

MAIN: Final = "/ingest/v1/main"
IN_URL: Final = FeedOptions(token_in_url=True)


@pytest.fixture
async def feed(site: Site) -> OpenFeed:
    return await site.feed(await site.customer(), door="ndjson")


@pytest.fixture
async def doors(site: Site) -> Doors:
    return await site.doors()


async def bodies(site: Site, feed: OpenFeed) -> list[bytes]:
    return [event.body for event in await sent(site, feed)]


async def kept(site: Site, feed: OpenFeed) -> list[FirstBody]:
    async with tenant_tx(site.app, feed.feed.tenant_id) as tx:
        return await first_bodies(tx, await site.keyring.cipher(tx), feed.feed.id)


# Any sender of JSON.


async def test_a_token_in_the_url_counts_only_where_the_feed_opted_for_it(
    site: Site, doors: Doors, feed: OpenFeed
) -> None:
    opted = await site.feed(await site.customer(), door="ndjson", options=IN_URL)
    for path in (f"{MAIN}/t/{{}}", f"{MAIN}?token={{}}", f"{MAIN}/t/{{}}/", f"{MAIN}/t/{{}}/cloudflare"):
        assert (await doors.client.post(path.format(opted.token), content=b'{"a":1}')).status_code == 200
        refused = await doors.client.post(path.format(feed.token), content=b'{"a":1}')
        assert (refused.status_code, refused.json()["type"]) == (401, "urn:watchfloor:problem:no_token")
        assert feed.token not in refused.text
    assert (await doors.client.post(f"{MAIN}/t/nonsense", content=b'{"a":1}')).status_code == 403
    assert (await doors.client.post(f"/ingest/v1/other/t/{opted.token}", content=b'{"a":1}')).status_code == 404
    assert (len(await sent(site, opted)), len(await sent(site, feed))) == (4, 0)


async def test_a_feed_may_be_named_by_its_id_and_with_a_slash_behind_it(doors: Doors, feed: OpenFeed) -> None:
    for name in ("main/", ids.show("feed", feed.feed.id)):
        answer = await doors.client.post(f"/ingest/v1/{name}", content=b'{"a":1}', headers=feed.headers)
        assert answer.status_code == 200, name


async def test_fluent_bits_array_keeps_its_times_and_lines(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    feed = await site.feed(customer, door="ndjson")
    now = int(time.time())
    line = "sshd[812]: Failed password for root from 203.0.113.9 port 4122 ssh2"
    body = json.dumps([
        {"date": now + 0.25, "log": f"<38>Nov 22 08:00:00 web-1 {line}"}, {"date": now + 0.5, "message": "unheard of"},
    ]).encode()  # fmt: skip
    headers = {**feed.headers, "Content-Type": "application/json"}
    assert (await doors.client.post(MAIN, content=body, headers=headers)).json() == {"accepted": 2, "rejected": []}
    await site.pipeline().drain()
    first, second = sorted(await site.events(customer), key=lambda event: event.source)
    assert (first.source, first.fields["date"]) == ("linux.sshd", now + 0.25)
    assert (second.source, second.time.timestamp(), second.time_quality) == ("unparsed", now + 0.5, "parsed")


async def test_a_sender_may_ask_first_and_need_not_know_the_length(doors: Doors, site: Site, feed: OpenFeed) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b'{"a":%d}\n' % number

    assert (await doors.client.post(MAIN, content=pieces(), headers=feed.headers)).json()["accepted"] == 3
    head = f"POST {MAIN} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {feed.token}\r\nConnection: close\r\n"
    said = await talk(doors.port, f"{head}Content-Length: 7\r\nExpect: 100-continue\r\n\r\n".encode(), b'{"a":9}')
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ")
    said = await talk(doors.port, f"{head}Content-Length: 7000000\r\nExpect: 100-continue\r\n\r\n".encode())
    assert said.startswith(b"HTTP/1.1 413 ")
    assert await bodies(site, feed) == [b'{"a":0}', b'{"a":1}', b'{"a":2}', b'{"a":9}']


# The first bodies of a feed.


async def test_the_first_bodies_of_a_feed_are_kept_whether_they_can_be_read_or_not(
    site: Site, doors: Doors, feed: OpenFeed
) -> None:
    other = await site.feed(await site.customer(), door="ndjson")
    large = b'{"a":"' + b"x" * 100_000 + b'"}'
    for body in (b'{"first":1}', b"not json", gzip.compress(large), *(b'{"n":%d}' % number for number in range(9))):
        encoding = {"Content-Encoding": "gzip"} if body[:1] == b"\x1f" else {}
        headers = {**feed.headers, **encoding, "Content-Type": "text/odd"}
        await doors.client.post(MAIN, content=body, headers=headers)
    found = await kept(site, feed)
    assert [body.body for body in found] == [b'{"first":1}', b"not json", large[:4_096], b'{"n":0}', b'{"n":1}']
    assert {(body.content_type, body.is_greeting) for body in found} == {("text/odd", False)}
    assert len(found) == KEPT
    assert await kept(site, other) == []
    async with tenant_tx(site.app, other.feed.tenant_id) as tx:
        assert await first_bodies(tx, await site.keyring.cipher(tx), feed.feed.id) == []
    stored = await site.superuser.fetch("select document from wf.first_bodies")
    assert all(b"first" not in row["document"] for row in stored)


# Cloudflare Logpush.

CLOUDFLARE: Final = f"{MAIN}/cloudflare"
LOGPUSH: Final = (
    b'{"ClientIP":"203.0.113.9","ClientRequestHost":"a.example","ClientRequestMethod":"GET","ClientRequestURI":"/x",'
    b'"EdgeResponseStatus":403,"EdgeStartTimestamp":"2026-11-22T08:00:00Z","RayID":"r1","SecurityAction":"block"}\n'
)


async def test_logpush_is_taken_compressed_whether_it_says_so_or_not(site: Site, doors: Doors, feed: OpenFeed) -> None:
    for headers in ({"Content-Encoding": "gzip"}, {"Content-Type": "text/plain"}):
        answer = await doors.client.post(
            CLOUDFLARE, content=gzip.compress(LOGPUSH * 2), headers={**feed.headers, **headers}
        )
        assert (answer.status_code, answer.json()) == (200, {"accepted": 2, "rejected": []})
    assert await bodies(site, feed) == [LOGPUSH.strip()] * 4


GREETINGS: Final[list[bytes]] = [
    b'{"content":"tests"}',
    b'{"content":"test","filename":"test.txt"}\n',
    b"00000000000000000000",
    b"eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..kzyXpU3dNlQSZX6D.Eb9aBlCNFEJk\n",
]


async def test_a_challenge_is_answered_kept_and_no_event(site: Site, doors: Doors, feed: OpenFeed) -> None:
    for body in GREETINGS:
        answer = await doors.client.post(CLOUDFLARE, content=gzip.compress(body), headers=feed.headers)
        assert (answer.status_code, answer.json()) == (200, {"accepted": 0, "rejected": []})
    assert [(one.body, one.is_greeting) for one in await kept(site, feed)] == [(body, True) for body in GREETINGS]
    for number in range(KEPT):
        await doors.client.post(CLOUDFLARE, content=b"challenge-%d" % number, headers=feed.headers)
    assert [one.body for one in await kept(site, feed)] == [b"challenge-%d" % number for number in range(KEPT)]
    assert await sent(site, feed) == []


async def test_logs_are_never_taken_for_a_challenge(doors: Doors, feed: OpenFeed) -> None:
    for body in (b'{"content":"x","RayID":"r"}', b'rubbish\n{"RayID":"r"}', b'[{"content":"x"}]'):
        answer = await doors.client.post(CLOUDFLARE, content=body, headers=feed.headers)
        assert answer.json()["accepted"] == 1, body
    refused = await doors.client.post(CLOUDFLARE, content=b"long " * 2_000, headers=feed.headers)
    assert refused.status_code == 400


# Amazon Data Firehose.

FIREHOSE: Final = f"{MAIN}/firehose"
REQUEST_ID: Final = "ed4acda5-034f-9f42-bba1-f29aea6d7d8f"


def delivery(*records: bytes, request_id: str = REQUEST_ID) -> bytes:
    """A delivery as the service documents it."""
    data = [{"data": base64.b64encode(record).decode()} for record in records]
    return json.dumps({"requestId": request_id, "timestamp": 1_795_334_644_444, "records": data}).encode()


def subscription(*messages: str, kind: str = "DATA_MESSAGE") -> bytes:
    """A message of a CloudWatch Logs subscription, compressed as it is in a record."""
    events = [
        {"id": f"3{number}", "timestamp": 1_795_334_644_444 + number, "message": message}
        for number, message in enumerate(messages)
    ]
    document = {
        "messageType": kind, "owner": "123456789012", "logGroup": "/aws/x", "logStream": "s-1",
        "subscriptionFilters": ["all"], "logEvents": events,
    }  # fmt: skip
    return gzip.compress(json.dumps(document).encode())


async def deliver(doors: Doors, feed: OpenFeed, body: bytes, **headers: str) -> httpx.Response:
    given = {
        "Content-Type": "application/json",
        "User-Agent": "Amazon Kinesis Data Firehose Agent/1.0",
        "X-Amz-Firehose-Protocol-Version": "1.0",
        "X-Amz-Firehose-Request-Id": REQUEST_ID,
        "X-Amz-Firehose-Access-Key": feed.token,
        "X-Amz-Firehose-Source-Arn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/x",
        "X-Amz-Firehose-Common-Attributes": '{"commonAttributes":{"stage":"prod"}}',
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    kept_headers = {name: value for name, value in given.items() if value}
    return await doors.client.post(FIREHOSE, content=body, headers=kept_headers)


async def test_a_delivery_is_durable_and_answered_in_the_services_form(
    site: Site, doors: Doors, feed: OpenFeed
) -> None:
    body = delivery(b'{"a":1}\n{"b":2}{"c":3}', b"a line\nanother\n", b'{"Records":[{"d":4},{"e":5}]}')
    begun = time.time()
    answer = await deliver(doors, feed, gzip.compress(body), Content_Encoding="gzip")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert list(answer.json()) == ["requestId", "timestamp"]
    assert answer.json()["requestId"] == REQUEST_ID
    assert begun * 1_000 - 1 <= answer.json()["timestamp"] <= time.time() * 1_000
    events = await sent(site, feed)
    expected = [b'{"a":1}', b'{"b":2}', b'{"c":3}', b"a line", b"another", b'{"d":4}', b'{"e":5}']
    assert [event.body for event in events] == expected
    assert events[0].fields == {
        "stage": "prod",
        "firehose": "arn:aws:firehose:us-east-1:123456789012:deliverystream/x",
    }


async def test_a_delivery_that_is_tried_again_is_stored_once(site: Site, doors: Doors, feed: OpenFeed) -> None:
    for _ in range(3):
        assert (await deliver(doors, feed, delivery(b'{"a":1}'))).status_code == 200
    other = delivery(b'{"a":1}', request_id="other")
    assert (await deliver(doors, feed, other, X_Amz_Firehose_Request_Id="other")).status_code == 200
    assert await bodies(site, feed) == [b'{"a":1}'] * 2


async def test_cloudwatch_logs_inside_a_delivery_come_out_one_by_one(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    feed = await site.feed(customer, door="ndjson")
    trail = (
        '{"eventVersion":"1.09","eventTime":"2026-11-22T08:00:00Z","eventSource":"iam.amazonaws.com","eventName":'
        '"CreateUser","awsRegion":"us-east-1","eventID":"e-1","userIdentity":{"type":"Root"}}'
    )
    flow = "2 123456789012 eni-1 203.0.113.9 10.0.0.5 4122 22 6 5 300 1795334644 1795334704 REJECT OK"
    control = subscription("CWL CONTROL MESSAGE: Checking health", kind="CONTROL_MESSAGE")
    answer = await deliver(doors, feed, delivery(control, subscription(trail, flow), control))
    assert answer.status_code == 200
    events = await sent(site, feed)
    assert [event.body.decode() for event in events] == [trail, flow]
    assert events[0].source == "/aws/x"
    assert events[1].time is not None
    assert events[1].time.isoformat() == "2026-11-22T08:04:04.445000+00:00"
    assert events[1].identity == ("cloudwatch", "31")
    assert events[1].fields["logStream"] == "s-1"
    await site.pipeline().drain()
    assert sorted(event.source for event in await site.events(customer)) == ["aws.cloudtrail", "aws.vpcflow"]


async def test_a_delivery_of_control_messages_alone_is_in_order(site: Site, doors: Doors, feed: OpenFeed) -> None:
    answer = await deliver(doors, feed, delivery(subscription("x", kind="CONTROL_MESSAGE")))
    assert (answer.status_code, answer.json()["requestId"]) == (200, REQUEST_ID)
    assert await sent(site, feed) == []


async def test_refusals_of_deliveries_name_the_request_and_the_reason(site: Site, doors: Doors, feed: OpenFeed) -> None:
    good = delivery(b'{"a":1}')
    cases = [
        (await deliver(doors, feed, good, X_Amz_Firehose_Access_Key="nonsense"), 403),
        (await deliver(doors, feed, good, X_Amz_Firehose_Access_Key=""), 401),
        (await deliver(doors, feed, b"{}"), 400),
        (await deliver(doors, feed, b"just words"), 400),
        (await deliver(doors, feed, good.replace(b'"data": "', b'"data": "*')), 400),
        (await deliver(doors, feed, delivery(b"{}", request_id="another")), 400),
        (await deliver(doors, feed, good, X_Amz_Firehose_Common_Attributes='{"commonAttributes":{"a":1}}'), 400),
        (await deliver(doors, feed, delivery(gzip.compress(b"x" * 100)[:-3])), 400),
    ]
    full = await site.doors(backlog_bytes=1)
    assert (await deliver(full, feed, good)).status_code == 200
    cases.append((await deliver(full, feed, delivery(b'{"b":1}')), 429))
    for answer, status in cases:
        assert answer.status_code == status
        said = answer.json()
        assert list(said) == ["requestId", "timestamp", "errorMessage"]
        assert (said["requestId"], said["errorMessage"][-1:]) == (REQUEST_ID, ".")
    assert int(cases[-1][0].headers["retry-after"]) > 0


def record_of(value: bytes) -> bytes:
    """One JSON value as the record of a delivery."""
    return b'{"requestId":"%s","records":[{"data":%s}]}' % (REQUEST_ID.encode(), value)


def hostile_deliveries() -> dict[str, HostileBody]:
    """Deliveries that this door alone can be hurt by."""
    bomb = gzip.compress(bytes(50_000_000), 9)
    shallow = gzip.compress(bytes(900_000))
    documents = {
        "a bomb in a record": delivery(bomb),
        "a thousand small bombs": delivery(*[shallow] * 1_000),
        "a bomb in a bomb": delivery(gzip.compress(bomb)),
        "a million empty records": b'{"requestId":"%s","records":[%s]}'
        % (REQUEST_ID.encode(), b",".join([b'{"data":""}'] * 400_000)),
        "a million empty log events": delivery(
            gzip.compress(b'{"messageType":"DATA_MESSAGE","logEvents":[' + b"{}," * 3_000_000 + b"{}]}", 1)
        ),
        "eleven thousand lines": delivery(b"x\n" * 11_000),
        "eleven thousand documents": delivery(b"{}" * 11_000),
        "records that are no list": b'{"requestId":"%s","records":{}}' % REQUEST_ID.encode(),
        "numbers for data": record_of(b"1"),
        "levels for data": record_of(b"[" * 100_000),
    }
    return {name: HostileBody(body) for name, body in documents.items()}


HARMLESS: Final = frozenset({"a bomb in a bomb"})
"""Compressed bytes that are opened once, and then are a record like any other."""


async def test_hostile_deliveries_are_refused_quickly_and_in_little_memory(
    site: Site, settings: Settings, valkey: Redis
) -> None:
    assert valkey is not None
    feed = await site.feed(await site.customer(), door="ndjson")
    shared = hostile_bodies(record_of)
    table = {**{name: body for name, body in shared.items() if "events" not in name}, **hostile_deliveries()}
    async with door_process(settings) as process:
        doors = Doors(process.client, None, None, process.port)  # type: ignore[arg-type]  # only the client is used
        for _ in range(20):
            assert (await deliver(doors, feed, delivery(b'{"a":1}'))).status_code == 200
        idle, slowest = process.most_bytes(), (0.0, "")
        for name, hostile in table.items():
            begun = time.monotonic()
            answer = await deliver(doors, feed, hostile.body, Content_Encoding=hostile.encoding)
            took = time.monotonic() - begun
            slowest = max(slowest, (took, name))
            assert took < SECONDS, name
            assert 400 <= answer.status_code < 500 or name in HARMLESS, (name, answer.text)
            assert answer.json()["requestId"] == REQUEST_ID, name
        assert (await deliver(doors, feed, delivery(b'{"a":1}'))).status_code == 200
        used = process.most_bytes() - idle
        print(len(table), f"{slowest[0]:.2f} s {slowest[1]}", used // 1_000_000, "MB")  # noqa: T201
        assert used < ROOM_BYTES
    assert len(await bodies(site, feed)) < 10
