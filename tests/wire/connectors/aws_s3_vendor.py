"""S3, SQS, SNS, EventBridge and STS on the loopback, by a server that is not ours, and what goes wrong in front of it.

The server does the work: notifications, envelopes, receipts, visibility, listings. The front passes requests on, counts
them, and answers as AWS does when it throttles, when credentials have expired and when a permission is missing.
"""

import asyncio
import atexit
import contextlib
import functools
import gzip
import itertools
import random
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from operator import methodcaller
from typing import Final, Self, cast
from urllib.parse import quote, urlencode

import boto3
import httpx
import msgspec
from types_boto3_s3 import S3Client
from types_boto3_sns import SNSClient
from types_boto3_sqs import SQSClient

from infra.ports import free_port
from tests.wire.connectors.loopback import Answer, Asked, Loopback
from tests.wire.connectors.vendor import Vendor
from watchfloor.feeds.connectors.aws_s3.client import AwsS3
from watchfloor.feeds.connectors.aws_s3.pages import Pace

REGION: Final = "eu-central-1"
ACCOUNT: Final = "123456789012"
FOREIGN: Final = "210987654321"
KEY_ID: Final = "AKIA0000000000000000"
SECRET: Final = "a-secret-key-that-nobody-else-has-in-the-world"

OBJECT_RECORDS: Final = 5
CONNECTOR: Final = AwsS3(pace=Pace(wait_seconds=0, hidden_seconds=1))

_SERVICES: Final = ("s3", "sqs", "sts", "sns")
_names: Final = itertools.count(1)
_PASSED_ON: Final = ("authorization", "content-type", "x-amz-", "range")


@functools.cache
def server() -> str:
    """Where the server stands; it is started once and ends with this process."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    atexit.register(process.kill)
    origin = f"http://127.0.0.1:{port}"
    with httpx.Client(transport=httpx.HTTPTransport(retries=12)) as client:
        client.get(f"{origin}/moto-api/")
    return origin


def client(service: str) -> object:
    """The customer's own way in. Its library has a type for each service and none for all of them."""
    session = boto3.Session(aws_access_key_id="AKIA1111111111111111", aws_secret_access_key="own", region_name=REGION)
    return methodcaller("client", service, endpoint_url=server())(session)


@functools.cache
def s3() -> S3Client:
    """The customer's S3."""
    return cast("S3Client", client("s3"))


@functools.cache
def sqs() -> SQSClient:
    """The customer's SQS."""
    return cast("SQSClient", client("sqs"))


@functools.cache
def sns() -> SNSClient:
    """The customer's SNS."""
    return cast("SNSClient", client("sns"))


def cloudtrail_key(name: str, *, account: str = ACCOUNT, at: datetime | None = None) -> str:
    """Where CloudTrail would put an object."""
    day = at or datetime.now(UTC)
    folder = f"AWSLogs/{account}/CloudTrail/{REGION}/{day:%Y/%m/%d}"
    return f"{folder}/{account}_CloudTrail_{REGION}_{day:%Y%m%dT%H%MZ}_{name}.json.gz"


def event(name: str | None = None, *, account: str = ACCOUNT, at: datetime | None = None) -> dict[str, object]:
    """An event as CloudTrail writes it, with lists and brackets where the splitting could go wrong."""
    return {
        "eventVersion": "1.10",
        "userIdentity": {"type": "IAMUser", "accountId": account, "userName": "ana"},
        "eventTime": f"{at or datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "DescribeInstances",
        "awsRegion": REGION,
        "sourceIPAddress": "203.0.113.9",
        "requestParameters": {"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": '},{"eventVersion"'}]}},
        "responseElements": None,
        "eventID": name or str(uuid.uuid4()),
        "eventType": "AwsApiCall",
        "recipientAccountId": account,
    }


def trail(events: list[dict[str, object]]) -> bytes:
    """The object that holds these events."""
    return gzip.compress(msgspec.json.encode({"Records": events}), 1)


