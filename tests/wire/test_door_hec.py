"""Splunk's HTTP Event Collector, exchange by exchange: what clients send, and the exact answer they rely on."""

import base64
import gzip
import json
import zlib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Final

import httpx
import pytest
import zstandard

from tests.conftest import Eventually
from tests.wire.conftest import ACTOR, Doors, OpenFeed, Site
from watchfloor.feeds.batch import SentEvent, unpack
from watchfloor.feeds.registry import change_feed, revoke_token
from watchfloor.kernel.credentials import mint_feed_token
from watchfloor.kernel.db import tenant_tx

EVENT: Final = "/services/collector/event"
RAW: Final = "/services/collector/raw"
GUID: Final = "11111111-2222-3333-4444-555555555555"
TIME: Final = datetime(2026, 11, 22, 8, 30, 44, 444000, tzinfo=UTC)


def said(answer: httpx.Response) -> tuple[int, int]:
    """The status and the code of an answer."""
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()["code"]


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


@pytest.fixture
async def feed(site: Site) -> OpenFeed:
    return await site.feed(await site.customer())


@pytest.fixture
async def doors(site: Site) -> Doors:
    return await site.doors()


ACCEPTED: Final[dict[str, tuple[bytes, list[bytes]]]] = {
    "one envelope": (b'{"event":{"a":1}}', [b'{"a":1}']),
    "concatenated without a separator": (b'{"event":"a"}{"event":"b"}', [b"a", b"b"]),
    "one a line": (b'{"event":"a"}\n{"event":"b"}\n', [b"a", b"b"]),
    "one a line with CRLF and blank lines": (b'{"event":"a"}\r\n\r\n{"event":"b"}\r\n', [b"a", b"b"]),
    "white space around": (b' \n\t{"event":"a"} \n', [b"a"]),
    "a byte order mark": (b'\xef\xbb\xbf{"event":"a"}', [b"a"]),
    "pretty-printed": (b'{\n  "event": {\n    "a": 1\n  }\n}', [b'{\n    "a": 1\n  }']),
    "the event exactly as written": (
        b'{"event":{"b":1.0,"a":"\\u00e4 \xc3\xa4","a":2}}',
        [b'{"b":1.0,"a":"\\u00e4 \xc3\xa4","a":2}'],
    ),
    "a number": (b'{"event":42}', [b"42"]),
    "false": (b'{"event":false}', [b"false"]),
    "a list": (b'{"event":[1,2]}', [b"[1,2]"]),
    "an empty object": (b'{"event":{}}', [b"{}"]),
    "text with escapes": (b'{"event":"a\\n\\"b\\" \\u00e4"}', ['a\n"b" ä'.encode()]),
    "braces in text": (b'{"event":"}{"}{"event":"{\\"x\\":1}"}', [b"}{", b'{"x":1}']),
    "fields that we do not know": (b'{"event":"a","extra":{"deep":[1]}}', [b"a"]),
    "null metadata": (b'{"event":"a","host":null,"source":null,"fields":null,"time":null}', [b"a"]),
    "a lone surrogate in text": (b'{"event":"a\\ud800b"}', ["a\ufffdb".encode()]),
    "an escaped NUL in an object": (b'{"event":{"a":"\\u0000"}}', [b'{"a":"\\u0000"}']),
}


