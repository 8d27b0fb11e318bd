"""`make demo-aws`: the demo with an account at AWS on the loopback, whose trail tells of an attack.

What fetches is real: the demo's own servers, and the connector as an operator adds it at the command line. What answers
is a server of S3, SQS and STS that is not ours. The exit code is 0 only if objects that were put into the bucket became
an incident, and the queue is empty.
"""

import asyncio
import gzip
import os
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Final, cast

import boto3
import httpx
import msgspec
import yaml
from rich.console import Console

from infra.demo_chat import API, PROGRAM, told_to_the_end, until
from infra.ports import free_port
from watchfloor.ops.demo.cast import ANALYST
from watchfloor.ops.demo.home import default_home
from watchfloor.ops.demo.storyline import NORDKAI

REGION: Final = "eu-central-1"
ACCOUNT: Final = "123456789012"
BUCKET: Final = "nordkai-trail"
QUEUE: Final = "watchfloor"
KEY_ID: Final = "AKIA0000000000000000"
ATTACKER: Final = "p.winter"
STEPS: Final = (
    "administrator_policy_attached",
    "guardduty_switched_off",
    "cloudtrail_stopped_or_weakened",
    "backups_deleted",
)
QUIET_OBJECTS: Final = 20
QUIET_EVENTS: Final = 50

_screen: Final = Console(highlight=False)


async def main(arguments: list[str]) -> int:
    """Runs the demo, lets the attack happen, and stays up unless told `--oneshot`."""
    home = Path(arguments[arguments.index("--home") + 1]) if "--home" in arguments else default_home()
    async with amazon() as origin:
        stand_ins = ",".join(f"https://{name}.{REGION}.amazonaws.com={origin}" for name in ("s3", "sqs", "sts"))
        environment = os.environ | {"WATCHFLOOR_CONNECTOR_STAND_INS": stand_ins}
        demo = await asyncio.create_subprocess_exec(
            PROGRAM, "demo", "--home", home, env=environment, stdout=asyncio.subprocess.PIPE
        )
        try:
            await told_to_the_end(demo)
            _screen.print(f"\nAn account at AWS, on the loopback at {origin}\n", markup=False)
            account = Amazon(origin)
            await asyncio.to_thread(account.open)
            await add_connector(environment | {"WATCHFLOOR_HOME": str(home)})
            await work(account)
            await run("connector", "show", NORDKAI, "aws-s3", env=environment | {"WATCHFLOOR_HOME": str(home)})
            if "--oneshot" not in arguments:
                _screen.print("It stays up until Ctrl-C.")
                await demo.wait()
            return 0
        finally:
            if demo.returncode is None:
                demo.terminate()
                await demo.wait()


async def work(account: "Amazon") -> None:
    """Puts what happened into the bucket, and waits for the incident."""
    async with httpx.AsyncClient(base_url=API) as client:
        await client.post("/api/v1/session", json={"email": ANALYST})
        before = await incidents(client)
        started = time.monotonic()
        events, objects = await asyncio.to_thread(account.happen)
        step(started, f"{objects} objects with {events} events are in the bucket, {len(STEPS)} of them an attack")

        async def fresh() -> list[Mapping[str, str]]:
            return [line for line in await incidents(client) if line["ref"] not in {one["ref"] for one in before}]

        found = (await until(fresh, what="an incident"))[0]
        step(started, f"incident {found['ref']}, {found['severity']}: {found['title']}")
        await until(account.is_done, what="the queue to be empty")
        step(started, "the queue is empty: every message was settled")


async def incidents(client: httpx.AsyncClient) -> list[Mapping[str, str]]:
    """The customer's incidents."""
    answer = (await client.get(f"/api/v1/tenants/{NORDKAI}/incidents?state=new&state=acknowledged")).json()
    return cast("list[Mapping[str, str]]", answer["items"])


async def add_connector(environment: dict[str, str]) -> None:
    """What an operator does once."""
    with tempfile.NamedTemporaryFile("w") as secret:
        secret.write("the-secret-of-the-loopback")
        secret.flush()
        given = {
            "queue_urls": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{QUEUE}",
            "buckets": BUCKET,
            "accounts": ACCOUNT,
            "role_arn": f"arn:aws:iam::{ACCOUNT}:role/watchfloor",
            "access_key_id": KEY_ID,
        }
        pairs = [part for name, value in given.items() for part in ("--set", f"{name}={value}")]
        command = ["connector", "add", NORDKAI, "aws_s3", *pairs]
        await run(*command, "--secret-file", f"secret_access_key={secret.name}", env=environment)