class Place:
    """A bucket that announces its objects in a queue; both are new."""

    def __init__(self, *, announces: bool = True, region: str = REGION) -> None:
        number = next(_names)
        self.bucket = f"logs-{uuid.uuid4().hex[:8]}-{number}"
        self.queue_name = f"objects-{uuid.uuid4().hex[:8]}-{number}"
        s3().create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": region})  # type: ignore[typeddict-item]  # any region
        self._url = sqs().create_queue(QueueName=self.queue_name)["QueueUrl"]
        self.queue = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self.queue_name}"
        self.queue_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.queue_name}"
        if announces:
            s3().put_bucket_notification_configuration(
                Bucket=self.bucket,
                NotificationConfiguration={
                    "QueueConfigurations": [
                        {"QueueArn": self.queue_arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
                    ]
                },
            )

    def put(self, key: str, body: bytes) -> None:
        """An object comes into being."""
        s3().put_object(Bucket=self.bucket, Key=key, Body=body)

    def send(self, body: object) -> None:
        """A message comes into the queue."""
        text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
        sqs().send_message(QueueUrl=self._url, MessageBody=text)

    def waiting(self) -> tuple[int, int]:
        """How many messages can be taken, and how many are hidden."""
        found = sqs().get_queue_attributes(QueueUrl=self._url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesNotVisible"])


class Front:
    """What stands in front of the server. Open inside the block."""

    def __init__(self) -> None:
        self.loopback = Loopback(self._answer)
        self._client = httpx.AsyncClient(timeout=30)
        self.throttled = 0
        self.is_revoked = False
        self.denied: set[str] = set()
        """Permissions that are missing, such as `s3:GetObject`."""
        self._issued: set[str] = set()
        self._expired: set[str] = set()
        self.between: Callable[[], Awaitable[object]] | None = None
        self.home: str | None = None
        """Where the buckets are, if S3 is to send elsewhere who asks for them in another region."""
        self.on_object: Callable[[Asked], Awaitable[None]] | None = None

    async def __aenter__(self) -> Self:
        await self.loopback.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
        await self.loopback.__aexit__()

    def stand_ins(self, *regions: str) -> dict[str, str]:
        """AWS's origins and where they stand here."""
        return {
            f"https://{service}.{region}.amazonaws.com": self.loopback.origin
            for service in _SERVICES
            for region in regions or (REGION,)
        }

    def actions(self) -> list[str]:
        """What was asked, in order, by permission."""
        return [action_of(asked) for asked in self.loopback.requests]

    def expire(self) -> None:
        """What was issued until now is not good any more."""
        self._expired |= self._issued

    async def _answer(self, asked: Asked) -> Answer:
        action = action_of(asked)
        if refusal := self._refusal(asked, action):
            return refusal
        if action.startswith("s3:") and self.home and f"/{self.home}/" not in asked.headers["authorization"]:
            moved = fault(action, "PermanentRedirect", "The bucket is elsewhere.", 301)
            return Answer(moved.body, 301, {"x-amz-bucket-region": self.home})
        if action == "s3:GetObject" and self.on_object is not None:
            await self.on_object(asked)
        answer = await self._pass_on(asked)
        if action == "sts:AssumeRole":
            token = str(answer.body).partition("<SessionToken>")[2].partition("</SessionToken>")[0]
            self._issued.add(token)
        if action == "s3:GetObject" and self.between is not None:
            do, self.between = self.between, None
            await do()
        return answer

    def _refusal(self, asked: Asked, action: str) -> Answer | None:
        is_record = action in ("sqs:ReceiveMessage", "s3:GetObject")
        if self.is_revoked and KEY_ID in asked.headers.get("authorization", ""):
            return fault(action, "InvalidClientTokenId", "The security token included in the request is invalid.")
        if asked.headers.get("x-amz-security-token") in self._expired:
            code = "ExpiredToken" if action.startswith("s3:") else "ExpiredTokenException"
            return fault(action, code, "The provided token has expired.", 400)
        if is_record and self.throttled:
            self.throttled -= 1
            if action == "s3:GetObject":
                return fault(action, "SlowDown", "Please reduce your request rate.", 503)
            return fault(action, "RequestThrottled", "Request is throttled.", 400)
        if action in self.denied:
            said = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/wf/watchfloor is not authorized to perform: {action}"
            return fault(action, "AccessDenied", f"{said} because no identity-based policy allows it")
        return None

    async def _pass_on(self, asked: Asked) -> Answer:
        url = f"{server()}{quote(asked.path, safe='/~')}"
        if asked.query:
            url += f"?{urlencode(asked.query, quote_via=quote)}"
        headers = {name: value for name, value in asked.headers.items() if name.startswith(_PASSED_ON)}
        reply = await self._client.request(asked.method, url, headers=headers, content=asked.body)
        kept = {name: value for name, value in reply.headers.items() if name in ("etag", "content-type")}
        kept |= {name: value for name, value in reply.headers.items() if name.startswith("x-amz-")}
        return Answer(reply.content, reply.status_code, kept)


def action_of(asked: Asked) -> str:
    """The permission that a request needs."""
    target = asked.headers.get("x-amz-target", "")
    if target:
        return f"sqs:{target.partition('.')[2].removesuffix('Batch')}"
    if b"AssumeRole" in asked.body:
        return "sts:AssumeRole"
    return "s3:ListBucket" if "list-type" in asked.query else "s3:GetObject"


def fault(action: str, code: str, message: str, status: int = 403) -> Answer:
    """An error in the words of the service."""
    if action.startswith("sqs:"):
        return Answer({"__type": f"com.amazonaws.sqs#{code}", "message": message}, status)
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(text.encode(), status, {"content-type": "application/xml"})


class AwsVendor(Vendor):
    """CloudTrail's objects in a bucket, and its queue."""

    CONNECTOR = "tests.wire.connectors.aws_s3_vendor:CONNECTOR"
    STREAM = "objects"

    def __init__(self) -> None:
        super().__init__()
        self.front = Front()
        self.server = self.front.loopback
        self._place = Place()
        self._external_id = f"wf-{uuid.uuid4().hex}"
        self._chance = random.Random(3)
        self._count = itertools.count()

    async def __aenter__(self) -> Self:
        await self.front.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.front.__aexit__()

    def given(self) -> Mapping[str, str]:
        return {
            "queue_urls": self._place.queue,
            "buckets": self._place.bucket,
            "accounts": ACCOUNT,
            "role_arn": f"arn:aws:iam::{ACCOUNT}:role/watchfloor",
            "external_id": self._external_id,
            "access_key_id": KEY_ID,
            "secret_access_key": SECRET,
        }

    def stand_ins(self) -> Mapping[str, str]:
        return self.front.stand_ins()

    async def happen(self, count: int, *, is_late: bool = False, is_foreign: bool = False) -> list[str]:
        at = datetime.now(UTC) - timedelta(hours=3 if is_late else 0)
        events = [event(account=FOREIGN if is_foreign else ACCOUNT, at=at) for _ in range(count)]
        await asyncio.to_thread(self._put, events)
        return [str(one["eventID"]) for one in events]

    def _put(self, events: list[dict[str, object]]) -> None:
        groups = [events[start : start + OBJECT_RECORDS] for start in range(0, len(events), OBJECT_RECORDS)]
        if self._disorders:
            groups = [self._chance.sample(group, len(group)) for group in self._chance.sample(groups, len(groups))]
        for group in groups:
            key, body = cloudtrail_key(f"n{next(self._count)}"), trail(group)
            self._place.put(key, body)
            if self._repeats:
                self._place.put(key, body)
                self._place.put(key.replace("AWSLogs/", "second/AWSLogs/"), body)

    def name_of(self, body: bytes) -> str:
        return str(msgspec.json.decode(body)["eventID"])

    def throttle(self, times: int) -> None:
        self.front.throttled = times

    def expire(self) -> None:
        self.front.expire()

    def revoke(self, *, is_back: bool = False) -> None:
        self.front.is_revoked = not is_back
        self.front.expire()

    def forbid(self, *, is_back: bool = False) -> None:
        self.front.denied = set() if is_back else {"s3:GetObject"}

    def between(self, do: Callable[[], Awaitable[object]] | None) -> None:
        self.front.between = do

    async def unsettled(self) -> int:
        """Messages that a killed runner had are back after a second; that is waited for."""
        visible = hidden = 0
        for _ in range(30):
            visible, hidden = await asyncio.to_thread(self._place.waiting)
            if visible or not hidden:
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.1)
        return visible + hidden