async def test_what_clients_send_is_durable_when_they_hear_yes(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    for number, (name, (body, events)) in enumerate(ACCEPTED.items()):
        feed = await site.feed(customer, name=f"feed-{number}")
        answer = await doors.client.post(EVENT, content=body, headers=feed.headers)
        assert (answer.status_code, answer.content) == (200, b'{"text":"Success","code":0}'), name
        assert [event.body for event in await sent(site, feed)] == events, name


REFUSED: Final[dict[str, tuple[bytes, int, int, int | None]]] = {
    "nothing": (b"", 400, 5, None),
    "white space only": (b" \r\n ", 400, 5, None),
    "not JSON": (b"hello", 400, 6, 0),
    "a list of envelopes": (b'[{"event":"a"}]', 400, 6, 0),
    "a number": (b"5", 400, 6, 0),
    "cut off": (b'{"event":"a"}{"event":"b"', 400, 6, 1),
    "rubbish after the second": (b'{"event":"a"}{"event":"b"}x', 400, 6, 2),
    "a comma between": (b'{"event":"a"},{"event":"b"}', 400, 6, 1),
    "no event": (b'{"host":"a"}', 400, 12, 0),
    "no event in the third": (b'{"event":1}{"event":2}{"evnt":3}', 400, 12, 2),
    "a null event": (b'{"event":null}', 400, 12, 0),
    "an empty event": (b'{"event":""}', 400, 13, 0),
    "a blank event in the second": (b'{"event":1}{"event":"  "}', 400, 13, 1),
    "nested fields": (b'{"event":1,"fields":{"a":{"b":1}}}', 400, 15, 0),
    "fields that are text": (b'{"event":1,"fields":"a"}', 400, 15, 0),
    "a negative time": (b'{"event":1,"time":-1}', 400, 6, 0),
    "a time in words": (b'{"event":1,"time":"now"}', 400, 6, 0),
    "a time that is true": (b'{"event":1,"time":true}', 400, 6, 0),
    "a time beyond the year 9999": (b'{"event":1,"time":253402300800.5}', 400, 6, 0),
    "an endless time": (b'{"event":1,"time":1e100000}', 400, 6, 0),
    "a host that is a number": (b'{"event":1,"host":5}', 400, 6, 0),
    "a host of 2,000 characters": (b'{"event":1,"host":"' + b"h" * 2_000 + b'"}', 400, 6, 0),
}


async def test_a_body_that_breaks_the_protocol_is_refused_whole(site: Site, doors: Doors, feed: OpenFeed) -> None:
    for name, (body, status, code, number) in REFUSED.items():
        answer = await doors.client.post(EVENT, content=body, headers=feed.headers)
        assert said(answer) == (status, code), name
        assert answer.json().get("invalid-event-number") == number, name
    assert await sent(site, feed) == []


TIMES: Final[dict[str, datetime]] = {
    "1795336244.444": TIME,
    '"1795336244.444"': TIME,
    "1795336244": TIME.replace(microsecond=0),
    '"1795336244"': TIME.replace(microsecond=0),
    "1795336244444": TIME,
    "1795336244444000000": TIME,
    "0": datetime(1970, 1, 1, tzinfo=UTC),
    "13569465599": datetime(2399, 12, 31, 23, 59, 59, tzinfo=UTC),
    "13569465600": datetime(1970, 6, 7, 1, 17, 45, 600000, tzinfo=UTC),
}


async def test_a_time_in_any_of_its_forms_is_understood(site: Site, doors: Doors, feed: OpenFeed) -> None:
    body = "".join(f'{{"event":"a","time":{written}}}{{"event":"b"}}' for written in TIMES)
    assert said(await doors.client.post(EVENT, content=body, headers=feed.headers)) == (200, 0)
    times = [event.time for event in await sent(site, feed)]
    assert dict(zip(TIMES, times[::2], strict=True)) == TIMES
    assert set(times[1::2]) == {None}


async def test_metadata_belongs_to_its_own_envelope_and_the_query_fills_the_gaps(
    site: Site, doors: Doors, feed: OpenFeed
) -> None:
    body = (
        b'{"event":"a","host":"h1","source":"s1","sourcetype":"t1","index":"i1","fields":{"n":1,"b":true,"l":["x"],"z":null}}'
        b'{"event":"b"}'
    )
    answer = await doors.client.post(f"{EVENT}?host=q&index=main", content=body, headers=feed.headers)
    assert said(answer) == (200, 0)
    first, second = await sent(site, feed)
    assert (first.host, first.source, first.sourcetype) == ("h1", "s1", "t1")
    assert first.fields == {"n": "1", "b": "true", "l": '["x"]', "index": "i1"}
    assert (second.host, second.source, second.sourcetype, second.fields) == ("q", None, None, {"index": "main"})


async def test_raw_lines_are_events_with_the_querys_metadata(site: Site, doors: Doors, feed: OpenFeed) -> None:
    query = f"?channel={GUID}&host=h&source=s&sourcetype=t&time=1795336244.444"
    answer = await doors.client.post(RAW + query, content=b"first\r\n\nsecond \xff\nthird", headers=feed.headers)
    assert said(answer) == (200, 0)
    events = await sent(site, feed)
    assert [event.body for event in events] == [b"first", b"second \xff", b"third"]
    assert {(event.host, event.source, event.sourcetype, event.time) for event in events} == {("h", "s", "t", TIME)}


async def test_a_cloudtrail_file_in_a_raw_line_becomes_its_records(site: Site, doors: Doors, feed: OpenFeed) -> None:
    body = b'{"Records":[{"eventName":"A"}, {"eventName":"B"}]}\n{"eventName":"C"}\n'
    assert said(await doors.client.post(RAW, content=body, headers=feed.headers)) == (200, 0)
    assert [event.body for event in await sent(site, feed)] == [
        b'{"eventName":"A"}',
        b'{"eventName":"B"}',
        b'{"eventName":"C"}',
    ]


@pytest.mark.parametrize("query", ["?time=yesterday", f"?host={'h' * 2_000}"])
async def test_a_raw_request_with_a_bad_query_is_refused(doors: Doors, feed: OpenFeed, query: str) -> None:
    assert said(await doors.client.post(RAW + query, content=b"x", headers=feed.headers)) == (400, 6)


async def test_every_path_of_the_collector_is_served(doors: Doors, feed: OpenFeed) -> None:
    for path in ("", "/event", "/event/1.0", "/raw", "/raw/1.0", "/event/"):
        answer = await doors.client.post(f"/services/collector{path}", content=b'{"event":"a"}', headers=feed.headers)
        assert said(answer) == (200, 0), path


async def test_compressed_bodies_are_taken(site: Site, doors: Doors, feed: OpenFeed) -> None:
    packed = {
        "gzip": gzip.compress(b'{"event":1}') + gzip.compress(b'{"event":2}'),
        "deflate": zlib.compress(b'{"event":3}'),
        "Deflate": zlib.compress(b'{"event":4}', wbits=-15),
        "zstd": zstandard.compress(b'{"event":5}'),
        "identity": b'{"event":6}',
    }
    for encoding, body in packed.items():
        headers = {**feed.headers, "Content-Encoding": encoding}
        assert said(await doors.client.post(EVENT, content=body, headers=headers)) == (200, 0), encoding
    assert [event.body for event in await sent(site, feed)] == [b"1", b"2", b"3", b"4", b"5", b"6"]


async def test_the_content_type_does_not_matter(doors: Doors, feed: OpenFeed) -> None:
    for content_type in ("", "application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense"):
        headers = {**feed.headers, "Content-Type": content_type}
        assert said(await doors.client.post(EVENT, content=b'{"event":"a=b&c"}', headers=headers)) == (200, 0)


async def test_a_body_in_chunks_without_a_length_is_taken(site: Site, doors: Doors, feed: OpenFeed) -> None:
    async def chunks() -> AsyncGenerator[bytes]:
        yield b'{"event":'
        yield b'"a"}'

    assert said(await doors.client.post(EVENT, content=chunks(), headers=feed.headers)) == (200, 0)
    assert [event.body for event in await sent(site, feed)] == [b"a"]


async def test_each_form_of_showing_the_token_is_accepted(doors: Doors, feed: OpenFeed) -> None:
    basic = base64.b64encode(f"anybody:{feed.token}".encode()).decode()
    for value in (f"Splunk {feed.token}", f"splunk  {feed.token}", f"Bearer {feed.token}", f"Basic {basic}"):
        answer = await doors.client.post(EVENT, content=b'{"event":1}', headers={"Authorization": value})
        assert said(answer) == (200, 0), value


async def test_requests_without_a_good_token_are_told_what_is_wrong_with_it(
    site: Site, doors: Doors, feed: OpenFeed
) -> None:
    other_door = await site.feed(await site.customer(), door="ndjson")
    cases: list[tuple[dict[str, str], str, tuple[int, int]]] = [
        ({}, "", (401, 2)),
        ({}, f"?token={feed.token}", (400, 16)),
        ({"Authorization": "Splunk"}, "", (401, 3)),
        ({"Authorization": "Digest abc"}, "", (401, 3)),
        ({"Authorization": "Basic !!!"}, "", (401, 3)),
        ({"Authorization": "Basic " + base64.b64encode(b"user:").decode()}, "", (401, 3)),
        ({"Authorization": f"Splunk {GUID}"}, "", (403, 4)),
        ({"Authorization": f"Splunk {feed.token[:-1]}"}, "", (403, 4)),
        ({"Authorization": f"Splunk {other_door.token}"}, "", (403, 4)),
    ]
    for headers, query, expected in cases:
        answer = await doors.client.post(EVENT + query, content=b'{"event":1}', headers=headers)
        assert said(answer) == expected, headers
    assert await sent(site, feed) == []


async def test_a_revoked_token_a_paused_feed_and_a_suspended_tenant_are_refused_within_a_second(
    site: Site, doors: Doors, eventually: Eventually
) -> None:
    async def revoke(feed: OpenFeed) -> None:
        async with tenant_tx(site.auth, feed.feed.tenant_id) as tx:
            await revoke_token(tx, ACTOR, feed.minted)

    async def pause(feed: OpenFeed) -> None:
        async with tenant_tx(site.app, feed.feed.tenant_id) as tx:
            await change_feed(tx, ACTOR, feed_id=feed.feed.id, source_hint=None, state="paused")

    async def suspend(feed: OpenFeed) -> None:
        await site.superuser.execute("update auth.tenants set state = 'suspended' where id = $1", feed.feed.tenant_id)

    for end in (revoke, pause, suspend):
        feed = await site.feed(await site.customer())

        async def is_refused(feed: OpenFeed = feed) -> bool:
            answer = await doors.client.post(EVENT, content=b'{"event":1}', headers=feed.headers)
            return said(answer) == (403, 1)

        assert not await is_refused()
        await end(feed)
        await eventually(is_refused, within=1.0)


async def test_acknowledgements_are_off(doors: Doors, feed: OpenFeed) -> None:
    answer = await doors.client.post(
        f"/services/collector/ack?channel={GUID}", content=b'{"acks":[0]}', headers=feed.headers
    )
    assert (answer.status_code, answer.json()) == (400, {"text": "ACK is disabled", "code": 14})
    answer = await doors.client.post("/services/collector/ack", content=b"")
    assert said(answer) == (401, 2)


async def test_a_channel_that_is_given_must_be_a_guid(doors: Doors, feed: OpenFeed) -> None:
    for channel, expected in ((GUID, (200, 0)), ("not-a-guid", (400, 11))):
        headers = {**feed.headers, "X-Splunk-Request-Channel": channel}
        assert said(await doors.client.post(EVENT, content=b'{"event":1}', headers=headers)) == expected


async def test_health_is_told_without_a_token(doors: Doors) -> None:
    for path in ("/services/collector/health", "/services/collector/health/1.0"):
        answer = await doors.client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"text": "HEC is healthy", "code": 17})


