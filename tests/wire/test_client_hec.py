"""Real HEC senders at the door: two client libraries by their own code, and others by what they put on the wire.

The exchanges of senders that do not run here were written down from their documentation and sources, head and body;
they are replayed byte for byte.
"""

import asyncio
import contextlib
import gzip
import json
import logging
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import pytest
import requests
from splunk_handler import SplunkHandler  # type: ignore[import-untyped]  # the library has no types
from splunk_hec_handler import SplunkHecHandler  # type: ignore[import-untyped]  # nor has this one

from tests.conftest import Eventually
from tests.wire.conftest import Doors, OpenFeed, Site
from tests.wire.hostile import talk
from tests.wire.test_door_hec import sent
from watchfloor.feeds.batch import SentEvent
from watchfloor.feeds.doors.admission import TENANT_BYTES
from watchfloor.feeds.feed import FeedOptions

EVENT: Final = "/services/collector/event"
GUID: Final = "11111111-2222-3333-4444-555555555555"
MESSAGES: Final = [
    "plain",
    'quotes " and \\ backslashes',
    "two\nlines",
    "Grüße, 世界 \U0001f600",
    "a NUL \0 and an escape \x1b[31m",
    "}{ braces }{",
    "x" * 20_000,
]


@dataclass(frozen=True)
class Logged:
    """What a program logged through a handler."""

    handler: logging.Handler
    messages: list[object] = field(default_factory=list)

    def log(self, message: object) -> None:
        """Logs a message as any program does."""
        record = logging.LogRecord("program", logging.WARNING, "/srv/program.py", 7, message, None, None)
        self.handler.handle(record)
        self.messages.append(message)


def splunk_handler(doors: Doors, feed: OpenFeed) -> SplunkHandler:
    """The library's handler as its documentation sets it up; it sends when it is told to."""
    return SplunkHandler(
        host="127.0.0.1",
        port=doors.port,
        token=feed.token,
        index="main",
        hostname="ws-17",
        protocol="http",
        verify=False,
        flush_interval=600,
        retry_backoff=0.1,
    )


async def test_splunk_handler_delivers_every_message_as_it_was_logged(site: Site) -> None:
    doors, feed = await site.doors(), await site.feed(await site.customer())
    handler = splunk_handler(doors, feed)
    logged = Logged(handler)
    for number in range(40):
        for message in MESSAGES:
            logged.log(f"{number}: {message}")
    begun = datetime.now(UTC)
    await asyncio.to_thread(handler.close)
    events = await sent(site, feed)
    assert [event.body.decode() for event in events] == logged.messages
    assert {(event.host, event.source, event.sourcetype) for event in events} == {("ws-17", "/srv/program.py", "text")}
    assert {event.fields["index"] for event in events} == {"main"}
    assert all(event.time is not None and abs((event.time - begun).total_seconds()) < 10 for event in events)


@contextlib.asynccontextmanager
async def crowded(doors: Doors, feed: OpenFeed, eventually: Eventually) -> AsyncGenerator[None]:
    """Inside, the feed's tenant has as much under way as it may: everything more of it is refused."""
    head = f"POST {EVENT} HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk {feed.token}\r\nContent-Length: 5000000\r\n\r\n"
    writers: list[asyncio.StreamWriter] = []
    for size in (4_900_000, 4_900_000, TENANT_BYTES - 9_800_000):
        writers.append((await asyncio.open_connection("127.0.0.1", doors.port))[1])
        writers[-1].write(head.encode() + b"x" * size)

    async def is_refused() -> bool:
        answer = await doors.client.post(EVENT, content=b'{"event":', headers=feed.headers)
        return answer.status_code == 503

    await eventually(is_refused)
    yield
    for writer in writers:
        writer.close()


async def test_splunk_handler_outlives_a_refused_burst_by_its_own_retries(site: Site, eventually: Eventually) -> None:
    doors, feed = await site.doors(), await site.feed(await site.customer())
    handler = splunk_handler(doors, feed)
    logged = Logged(handler)
    for message in MESSAGES:
        logged.log(message)
    async with crowded(doors, feed, eventually):
        begun = time.monotonic()
        sending = asyncio.create_task(asyncio.to_thread(handler.close))
        # urllib3 waits for as long as Retry-After says; the first try is over long before that.
        done, _ = await asyncio.wait([sending], timeout=0.5)
        assert not done
        assert await sent(site, feed) == []
    await sending
    assert time.monotonic() - begun >= 2
    assert [event.body.decode() for event in await sent(site, feed)] == logged.messages


