"""Measures the connector for Amazon S3 beside the plain way: boto3, gzip and json, one object after the other.

    python infra/bench/connectors.py [objects]

Both read the same objects out of the same queue of the same server (another process), and only this process's CPU
counts. The connector also signs, checks accounts, gives each record a key and bounds what it holds; the plain way does
not. Then: how late records are while objects keep coming, and whether memory stays flat over ten thousand objects (or
as many as were asked for times ten).
"""

import asyncio
import gzip
import json
import os
import subprocess
import sys
import time
import urllib.request
import uuid
from contextlib import aclosing
from typing import Final
from urllib.parse import unquote_plus

import boto3
import psutil

from infra.load import tell
from infra.ports import free_port
from watchfloor.feeds.connectors.aws_s3.client import AwsS3
from watchfloor.feeds.connectors.aws_s3.pages import Pace
from watchfloor.feeds.connectors.connector import Remote
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.egress import Egress
from watchfloor.kernel.secret import Secret

REGION: Final = "eu-central-1"
ACCOUNT: Final = "123456789012"
OBJECT_EVENTS: Final = 200
LAG_SECONDS: Final = 20
LAG_RATE: Final = 20
"""Objects a second while lag is measured."""

_KEYS: Final = {"aws_access_key_id": "AKIA1111111111111111", "aws_secret_access_key": "own", "region_name": REGION}