async def test_a_door_that_shuts_down_says_so(doors: Doors, feed: OpenFeed) -> None:
    doors.reception.close()
    answer = await doors.client.post(EVENT, content=b'{"event":1}', headers=feed.headers)
    assert said(answer) == (503, 23)
    assert int(answer.headers["retry-after"]) > 0
    assert said(await doors.client.get("/services/collector/health")) == (503, 23)


async def test_unknown_paths_and_methods_are_answered_in_json(doors: Doors) -> None:
    assert said(await doors.client.get("/services/collector/nothing")) == (404, 404)
    assert said(await doors.client.get(EVENT)) == (405, 405)
    options = await doors.client.options(EVENT)
    assert "POST" in options.headers["allow"]


async def test_a_wrong_secret_for_a_real_feed_is_told_to_its_owner(
    site: Site, doors: Doors, feed: OpenFeed, eventually: Eventually
) -> None:
    forged = mint_feed_token(feed.feed.id).text.reveal()
    for _ in range(5):
        answer = await doors.client.post(EVENT, content=b'{"event":1}', headers={"Authorization": f"Splunk {forged}"})
        assert said(answer) == (403, 4)

    async def notes() -> int:
        return int(
            await site.superuser.fetchval("select count(*) from wf.audit_entries where action = 'feed.refuse_token'")
        )

    await eventually(notes)
    assert await notes() == 1


async def test_nothing_of_an_event_or_a_token_is_repeated_in_a_refusal(doors: Doors, feed: OpenFeed) -> None:
    body = json.dumps({"event": 1, "host": ["canary-1"]}) + "canary-2"
    for headers in (feed.headers, {"Authorization": "Splunk canary-3"}):
        answer = await doors.client.post(f"{EVENT}?source=canary-4", content=body, headers=headers)
        assert answer.status_code >= 400
        assert "canary" not in answer.text
