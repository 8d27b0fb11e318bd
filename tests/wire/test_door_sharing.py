"""One sender's load is its own: memory, lines and look-ups are shared by tenant, and a slow body holds nobody up."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator

import pytest

from tests.wire.conftest import Doors, OpenFeed, Site
from watchfloor.feeds.doors import incoming
from watchfloor.feeds.doors.admission import Admission, Busy
from watchfloor.kernel.credentials import mint_feed_token
from watchfloor.kernel.ids import FeedId, TenantId, new_uuid

EVENT = "/services/collector/event"


def head(feed: OpenFeed, length: int) -> bytes:
    """The head of a request whose body is so long."""
    return (
        f"POST {EVENT} HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk {feed.token}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


@contextlib.asynccontextmanager
async def half_sent(doors: Doors, feed: OpenFeed, *, total: int, sent: int) -> AsyncGenerator[asyncio.StreamReader]:
    """A request of which only a part has been sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", doors.port)
    writer.write(head(feed, total) + b" " * sent)
    await writer.drain()
    try:
        yield reader
    finally:
        writer.close()


async def status(doors: Doors, feed: OpenFeed, body: bytes = b'{"event":1}') -> int:
    """How a request is answered."""
    answer = await doors.client.post(EVENT, content=body, headers=feed.headers)
    return answer.status_code


async def test_a_tenant_that_fills_its_room_is_refused_and_another_is_not(site: Site) -> None:
    doors = await site.doors()
    greedy, modest = await site.feed(await site.customer()), await site.feed(await site.customer())
    async with contextlib.AsyncExitStack() as held:
        readers = [
            await held.enter_async_context(half_sent(doors, greedy, total=4_900_000, sent=3_900_000)) for _ in range(4)
        ]
        answers = [asyncio.create_task(reader.readuntil(b"\r\n\r\n")) for reader in readers]
        answered, waiting = await asyncio.wait(answers, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        assert {answer.result()[:13] for answer in answered} == {b"HTTP/1.1 503 "}
        assert len(waiting) == 3
        assert await status(doors, modest, b'{"event":"' + b"x" * 200_000 + b'"}') == 200
        for answer in waiting:
            answer.cancel()
    assert await status(doors, greedy) == 200


async def test_a_body_that_does_not_come_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "READ_SECONDS", 0.3)
    doors = await site.doors()
    feed = await site.feed(await site.customer())
    async with half_sent(doors, feed, total=1_000, sent=10) as reader:
        said = await asyncio.wait_for(reader.read(), 5)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b'"code":9' in said


async def test_a_sender_that_hangs_up_leaves_nothing_behind(site: Site) -> None:
    doors = await site.doors()
    customer = await site.customer()
    feed = await site.feed(customer)
    for _ in range(20):
        async with half_sent(doors, feed, total=900_000, sent=800_000):
            pass
    assert await status(doors, feed) == 200
    assert await site.rows(customer, "intake_batches") == 1


async def test_many_guesses_of_tokens_do_not_keep_a_good_sender_out(site: Site) -> None:
    doors = await site.doors()
    feed = await site.feed(await site.customer())
    assert await status(doors, feed) == 200

    async def guess() -> int:
        token = mint_feed_token(FeedId(new_uuid())).text.reveal()
        answer = await doors.client.post(EVENT, content=b"x", headers={"Authorization": f"Splunk {token}"})
        return answer.status_code

    guesses = [asyncio.create_task(guess()) for _ in range(150)]
    begun = time.monotonic()
    for _ in range(5):
        assert await status(doors, feed) == 200
    assert time.monotonic() - begun < 5
    assert set(await asyncio.gather(*guesses)) <= {403, 503}


async def test_a_share_is_given_back_whatever_happens() -> None:
    admission = Admission(total_bytes=100, tenant_bytes=60)
    one, other = TenantId(new_uuid()), TenantId(new_uuid())
    with admission.share(one) as first:
        first.take(60)
        with pytest.raises(Busy), admission.share(one) as second:
            second.take(1)
        with admission.share(other) as third:
            third.take(40)
            with pytest.raises(Busy):
                third.take(1)
    for _ in range(3):
        with admission.share(one) as again:
            again.take(60)


async def test_a_tenant_has_one_body_in_line_so_nobody_waits_for_more_than_one_of_each() -> None:
    admission = Admission()
    one, other = TenantId(new_uuid()), TenantId(new_uuid())
    order = list[str]()

    async def work(tenant_id: TenantId, name: str) -> None:
        await admission.work(tenant_id, lambda: order.append(name), is_small=False)

    flood = [asyncio.create_task(work(one, "flood")) for _ in range(20)]
    trickle = asyncio.create_task(work(other, "trickle"))
    await asyncio.gather(trickle, *flood)
    assert order.index("trickle") <= 2
