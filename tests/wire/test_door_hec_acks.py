"""Acknowledgements by channel at the HEC door: what clients that poll for them rely on, across processes."""

import asyncio
from typing import Final

import httpx
import pytest

from tests.conftest import Eventually
from tests.wire.conftest import ACTOR, Doors, OpenFeed, Site
from watchfloor.feeds.acks.channels import CHANNEL_PENDING, IDLE_SECONDS, TENANT_PENDING, forget_idle
from watchfloor.feeds.feed import FeedOptions
from watchfloor.feeds.registry import mint_alias, revoke_token
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, tenant_tx
from watchfloor.kernel.errors import NotFound

EVENT: Final = "/services/collector/event"
RAW: Final = "/services/collector/raw"
ACK: Final = "/services/collector/ack"
HEALTH: Final = "/services/collector/health"
BODY: Final = b'{"event":"a"}'
ONE: Final = "11111111-2222-3333-4444-555555555555"
TWO: Final = "AAAAAAAA-2222-3333-4444-555555555555"


async def acknowledging(site: Site) -> OpenFeed:
    """A feed that acknowledges, of a customer of its own."""
    return await site.feed(await site.customer(), options=FeedOptions(acknowledge=True))


async def send(doors: Doors, feed: OpenFeed, channel: str = ONE, path: str = EVENT) -> int:
    """Sends an event and gives the id under which it may be asked about."""
    answer = await doors.client.post(f"{path}?channel={channel}", content=BODY, headers=feed.headers)
    assert answer.status_code == 200
    assert answer.content == b'{"text":"Success","code":0,"ackId":%d}' % answer.json()["ackId"]
    return int(answer.json()["ackId"])


async def ask(doors: Doors, feed: OpenFeed, *ids: int, channel: str = ONE) -> dict[str, bool]:
    """Asks about ids."""
    headers = {**feed.headers, "X-Splunk-Request-Channel": channel}
    answer = await doors.client.post(ACK, json={"acks": ids}, headers=headers)
    assert answer.status_code == 200
    acks: dict[str, bool] = answer.json()["acks"]
    return acks


def said(answer: httpx.Response) -> tuple[int, int]:
    """The status and the code of an answer."""
    return answer.status_code, answer.json()["code"]


async def test_ids_count_from_zero_in_each_channel_and_are_true_once(site: Site) -> None:
    doors, feed = await site.doors(), await acknowledging(site)
    assert [await send(doors, feed) for _ in range(3)] == [0, 1, 2]
    assert await send(doors, feed, TWO) == 0
    assert await send(doors, feed, TWO.lower(), RAW) == 1
    assert await ask(doors, feed, 0, 2, 7) == {"0": True, "2": True, "7": False}
    assert await ask(doors, feed, 0, 1, 2) == {"0": False, "1": True, "2": False}
    assert await send(doors, feed) == 3
    assert await ask(doors, feed, 3, 3) == {"3": True}
    assert await ask(doors, feed, 0, 1, channel=TWO) == {"0": True, "1": True}
    assert await ask(doors, feed, 0, channel="00000000-0000-0000-0000-000000000000") == {"0": False}
    assert await ask(doors, feed) == {}


async def test_several_processes_count_together_and_any_of_them_answers(site: Site) -> None:
    feed = await acknowledging(site)
    doors = [await site.doors() for _ in range(2)]
    ids = await asyncio.gather(*(send(doors[number % 2], feed) for number in range(20)))
    assert sorted(ids) == list(range(20))
    answers = await asyncio.gather(*(ask(one, feed, *range(25)) for one in doors for _ in range(3)))
    told = [ack_id for answer in answers for ack_id, is_safe in answer.items() if is_safe]
    assert sorted(map(int, told)) == list(range(20))
    assert await send(await site.doors(), feed) == 20


async def test_a_channel_belongs_to_its_feed(site: Site) -> None:
    doors, mine, other = await site.doors(), await acknowledging(site), await acknowledging(site)
    assert await send(doors, mine) == 0
    assert await ask(doors, other, 0) == {"0": False}
    assert await send(doors, other) == 0
    assert await ask(doors, mine, 0) == {"0": True}


async def test_a_request_without_a_channel_or_with_a_bad_one_is_refused_before_anything_is_taken(site: Site) -> None:
    doors, feed = await site.doors(), await acknowledging(site)
    for path in (EVENT, RAW, ACK):
        assert said(await doors.client.post(path, content=BODY, headers=feed.headers)) == (400, 10)
        assert said(await doors.client.post(f"{path}?channel=7", content=BODY, headers=feed.headers)) == (400, 11)
    assert await site.superuser.fetchval("select count(*) from wf.intake_batches") == 0


async def test_what_is_refused_gets_no_id(site: Site) -> None:
    doors, feed = await site.doors(), await acknowledging(site)
    for body, code in ((b"", 5), (b"{", 6), (b'{"event":""}', 13)):
        answer = await doors.client.post(f"{EVENT}?channel={ONE}", content=body, headers=feed.headers)
        assert said(answer) == (400, code)
        assert "ackId" not in answer.json()
    assert await send(doors, feed) == 0


