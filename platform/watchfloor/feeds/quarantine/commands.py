"""Putting things of the quarantine back through the intake, and dropping them.

Owns both, and their audit entries. What is put back keeps the place where it first stood, by which it is known, and
stays in the quarantine until the pipeline has read it: putting it back twice, or a crash in between, works it once.
"""

import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.audit.append import Actor, append
from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent, unpack
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.queue import WHOLE_BATCH, Intake, Lane, Place, Sender
from watchfloor.feeds.limits import fault_of
from watchfloor.feeds.quarantine import queries
from watchfloor.feeds.registry import list_feeds
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher, Unopenable
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.ids import FeedId

MOST_THINGS: Final = 10_000
"""How many things one command moves; it says how many are left."""

MOST_BYTES: Final = 16_000_000
SHORTEST_REASON: Final = 8
LONGEST_REASON: Final = 500

_PARCEL_EVENTS: Final = 1_000
_PARCEL_BYTES: Final = 2_000_000
_logger: Final = logging.getLogger(__name__)


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which things are meant: all that fit everything that is said."""

    feed_id: FeedId | None = None
    code: str | None = None
    things: tuple[UUID, ...] | None = None

    def __post_init__(self) -> None:
        """Raises Invalid when nothing is said: nobody means everything by saying nothing."""
        if self.feed_id is None and self.code is None and self.things is None:
            raise Invalid("Say which things are meant.", remedy="Name a feed, a code, or single things.")


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """What is put back as one batch, each event with the place where it first stood."""

    feed: Feed
    batch: PackedBatch
    places: tuple[Place, ...]


class PutBack(msgspec.Struct, frozen=True, kw_only=True):
    """What a command put together. `unusable` were not kept whole, or are damaged; `left` are for the next command."""

    parcels: tuple[Parcel, ...]
    things: int
    unusable: int
    left: int


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """What a command deleted, and how many are left for the next one."""

    things: int
    left: int


async def feed_named(tx: TenantTx, name: str) -> FeedId:
    """The feed of this name or id. Raises NotFound."""
    for feed in await list_feeds(tx):
        if name in (feed.name, ids.show("feed", feed.id)):
            return feed.id
    raise NotFound("There is no such feed.")


async def take_out(tx: TenantTx, cipher: TenantCipher, actor: Actor, *, selection: Selection, reason: str) -> PutBack:
    """Puts together what is to be put back; `send` does it, once the transaction is through. Nothing leaves before.

    Raises Invalid for a reason that is none.
    """
    _check_reason(reason)
    feeds = {feed.id: feed for feed in await list_feeds(tx)}
    chosen = await _choose(tx, selection)
    things = await queries.select_things(tx, chosen)
    parcels = tuple(_parcels(feeds, _readable(cipher, things)))
    moved = sum(len(parcel.places) for parcel in parcels)
    usable, total = await _count(tx, selection, whole=True), await _count(tx, selection, whole=False)
    if moved:
        await _note(tx, cipher, actor, "quarantine.replay", selection, things=moved, reason=reason)
    return PutBack(
        parcels=parcels,
        things=moved,
        unusable=total - usable + len(things) - moved,
        left=usable - len(things),
    )


async def send(intake: Intake, put_back: PutBack, *, request_id: str) -> None:
    """Puts the parcels into the intake, behind all live events. Raises IntakeFull; what was sent before is on its way.

    To be called outside of any transaction of the tenant.
    """
    sender = Sender(remote="-", user_agent="quarantine", content_type="", request_id=request_id)
    for parcel in put_back.parcels:
        await intake.put(parcel.feed, parcel.batch, sender, lane=Lane.BACKFILL, places=parcel.places)


async def drop(tx: TenantTx, cipher: TenantCipher, actor: Actor, *, selection: Selection, reason: str) -> Dropped:
    """Deletes things for good. Raises Invalid for a reason that is none."""
    _check_reason(reason)
    chosen = await queries.select_chosen(
        tx, selection.feed_id, selection.code, selection.things, whole=False, limit=MOST_THINGS
    )
    dropped = await queries.delete_things(tx, [row.id for row in chosen])
    if dropped:
        await _note(tx, cipher, actor, "quarantine.drop", selection, things=dropped, reason=reason)
    return Dropped(things=dropped, left=await _count(tx, selection, whole=False))


async def _choose(tx: TenantTx, selection: Selection) -> list[UUID]:
    """The first of what can be put back, up to what one command moves."""
    rows = await queries.select_chosen(
        tx, selection.feed_id, selection.code, selection.things, whole=True, limit=MOST_THINGS
    )
    chosen: list[UUID] = []
    total = 0
    for row in rows:
        total += row.size
        if chosen and total > MOST_BYTES:
            break
        chosen.append(row.id)
    return chosen


async def _count(tx: TenantTx, selection: Selection, *, whole: bool) -> int:
    return await queries.count_chosen(tx, selection.feed_id, selection.code, selection.things, whole=whole)


def _readable(
    cipher: TenantCipher, things: Sequence[queries.ThingRow]
) -> Iterator[tuple[queries.ThingRow, SentEvent | PackedBatch]]:
    """What can be opened and is within the limits that a door would hold it to: nothing else could ever be read."""
    for thing in things:
        try:
            body = cipher.open_(thing.body, table="quarantine", column="body", row=thing.id)
            if thing.event_index == WHOLE_BATCH:
                yield thing, _whole(body)
            elif fault_of(body) is None:
                yield thing, _event(cipher, thing, body)
        except (Unopenable, Invalid, msgspec.DecodeError) as fault:
            _logger.warning("A thing in the quarantine is damaged: %s", fault)


def _parcels(
    feeds: dict[FeedId, Feed], things: Iterable[tuple[queries.ThingRow, SentEvent | PackedBatch]]
) -> Iterator[Parcel]:
    """Parcels of things that lie one behind the other and belong to one feed; a whole batch is a parcel of its own."""
    for feed_id, group in itertools.groupby(things, key=lambda found: found[0].feed_id):
        packer, places = Packer(), list[Place]()
        for thing, content in group:
            place = Place(thing.batch_id, thing.event_index, thing.received_at)
            if isinstance(content, PackedBatch):
                yield Parcel(feed=feeds[feed_id], batch=content, places=(place,))
                continue
            packer.add(content)
            places.append(place)
            if packer.events >= _PARCEL_EVENTS or packer.raw_bytes >= _PARCEL_BYTES:
                yield Parcel(feed=feeds[feed_id], batch=packer.finish(), places=tuple(places))
                packer, places = Packer(), []
        if places:
            yield Parcel(feed=feeds[feed_id], batch=packer.finish(), places=tuple(places))


def _event(cipher: TenantCipher, thing: queries.ThingRow, body: bytes) -> SentEvent:
    if thing.context is None:
        return SentEvent(body=body)
    context = cipher.open_(thing.context, table="quarantine", column="context", row=thing.id)
    return msgspec.structs.replace(msgspec.msgpack.decode(context, type=SentEvent), body=body)


def _whole(body: bytes) -> PackedBatch:
    """The batch that was put aside as a whole, as it was."""
    events = raw_bytes = 0
    for event in unpack(body, SentEvent):
        events += 1
        raw_bytes += len(event.body)
    return PackedBatch(packed=body, events=events, raw_bytes=raw_bytes)


def _check_reason(reason: str) -> None:
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise Invalid(f"A reason has {SHORTEST_REASON} to {LONGEST_REASON} characters.", where="reason")


async def _note(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    action: str,
    selection: Selection,
    *,
    things: int,
    reason: str,
) -> None:
    feed = "all" if selection.feed_id is None else ids.show("feed", selection.feed_id)
    after = {"things": things, "feed": feed, "code": selection.code or "all"}
    await append(
        tx,
        actor,
        action=action,
        object_kind="quarantine",
        object_id=feed,
        after=after,
        detail={"reason": reason},
        cipher=cipher,
    )
