"""SQL of the kernel: the outbox and the leases."""

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import DirectoryTx, TenantTx

INSERT_MESSAGE: Final[LiteralString] = """
insert into wf.outbox (tenant_id, id, topic, key, payload)
values ($1, $2, $3, $4, $5)
"""

TAKE_MESSAGES: Final[LiteralString] = """
select id,
       topic,
       key,
       payload,
       created_at,
       attempts
  from wf.outbox
 where tenant_id = $1
   and topic = $2
   and available_at <= now()
 order by available_at,
          id
 limit $3
   for update skip locked
"""

DELETE_MESSAGE: Final[LiteralString] = """
delete from wf.outbox
 where tenant_id = $1
   and id = $2
"""

POSTPONE_MESSAGE: Final[LiteralString] = """
update wf.outbox
   set attempts = attempts + 1,
       last_error = $3,
       available_at = now() + least(interval '10 minutes', interval '1 second' * power(2, least(attempts, 10)))
 where tenant_id = $1
   and id = $2
"""

INSERT_RECEIPT: Final[LiteralString] = """
insert into wf.outbox_receipts (tenant_id, consumer, message_id)
values ($1, $2, $3)
on conflict do nothing
"""

DELETE_RECEIPTS: Final[LiteralString] = """
delete from wf.outbox_receipts
 where tenant_id = $1
   and consumer = $2
   and message_id < $3
"""

DELETE_UNREAD: Final[LiteralString] = """
delete from wf.outbox
 where tenant_id = $1
   and id < $2
   and topic <> all ($3)
"""

TAKE_LEASE: Final[LiteralString] = """
insert into wf.leases as held (name, holder, epoch, expires_at)
values ($1, $2, 1, now() + make_interval(secs => $3))
on conflict (name) do update
   set holder = excluded.holder,
       epoch = held.epoch + 1,
       expires_at = excluded.expires_at
 where held.expires_at < now()
    or held.holder = excluded.holder
returning epoch
"""

RENEW_LEASE: Final[LiteralString] = """
update wf.leases
   set expires_at = now() + make_interval(secs => $3)
 where name = $1
   and epoch = $2
   and expires_at >= now()
"""

LOCK_LEASE: Final[LiteralString] = """
select true
  from wf.leases
 where name = $1
   and epoch = $2
   and expires_at >= now()
   for share
"""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the outbox: its topic, the id of what it is about, and a payload that its topic defines."""

    id: UUID
    topic: str
    key: str
    payload: bytes
    created_at: datetime
    attempts: int


async def insert_message(tx: TenantTx, message_id: UUID, *, topic: str, key: str, payload: bytes) -> None:
    """Adds a message."""
    await tx.execute(INSERT_MESSAGE, tx.tenant_id, message_id, topic, key, payload)


async def take_messages(tx: TenantTx, *, topic: str, limit: int) -> list[Message]:
    """Locks the due messages of a topic that no other transaction holds."""
    return await tx.rows(Message, TAKE_MESSAGES, tx.tenant_id, topic, limit)


async def delete_message(tx: TenantTx, message_id: UUID) -> None:
    """Removes a delivered message."""
    await tx.execute(DELETE_MESSAGE, tx.tenant_id, message_id)


async def postpone_message(tx: TenantTx, message_id: UUID, *, error: str) -> None:
    """Puts a message off: one second, two, four, and so on to ten minutes."""
    await tx.execute(POSTPONE_MESSAGE, tx.tenant_id, message_id, error)


async def insert_receipt(tx: TenantTx, message_id: UUID, *, consumer: str) -> bool:
    """Notes that a consumer took a message. False when it had taken it before."""
    return await tx.execute(INSERT_RECEIPT, tx.tenant_id, consumer, message_id) == 1


async def delete_receipts(tx: TenantTx, *, consumer: str, before: UUID) -> int:
    """Removes a consumer's receipts of messages whose ids are smaller, and says how many there were."""
    return await tx.execute(DELETE_RECEIPTS, tx.tenant_id, consumer, before)


async def delete_unread(tx: TenantTx, *, before: UUID, topics: list[str]) -> int:
    """Removes messages with an id below `before` of topics other than these; returns how many."""
    return await tx.execute(DELETE_UNREAD, tx.tenant_id, before, topics)


async def take_lease(tx: DirectoryTx, *, name: str, holder: str, seconds: float) -> int | None:
    """The epoch under which the holder now has the lease, or None."""
    return await tx.value(int, TAKE_LEASE, name, holder, seconds)


async def renew_lease(tx: DirectoryTx, *, name: str, epoch: int, seconds: float) -> bool:
    """Extends a lease that is still held."""
    return await tx.execute(RENEW_LEASE, name, epoch, seconds) == 1


async def lock_lease(tx: TenantTx | DirectoryTx, *, name: str, epoch: int) -> bool:
    """Whether the lease is still held under this epoch; it then stays so until the transaction ends."""
    return await tx.value(bool, LOCK_LEASE, name, epoch) is True
