"""Pub/Sub push deliveries: who may send them, and what becomes of a message. The issuer of tokens is a server here."""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Final

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from tests.conftest import Eventually
from tests.wire.conftest import ACTOR, BACKLOG_BYTES, OpenFeed, Site
from tests.wire.test_door_hec import sent
from watchfloor.feeds.doors.admission import Admission
from watchfloor.feeds.doors.app import create_door_app
from watchfloor.feeds.doors.gate import FRESH_SECONDS, Gate
from watchfloor.feeds.doors.hints import Hints
from watchfloor.feeds.doors.protocol import DoorParts
from watchfloor.feeds.doors.push import identities as identities_module
from watchfloor.feeds.doors.push.composition import http_protocols
from watchfloor.feeds.doors.push.identities import Identities
from watchfloor.feeds.doors.reception import Reception
from watchfloor.feeds.feed import FeedOptions
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.registry import change_feed, revoke_tokens
from watchfloor.kernel import ids
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.egress import Egress
from watchfloor.kernel.egress_rules import Destination
from watchfloor.kernel.serving import HttpServer, listen
from watchfloor.kernel.valkey import Wake

AUDIENCE: Final = "https://events.mssp.example/ingest"
ACCOUNT: Final = "push@project.iam.gserviceaccount.com"
OPTIONS: Final = FeedOptions(push_audience=AUDIENCE, push_account=ACCOUNT)
KEYS: Final = {name: RSAKey.generate_key(2_048, {"kid": name}) for name in ("one", "two", "foreign")}


@dataclass
class Issuer:
    """A server of keys: those that it gives, its status, and how often it was asked."""

    port: int = 0
    given: list[str] = field(default_factory=lambda: ["one"])
    status: int = 200
    asked: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request."""
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        keys = [{**KEYS[name].as_dict(private=False), "kid": name, "use": "sig", "alg": "RS256"} for name in self.given]
        body = json.dumps({"keys": keys}).encode()
        head = f"HTTP/1.1 {self.status} X\r\nCache-Control: public, max-age=3600\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()


@pytest.fixture
async def issuer() -> AsyncGenerator[Issuer]:
    issuer = Issuer()
    server = await asyncio.start_server(issuer.serve, "127.0.0.1", 0)
    issuer.port = server.sockets[0].getsockname()[1]
    async with server:
        yield issuer


@pytest.fixture
async def client(site: Site, issuer: Issuer) -> httpx.AsyncClient:
    """The HTTP door with the issuer's keys in place of Google's."""
    place = f"127.0.0.1:{issuer.port}"
    identities = Identities(
        Egress(loopback_origins=frozenset({f"http://{place}"})),
        SystemClock(),
        keys_url=f"http://{place}/certs",
        destination=Destination(purpose="push.keys", hosts=(place,), deadline_seconds=5, max_bytes=100_000),
    )
    intake = PostgresIntake(site.app, site.keyring, backlog_bytes=BACKLOG_BYTES)
    hints = Hints(Wake(site.valkey))
    reception = Reception(Gate(site.auth, site.keyring), Admission(), intake, hints)
    parts = DoorParts(reception=reception, intake=intake, database=site.app, keyring=site.keyring)
    listener = site.held.enter_context(listen("127.0.0.1", 0, setting="TEST"))
    ready = asyncio.Event()
    app = create_door_app(http_protocols(parts, identities=identities))
    server = HttpServer(app, ready=ready.set, connections=50, keep_alive_seconds=5)
    serving = asyncio.create_task(server.serve([listener]))
    await ready.wait()

    async def close() -> None:
        server.should_exit = True
        await serving
        await hints.finish()

    site.held.push_async_callback(close)
    port: int = listener.getsockname()[1]
    return await site.held.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20))


@pytest.fixture
async def feed(site: Site) -> OpenFeed:
    return await site.feed(await site.customer(), door="ndjson", options=OPTIONS)


def claims(**changes: object) -> dict[str, object]:
    """What a push token of Google's says."""
    now = int(time.time())
    said: dict[str, object] = {
        "aud": AUDIENCE, "azp": "113", "email": ACCOUNT, "email_verified": True, "exp": now + 3_600, "iat": now,
        "iss": "https://accounts.google.com", "sub": "113",
    }  # fmt: skip
    return {name: value for name, value in {**said, **changes}.items() if value is not None}


