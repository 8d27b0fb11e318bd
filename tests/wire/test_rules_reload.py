"""Rules change under a running pipeline: events flow on, none is lost or worked twice, and the new rules match."""

import asyncio
import contextlib
import gc
import json
import logging
import time
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import Eventually
from tests.wire.conftest import BACKLOG_BYTES, Customer, Site
from watchfloor.feeds.batch import Packer, SentEvent
from watchfloor.feeds.doors.hints import PIPELINE_LANE
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Sender
from watchfloor.kernel.config import Settings
from watchfloor.kernel.valkey import Wake
from watchfloor.ops.pipeline import Pipeline
from watchfloor.ops.rulesets.compiled import shared_engine
from watchfloor.ops.rulesets.importing import Wish, import_rules
from watchfloor.ops.rulesets.manifest import MANIFEST, Choice, sets_dir
from watchfloor.ops.rulesets.watch import RulesetWatch

SENDER: Final = Sender(remote="127.0.0.1", user_agent="test", content_type="", request_id="1")
EVENTS_A_BATCH: Final = 40
RULE: Final = """\
title: Our own marker
id: 0b9a6a51-6a0c-4c2f-8f4e-5c1de6f0a001
status: test
level: high
author: kim
logsource: {product: windows, category: process_creation}
detection:
    selection: {CommandLine|contains: our-own-marker}
    condition: selection
"""


class Load:
    """Batches without a break: the next is sent when the last was worked. Measures how long each took."""

    def __init__(self, site: Site, customer: Customer, feed: Feed) -> None:
        self.site = site
        self.customer = customer
        self.feed = feed
        self.batches = 0
        self.took: list[float] = []
        self._intake = PostgresIntake(site.app, site.keyring, backlog_bytes=BACKLOG_BYTES)
        self._wake = Wake(site.valkey)

    async def send(self, eventually: Eventually) -> None:
        """One batch, until it was worked."""
        packer = Packer()
        for number in range(EVENTS_A_BATCH):
            event = {
                "EventID": 1,
                "Channel": "Microsoft-Windows-Sysmon/Operational",
                "Computer": "ws-17",
                "EventRecordID": self.batches * EVENTS_A_BATCH + number,
                "UtcTime": "2026-03-02 08:14:27.381",
                "Image": "C:\\Windows\\System32\\svchost.exe",
                "CommandLine": f"svchost.exe -k {'our-own-marker' if number == 0 else number}",
            }
            packer.add(SentEvent(body=json.dumps(event).encode()))
        begun = time.monotonic()
        self.batches += 1
        await self._intake.put(self.feed, packer.finish(), SENDER)
        await self._wake.hint(PIPELINE_LANE, self.customer.id)
        await eventually(self._is_empty, within=60)
        self.took.append(time.monotonic() - begun)

    async def _is_empty(self) -> bool:
        return await self.site.rows(self.customer, "intake_batches") == 0

    async def worked(self) -> int:
        """How many events went through the pipeline, each counted as often as it did."""
        statement = "select coalesce(sum(events), 0) from wf.feed_hours where tenant_id = $1"
        return int(await self.site.superuser.fetchval(statement, self.customer.id))

    async def has_matched(self) -> bool:
        """Whether the imported rule has."""
        statement = "select count(*) from wf.alerts where tenant_id = $1 and title = 'Our own marker'"
        return bool(await self.site.superuser.fetchval(statement, self.customer.id))


class Beats:
    """How late the event loop comes to what is due each 5 ms."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._due = 0.0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begins, or goes on."""
        loop = asyncio.get_running_loop()
        if self._due:
            self.worst = max(self.worst, loop.time() - self._due)
        self._due = loop.time() + 0.005
        self._handle = loop.call_at(self._due, self.start)

    def stop(self) -> None:
        """Ends."""
        if self._handle is not None:
            self._handle.cancel()


@pytest.fixture
async def load(site: Site) -> Load:
    customer = await site.customer()
    return Load(site, customer, (await site.feed(customer)).feed)