async def run(*arguments: str, env: dict[str, str]) -> None:
    """Runs a command of the operator's and shows it. Raises RuntimeError when it fails."""
    _screen.print(f"$ watchfloor {' '.join(arguments[:4])}{' ...' if len(arguments) > 4 else ''}", markup=False)
    sys.stdout.flush()
    made = await asyncio.create_subprocess_exec(PROGRAM, *arguments, env=env)
    if await made.wait():
        raise RuntimeError(f"watchfloor {arguments[0]} {arguments[1]} failed")


def step(started: float, text: str) -> None:
    """One line with the time since the first object was put."""
    _screen.print(f"{time.monotonic() - started:6.1f} s  {text}", markup=False)


class Amazon:
    """The customer's side of the account."""

    def __init__(self, origin: str) -> None:
        session = boto3.Session(aws_access_key_id="AKIA1111111111111111", aws_secret_access_key="own")  # noqa: S106
        self._s3 = session.client("s3", endpoint_url=origin, region_name=REGION)
        self._sqs = session.client("sqs", endpoint_url=origin, region_name=REGION)
        self._url = ""

    def open(self) -> None:
        """A bucket that announces its objects in a queue, which has another one for what cannot be read."""
        dead = self._sqs.create_queue(QueueName=f"{QUEUE}-dead")["QueueUrl"]
        dead_arn = self._sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = msgspec.json.encode({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 8}).decode()
        self._url = self._sqs.create_queue(QueueName=QUEUE, Attributes={"RedrivePolicy": redrive})["QueueUrl"]
        self._s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE}"
        self._s3.put_bucket_notification_configuration(
            Bucket=BUCKET,
            NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
        )

    def happen(self) -> tuple[int, int]:
        """A morning's objects, and the attack in the last of them. How many events and objects."""
        now = datetime.now(UTC)
        bodies = [list(quiet(now)) for _ in range(QUIET_OBJECTS)] + [list(attack(now))]
        for records in bodies:
            name = f"{ACCOUNT}_CloudTrail_{REGION}_{now:%Y%m%dT%H%MZ}_{uuid.uuid4().hex[:16]}.json.gz"
            key = f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{now:%Y/%m/%d}/{name}"
            self._s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(msgspec.json.encode({"Records": records})))
        return sum(map(len, bodies)), len(bodies)

    async def is_done(self) -> bool:
        """Whether nothing waits in the queue."""
        answer = await asyncio.to_thread(self._sqs.get_queue_attributes, QueueUrl=self._url, AttributeNames=["All"])
        counts = answer["Attributes"]
        return counts["ApproximateNumberOfMessages"] == counts["ApproximateNumberOfMessagesNotVisible"] == "0"


def quiet(now: datetime) -> Iterator[dict[str, object]]:
    """What a trail mostly tells of."""
    for number in range(QUIET_EVENTS):
        yield {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "IAMUser",
                "accountId": ACCOUNT,
                "arn": f"arn:aws:iam::{ACCOUNT}:user/backup",
                "userName": "backup",
            },
            "eventTime": f"{now - timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": "ec2.amazonaws.com",
            "eventName": "DescribeInstances",
            "awsRegion": REGION,
            "sourceIPAddress": "198.51.100.20",
            "userAgent": "backup/4.2",
            "eventID": str(uuid.uuid4()),
            "readOnly": True,
            "eventType": "AwsApiCall",
            "recipientAccountId": ACCOUNT,
        }


def attack(now: datetime) -> Iterator[dict[str, object]]:
    """One user's events, each the first sample of a rule that it sets off."""
    for number, name in enumerate(STEPS):
        rule = yaml.safe_load((files("watchfloor.content") / "rules" / "aws" / f"{name}.yml").read_text())
        record = cast("dict[str, object]", rule["watchfloor"]["samples"]["fires"][0])
        user = {"type": "IAMUser", "accountId": ACCOUNT, "userName": ATTACKER, "principalId": "AIDACKCEVSQ6C2EXAMPLE"}
        yield record | {
            "userIdentity": user | {"arn": f"arn:aws:iam::{ACCOUNT}:user/{ATTACKER}"},
            "eventTime": f"{now - timedelta(seconds=30 - number):%Y-%m-%dT%H:%M:%SZ}",
            "eventID": str(uuid.uuid4()),
            "sourceIPAddress": "203.0.113.177",
            "recipientAccountId": ACCOUNT,
        }


@asynccontextmanager
async def amazon() -> AsyncGenerator[str]:
    """A server of S3, SQS and STS; where it stands."""
    port = free_port()
    command = (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))
    quiet_please = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=quiet_please, stderr=quiet_please)
    origin = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as client:

            async def is_up() -> bool:
                try:
                    return (await client.get(f"{origin}/moto-api/")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(is_up, what="the server of S3 and SQS")
        yield origin
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
