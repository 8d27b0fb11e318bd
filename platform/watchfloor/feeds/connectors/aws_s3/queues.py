"""A queue of SQS: messages are taken, held, given back and deleted.

Owns the requests (in AWS's JSON protocol, ten messages to a request) and what a receipt of ours is made of: the
queue's URL and the handle that it gave for a message.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from watchfloor.feeds.connectors.aws_s3.account import Account, fault_in, region_of
from watchfloor.feeds.connectors.aws_s3.faults import Fault, error_of
from watchfloor.feeds.connectors.connector import Malformed

_BATCH: Final = 10
_BETWEEN: Final = " "


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A message in our hands. `takes` is how often it was handed out, this time included."""

    receipt: str
    body: str
    takes: int
    sent_at: datetime | None


class _Attributes(msgspec.Struct):
    takes: str = msgspec.field(default="1", name="ApproximateReceiveCount")
    sent: str = msgspec.field(default="", name="SentTimestamp")


class _Message(msgspec.Struct, rename="pascal"):
    receipt_handle: str
    body: str = ""
    attributes: _Attributes = msgspec.field(default_factory=_Attributes)


class _Messages(msgspec.Struct, rename="pascal"):
    messages: list[_Message] = msgspec.field(default_factory=list[_Message])


class _QueueAttributes(msgspec.Struct, rename="pascal"):
    attributes: dict[str, str] = msgspec.field(default_factory=dict[str, str])


async def take(account: Account, queue: str, *, wait_seconds: int, hidden_seconds: int) -> list[Taken]:
    """Up to ten messages, which nobody else is handed for so long. Raises what `error_of` makes."""
    body = {
        "QueueUrl": queue,
        "MaxNumberOfMessages": _BATCH,
        "WaitTimeSeconds": wait_seconds,
        "VisibilityTimeout": hidden_seconds,
        "AttributeNames": ["ApproximateReceiveCount", "SentTimestamp"],
    }
    answer = await _ask(account, queue, "ReceiveMessage", body)
    try:
        found = msgspec.json.decode(answer, type=_Messages).messages
    except (msgspec.DecodeError, UnicodeError):
        raise Malformed("The queue's answer is not what it should be.", where=queue) from None
    return [
        Taken(
            receipt=f"{queue}{_BETWEEN}{message.receipt_handle}",
            body=message.body,
            takes=int(message.attributes.takes) if message.attributes.takes.isdecimal() else 1,
            sent_at=_time(message.attributes.sent),
        )
        for message in found
    ]


async def delete(account: Account, receipts: Iterable[str]) -> None:
    """Takes messages off their queues for good; what is gone already is gone. Raises what `error_of` makes."""
    for queue, handles in _by_queue(receipts):
        entries = [{"Id": str(index), "ReceiptHandle": handle} for index, handle in enumerate(handles)]
        await _ask(account, queue, "DeleteMessageBatch", {"QueueUrl": queue, "Entries": entries}, needs="DeleteMessage")


async def hold(account: Account, receipts: Iterable[str], *, seconds: int) -> None:
    """Keeps messages hidden for so long from now; 0 gives them back. Raises what `error_of` makes."""
    for queue, handles in _by_queue(receipts):
        entries = [
            {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for index, handle in enumerate(handles)
        ]
        body = {"QueueUrl": queue, "Entries": entries}
        await _ask(account, queue, "ChangeMessageVisibilityBatch", body, needs="ChangeMessageVisibility")


async def attributes_of(account: Account, queue: str) -> dict[str, str]:
    """What the queue says of itself. Raises what `error_of` makes."""
    answer = await _ask(account, queue, "GetQueueAttributes", {"QueueUrl": queue, "AttributeNames": ["All"]})
    return msgspec.json.decode(answer, type=_QueueAttributes).attributes


async def probe(account: Account, queue: str, action: str) -> Fault | None:
    """What the queue says to an action on a message that does not exist; None if it has nothing against it."""
    body: dict[str, str | int] = {"QueueUrl": queue, "ReceiptHandle": "AQEB-none"}
    if action == "ChangeMessageVisibility":
        body["VisibilityTimeout"] = 0
    reply = await account.ask_queue(region_of(queue), action, msgspec.json.encode(body))
    return None if reply.status == 200 else fault_in(reply)


async def _ask(account: Account, queue: str, action: str, body: object, *, needs: str | None = None) -> bytes:
    reply = await account.ask_queue(region_of(queue), action, msgspec.json.encode(body))
    if reply.status != 200:
        raise error_of(fault_in(reply), permission=f"sqs:{needs or action}", place=queue)
    return reply.body


def _by_queue(receipts: Iterable[str]) -> Iterable[tuple[str, Sequence[str]]]:
    handles: dict[str, list[str]] = {}
    for receipt in receipts:
        queue, _, handle = receipt.partition(_BETWEEN)
        handles.setdefault(queue, []).append(handle)
    for queue, found in handles.items():
        for start in range(0, len(found), _BATCH):
            yield queue, found[start : start + _BATCH]


def _time(milliseconds: str) -> datetime | None:
    if not milliseconds.isdecimal() or len(milliseconds) > 14:
        return None
    return datetime.fromtimestamp(int(milliseconds) / 1_000, UTC)