RICH: Final[dict[str, object]] = {
    "user": "a",
    "action": "login",
    "nested": {"list": [1, 2.5, None, True]},
    "text": "Grüße \U0001f600",
}
RECORDS: Final[list[object]] = [
    "plain",
    RICH,
    {"time": 1795336244.444, "fields": {"colour": "red", "count": 3}, "message": "with its own time"},
    {"time": 1795336244.444, "fields": {"host": "other", "list": ["a", "b"]}, "message": "with its own host"},
]


async def test_splunk_hec_handler_delivers_every_record_as_it_was_logged(site: Site) -> None:
    doors, feed = await site.doors(), await site.feed(await site.customer())
    events = await asyncio.to_thread(lambda: log_records(doors, feed))
    stored = await sent(site, feed)
    assert events == len(stored) == len(RECORDS)
    plain, rich, coloured, other = (json.loads(event.body) for event in stored)
    assert plain == {"log_level": "WARNING", "message": "plain"}
    assert rich == {"log_level": "WARNING", **RICH}
    assert (coloured["message"], other["message"]) == ("with its own time", "with its own host")
    assert [event.host for event in stored] == ["ws-17", "ws-17", "ws-17", "other"]
    assert stored[2].fields == {"colour": "red", "count": "3", "index": "main"}
    assert stored[3].fields == {"list": '["a","b"]', "index": "main"}
    assert stored[2].time == stored[3].time == datetime(2026, 11, 22, 8, 30, 44, 444000, tzinfo=UTC)


def hec_handler(doors: Doors, feed: OpenFeed) -> SplunkHecHandler:
    """The library's handler."""
    return SplunkHecHandler(
        "127.0.0.1", feed.token, port=doors.port, proto="http", hostname="ws-17", source="app", index="main"
    )


def log_records(doors: Doors, feed: OpenFeed) -> int:
    """Logs all records and gives how many."""
    logged = Logged(hec_handler(doors, feed))
    for record in RECORDS:
        logged.log(record)
    return len(logged.messages)


async def test_splunk_hec_handler_tells_its_program_of_a_refusal_and_delivers_once_there_is_room(
    site: Site, eventually: Eventually
) -> None:
    """The library has no retries: its rule is to raise, and it is the program that logs again."""
    doors, customer = await site.doors(backlog_bytes=1), await site.customer()
    feed, filler = await site.feed(customer), await site.feed(customer, name="filler")
    answer = await doors.client.post(EVENT, content=b'{"event":"filler"}', headers=filler.headers)
    assert answer.status_code == 200
    logged = Logged(await asyncio.to_thread(hec_handler, doors, feed))
    with pytest.raises(requests.HTTPError, match="503"):
        await asyncio.to_thread(logged.log, "now or later")
    assert await sent(site, feed) == []
    await site.superuser.execute("delete from wf.intake_batches")

    async def is_delivered() -> bool:
        with contextlib.suppress(requests.HTTPError):
            await asyncio.to_thread(logged.log, "now or later")
        return bool(logged.messages)

    await eventually(is_delivered)
    assert [json.loads(event.body)["message"] for event in await sent(site, feed)] == ["now or later"]


@dataclass(frozen=True)
class Exchange:
    """What a sender writes; what it needs to read, and what has to be durable then.

    `TOKEN` in the head stands for the token. The head's length is filled in.
    """

    head: str
    body: bytes
    status: int = 200
    answer: bytes = b'{"text":"Success","code":0}'
    events: tuple[SentEvent, ...] = ()
    options: FeedOptions | None = None


TIME: Final = datetime(2026, 11, 22, 8, 30, 44, 444000, tzinfo=UTC)

