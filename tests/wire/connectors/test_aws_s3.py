"""The connector for Amazon S3: the suite of all connectors, and what is this vendor's own."""

import asyncio
import gzip
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar, cast

import msgspec
import pytest
from types_boto3_events import EventBridgeClient

from tests.conftest import Eventually
from tests.wire.connectors.aws_s3_vendor import (
    ACCOUNT,
    FOREIGN,
    KEY_ID,
    REGION,
    SECRET,
    AwsVendor,
    Front,
    Place,
    client,
    cloudtrail_key,
    event,
    s3,
    sns,
    trail,
)
from tests.wire.connectors.loopback import Asked
from tests.wire.connectors.suite import Suite
from tests.wire.connectors.vendor import Vendor
from watchfloor.feeds.connectors.aws_s3.client import AwsS3
from watchfloor.feeds.connectors.aws_s3.pages import Pace
from watchfloor.feeds.connectors.connector import Cursor, Denied, Page, Remote
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.egress import Egress
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.secret import Secret


class TestAwsS3(Suite):
    """See the suite."""

    VENDOR: ClassVar[type[Vendor]] = AwsVendor


@dataclass
class Line:
    """A connector that is driven by hand; what it has stored is kept here."""

    front: Front
    place: Place
    settings: dict[str, str]
    connector: AwsS3 = field(default_factory=lambda: AwsS3(pace=Pace(wait_seconds=0, hidden_seconds=30)))
    stored: dict[str, bytes] = field(default_factory=dict[str, bytes])
    marks: set[str] = field(default_factory=set[str])
    strangers: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        self.remote = Remote(
            settings=self.settings,
            secrets={"secret_access_key": Secret(SECRET)},
            egress=Egress(loopback_origins=frozenset({self.front.loopback.origin})),
            clock=SystemClock(),
            known=self._known,
            stand_ins=self.front.stand_ins(REGION, "us-west-2"),
        )

    async def _known(self, keys: Sequence[str]) -> set[str]:
        return {key for key in keys if key in self.stored or key in self.marks}

    def store(self, page: Page) -> None:
        for record in page.records:
            self.stored.setdefault(record.key, record.body)
        self.marks |= set(page.marks)
        for stranger in page.strangers:
            self.strangers[stranger.account] = self.strangers.get(stranger.account, 0) + stranger.records

    async def run(self, cursor: Cursor | None = None) -> list[Page]:
        pages: list[Page] = []
        async with aclosing(self.connector.pull(self.remote, "objects", cursor)) as pulled:
            async for page in pulled:
                self.store(page)
                pages.append(page)
                await self.connector.settle(self.remote, "objects", page.receipts)
        return pages

    def names(self) -> list[str]:
        return sorted(str(msgspec.json.decode(body)["eventID"]) for body in self.stored.values())


@pytest.fixture
async def line() -> AsyncGenerator[Line]:
    place = Place()
    async with Front() as front:
        yield Line(
            front,
            place,
            {
                "queue_urls": place.queue,
                "buckets": place.bucket,
                "accounts": ACCOUNT,
                "role_arn": f"arn:aws:iam::{ACCOUNT}:role/watchfloor",
                "external_id": f"wf-{uuid.uuid4().hex}",
                "access_key_id": KEY_ID,
            },
        )


def names(count: int) -> list[str]:
    return sorted(str(uuid.uuid4()) for _ in range(count))


def put(line: Line, wanted: list[str], key: str | None = None) -> str:
    key = key or cloudtrail_key(uuid.uuid4().hex)
    line.place.put(key, trail([event(name) for name in wanted]))
    return key


async def test_the_test_event_is_settled_and_keys_that_s3_encodes_are_found(line: Line) -> None:
    wanted = names(3)
    put(line, wanted, cloudtrail_key("a b+c%20é=&"))
    await line.run()
    assert line.names() == wanted
    assert line.place.waiting() == (0, 0)


