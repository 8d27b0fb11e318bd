"""The outbox: a message is written with the change that it tells of, and delivered at least once (Q1).

A consumer handles a message in the transaction that takes it, so its effects and the message's end commit
together; effects outside the database are repeated after a crash and must be safe to repeat.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from watchfloor.kernel import queries
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import new_uuid
from watchfloor.kernel.queries import Message

INCIDENT_CHANGED: Final = "incident.changed"
REPORT_REQUESTED: Final = "report.requested"
FEED_ALARM: Final = "feed.alarm"
APPROVAL_CHANGED: Final = "approval.changed"
ACTION_APPROVED: Final = "action.approved"

_LONGEST_ERROR: Final = 500


async def publish(tx: TenantTx, *, topic: str, key: str, payload: bytes = b"") -> UUID:
    """Adds a message to the tenant's outbox and returns its id. It exists only if the transaction commits."""
    message_id = new_uuid()
    await queries.insert_message(tx, message_id, topic=topic, key=key, payload=payload)
    return message_id


async def take(tx: TenantTx, *, topic: str, limit: int = 100) -> list[Message]:
    """The due messages of a topic, locked until the transaction ends; other consumers skip them."""
    return await queries.take_messages(tx, topic=topic, limit=limit)


async def acknowledge(tx: TenantTx, message: Message, *, consumer: str) -> bool:
    """Ends a message. False when this consumer had taken it before, so that its effect must not be repeated."""
    first = await queries.insert_receipt(tx, message.id, consumer=consumer)
    await queries.delete_message(tx, message.id)
    return first


async def postpone(tx: TenantTx, message: Message, *, error: str) -> None:
    """Puts off a message that could not be handled, for longer each time, and keeps the reason."""
    await queries.postpone_message(tx, message.id, error=error[:_LONGEST_ERROR])


async def forget_receipts(tx: TenantTx, *, consumer: str, before: datetime) -> int:
    """Removes the consumer's receipts of messages written before a moment; returns how many. For a regular job."""
    return await queries.delete_receipts(tx, consumer=consumer, before=_first_id_of(before))


async def forget_unread(tx: TenantTx, *, topics: Iterable[str], before: datetime) -> int:
    """Removes messages written before a moment that none of the `topics` that are read takes; returns how many.

    For a regular job: news for a program that is not installed must not pile up.
    """
    return await queries.delete_unread(tx, before=_first_id_of(before), topics=sorted(topics))


def _first_id_of(moment: datetime) -> UUID:
    """A message's id begins with the millisecond of its writing (UUIDv7, RFC 9562), so no second index is needed."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