def token(said: dict[str, object] | None = None, *, key: str = "one", **header: object) -> str:
    """A token, signed with a key."""
    head = {"alg": "RS256", "kid": key, "typ": "JWT", **header}
    return jws.serialize_compact(head, json.dumps(said or claims()), KEYS[key], algorithms=["RS256"])


def path_of(feed: OpenFeed) -> str:
    return f"/ingest/v1/{ids.show('feed', feed.feed.id)}/pubsub"


def message(data: bytes = b'{"a":1}', message_id: str = "m-1") -> bytes:
    """A delivery as the service documents it."""
    return json.dumps({
        "message": {
            "data": base64.b64encode(data).decode(), "attributes": {"logging.googleapis.com/timestamp": "x"},
            "messageId": message_id, "message_id": message_id, "publishTime": "2026-11-22T08:00:00.123Z",
            "publish_time": "2026-11-22T08:00:00.123Z",
        },
        "subscription": "projects/p/subscriptions/s", "deliveryAttempt": 5,
    }).encode()  # fmt: skip


async def push(client: httpx.AsyncClient, path: str, shown: str | None, body: bytes = b"") -> httpx.Response:
    headers = {} if shown is None else {"Authorization": f"Bearer {shown}"}
    return await client.post(path, content=body or message(), headers=headers)


async def test_a_message_of_the_push_account_is_stored_once_however_often_it_comes(
    site: Site, client: httpx.AsyncClient, feed: OpenFeed, issuer: Issuer
) -> None:
    for _ in range(3):
        assert (await push(client, path_of(feed), token())).status_code == 200
    assert (await push(client, path_of(feed), token(), message(message_id="m-2"))).status_code == 200
    events = await sent(site, feed)
    assert [event.body for event in events] == [b'{"a":1}'] * 2
    assert events[0].time is not None
    assert events[0].time.isoformat() == "2026-11-22T08:00:00.123000+00:00"
    assert events[0].fields["messageId"] == "m-1"
    assert events[0].fields["subscription"] == "projects/p/subscriptions/s"
    assert issuer.asked == 1


async def test_a_log_entry_comes_out_parsed(site: Site, client: httpx.AsyncClient, issuer: Issuer) -> None:
    assert issuer.port
    customer = await site.customer()
    feed = await site.feed(customer, door="ndjson", options=OPTIONS)
    entry = {
        "insertId": "i1", "logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity", "severity": "NOTICE",
        "timestamp": "2026-11-22T08:00:00Z", "resource": {"type": "project", "labels": {"project_id": "p"}},
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "SetIamPolicy",
            "serviceName": "cloudresourcemanager.googleapis.com",
            "authenticationInfo": {"principalEmail": "a@b.example"},
        },
    }  # fmt: skip
    body = message(json.dumps(entry).encode())
    assert (await push(client, path_of(feed), token(), body)).status_code == 200
    await site.pipeline().drain()
    assert [event.source for event in await site.events(customer)] == ["gcp.audit"]


