"""Tries each permission that the connector needs, and names those that are missing.

It looks at one message without keeping it (which counts as one more delivery of it), and deletes nothing: what it
asks to be deleted does not exist, and AWS says so to those who may delete.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from watchfloor.feeds.connectors.aws_s3 import queues
from watchfloor.feeds.connectors.aws_s3.account import Account, region_of
from watchfloor.feeds.connectors.aws_s3.envelopes import Announcement, read_message
from watchfloor.feeds.connectors.aws_s3.faults import error_of
from watchfloor.feeds.connectors.aws_s3.fetching import Scope
from watchfloor.feeds.connectors.aws_s3.objects import Regions, list_objects, opened
from watchfloor.feeds.connectors.connector import Denied, Expired, Finding, Malformed
from watchfloor.kernel.errors import Invalid, NotFound, WatchfloorError

_PROBE: Final = "watchfloor-permission-test"
_POLICY: Final = "Put the policies in place that `watchfloor connector policy` prints."


async def check_account(account: Account, scope: Scope) -> list[Finding]:
    """What was found, one permission at a time. Raises Unavailable."""
    found: list[Finding] = []
    if account.remote.settings.get("role_arn"):
        found.append(await _tried("sts:AssumeRole", account.take_role))
        if not found[-1].is_good:
            return found
    announced: list[Announcement] = []
    for queue in account.queues:
        found += await _check_queue(account, queue, announced)
    if any(not finding.is_good and finding.what == "access key" for finding in found):
        return found[:1]
    regions = Regions(region_of(account.queues[0]))
    for bucket, prefix in scope.places:
        known = next((one for one in announced if one.bucket == bucket and one.key.startswith(prefix)), None)
        found += await _check_bucket(account, regions, bucket, prefix, known)
    return found


async def _check_queue(account: Account, queue: str, announced: list[Announcement]) -> list[Finding]:
    name = queue.rpartition("/")[2]

    async def look() -> None:
        for taken in await queues.take(account, queue, wait_seconds=0, hidden_seconds=0):
            try:
                announced.extend(read_message(taken.body).objects)
            except Malformed:
                continue

    found = [await _tried(f"sqs:ReceiveMessage on {name}", look)]
    for action in ("DeleteMessage", "ChangeMessageVisibility"):

        async def ask(action: str = action) -> None:
            fault = await queues.probe(account, queue, action)
            if fault is not None and (fault.is_denied or fault.is_expired):
                raise error_of(fault, permission=f"sqs:{action}", place=queue)

        found.append(await _tried(f"sqs:{action} on {name}", ask))
    attributes: dict[str, str] = {}

    async def describe() -> None:
        attributes.update(await queues.attributes_of(account, queue))

    found.append(await _tried(f"sqs:GetQueueAttributes on {name}", describe))
    if attributes and "RedrivePolicy" not in attributes:
        advice = "Give it one, of five deliveries or more, so that what cannot be read is not lost without a trace."
        found.append(Finding(what=f"a dead-letter queue of {name}", is_good=False, remedy=advice))
    return found


async def _check_bucket(
    account: Account, regions: Regions, bucket: str, prefix: str, known: Announcement | None
) -> list[Finding]:
    async def get() -> None:
        place = known or Announcement(bucket=bucket, key=f"{prefix}{_PROBE}")
        try:
            async with opened(account, regions, place, headers={"range": "bytes=0-0"}):
                return
        except (NotFound, Malformed):
            return  # who is told that it is not there may read what is

    async def list_() -> None:
        await list_objects(account, regions, bucket, prefix=prefix, most=1)

    reads = await _tried(f"s3:GetObject on {bucket}", get)
    lists = await _tried(f"s3:ListBucket on {bucket}", list_)
    if not lists.is_good:
        lists = Finding(what=f"{lists.what} (only for a backfill)", is_good=True, remedy=lists.remedy)
    return [reads, lists]


async def _tried(what: str, act: Callable[[], Awaitable[None]]) -> Finding:
    try:
        await act()
    except Denied as denied:
        missing = denied.where or what
        place = what.partition(" on ")[2]
        is_other = missing.partition(":")[0] != what.partition(":")[0] and ":" in missing
        named = f"{missing} on {place}" if is_other and place else what
        return Finding(what=named, is_good=False, remedy=f"{denied.args[0]} {denied.remedy or _POLICY}")
    except Expired as expired:
        return Finding(what="access key", is_good=False, remedy=expired.remedy or "")
    except Invalid as invalid:
        return Finding(what=what, is_good=False, remedy=str(invalid))
    except WatchfloorError:
        raise
    return Finding(what=what, is_good=True)
