"""The steps of a mail about a report: taken, handed over, ended. Each is a transaction of its own.

Whoever takes a mail holds it for a while; who dies before the words leave loses the hold, and another takes it. A mail
that was just leaving then is uncertain and is not sent again by itself, as with pages.
"""

from typing import Final

import msgspec

from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.reporting.delivery import queries
from watchfloor.reporting.delivery.queries import DueRow
from watchfloor.reporting.delivery.recipients import open_address

HOLD_SECONDS: Final = 300.0
AGAIN_AFTER: Final = (60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0)
"""Seconds until a mail that did not leave is tried again; after the last of them it has failed."""

_LONGEST_OUTCOME: Final = 300
_NO_REPORT: Final = "the report could not be made"
_NO_END: Final = "whoever tried to send it did not come to an end"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that this worker holds. `attempt` is counted from 1."""

    due: DueRow
    to: str
    attempt: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker found: what it holds now, and how many ended meanwhile without having been sent."""

    taken: tuple[Taken, ...]
    uncertain: int
    failed: int


async def take(tx: TenantTx, cipher: TenantCipher, *, limit: int) -> Found:
    """The mails that are due, held for this worker. Those about a report that failed, or that kill, end here."""
    uncertain, failed, taken = await queries.give_up_handing(tx), 0, list[Taken]()
    for due in await queries.lock_due(tx, limit=limit):
        if due.state == "failed" or due.attempts > len(AGAIN_AFTER):
            outcome = _NO_REPORT if due.state == "failed" else _NO_END
            await queries.note_ended(tx, due.id, attempt=due.attempts, state="failed", outcome=outcome)
            failed += 1
            continue
        await queries.note_taken(tx, due.id, seconds=HOLD_SECONDS)
        taken.append(Taken(due=due, to=open_address(cipher, due.address_index, due.address), attempt=due.attempts + 1))
    return Found(taken=tuple(taken), uncertain=uncertain, failed=failed)


async def give_back(tx: TenantTx, taken: Taken) -> None:
    """Lets go of a mail that this worker did not come to. It does not count as an attempt."""
    await queries.note_given_back(tx, taken.due.id, attempt=taken.attempt)


async def hand_over(tx: TenantTx, taken: Taken) -> None:
    """Notes that the words leave now. Raises Conflict when the mail is another worker's by now."""
    if not await queries.note_handing(tx, taken.due.id, attempt=taken.attempt, seconds=HOLD_SECONDS):
        raise Conflict("This mail is another worker's by now.")


async def note_sent(tx: TenantTx, taken: Taken, *, outcome: str) -> None:
    """Notes that the mail server took it."""
    await queries.note_ended(tx, taken.due.id, attempt=taken.attempt, state="sent", outcome=outcome[:_LONGEST_OUTCOME])


async def note_uncertain(tx: TenantTx, taken: Taken, *, outcome: str) -> None:
    """Notes that it left and nobody said whether it arrived."""
    cut = outcome[:_LONGEST_OUTCOME]
    await queries.note_ended(tx, taken.due.id, attempt=taken.attempt, state="uncertain", outcome=cut)


async def note_failed(tx: TenantTx, taken: Taken, *, outcome: str, is_for_good: bool = False) -> bool:
    """Notes that it did not leave: it is tried again later, or has failed for good. Whether it has."""
    cut = outcome[:_LONGEST_OUTCOME]
    if is_for_good or taken.attempt > len(AGAIN_AFTER):
        await queries.note_ended(tx, taken.due.id, attempt=taken.attempt, state="failed", outcome=cut)
        return True
    seconds = AGAIN_AFTER[taken.attempt - 1]
    await queries.note_again(tx, taken.due.id, attempt=taken.attempt, outcome=cut, seconds=seconds)
    return False
