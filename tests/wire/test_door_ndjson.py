"""The NDJSON door: what it takes, what it turns away by number, and honest retries stored once."""

import gzip
from typing import Final

import httpx
import pytest

from tests.wire.conftest import Doors, OpenFeed, Site
from watchfloor.feeds.batch import SentEvent, unpack
from watchfloor.kernel.db import tenant_tx

PATH: Final = "/ingest/v1/main"


async def sent(site: Site, feed: OpenFeed) -> list[bytes]:
    """The bodies of the events that are durable, in their order."""
    rows = await site.superuser.fetch(
        "select id, body from wf.intake_batches where feed_id = $1 order by id", feed.feed.id
    )
    async with tenant_tx(site.app, feed.feed.tenant_id) as tx:
        cipher = await site.keyring.cipher(tx)
    opened = (cipher.open_(row["body"], table="intake_batches", column="body", row=row["id"]) for row in rows)
    return [event.body for packed in opened for event in unpack(packed, SentEvent)]


@pytest.fixture
async def feed(site: Site) -> OpenFeed:
    return await site.feed(await site.customer(), door="ndjson")


@pytest.fixture
async def doors(site: Site) -> Doors:
    return await site.doors()


# The body, the events taken, and the numbers of what was turned away.
TAKEN: Final[dict[str, tuple[bytes, list[bytes], list[int]]]] = {
    "lines": (b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}'], []),
    "lines with CRLF, blank ones between": (b'\r\n{"a":1}\r\n\r\n{"b":2}', [b'{"a":1}', b'{"b":2}'], []),
    "an array": (b'[{"a":1}, {"b":2}\n,{"c":3} ]\n', [b'{"a":1}', b'{"b":2}', b'{"c":3}'], []),
    "concatenated": (b'{"a":1}{"b":2}', [b'{"a":1}', b'{"b":2}'], []),
    "one object": (b'{"a":{"b":[1,2]}}', [b'{"a":{"b":[1,2]}}'], []),
    "one object over many lines": (b'{\n  "a": 1\n}\n', [b'{\n  "a": 1\n}'], []),
    "a CloudTrail file": (b' {"Records": [ {"a":1},{"b":2} ] }\n', [b'{"a":1}', b'{"b":2}'], []),
    "an object that only looks like one": (b'{"Records":[{"a":1}],"more":2}', [b'{"Records":[{"a":1}],"more":2}'], []),
    "a bad line among good ones": (b'{"a":1}\nnot json\n{"b":2}\n', [b'{"a":1}', b'{"b":2}'], [1]),
    "a line that was cut off": (b'{"a":1}\n{"b":"x\n{"c":3}\n', [b'{"a":1}', b'{"c":3}'], [1]),
    "the last line cut off": (b'{"a":1}\n{"b":', [b'{"a":1}'], [1]),
    "what is no object": (b'1\n"x"\n[2]\n{"a":1}\nnull\n', [b'{"a":1}'], [0, 1, 2, 4]),
    "an array with what is no object": (b'[1,{"a":1}]', [b'{"a":1}'], [0]),
    "a lone surrogate": (b'{"a":"\\ud800"}', [b'{"a":"\\ufffd"}'], []),
    "a whole pair of surrogates": (b'{"a":"\\ud83d\\ude00"}', [b'{"a":"\\ud83d\\ude00"}'], []),
    "what only looks like a surrogate": (b'{"a":"\\\\ud800"}', [b'{"a":"\\\\ud800"}'], []),
}  # fmt: skip


