"""What is to become of messages that arrived: worked now, only acknowledged, put aside, or left for later.

Owns the decision, inside the transaction that works them. A batch that was taken before, or whose request was stored
before under another id, is acknowledged and nothing else (Q1); one that was given up goes to the quarantine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from nats.aio.msg import Msg

from watchfloor.feeds.intake import queries as intake_queries
from watchfloor.feeds.intake.nats import queries
from watchfloor.feeds.intake.nats.letter import Letter, waiting_batch
from watchfloor.feeds.intake.nats.queries import Mark
from watchfloor.feeds.intake.places import claim
from watchfloor.feeds.intake.quarantine import PutAside, put_aside
from watchfloor.feeds.intake.queue import WHOLE_BATCH, Lane, WaitingBatch
from watchfloor.kernel.crypto import TenantCipher, Unopenable
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import BatchId


@dataclass(frozen=True)
class Arrived:
    """A message and the letter in it."""

    message: Msg
    letter: Letter

    @property
    def key(self) -> tuple[BatchId, int]:
        """The batch's id, and its sequence in its tenant's stream."""
        return self.letter.batch_id, self.message.metadata.sequence.stream


@dataclass(frozen=True)
class Sorted:
    """What is worked now, and what is left for later; all else is done with."""

    batches: tuple[WaitingBatch, ...]
    left: tuple[Arrived, ...]


async def sort_out(
    tx: TenantTx, cipher: TenantCipher, arrived: Sequence[Arrived], *, lane: Lane, most_bytes: int
) -> Sorted:
    """Decides about each, and writes down what was decided."""
    known = {mark.batch_id: mark for mark in await queries.select_marks(tx, [one.key[0] for one in arrived])}
    given_up: list[tuple[Arrived, str]] = []
    fresh: list[Arrived] = []
    for one in arrived:
        mark = known.get(one.letter.batch_id)
        if mark is None or (not mark.is_taken and mark.given_up is None):
            fresh.append(one)
        elif not mark.is_taken and mark.given_up is not None:
            given_up.append((one, mark.given_up))
    chosen = fresh[: _how_many(fresh, known, most_bytes)]
    wanted = [*chosen, *(one for one, _ in given_up)]
    taken = set(await queries.take(tx, [one.key for one in wanted], lane=lane)) if wanted else set[BatchId]()
    await put_aside(
        tx, cipher, [_put_aside(cipher, one, why) for one, why in given_up if _is_kept(one) and one.key[0] in taken]
    )
    batches = await _batches(tx, [one for one in chosen if one.letter.batch_id in taken])
    return Sorted(batches=tuple(batches), left=tuple(fresh[len(chosen) :]))


def _how_many(fresh: Sequence[Arrived], known: dict[BatchId, Mark], most_bytes: int) -> int:
    """How many of the first are taken. One that failed before goes alone, so that it harms no other."""
    total = 0
    for number, one in enumerate(fresh):
        mark = known.get(one.letter.batch_id)
        has_failed = mark is not None and mark.attempts > 0
        if number and (total + one.letter.raw_bytes > most_bytes or has_failed):
            return number
        if has_failed:
            return 1
        total += one.letter.raw_bytes
    return len(fresh)


async def _batches(tx: TenantTx, chosen: Sequence[Arrived]) -> list[WaitingBatch]:
    """The batches to be worked: not those whose request was stored before, nor what is no longer to be put back."""
    hints = {row.id: row.source_hint for row in await queries.select_hints(tx, [one.letter.feed_id for one in chosen])}
    batches: list[WaitingBatch] = []
    for one in chosen:
        letter = one.letter
        if letter.request is not None and not await intake_queries.insert_receipt(
            tx, letter.feed_id, request_hash=letter.request, events=letter.events
        ):
            continue
        batch = await claim(tx, waiting_batch(letter, source_hint=hints.get(letter.feed_id)))
        if batch is not None:
            batches.append(batch)
    return batches


def _is_kept(one: Arrived) -> bool:
    """Whether it has to be put aside: what was put back is in the quarantine still."""
    return one.letter.places is None


def _put_aside(cipher: TenantCipher, one: Arrived, reason: str) -> PutAside:
    letter = one.letter
    try:
        body = cipher.open_(letter.body, table="intake_batches", column="body", row=letter.batch_id)
    except Unopenable:
        body = letter.body
    return PutAside(
        feed_id=letter.feed_id,
        batch_id=letter.batch_id,
        event_index=WHOLE_BATCH,
        code="batch_failed",
        reason=reason,
        received_at=datetime.fromtimestamp(letter.received_at, UTC),
        body=body,
    )