@pytest.mark.parametrize("is_raw", [False, True])
async def test_notifications_by_way_of_sns_are_understood(line: Line, is_raw: bool) -> None:
    place = Place(announces=False)
    topic = sns().create_topic(Name=f"t-{uuid.uuid4().hex}")["TopicArn"]
    attributes = {"RawMessageDelivery": "true"} if is_raw else {}
    sns().subscribe(TopicArn=topic, Protocol="sqs", Endpoint=line.place.queue_arn, Attributes=attributes)
    s3().put_bucket_notification_configuration(
        Bucket=place.bucket,
        NotificationConfiguration={"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]},
    )
    line.settings["buckets"] += f", {place.bucket}"
    wanted = names(4)
    place.put(cloudtrail_key("by sns"), trail([event(name) for name in wanted]))
    trail_key = cloudtrail_key("trail+own")
    line.place.put(trail_key, trail([event(wanted[0])]))
    sns().publish(
        TopicArn=topic,
        Message=msgspec.json.encode({"s3Bucket": line.place.bucket, "s3ObjectKey": [trail_key]}).decode(),
    )
    await line.run()
    assert line.names() == wanted
    assert line.place.waiting() == (0, 0)


async def test_eventbridge_announces_with_plain_keys(line: Line) -> None:
    place = Place(announces=False)
    events = cast("EventBridgeClient", client("events"))
    rule = f"r-{uuid.uuid4().hex}"
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": [place.bucket]}}}
    events.put_rule(Name=rule, EventPattern=msgspec.json.encode(pattern).decode())
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": line.place.queue_arn}])
    s3().put_bucket_notification_configuration(
        Bucket=place.bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    line.settings["buckets"] += f",{place.bucket}"
    wanted = names(2)
    place.put(cloudtrail_key("a+b c"), trail([event(name) for name in wanted]))
    await line.run()
    assert line.names() == wanted


async def test_a_removed_object_is_settled_and_stops_nothing(line: Line) -> None:
    gone, wanted = put(line, names(2)), names(3)
    s3().delete_object(Bucket=line.place.bucket, Key=gone)
    put(line, wanted)
    await line.run()
    assert line.names() == wanted
    assert line.place.waiting() == (0, 0)


async def test_a_finished_object_is_not_fetched_again(line: Line) -> None:
    key, body = cloudtrail_key("twice"), trail([event() for _ in range(3)])
    line.place.put(key, body)
    await line.run()
    line.place.put(key, body)
    line.place.send({"s3Bucket": line.place.bucket, "s3ObjectKey": [key]})
    before = line.front.actions().count("s3:GetObject")
    pages = await line.run()
    assert sum(len(page.records) for page in pages) == 0
    assert line.front.actions().count("s3:GetObject") - before <= 2, "the objects' heads only"
    assert line.place.waiting() == (0, 0)


async def test_what_cannot_be_read_is_left_to_the_dead_letter_queue_and_stops_nothing(line: Line) -> None:
    wanted = names(3)
    line.place.put("bomb", gzip.compress(bytes(80_000_000)))
    line.place.put("cut", trail([event()])[:-8])
    line.place.send("what is this")
    put(line, wanted)
    await line.run()
    assert line.names() == wanted
    assert line.place.waiting() == (0, 3)


async def test_strangers_are_counted_and_neither_fetched_nor_stored(line: Line) -> None:
    wanted = names(2)
    line.place.put(cloudtrail_key("theirs", account=FOREIGN), trail([event(account=FOREIGN)]))
    line.place.put(cloudtrail_key("mixed"), trail([event(wanted[0]), event(account=FOREIGN), event(wanted[1])]))
    line.place.send({"s3Bucket": "somebody-elses", "s3ObjectKey": ["x"]})
    await line.run()
    assert line.names() == wanted
    assert line.strangers == {FOREIGN: 2, "somebody-elses": 1}
    assert line.front.actions().count("s3:GetObject") == 1


async def test_a_bucket_of_another_region_is_asked_there(line: Line) -> None:
    async def elsewhere(asked: Asked) -> None:
        regions.append(asked.headers["authorization"].split("/")[2])

    regions: list[str] = []
    line.front.on_object = elsewhere
    line.front.home = "us-west-2"
    wanted = names(3)
    put(line, wanted)
    await line.run()
    assert line.names() == wanted
    assert regions == ["us-west-2"]


async def test_messages_stay_hidden_for_as_long_as_they_are_worked_on(line: Line, eventually: Eventually) -> None:
    line.connector = AwsS3(pace=Pace(wait_seconds=0, hidden_seconds=1))
    release = asyncio.Event()

    async def hold(asked: Asked) -> None:
        del asked
        await release.wait()

    line.front.on_object = hold
    put(line, names(2))
    running = asyncio.create_task(line.run())

    async def is_held_three_times() -> bool:
        return line.front.actions().count("sqs:ChangeMessageVisibility") >= 3

    await eventually(is_held_three_times)
    assert line.place.waiting()[0] == 0
    release.set()
    await running
    assert line.place.waiting() == (0, 0)


async def test_who_is_closed_gives_back_what_was_not_settled(line: Line) -> None:
    for _ in range(12):
        put(line, names(2))
    async with aclosing(line.connector.pull(line.remote, "objects", None)) as pages:
        async for page in pages:
            if page.records:
                break
            await line.connector.settle(line.remote, "objects", page.receipts)
    assert line.place.waiting()[1] == 0
    await line.run()
    assert len(line.stored) == 24


async def test_one_denied_object_stops_nothing_and_all_denied_stop_the_stream(line: Line) -> None:
    for _ in range(4):
        put(line, names(1))
    line.front.denied = {"s3:GetObject"}
    with pytest.raises(Denied) as told:
        await line.run()
    assert told.value.where == "s3:GetObject"
    assert line.place.waiting()[1] == 0
    line.front.denied = set()
    await line.run()
    assert len(line.stored) == 4


async def test_a_role_is_taken_with_the_external_id_and_once_for_many_turns(line: Line) -> None:
    for _ in range(3):
        put(line, names(1))
        await line.run()
    taken = [asked for asked in line.front.loopback.requests if b"AssumeRole" in asked.body]
    assert len(taken) == 1
    assert line.settings["external_id"].encode() in taken[0].body
    assert SECRET not in repr(line.remote) + repr(line.connector.__dict__)


async def test_keys_of_a_user_do_without_a_role(line: Line) -> None:
    del line.settings["role_arn"]
    wanted = names(2)
    put(line, wanted)
    await line.run()
    assert line.names() == wanted
    assert "sts:AssumeRole" not in line.front.actions()


@pytest.mark.parametrize(
    "missing",
    ["sts:AssumeRole", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "s3:GetObject"],
)
async def test_a_missing_permission_is_named(line: Line, missing: str) -> None:
    put(line, names(1))
    line.front.denied = {missing}
    bad = [finding for finding in await line.connector.check(line.remote) if not finding.is_good]
    (told,) = [finding for finding in bad if "dead-letter" not in finding.what]
    assert told.what.partition(" on ")[0] == missing
    assert "policy" in told.remedy


async def test_a_permission_for_backfills_only_is_no_fault(line: Line) -> None:
    line.front.denied = {"s3:ListBucket"}
    findings = await line.connector.check(line.remote)
    assert all(finding.is_good or "dead-letter" in finding.what for finding in findings)
    assert any("only for a backfill" in finding.what for finding in findings)
    assert line.stored == {}


async def test_a_backfill_gives_its_window_and_can_be_cut_and_repeated(line: Line) -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    wanted: list[str] = []
    for hours in range(-30, 60, 6):
        at = start + timedelta(hours=hours)
        fresh = names(2)
        line.place.put(cloudtrail_key(f"h{hours}", at=at), trail([event(name, at=at) for name in fresh]))
        wanted += fresh if 0 <= hours < 24 else []
    line.place.put(cloudtrail_key("digest", at=start).replace("CloudTrail/", "CloudTrail-Digest/"), b"{}")
    line.place.put(cloudtrail_key("theirs", at=start, account=FOREIGN), trail([event(at=start, account=FOREIGN)]))
    cursor: Cursor | None = line.connector.window("objects", start=start, end=start + timedelta(days=1))
    async with aclosing(line.connector.pull(line.remote, "objects", cursor)) as pages:
        async for page in pages:
            line.store(page)
            cursor = page.cursor or cursor
            if page.cursor is not None:
                break
    await line.run(cursor)
    assert line.names() == sorted(wanted)
    asked = line.front.actions().count("s3:GetObject")
    await line.run(line.connector.window("objects", start=start, end=start + timedelta(days=1)))
    assert line.front.actions().count("s3:GetObject") == asked, "finished objects are known"
    assert line.names() == sorted(wanted)


async def test_a_backfill_of_another_bucket_goes_by_when_objects_were_changed(line: Line) -> None:
    line.place.put("app/1.ndjson", b'{"eventID":"a"}\n{"eventID":"b"}')
    now = datetime.now(UTC)
    await line.run(line.connector.window("objects", start=now - timedelta(days=9), end=now - timedelta(days=8)))
    assert line.stored == {}
    await line.run(line.connector.window("objects", start=now - timedelta(hours=1), end=now))
    assert line.names() == ["a", "b"]
    with pytest.raises(Invalid):
        line.connector.window("objects", start=now, end=now)