def body(events: int) -> bytes:
    """An object of CloudTrail's; each event says when it was put."""
    records = [
        {
            "eventVersion": "1.11",
            "userIdentity": {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/i-{number}"},
            "eventTime": "2026-11-22T08:00:00Z",
            "eventSource": "ec2.amazonaws.com",
            "eventName": "DescribeInstances",
            "awsRegion": REGION,
            "sourceIPAddress": f"10.0.{number % 250}.7",
            "userAgent": "aws-sdk-go/1.55.5 (go1.22.5; linux; amd64)",
            "requestParameters": {
                "maxResults": 1000,
                "filterSet": {"items": [{"name": "tag:role", "valueSet": {"items": [{"value": uuid.uuid4().hex}]}}]},
            },
            "responseElements": None,
            "requestID": str(uuid.uuid4()),
            "eventID": str(uuid.uuid4()),
            "readOnly": True,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Management",
            "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
            "putAt": time.time(),
        }
        for number in range(events)
    ]
    return gzip.compress(json.dumps({"Records": records}, separators=(",", ":")).encode())


def fill(origin: str, bucket: str, objects: int, events: int, rate: float) -> None:
    """Puts objects, so many a second; 0 is as fast as it goes. Runs in a process of its own."""
    s3 = boto3.Session(**_KEYS).client("s3", endpoint_url=origin)
    began = time.monotonic()
    made = body(events)
    for number in range(objects):
        if rate:
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
        if rate or number % 50 == 0:
            made = body(events)
        key = f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2026/11/22/{number}.json.gz"
        s3.put_object(Bucket=bucket, Key=key, Body=made)


def plain(origin: str, queue: str) -> tuple[int, int]:
    """Objects and events, read one after the other."""
    session = boto3.Session(**_KEYS)
    s3, sqs = session.client("s3", endpoint_url=origin), session.client("sqs", endpoint_url=origin)
    objects = events = 0
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            for record in json.loads(message["Body"]).get("Records", []):
                place = record["s3"]
                key = unquote_plus(place["object"]["key"])
                answer = s3.get_object(Bucket=place["bucket"]["name"], Key=key)
                events += len(json.loads(gzip.decompress(answer["Body"].read()))["Records"])
                objects += 1
        entries = [{"Id": str(number), "ReceiptHandle": one["ReceiptHandle"]} for number, one in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=queue, Entries=entries)
    return objects, events


class Bench:
    """A server and a new bucket with its queue for each measurement."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        session = boto3.Session(**_KEYS)
        self._s3, self._sqs = session.client("s3", endpoint_url=origin), session.client("sqs", endpoint_url=origin)

    def place(self) -> tuple[str, str]:
        """A bucket and the queue in which it announces its objects."""
        name = f"bench-{uuid.uuid4().hex[:12]}"
        url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        self._s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        configuration = {"QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}", "Events": ["s3:ObjectCreated:*"]}
        self._s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"QueueConfigurations": [configuration]}
        )
        return name, url

    def filling(
        self, bucket: str, objects: int, *, events: int = OBJECT_EVENTS, rate: float = 0
    ) -> "subprocess.Popen[bytes]":
        """A process that puts objects."""
        arguments = [str(part) for part in (objects, events, rate)]
        return subprocess.Popen([sys.executable, "-P", __file__, "--fill", self.origin, bucket, *arguments])  # noqa: S603 - ourselves

    def remote(self, bucket: str) -> Remote:
        """The customer's account."""
        return Remote(
            settings={
                "queue_urls": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{bucket}",
                "buckets": bucket,
                "accounts": ACCOUNT,
                "role_arn": f"arn:aws:iam::{ACCOUNT}:role/bench",
                "external_id": bucket,
                "access_key_id": "AKIA0000000000000000",
            },
            secrets={"secret_access_key": Secret("of the loopback")},
            egress=Egress(loopback_origins=frozenset({self.origin})),
            clock=SystemClock(),
            known=_none_known,
            stand_ins={f"https://{name}.{REGION}.amazonaws.com": self.origin for name in ("s3", "sqs", "sts")},
        )


async def _none_known(keys: object) -> set[str]:
    del keys
    return set()


async def pulled(remote: Remote, *, until: int, lags: list[float] | None = None, sizes: list[int] | None = None) -> int:
    """Takes and settles pages until so many events came. How many that were."""
    connector, events = AwsS3(pace=Pace(wait_seconds=1)), 0
    while events < until:
        async with aclosing(connector.pull(remote, "objects", None)) as pages:
            async for page in pages:
                events += len(page.records)
                await connector.settle(remote, "objects", page.receipts)
                if lags is not None:
                    now = time.time()
                    lags += [now - json.loads(record.body)["putAt"] for record in page.records[::50]]
                if sizes is not None:
                    sizes.append(psutil.Process().memory_info().rss)
                if events >= until:
                    break
    return events


def show(label: str, objects: int, events: int, cpu: float, wall: float) -> float:
    """Prints what was read per second of CPU; gives the events."""
    tell(f"{label:<12} {objects / cpu:9,.0f} objects/s {events / cpu:10,.0f} events/s of CPU   ({wall:.1f} s)")
    return events / cpu


def measure_speed(bench: Bench, objects: int) -> None:
    """The connector beside the plain way."""
    bucket, url = bench.place()
    if bench.filling(bucket, objects).wait():
        raise RuntimeError("the bucket could not be filled")
    wall, cpu = time.perf_counter(), time.process_time()
    read, events = plain(bench.origin, url)
    alone = show("plain", read, events, time.process_time() - cpu, time.perf_counter() - wall)
    bucket, _ = bench.place()
    if bench.filling(bucket, objects).wait():
        raise RuntimeError("the bucket could not be filled")
    remote = bench.remote(bucket)
    wall, cpu = time.perf_counter(), time.process_time()
    events = asyncio.run(pulled(remote, until=objects * OBJECT_EVENTS))
    ours = show("connector", objects, events, time.process_time() - cpu, time.perf_counter() - wall)
    tell(f"ratio        {ours / alone:9.2f}")


def measure_lag(bench: Bench) -> None:
    """From the putting of an object to the page that has its records."""
    bucket, _ = bench.place()
    objects = LAG_SECONDS * LAG_RATE
    filling = bench.filling(bucket, objects, rate=LAG_RATE)
    lags: list[float] = []
    asyncio.run(pulled(bench.remote(bucket), until=objects * OBJECT_EVENTS, lags=lags))
    filling.wait()
    lags.sort()
    middle, last = lags[len(lags) // 2], lags[int(len(lags) * 0.99)]
    tell(
        f"lag          p50 {middle * 1000:,.0f} ms, p99 {last * 1000:,.0f} ms at {LAG_RATE * OBJECT_EVENTS:,} events/s"
    )


def measure_memory(bench: Bench, objects: int) -> None:
    """What this process holds while it reads many objects."""
    bucket, _ = bench.place()
    filling = bench.filling(bucket, objects, events=50)
    sizes: list[int] = []
    asyncio.run(pulled(bench.remote(bucket), until=objects * 50, sizes=sizes))
    filling.wait()
    tenth = len(sizes) // 10
    early, late = max(sizes[tenth : 2 * tenth]) / 1e6, max(sizes[-tenth:]) / 1e6
    tell(f"memory       {early:.0f} MB after a tenth of {objects:,} objects, {late:.0f} MB at the end")


def main(arguments: list[str]) -> None:
    """Starts the server and measures."""
    if arguments[:1] == ["--fill"]:
        origin, bucket, objects, events, rate = arguments[1:]
        fill(origin, bucket, int(objects), int(events), float(rate))
        return
    objects = int(arguments[0]) if arguments else 1_000
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with open(os.devnull, "wb") as quiet:  # noqa: PTH123 - a device
        server = subprocess.Popen(command, stdout=quiet, stderr=quiet)  # noqa: S603 - ours
    try:
        bench = Bench(_ready(f"http://127.0.0.1:{port}"))
        measure_speed(bench, objects)
        measure_lag(bench)
        measure_memory(bench, objects * 10)
    finally:
        server.terminate()
        server.wait()


def _ready(origin: str) -> str:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{origin}/moto-api/").close()  # noqa: S310 - ours
        except OSError:
            time.sleep(0.1)
        else:
            break
    return origin


if __name__ == "__main__":
    main(sys.argv[1:])