async def test_only_a_token_of_the_account_for_the_audience_opens_the_feed(
    site: Site, client: httpx.AsyncClient, feed: OpenFeed
) -> None:
    now = int(time.time())
    unsigned = ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (b'{"alg":"none","kid":"one"}', json.dumps(claims()).encode())
    )
    good = token()
    public = json.dumps(KEYS["one"].as_dict(private=False)).encode()
    confused = jws.serialize_compact(
        {"alg": "HS256", "kid": "one"}, json.dumps(claims()), OctKey.import_key(public), algorithms=["HS256"]
    )
    bad: dict[str, str | None] = {
        "none": None,
        "not a token": "x",
        "our own token": feed.token,
        "unsigned": f"{unsigned}.",
        "another key under the known name": token(key="foreign", kid="one"),
        "a key that the issuer has not": token(key="foreign"),
        "a symmetric signature made with the public key": confused,
        "its own key along": token(key="foreign", kid="one", jwk=KEYS["foreign"].as_dict(private=False)),
        "a key elsewhere": token(key="foreign", kid="one", jku="https://evil.example/keys"),
        "a changed signature": good[:-6] + ("AAAAAA" if good[-6:] != "AAAAAA" else "BBBBBB"),
        "changed claims": good.replace(good.split(".")[1], good.split(".")[1][:-4] + "AAAA"),
        "a fourth part": f"{good}.x",
        "very long": good + "A" * 5_000,
        "another audience": token(claims(aud="https://elsewhere.example")),
        "several audiences": token(claims(aud=[AUDIENCE])),
        "no audience": token(claims(aud=None)),
        "another account": token(claims(email="other@project.iam.gserviceaccount.com")),
        "an account in capitals": token(claims(email=ACCOUNT.upper())),
        "no account": token(claims(email=None)),
        "an address that nobody verified": token(claims(email_verified=False)),
        "a word for verified": token(claims(email_verified="true")),
        "another issuer": token(claims(iss="https://accounts.evil.example")),
        "too old": token(claims(iat=now - 7_200, exp=now - 120)),
        "no end": token(claims(exp=None)),
        "from the future": token(claims(iat=now + 600)),
        "good for ever": token(claims(exp=now + 10**9)),
        "an end beyond all clocks": token(claims(exp=10**18, iat=10**18 - 1)),
    }
    for name, shown in bad.items():
        answer = await push(client, path_of(feed), shown)
        assert answer.status_code == 401, name
        assert answer.json()["type"] == "urn:watchfloor:problem:identity_refused", name
        assert answer.json()["detail"] == "The request shows no identity token that opens this feed.", name
    assert await sent(site, feed) == []


async def test_a_feed_that_is_none_or_asks_for_no_account_is_refused_like_a_wrong_token(
    site: Site, client: httpx.AsyncClient, feed: OpenFeed
) -> None:
    customer = await site.customer()
    plain = await site.feed(customer, door="ndjson", name="plain")
    half = await site.feed(customer, door="ndjson", name="half", options=FeedOptions(push_account=ACCOUNT))
    hec = await site.feed(customer, door="hec", name="hec", options=OPTIONS)
    expected = (await push(client, path_of(feed), "x")).content
    paths = [path_of(plain), path_of(half), path_of(hec), "/ingest/v1/main/pubsub"]
    paths.append(f"/ingest/v1/{ids.show('feed', ids.new_uuid())}/pubsub")
    for path in paths:
        answer = await push(client, path, token())
        assert (answer.status_code, answer.content) == (401, expected), path


async def test_a_paused_feed_and_one_without_a_token_are_closed_within_a_second(
    site: Site, client: httpx.AsyncClient, feed: OpenFeed, eventually: Eventually
) -> None:
    async def status() -> int:
        return (await push(client, path_of(feed), token())).status_code

    assert await status() == 200
    async with tenant_tx(site.app, feed.feed.tenant_id) as tx:
        await change_feed(tx, ACTOR, feed_id=feed.feed.id, source_hint=None, state="paused")

    async def is_closed() -> bool:
        return await status() == 401

    async def is_open() -> bool:
        return await status() == 200

    await eventually(is_closed, within=FRESH_SECONDS + 1)
    async with tenant_tx(site.app, feed.feed.tenant_id) as tx:
        await change_feed(tx, ACTOR, feed_id=feed.feed.id, source_hint=None, state="active")
    await eventually(is_open, within=FRESH_SECONDS + 1)
    async with tenant_tx(site.auth, feed.feed.tenant_id) as tx:
        await revoke_tokens(tx, ACTOR, feed_id=feed.feed.id)
    await eventually(is_closed, within=FRESH_SECONDS + 1)


