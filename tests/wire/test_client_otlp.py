"""OpenTelemetry's own exporter at the door: it sends, is acknowledged, outlives a refused burst by its own rules."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Generator
from typing import Final

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from tests.conftest import Eventually
from tests.wire.conftest import Doors, OpenFeed, Site
from tests.wire.test_door_hec import sent
from watchfloor.feeds.doors.admission import TENANT_BYTES
from watchfloor.feeds.feed import FeedOptions

TIME: Final = 1_795_334_644_444_555_666


@contextlib.contextmanager
def exporting(
    doors: Doors, feed: OpenFeed, compression: Compression = Compression.Gzip, *, path: str = "/v1/logs"
) -> Generator[LoggerProvider]:
    """A program's logging through the SDK's batch processor, as its documentation sets it up."""
    headers = {"authorization": f"Bearer {feed.token}"} if "token" not in path and "/t/" not in path else {}
    exporter = OTLPLogExporter(
        endpoint=f"http://127.0.0.1:{doors.port}{path}", headers=headers, timeout=20, compression=compression
    )
    provider = LoggerProvider(Resource({"service.name": "shop", "host.name": "web-1"}), shutdown_on_exit=False)
    provider.add_log_record_processor(
        BatchLogRecordProcessor(exporter, schedule_delay_millis=60_000, max_export_batch_size=512)
    )
    yield provider
    provider.shutdown()


def log(provider: LoggerProvider, number: int) -> None:
    """Logs a record with everything that the SDK can send."""
    provider.get_logger("checkout", "1.2").emit(
        LogRecord(
            timestamp=TIME + number,
            observed_timestamp=TIME + number,
            severity_text="WARN",
            severity_number=SeverityNumber.WARN,
            body={"number": number, "text": "Grüße 世界 \U0001f600 \0", "list": [1, "a", 2.5, None, True]},
            attributes={"user.name": f"user-{number}", "raw": b"\x00\xff"},
        )
    )


def expected(number: int) -> dict[str, object]:
    """The event that the record becomes."""
    return {
        "number": number,
        "text": "Grüße 世界 \U0001f600 \0",
        "list": [1, "a", 2.5, None, True],
        "user.name": f"user-{number}",
        "raw": "AP8=",
        "scope.name": "checkout",
        "scope.version": "1.2",
        "service.name": "shop",
        "host.name": "web-1",
        "timeUnixNano": str(TIME + number),
        "observedTimeUnixNano": str(TIME + number),
        "severityNumber": 13,
        "severityText": "WARN",
    }


async def found(site: Site, feed: OpenFeed) -> list[object]:
    return [json.loads(event.body) for event in await sent(site, feed)]


@pytest.mark.parametrize("compression", [Compression.Gzip, Compression.Deflate, Compression.NoCompression])
async def test_the_exporter_delivers_every_record(site: Site, compression: Compression) -> None:
    doors, feed = await site.doors(), await site.feed(await site.customer(), door="otlp")
    with exporting(doors, feed, compression) as provider:
        for number in range(1_200):
            log(provider, number)
        assert await asyncio.to_thread(provider.force_flush)
    events = await found(site, feed)
    assert sorted(events, key=str) == sorted([expected(number) for number in range(1_200)], key=str)


async def test_a_token_in_the_path_serves_an_exporter_without_headers(site: Site) -> None:
    options = FeedOptions(token_in_url=True)
    doors, feed = await site.doors(), await site.feed(await site.customer(), door="otlp", options=options)
    with exporting(doors, feed, path=f"/t/{feed.token}/v1/logs") as provider:
        log(provider, 1)
        assert await asyncio.to_thread(provider.force_flush)
    assert await found(site, feed) == [expected(1)]


@contextlib.asynccontextmanager
async def crowded(doors: Doors, feed: OpenFeed, eventually: Eventually) -> AsyncGenerator[None]:
    """Inside, the feed's tenant has as much under way as it may: everything more of it is refused with 503."""
    head = (
        f"POST /v1/logs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {feed.token}\r\n"
        "Content-Type: application/x-protobuf\r\nContent-Length: 5000000\r\n\r\n"
    )
    writers: list[asyncio.StreamWriter] = []
    for size in (4_900_000, 4_900_000, TENANT_BYTES - 9_800_000):
        writers.append((await asyncio.open_connection("127.0.0.1", doors.port))[1])
        writers[-1].write(head.encode() + b"x" * size)

    async def is_refused() -> bool:
        headers = {"Authorization": f"Bearer {feed.token}", "Content-Type": "application/json"}
        return (await doors.client.post("/v1/logs", content=b"{}", headers=headers)).status_code == 503

    await eventually(is_refused)
    yield
    for writer in writers:
        writer.close()


async def test_the_exporter_outlives_a_refused_burst_by_its_own_retries(
    site: Site, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    doors, feed = await site.doors(), await site.feed(await site.customer(), door="otlp")
    caplog.set_level(logging.WARNING)
    with exporting(doors, feed) as provider:
        for number in range(100):
            log(provider, number)
        async with crowded(doors, feed, eventually):
            sending = asyncio.create_task(asyncio.to_thread(provider.force_flush))
            await eventually(lambda: "retrying in 2.00s" in caplog.text)
            assert await sent(site, feed) == []
        assert await sending
    assert await found(site, feed) == [expected(number) for number in range(100)]


async def test_a_batch_that_was_answered_too_late_is_not_stored_twice(site: Site) -> None:
    doors, feed = await site.doors(), await site.feed(await site.customer(), door="otlp")
    for _ in range(2):  # the exporter sends the same bytes again when it gave up waiting for the answer
        with exporting(doors, feed) as provider:
            log(provider, 7)
            assert await asyncio.to_thread(provider.force_flush)
    assert await found(site, feed) == [expected(7)]