async def test_each_way_of_writing_events_is_understood(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    for number, (name, (body, events, rejected)) in enumerate(TAKEN.items()):
        feed = await site.feed(customer, door="ndjson", name=f"feed-{number}")
        answer = await doors.client.post(f"/ingest/v1/feed-{number}", content=body, headers=feed.headers)
        assert answer.status_code == 200, name
        assert answer.json()["accepted"] == len(events), name
        assert [one["i"] for one in answer.json()["rejected"]] == rejected, name
        assert await sent(site, feed) == events, name


REFUSED: Final[dict[str, bytes]] = {
    "nothing": b"",
    "white space": b" \n\n",
    "an empty array": b"[]",
    "text": b"just words",
    "an array that is cut off": b'[{"a":1},{"b":2}',
    "an array with a comma too many": b'[{"a":1},]',
    "something after the array": b'[{"a":1}]{"b":2}',
    "more than a hundred bad lines": b'{"a":1}\n' + b"bad\n" * 101,
}


async def test_a_body_of_which_nothing_can_be_taken_is_a_problem(site: Site, doors: Doors, feed: OpenFeed) -> None:
    for name, body in REFUSED.items():
        answer = await doors.client.post(PATH, content=body, headers=feed.headers)
        assert answer.status_code == 400, name
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:watchfloor:problem:nothing_taken", name
    assert await sent(site, feed) == []


async def test_a_feed_of_text_takes_every_line(site: Site, doors: Doors) -> None:
    feed = await site.feed(await site.customer(), door="ndjson", source_hint="text")
    body = b"<34>Oct 11 22:14:15 host su: failed\n{broken\n\n[1,2]\n"
    answer = await doors.client.post(PATH, content=body, headers=feed.headers)
    assert (answer.status_code, answer.content) == (200, b'{"accepted":3,"rejected":[]}')
    assert await sent(site, feed) == [b"<34>Oct 11 22:14:15 host su: failed", b"{broken", b"[1,2]"]


async def test_an_honest_retry_is_stored_once(site: Site, doors: Doors, feed: OpenFeed) -> None:
    for header in ("Idempotency-Key", "X-Request-Id"):
        before = len(await sent(site, feed))
        body = f'{{"sent-with":"{header}"}}\n{{"b":1}}'.encode()
        headers = {**feed.headers, header: "0b3f"}
        first = await doors.client.post(PATH, content=body, headers=headers)
        again = await doors.client.post(
            PATH, content=gzip.compress(body), headers={**headers, "Content-Encoding": "gzip"}
        )
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.content == again.content
        assert ("idempotent-replayed" in first.headers, "idempotent-replayed" in again.headers) == (False, True)
        assert len(await sent(site, feed)) == before + 2


async def test_another_body_under_a_used_key_is_not_lost(site: Site, doors: Doors, feed: OpenFeed) -> None:
    headers = {**feed.headers, "Idempotency-Key": "k"}
    for body in (b'{"a":1}', b'{"a":2}'):
        assert (await doors.client.post(PATH, content=body, headers=headers)).status_code == 200
    assert await sent(site, feed) == [b'{"a":1}', b'{"a":2}']


async def test_the_same_key_of_two_feeds_means_nothing_to_each_other(site: Site, doors: Doors, feed: OpenFeed) -> None:
    other = await site.feed(await site.customer(), door="ndjson")
    for one in (feed, other):
        answer = await doors.client.post(PATH, content=b'{"a":1}', headers={**one.headers, "Idempotency-Key": "k"})
        assert "idempotent-replayed" not in answer.headers
        assert await sent(site, one) == [b'{"a":1}']


async def test_refusals_are_problems_that_say_what_to_do(site: Site, doors: Doors, feed: OpenFeed) -> None:
    hec = await site.feed(await site.customer(), door="hec")
    other = await site.feed(await site.customer(), door="ndjson", name="theirs")

    async def ask(path: str, headers: dict[str, str]) -> httpx.Response:
        return await doors.client.post(path, content=b'{"a":1}', headers=headers)

    cases = [
        (await ask(PATH, {}), 401, "no_token"),
        (await ask(PATH, {"Authorization": "Bearer nonsense"}), 403, "token_refused"),
        (await ask(PATH, hec.headers), 403, "token_refused"),
        (await ask("/ingest/v1/theirs", feed.headers), 404, "not_found"),
        (await ask("/ingest/v1/nobodys", feed.headers), 404, "not_found"),
        (await ask(PATH, {**feed.headers, "Content-Encoding": "br"}), 415, "unknown_encoding"),
        (await ask(PATH, {**feed.headers, "Idempotency-Key": "k" * 256}), 400, "invalid"),
        (await ask("/ingest/v2/main", feed.headers), 404, "not_served"),
    ]
    for answer, status, problem in cases:
        assert answer.status_code == status, problem
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == f"urn:watchfloor:problem:{problem}"
        assert answer.json()["detail"].endswith(".")
    assert cases[3][0].content == cases[4][0].content
    assert await sent(site, other) == []


async def test_the_tenant_is_the_tokens_whatever_the_payload_says(site: Site, doors: Doors, feed: OpenFeed) -> None:
    other = await site.customer()
    body = f'{{"tenant_id":"{other.id}","tenant":"CUST2","feed":"theirs","recipientAccountId":"1"}}'
    answer = await doors.client.post(f"{PATH}?tenant={other.id}", content=body, headers={
        **feed.headers, "X-Tenant-Id": str(other.id), "X-Scope-OrgID": str(other.id)
    })  # fmt: skip
    assert answer.status_code == 200
    assert len(await sent(site, feed)) == 1
    assert await site.rows(other, "intake_batches") == 0