QUESTIONS: Final = {
    b"": 5,
    b"[]": 6,
    b"{}": 6,
    b'{"acks":0}': 6,
    b'{"acks":["0"]}': 6,
    b'{"acks":[-1]}': 6,
    b'{"acks":[1.5]}': 6,
    b'{"acks":[99999999999999999999]}': 6,
    b'{"acks":[\xff]}': 6,
    b'{"acks":' * 5_000: 6,
    b'{"acks":[' + b"1," * 10_000 + b"1]}": 6,
}


async def test_a_question_that_is_none_is_refused(site: Site) -> None:
    doors, feed = await site.doors(), await acknowledging(site)
    for body, code in QUESTIONS.items():
        answer = await doors.client.post(f"{ACK}?channel={ONE}", content=body, headers=feed.headers)
        assert said(answer) == (400, code), body[:40]


async def set_waiting(site: Site, channel: str, waiting: int) -> None:
    """Makes a channel look as if so many of its ids had not been asked about."""
    statement = "update wf.hec_channels set waiting = $2 where channel = $1"
    assert await site.superuser.execute(statement, channel, waiting) == "UPDATE 1"


async def test_a_channel_whose_ids_nobody_asks_about_fills_up_and_others_do_not(site: Site) -> None:
    doors, feed = await site.doors(), await acknowledging(site)
    await send(doors, feed)
    await set_waiting(site, ONE, CHANNEL_PENDING)
    answer = await doors.client.post(f"{EVENT}?channel={ONE}", content=BODY, headers=feed.headers)
    assert said(answer) == (429, 27)
    assert int(answer.headers["retry-after"]) > 0
    assert await site.superuser.fetchval("select count(*) from wf.intake_batches") == 1
    assert await send(doors, feed, TWO) == 0
    assert await ask(doors, feed, 0) == {"0": True}
    assert await send(doors, feed) == 1