@contextlib.asynccontextmanager
async def running(site: Site, settings: Settings) -> AsyncGenerator[None]:
    """A pipeline that looks for changed rules very often. It stops promptly at the block's end."""
    intake = PostgresIntake(site.app, site.keyring, backlog_bytes=BACKLOG_BYTES)
    watch = RulesetWatch(settings, seconds=0.05)
    pipeline = Pipeline(site.app, site.bench(intake, shared_engine()), Wake(site.valkey), watch=watch)
    stop = asyncio.Event()
    run = asyncio.create_task(pipeline.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(run, 5)


def import_marker(home: Path, folder: Path) -> None:
    """Imports a set with one rule."""
    folder.mkdir(exist_ok=True)
    (folder / "marker.yml").write_text(RULE)
    wish = Wish(name="mine", choice=Choice(), licence="CC0-1.0")
    import_rules(folder, home, wish, now=datetime(2026, 3, 2, tzinfo=UTC))


async def test_imported_rules_match_under_load_and_no_event_is_lost_or_doubled(
    site: Site, settings: Settings, load: Load, tmp_path: Path, eventually: Eventually
) -> None:
    async with running(site, settings):
        for _ in range(5):
            await load.send(eventually)
        assert not await load.has_matched()
        await asyncio.to_thread(import_marker, settings.home, tmp_path / "set")
        deadline = time.monotonic() + 90
        while not await load.has_matched():
            assert time.monotonic() < deadline
            await load.send(eventually)
        for _ in range(5):
            await load.send(eventually)
        assert await load.worked() == load.batches * EVENTS_A_BATCH
        events = await site.events(load.customer)
        assert len(events) == len({event.key for event in events}) == load.batches * EVENTS_A_BATCH


@pytest.mark.load
async def test_no_batch_waits_a_tenth_of_a_second_for_changed_rules(
    site: Site, settings: Settings, load: Load, tmp_path: Path, eventually: Eventually
) -> None:
    beats = Beats()
    gc.collect()  # as a pipeline does at its start: this process has much more to look through than a pipeline
    gc.freeze()
    async with running(site, settings):
        for _ in range(50):
            await load.send(eventually)
        usual = max(load.took[10:])
        load.took.clear()
        await asyncio.to_thread(import_marker, settings.home, tmp_path / "set")
        beats.start()
        while not await load.has_matched():
            await load.send(eventually)
        for _ in range(20):
            await load.send(eventually)
        beats.stop()
    assert beats.worst < 0.1
    assert max(load.took) < usual + 0.1


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Generator[Callable[[], list[str]]]:
    """What the log says of rules that cannot be taken."""
    with caplog.at_level(logging.ERROR, "watchfloor.ops.rulesets.watch"):
        yield lambda: [text for record in caplog.records if "earlier ones stay" in (text := record.getMessage())]


async def test_a_broken_change_is_told_once_and_the_earlier_rules_stay(
    settings: Settings, load: Load, tmp_path: Path, eventually: Eventually, told: Callable[[], list[str]]
) -> None:
    manifest = sets_dir(settings.home) / "mine" / MANIFEST
    async with running(load.site, settings):
        manifest.parent.mkdir(parents=True)
        manifest.write_text("{}")
        await eventually(lambda: len(told()) == 1)
        await load.send(eventually)
        manifest.write_text("{ }")
        await load.send(eventually)
        await load.send(eventually)
        assert await load.worked() == load.batches * EVENTS_A_BATCH
        manifest.unlink()
        await asyncio.to_thread(import_marker, settings.home, tmp_path / "set")

        async def new_rules_match() -> bool:
            await load.send(eventually)
            return await load.has_matched()

        await eventually(new_rules_match, within=90)
    assert len(told()) == 1


async def test_a_pipeline_that_is_told_to_stop_waits_for_no_compiler(
    site: Site, settings: Settings, tmp_path: Path, eventually: Eventually
) -> None:
    """`running` fails when it does not stop within five seconds."""
    async with running(site, settings):
        await asyncio.to_thread(import_marker, settings.home, tmp_path / "set")
        cache = settings.home / "cache"
        await eventually(lambda: cache.exists() and any(cache.iterdir()), within=60)