async def test_a_new_key_is_fetched_and_unknown_ones_do_not_make_us_ask_all_the_time(
    client: httpx.AsyncClient, feed: OpenFeed, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await push(client, path_of(feed), token())).status_code == 200
    for _ in range(5):
        assert (await push(client, path_of(feed), token(key="two"))).status_code == 401
    assert issuer.asked == 1
    issuer.given = ["two"]
    monkeypatch.setattr(identities_module, "_ASK_AGAIN", 0.0)
    answers = await asyncio.gather(*(push(client, path_of(feed), token(key="two")) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert issuer.asked == 2
    assert (await push(client, path_of(feed), token(key="one"))).status_code == 401


async def test_without_the_issuers_keys_the_sender_comes_again(
    client: httpx.AsyncClient, feed: OpenFeed, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identities_module, "_ASK_AGAIN", 0.0)
    issuer.status = 500
    answer = await push(client, path_of(feed), token())
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:watchfloor:problem:unavailable")
    assert int(answer.headers["retry-after"]) > 0
    issuer.status = 200
    assert (await push(client, path_of(feed), token())).status_code == 200
    issuer.status = 500
    assert (await push(client, path_of(feed), token())).status_code == 200


async def test_a_token_in_the_path_names_the_feed_and_does_not_replace_the_account(
    site: Site, client: httpx.AsyncClient
) -> None:
    customer = await site.customer()
    both = FeedOptions(token_in_url=True, push_audience=AUDIENCE, push_account=ACCOUNT)
    feed = await site.feed(customer, door="ndjson", options=both)
    bare = await site.feed(customer, door="ndjson", name="bare", options=FeedOptions(token_in_url=True))
    shut = await site.feed(customer, door="ndjson", name="shut")
    path = f"/ingest/v1/main/t/{feed.token}/pubsub"
    assert (await push(client, path, None)).status_code == 401
    assert (await push(client, path, token(claims(email="x@y.example")))).status_code == 401
    assert (await push(client, path, token())).status_code == 200
    assert (await push(client, f"/ingest/v1/bare/t/{bare.token}/pubsub", None)).status_code == 200
    assert (await push(client, f"/ingest/v1/shut/t/{shut.token}/pubsub", token())).status_code == 401
    assert (await push(client, f"/ingest/v1/bare/t/{feed.token}/pubsub", token())).status_code == 404


async def test_what_is_no_delivery_is_refused_and_an_empty_one_is_not(
    site: Site, client: httpx.AsyncClient, feed: OpenFeed
) -> None:
    wrong = [
        b"just words", b"{}", b"[]", b'{"message":{}}', b'{"message":{"messageId":"1","data":"*"}}',
        b'{"message":{"messageId":"1","data":5}}', b'{"message":' + b"[" * 100_000, b"\x00" * 1_000,
        b'{"message":{"messageId":"1","attributes":{"a":1}}}',
    ]  # fmt: skip
    for body in wrong:
        assert (await push(client, path_of(feed), token(), body)).status_code == 400, body[:40]
    assert (await push(client, path_of(feed), token(), message(b""))).status_code == 200
    assert await sent(site, feed) == []


async def test_a_poisonous_message_ends_in_the_quarantine_and_is_not_sent_for_ever(
    site: Site, client: httpx.AsyncClient
) -> None:
    customer = await site.customer()
    feed = await site.feed(customer, door="ndjson", options=OPTIONS)
    assert (await push(client, path_of(feed), token(), message(b"[" * 300_000))).status_code == 200
    await site.pipeline().drain()
    assert await site.rows(customer, "quarantine") == 1