EXCHANGES: Final[dict[str, Exchange]] = {
    "Fluent Bit, out_splunk": Exchange(
        "POST /services/collector/event HTTP/1.1\r\nHost: events.mssp.example:8088\r\nContent-Length: LENGTH\r\n"
        "User-Agent: Fluent-Bit\r\nAuthorization: Splunk TOKEN\r\n\r\n",
        b'{"time":1795336244.444,"host":"web-1","event":{"log":"a"}}{"time":1795336244.444,"event":{"log":"b"}}',
        events=(SentEvent(body=b'{"log":"a"}', time=TIME, host="web-1"), SentEvent(body=b'{"log":"b"}', time=TIME)),
    ),
    "Fluent Bit, out_splunk, compressed, with a user": Exchange(
        "POST /services/collector/event HTTP/1.1\r\nHost: events.mssp.example:8088\r\nContent-Length: LENGTH\r\n"
        "User-Agent: Fluent-Bit\r\nContent-Encoding: gzip\r\nX-Splunk-Request-Channel: " + GUID + "\r\n"
        "Authorization: Splunk TOKEN\r\n\r\n",
        gzip.compress(b'{"time":1795336244.444000000,"event":{"log":"a"}}'),
        events=(SentEvent(body=b'{"log":"a"}', time=TIME),),
    ),
    "syslog-ng, http() with a template": Exchange(
        "POST /services/collector/event HTTP/1.1\r\nHost: events.mssp.example:8088\r\nAccept: */*\r\n"
        "User-Agent: syslog-ng 3.38.1/libcurl 7.88.1\r\nAuthorization: Splunk TOKEN\r\nX-Syslog-Host: gw\r\n"
        "Content-Length: LENGTH\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n",
        b'{"time":"1795336244.444","host":"gw","source":"syslog-ng","event":"<34>su: failed\\tfor root"}\n'
        b'{"time":"1795336244","host":"gw","source":"syslog-ng","event":"b=1&c=2"}\n',
        events=(
            SentEvent(body=b"<34>su: failed\tfor root", time=TIME, host="gw", source="syslog-ng"),
            SentEvent(body=b"b=1&c=2", time=TIME.replace(microsecond=0), host="gw", source="syslog-ng"),
        ),
    ),
    "hass-splunk's probe": Exchange(
        "POST /services/collector/event HTTP/1.1\r\nHost: events.mssp.example:8088\r\nAuthorization: Splunk TOKEN\r\n"
        "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nUser-Agent: Python/3.13 aiohttp/3.11\r\n"
        "Content-Length: 0\r\nContent-Type: application/octet-stream\r\n\r\n",
        b"",
        status=400,
        answer=b'{"text":"No data","code":5}',
    ),
    "GitHub's audit log streaming": Exchange(
        "POST /services/collector HTTP/1.1\r\nHost: events.mssp.example\r\nContent-Type: application/json\r\n"
        "Authorization: Splunk TOKEN\r\nContent-Length: LENGTH\r\nAccept-Encoding: gzip\r\n\r\n",
        b'{"time":1795336244444,"host":"github.com","source":"audit-log","event":{"action":"repo.destroy","actor":"eve",'
        b'"@timestamp":1795336244444}}',
        events=(
            SentEvent(
                body=b'{"action":"repo.destroy","actor":"eve","@timestamp":1795336244444}',
                time=TIME,
                host="github.com",
                source="audit-log",
            ),
        ),
    ),
    "Cloudflare Logpush, splunk://": Exchange(
        f"POST /services/collector/raw?channel={GUID}&sourcetype=cloudflare%3Ajson HTTP/1.1\r\n"
        "Host: events.mssp.example\r\nAuthorization: Splunk TOKEN\r\nContent-Encoding: gzip\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: LENGTH\r\n\r\n",
        gzip.compress(b'{"EdgeResponseStatus":403,"RayID":"8a"}\n{"EdgeResponseStatus":200,"RayID":"8b"}\n'),
        events=(
            SentEvent(body=b'{"EdgeResponseStatus":403,"RayID":"8a"}', sourcetype="cloudflare:json"),
            SentEvent(body=b'{"EdgeResponseStatus":200,"RayID":"8b"}', sourcetype="cloudflare:json"),
        ),
    ),
    "Docker's logging driver, before it starts": Exchange(
        "OPTIONS /services/collector/event/1.0 HTTP/1.1\r\nHost: events.mssp.example:8088\r\n"
        "User-Agent: Go-http-client/1.1\r\n\r\n",
        b"",
        answer=b"{}",
    ),
    "Docker's logging driver": Exchange(
        "POST /services/collector/event/1.0 HTTP/1.1\r\nHost: events.mssp.example:8088\r\n"
        "User-Agent: Go-http-client/1.1\r\nContent-Length: LENGTH\r\nAuthorization: Splunk TOKEN\r\n"
        "Accept-Encoding: gzip\r\n\r\n",
        b'{"time":"1795336244.444000","host":"node-1","event":{"line":"a","source":"stdout","tag":"0f"}}'
        b'{"time":"1795336244.444000","host":"node-1","event":{"line":"b","source":"stderr","tag":"0f"}}',
        events=(
            SentEvent(body=b'{"line":"a","source":"stdout","tag":"0f"}', time=TIME, host="node-1"),
            SentEvent(body=b'{"line":"b","source":"stderr","tag":"0f"}', time=TIME, host="node-1"),
        ),
    ),
    "a sender that can set no header": Exchange(
        "POST /services/collector/raw?token=TOKEN&host=cam-1 HTTP/1.1\r\nHost: events.mssp.example\r\n"
        "Content-Length: LENGTH\r\n\r\n",
        b"one line",
        events=(SentEvent(body=b"one line", host="cam-1"),),
        options=FeedOptions(token_in_url=True),
    ),
}