async def test_all_channels_of_a_tenant_together_have_a_limit_too(site: Site, eventually: Eventually) -> None:
    doors, feed, other = await site.doors(), await acknowledging(site), await acknowledging(site)
    await send(doors, feed)
    await set_waiting(site, ONE, TENANT_PENDING * 9 // 10)

    async def code(path: str, channel: str, feed: OpenFeed = feed) -> tuple[int, int]:
        return said(
            await doors.client.request(
                "POST" if path == EVENT else "GET",
                f"{path}?channel={channel}",
                content=BODY if path == EVENT else b"",
                headers=feed.headers,
            )
        )

    async def is_nearly_full() -> bool:
        return await code(HEALTH, TWO) == (200, 25)

    async def is_full() -> bool:
        return await code(EVENT, TWO) == (503, 9)

    await eventually(is_nearly_full)
    await set_waiting(site, ONE, TENANT_PENDING)
    await eventually(is_full)
    assert await code(EVENT, TWO, other) == (200, 0)
    assert await code(HEALTH, TWO, other) == (200, 17)


async def test_a_channel_that_was_quiet_for_five_minutes_is_forgotten(site: Site) -> None:
    doors, feed = await site.doors(), await acknowledging(site)
    for channel in (ONE, TWO):
        assert [await send(doors, feed, channel) for _ in range(2)] == [0, 1]
    age = f"update wf.hec_channels set used_at = now() - interval '{IDLE_SECONDS + 5} seconds'"
    await site.superuser.execute(age)
    assert await ask(doors, feed, 0) == {"0": False}
    assert await send(doors, feed) == 0
    assert await ask(doors, feed, 0, 1) == {"0": True, "1": False}
    await site.superuser.execute(age)
    async with tenant_tx(site.app, feed.feed.tenant_id) as tx:
        assert await forget_idle(tx) == 1
    assert await site.superuser.fetchval("select count(*) from wf.hec_channels") == 0


async def test_what_is_used_is_not_forgotten(site: Site) -> None:
    doors, feed = await site.doors(), await acknowledging(site)
    await send(doors, feed)
    for use in (send(doors, feed), ask(doors, feed, 9)):
        await site.superuser.execute("update wf.hec_channels set used_at = now() - interval '200 seconds'")
        await use
        young = "select used_at > now() - interval '100 seconds' from wf.hec_channels"
        assert await site.superuser.fetchval(young)


async def test_health_tells_which_part_is_away(site: Site, settings: Settings) -> None:
    closed = await Database.open(settings, Role.APP, connections=1)
    await closed.close()
    doors, feed = await site.doors(own=closed), await acknowledging(site)
    assert said(await doors.client.get(HEALTH)) == (200, 17)
    assert said(await doors.client.get(f"{HEALTH}?ack=true")) == (503, 19)
    answer = await doors.client.post(f"{EVENT}?channel={ONE}", content=BODY, headers=feed.headers)
    assert said(answer) == (503, 9)
    await site.app.close()
    assert said(await doors.client.get(HEALTH)) == (503, 18)
    assert said(await doors.client.get(f"{HEALTH}?ack=1")) == (503, 20)


async def test_health_tells_about_a_token_that_is_shown(site: Site) -> None:
    doors, feed = await site.doors(), await site.feed(await site.customer())
    in_url = await site.feed(await site.customer(), options=FeedOptions(token_in_url=True))
    cases: list[tuple[dict[str, str], str, tuple[int, int]]] = [
        (feed.headers, "", (200, 17)),
        ({}, f"?token={in_url.token}", (200, 17)),
        ({}, f"?token={feed.token}", (400, 16)),
        ({"Authorization": f"Splunk {ONE}"}, "", (400, 21)),
        ({"Authorization": "Digest x"}, "", (400, 21)),
    ]
    for headers, query, expected in cases:
        assert said(await doors.client.get(HEALTH + query, headers=headers)) == expected, (headers, query)
    await site.superuser.execute("update wf.feeds set state = 'paused'")
    assert said(await (await site.doors()).client.get(HEALTH, headers=feed.headers)) == (400, 22)


async def test_health_tells_a_tenant_whose_queue_is_full(site: Site) -> None:
    doors, feed, other = await site.doors(backlog_bytes=1), await acknowledging(site), await acknowledging(site)
    await send(doors, feed)
    assert said(await doors.client.get(HEALTH, headers=feed.headers)) == (200, 17)
    answer = await doors.client.post(f"{EVENT}?channel={ONE}", content=BODY, headers=feed.headers)
    assert said(answer) == (503, 9)
    assert said(await doors.client.get(HEALTH, headers=feed.headers)) == (503, 18)
    assert said(await doors.client.get(HEALTH, headers=other.headers)) == (200, 17)
    assert said(await doors.client.get(HEALTH)) == (200, 17)


async def test_health_tells_a_tenant_whose_requests_nearly_fill_its_room(site: Site, eventually: Eventually) -> None:
    doors, feed = await site.doors(), await site.feed(await site.customer())
    head = f"POST {EVENT} HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk {feed.token}\r\nContent-Length: 5000000\r\n\r\n"
    writers = [(await asyncio.open_connection("127.0.0.1", doors.port))[1] for _ in range(2)]
    for writer in writers:
        writer.write(head.encode() + b"x" * 4_900_000)

    async def code() -> tuple[int, int]:
        return said(await doors.client.get(HEALTH, headers=feed.headers))

    async def is_nearly_full() -> bool:
        return await code() == (200, 24)

    async def is_free() -> bool:
        return await code() == (200, 17)

    await eventually(is_nearly_full)
    for writer in writers:
        writer.close()
    await eventually(is_free)


async def test_a_guid_stands_for_its_token_and_ends_with_it(site: Site, eventually: Eventually) -> None:
    doors, feed = await site.doors(), await acknowledging(site)

    async def alias() -> str:
        async with tenant_tx(site.auth, feed.feed.tenant_id) as tx:
            return (await mint_alias(tx, ACTOR, feed.minted)).text.reveal()

    async def answer(guid: str) -> tuple[int, int]:
        headers = {"Authorization": f"Splunk {guid}", "X-Splunk-Request-Channel": ONE}
        return said(await doors.client.post(EVENT, content=BODY, headers=headers))

    first = await alias()
    assert len(first) == 36
    assert await answer(first) == await answer(first.upper()) == (200, 0)
    second = await alias()
    assert await answer(second) == (200, 0)
    assert await answer(ONE) == (403, 4)
    for guid, code in ((first, 4), (second, 1)):

        async def is_refused(guid: str = guid, code: int = code) -> bool:
            return await answer(guid) == (403, code)

        await eventually(is_refused, within=1.5)
        if guid == first:
            async with tenant_tx(site.auth, feed.feed.tenant_id) as tx:
                await revoke_token(tx, ACTOR, feed.minted)
    with pytest.raises(NotFound):
        await alias()
    assert await site.superuser.fetchval("select count(*) from wf.audit_entries where action = 'feed.mint_alias'") == 2


async def test_a_token_in_the_query_counts_where_the_feed_allows_it(site: Site) -> None:
    doors, customer = await site.doors(), await site.customer()
    allowed = await site.feed(customer, name="allowed", options=FeedOptions(token_in_url=True))
    other = await site.feed(customer, name="other")
    for query, expected in (
        (f"?token={allowed.token}", (200, 0)),
        (f"?token={other.token}", (400, 16)),
        (f"?token={ONE}", (403, 4)),
        ("?token=", (401, 2)),
    ):
        assert said(await doors.client.post(EVENT + query, content=BODY)) == expected, query
    answer = await doors.client.post(f"{EVENT}?token={allowed.token}", content=BODY, headers=other.headers)
    assert said(answer) == (200, 0)
    assert (
        await site.superuser.fetchval("select count(*) from wf.intake_batches where feed_id = $1", other.feed.id) == 1
    )
