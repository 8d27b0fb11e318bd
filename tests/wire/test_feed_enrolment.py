"""Connecting a sender: credentials, the client's lines, and a trial through real doors and a real pipeline."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import httpx
import msgspec
import pytest

from tests.conftest import Eventually
from tests.wire.conftest import ACTOR, Customer, Doors, OpenFeed, Site
from watchfloor.feeds.certificates.registry import fingerprint_of, recognise_certificate
from watchfloor.feeds.enrolment.checkup import Checkup
from watchfloor.feeds.enrolment.clients import Client, read_client
from watchfloor.feeds.enrolment.enrol import (
    Credentials,
    Place,
    add_feed,
    choose_options,
    find_feed,
    lines_for,
    mint_credentials,
    revoke_credentials,
    set_state,
)
from watchfloor.feeds.enrolment.trial import Workshop, try_feed
from watchfloor.feeds.feed import Door, Feed, FeedOptions
from watchfloor.feeds.registry import TokenRefused, recognise
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.credentials import parse_feed_token
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import show

PAGE = """\
---
title: Test
door: {door}
---
```ini configuration
to = {{{{scheme}}}}://{{{{host}}}}:{{{{port}}}}
token = {{{{token}}}}
feed = {{{{feed}}}} {{{{feed_id}}}}
files = {{{{ca_file}}}} {{{{cert_file}}}} {{{{key_file}}}} {{{{syslog_port}}}} {{{{relp_port}}}}
```
"""
PLACE = Place(scheme="https", host="events.example", port=443, syslog_port=6514, relp_port=2514)


def client_of(door: Door) -> Client:
    return read_client(f"test-{door}", PAGE.format(door=door))


async def enrol(site: Site, customer: Customer, door: Door) -> tuple[Feed, Credentials]:
    client = client_of(door)
    async with tenant_tx(site.app, customer.id) as tx:
        feed = await add_feed(tx, ACTOR, client, name=None, options=client.options)
    return feed, await mint(site, customer, feed)


async def mint(site: Site, customer: Customer, feed: Feed, *, keep_old: bool = True) -> Credentials:
    async with tenant_tx(site.auth, customer.id) as tx:
        return await mint_credentials(
            tx, ACTOR, feed, secrets_dir=site.settings.secrets_dir, now=datetime.now(UTC), keep_old=keep_old
        )


async def opens(site: Site, credentials: Credentials) -> bool:
    """Whether a token opens its feed."""
    try:
        await recognise(site.auth, parse_feed_token(credentials.token.reveal()))
    except TokenRefused:
        return False
    return True


async def test_a_token_and_the_clients_lines_come_filled(site: Site) -> None:
    acme = await site.customer()
    feed, credentials = await enrol(site, acme, "hec")
    assert (feed.name, feed.door, credentials.certificate) == ("test-hec", "hec", None)
    assert await opens(site, credentials)
    (block,) = lines_for(client_of("hec"), feed, credentials, PLACE)
    assert block.language == "ini"
    assert block.text.splitlines()[:3] == [
        "to = https://events.example:443",
        f"token = {credentials.token.reveal()}",
        f"feed = test-hec {show('feed', feed.id)}",
    ]


async def test_a_syslog_feed_gets_a_certificate_that_stands_for_it(site: Site) -> None:
    acme = await site.customer()
    for door in ("syslog", "relp"):
        feed, credentials = await enrol(site, acme, door)
        assert credentials.certificate is not None
        known = await recognise_certificate(
            site.auth, fingerprint_of(credentials.certificate.der), now=datetime.now(UTC)
        )
        assert known.id == feed.id
        (block,) = lines_for(client_of(door), feed, credentials, PLACE)
        assert f"/etc/watchfloor/ca.pem /etc/watchfloor/test-{door}.pem" in block.text
        assert block.text.splitlines()[-1].endswith("6514 2514")


async def test_rotation_ends_the_older_credentials_unless_they_are_kept(site: Site) -> None:
    acme = await site.customer()
    feed, first = await enrol(site, acme, "hec")
    second = await mint(site, acme, feed)
    assert [await opens(site, one) for one in (first, second)] == [True, True]
    third = await mint(site, acme, feed, keep_old=False)
    assert [await opens(site, one) for one in (first, second, third)] == [False, False, True]


async def test_pausing_resuming_and_removing_may_be_done_twice(site: Site) -> None:
    acme = await site.customer()
    feed, credentials = await enrol(site, acme, "relp")

    async def state(wanted: str) -> Feed:
        async with tenant_tx(site.app, acme.id) as tx:
            found = await find_feed(tx, show("feed", feed.id))
            return await set_state(tx, ACTOR, found, "paused" if wanted == "paused" else "active")

    assert [(await state("paused")).state for _ in range(2)] == ["paused", "paused"]
    assert not await opens(site, credentials)
    with pytest.raises(Conflict, match="paused"):
        await mint(site, acme, await state("paused"))
    assert [(await state("active")).state for _ in range(2)] == ["active", "active"]
    assert await opens(site, credentials)
    revoked: list[int] = []
    for _ in range(2):
        async with tenant_tx(site.auth, acme.id) as tx:
            revoked.append(await revoke_credentials(tx, ACTOR, feed))
    assert revoked == [2, 0]
    assert not await opens(site, credentials)


async def test_names_and_options_are_checked(site: Site) -> None:
    acme = await site.customer()
    client = client_of("hec")
    async with tenant_tx(site.app, acme.id) as tx:
        with pytest.raises(Invalid, match="63 characters"):
            await add_feed(tx, ACTOR, client, name="No Name", options=client.options)
        with pytest.raises(NotFound):
            await find_feed(tx, "nobody")
    chosen = choose_options(FeedOptions(zone="Europe/Berlin"), {"acknowledge": "true", "expected_seconds": "900"})
    assert chosen == FeedOptions(zone="Europe/Berlin", acknowledge=True, expected_seconds=900)
    for name, value in (("acknowledge", "perhaps"), ("colour", "red")):
        with pytest.raises(Invalid, match="no options of a feed"):
            choose_options(FeedOptions(), {name: value})


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://events.example", "https://events.example"),
        ("https://events.example:8443/", "https://events.example:8443"),
        ("http://[2001:db8::1]:8088", "http://[2001:db8::1]:8088"),
    ],
)
def test_the_doors_address_is_that_of_the_settings(settings: Settings, address: str, url: str) -> None:
    assert Place.of(msgspec.structs.replace(settings, door_url=address)).url == url


@pytest.mark.parametrize("address", ["events.example", "ftp://events.example", "http://x:99999"])
def test_an_address_that_is_none_is_refused(settings: Settings, address: str) -> None:
    with pytest.raises(Invalid):
        Place.of(msgspec.structs.replace(settings, door_url=address))


# The trial


@contextlib.asynccontextmanager
async def working(site: Site) -> AsyncGenerator[None]:
    """A pipeline that works all the time."""
    stop = asyncio.Event()
    running = asyncio.create_task(site.pipeline().run(stop))
    yield
    stop.set()
    await running


def shop(site: Site, port: int) -> Workshop:
    settings = msgspec.structs.replace(site.settings, door_port=port)
    return Workshop(settings=settings, app=site.app, auth=site.auth, keyring=site.keyring, clock=SystemClock())


async def trial(site: Site, port: int, feed: OpenFeed, *, send: bool = True, wait: float = 8) -> Checkup:
    return await try_feed(shop(site, port), ACTOR, feed.feed, send=send, wait_seconds=wait)


def codes(found: Checkup, verdict: str) -> list[str]:
    return [one.code for one in found.findings if one.verdict == verdict]


async def test_a_test_event_through_each_http_door_shows_green_and_leaves_no_token(site: Site) -> None:
    acme = await site.customer()
    http: tuple[Door, ...] = ("hec", "ndjson", "bulk", "otlp")
    feeds = [await site.feed(acme, door=door, name=door) for door in http]
    feeds.append(await site.feed(acme, name="acknowledged", options=FeedOptions(acknowledge=True)))
    doors = await site.doors()
    async with working(site):
        for feed in feeds:
            found = await trial(site, doors.port, feed)
            assert found.is_green, found
            assert codes(found, "good")[:2] == ["door", "received"]
    live = await site.superuser.fetchval("select count(*) from auth.feed_tokens where revoked_at is null")
    assert live == len(feeds)
    assert len(await site.events(acme)) == len(feeds)


async def test_what_is_wrong_is_said(site: Site) -> None:
    acme = await site.customer()
    feed = await site.feed(acme)
    found = await trial(site, 1, feed)
    assert (found.is_green, codes(found, "bad")) == (False, ["no_door", "nothing_received"])
    doors = await site.doors()
    found = await trial(site, doors.port, feed, wait=0.3)
    assert codes(found, "bad") == ["waiting"], "nobody works the queue"
    await site.pipeline().drain()
    assert (await trial(site, doors.port, feed, send=False, wait=0)).is_green
    async with tenant_tx(site.app, acme.id) as tx:
        await set_state(tx, ACTOR, feed.feed, "paused")
    paused = OpenFeed(msgspec.structs.replace(feed.feed, state="paused"), feed.minted)
    assert "paused" in codes(await trial(site, doors.port, paused, wait=0), "bad")
    async with tenant_tx(site.auth, acme.id) as tx:
        await revoke_credentials(tx, ACTOR, feed.feed)
    assert "no_credential" in codes(await trial(site, doors.port, paused, wait=0), "bad")


async def test_a_wrong_token_is_seen_by_the_feeds_owner(site: Site, eventually: Eventually) -> None:
    acme = await site.customer()
    syslog, lost = await site.feed(acme, door="syslog"), await site.feed(acme, name="other")
    doors = await site.doors()
    wrong = await _wrong_token(site, acme, lost)
    assert (await post(doors, wrong)).status_code == 403
    noted = "select count(*) from wf.audit_entries where action = 'feed.refuse_token'"
    await eventually(lambda: site.superuser.fetchval(noted))
    found = await trial(site, doors.port, lost, send=False, wait=0)
    assert codes(found, "bad") == ["wrong_token", "nothing_received"]
    assert codes(await trial(site, doors.port, syslog, send=False, wait=0), "bad") == ["nothing_received"]


async def test_events_that_cannot_be_read_or_that_no_parser_knows_are_told_apart(site: Site) -> None:
    acme = await site.customer()
    feed = await site.feed(acme, source_hint="json")
    doors = await site.doors()
    for number in range(3):
        body = b'{"event":{"strange":"%d"}}{"event":"no json"}' % number
        assert (await doors.client.post("/services/collector", content=body, headers=feed.headers)).status_code == 200
    await site.pipeline().drain()
    found = await trial(site, doors.port, feed, send=False, wait=0)
    assert found.is_green
    assert codes(found, "warning")[:1] == ["quarantined_not_json"]
    (unknown,) = [one for one in found.findings if one.code == "unparsed"]
    assert '"strange"' in unknown.detail


async def _wrong_token(site: Site, customer: Customer, feed: OpenFeed) -> str:
    """A token of the feed that is well formed and nobody's: of another installation, for example."""
    async with tenant_tx(site.auth, customer.id) as tx:
        credentials = await mint_credentials(
            tx, ACTOR, feed.feed, secrets_dir=site.settings.secrets_dir, now=datetime.now(UTC)
        )
    await site.superuser.execute(
        "delete from auth.feed_tokens where created_at = (select max(created_at) from auth.feed_tokens)"
    )
    return credentials.token.reveal()


async def post(doors: Doors, token: str) -> httpx.Response:
    headers = {"Authorization": f"Splunk {token}"}
    return await doors.client.post("/services/collector", content=b'{"event":"x"}', headers=headers)