@pytest.mark.parametrize("name", EXCHANGES)
async def test_what_a_sender_puts_on_the_wire_is_answered_as_it_expects(site: Site, name: str) -> None:
    exchange = EXCHANGES[name]
    doors, feed = await site.doors(), await site.feed(await site.customer(), options=exchange.options)
    status, body = await say(doors, feed, exchange.head, exchange.body)
    assert (status, body) == (exchange.status, exchange.answer)
    assert tuple(await sent(site, feed)) == exchange.events


async def say(doors: Doors, feed: OpenFeed, head: str, body: bytes) -> tuple[int, bytes]:
    """Writes a request as it stands, and gives the status and body of the answer."""
    text = head.replace("TOKEN", feed.token).replace("LENGTH", str(len(body)))
    answer = await talk(doors.port, text.replace("\r\n", "\r\nConnection: close\r\n", 1).encode() + body)
    top, _, rest = answer.partition(b"\r\n\r\n")
    return int(top.split()[1]), rest


VECTOR: Final = (
    "Host: events.mssp.example\r\nUser-Agent: Vector/0.50.0 (x86_64-unknown-linux-gnu)\r\n"
    f"Authorization: Splunk TOKEN\r\nX-Splunk-Request-Channel: {GUID}\r\nAccept-Encoding: identity\r\n"
)


async def test_vector_asks_for_its_acknowledgements_until_it_has_them_all(site: Site) -> None:
    feed = await site.feed(await site.customer(), options=FeedOptions(acknowledge=True))
    doors = await site.doors()
    health = await say(doors, feed, f"GET /services/collector/health/1.0 HTTP/1.1\r\n{VECTOR}\r\n", b"")
    assert health == (200, b'{"text":"HEC is healthy","code":17}')
    head = (
        f"POST /services/collector/event HTTP/1.1\r\n{VECTOR}Content-Type: application/json\r\n"
        "Content-Encoding: gzip\r\nContent-Length: LENGTH\r\n\r\n"
    )
    for number in range(3):
        body = b'{"event":{"message":"%d"},"fields":{},"time":1795336244.444,"host":"web-1"}' % number
        assert await say(doors, feed, head, gzip.compress(body * 2)) == (
            200,
            b'{"text":"Success","code":0,"ackId":%d}' % number,
        )
    ask = (
        f"POST /services/collector/ack HTTP/1.1\r\n{VECTOR}Content-Type: application/json\r\n"
        "Content-Length: LENGTH\r\n\r\n"
    )
    # It asks another process of the doors, ten seconds later; ids that it does not have yet are not true.
    other = await site.doors()
    status, said = await say(other, feed, ask, b'{"acks":[0,1,2,3]}')
    assert (status, json.loads(said)) == (200, {"acks": {"0": True, "1": True, "2": True, "3": False}})
    assert [json.loads(event.body)["message"] for event in await sent(site, feed)] == ["0", "0", "1", "1", "2", "2"]
