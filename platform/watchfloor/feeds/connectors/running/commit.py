"""Making a page durable: its records, their keys, the cursor and the strangers, in one transaction each time.

Owns what is new in a page, and the fence: everything is written under the epoch by which the stream is held, so that a
runner that slept through its time changes nothing. A record that is known is left out, a page whose records another
stream stored meanwhile is looked at again.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent
from watchfloor.feeds.connectors.connector import Page, Pulled, Stream
from watchfloor.feeds.connectors.keys import ledger
from watchfloor.feeds.connectors.running import queries
from watchfloor.feeds.connectors.running.queries import Moved, TakenRow
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.queue import Intake, Lane, Sender
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict

PART_RECORDS: Final = 5_000
PART_BYTES: Final = 8_000_000
"""At most so much goes into one transaction; a larger page is stored in parts, the cursor with the last one."""

MOST_STRANGERS: Final = 1_000
"""At most so many foreign accounts are told apart."""

_ATTEMPTS: Final = 3


class Fenced(Conflict):
    """Somebody else holds the stream by now: nothing was written, and nothing more is to be done."""

    code = "fenced"


class _Raced(Exception):
    """Another stream stored some of the records meanwhile."""


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A stream that is held, and for how long each write holds it further."""

    feed: Feed
    stream: Stream
    row: TakenRow
    seconds: float


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What a page came to: how many of its records were stored, and how many were known."""

    records: int
    repeats: int


async def store(database: Database, intake: Intake, holding: Holding, page: Page) -> Stored:
    """Makes the page durable. Raises Fenced, IntakeFull, Unavailable."""
    for _ in range(_ATTEMPTS):
        try:
            return await _store(database, intake, holding, page)
        except _Raced:
            continue
    raise Conflict("Other streams store the same records again and again.", where=holding.stream.name)


async def _store(database: Database, intake: Intake, holding: Holding, page: Page) -> Stored:
    by_digest = {ledger.digest(holding.feed.id, record.key): record for record in page.records}
    async with tenant_tx(database, holding.feed.tenant_id) as tx:
        stored = await ledger.known(tx, {one: record.key for one, record in by_digest.items()})
    fresh = {one: record for one, record in by_digest.items() if record.key not in stored}
    parts = _parts(fresh)
    for part in parts[:-1]:
        await _put(database, intake, holding, part, Page())
    last = parts[-1] if parts else {}
    repeats = len(page.records) - len(fresh)
    await _put(database, intake, holding, last, page, repeats=repeats)
    return Stored(records=len(fresh), repeats=repeats)


async def _put(
    database: Database,
    intake: Intake,
    holding: Holding,
    part: Mapping[bytes, Pulled],
    page: Page,
    *,
    repeats: int = 0,
) -> None:
    """Stores records together with what the page says besides them."""

    async def alongside(tx: TenantTx, cipher: TenantCipher) -> None:
        del cipher  # nothing here is sealed
        await _note(tx, holding, part, page, repeats=repeats, is_strict=True)

    if not part:
        async with tenant_tx(database, holding.feed.tenant_id) as tx:
            await _note(tx, holding, part, page, repeats=repeats, is_strict=True)
        return
    lane = Lane.BACKFILL if holding.row.is_backfill else None
    receipt = await intake.put(
        holding.feed, _packed(part.values(), holding.stream), _sender(holding), alongside=alongside, lane=lane
    )
    if receipt.is_repeat:  # an earlier runner died when the batch was durable and the keys were not
        async with tenant_tx(database, holding.feed.tenant_id) as tx:
            await _note(tx, holding, part, page, repeats=repeats, is_strict=False)


async def _note(
    tx: TenantTx, holding: Holding, part: Mapping[bytes, Pulled], page: Page, *, repeats: int, is_strict: bool
) -> None:
    moved = Moved(
        cursor=None if page.cursor is None else msgspec.json.encode(page.cursor).decode(),
        records=len(part),
        repeats=repeats,
        newest_at=page.newest,
        behind_seconds=None if page.behind is None else max(page.behind.total_seconds(), 0.0),
    )
    row = holding.row
    if not await queries.advance(tx, row.id, moved, epoch=row.epoch, seconds=holding.seconds):
        raise Fenced("The stream has passed on to another runner.", where=row.name)
    if await ledger.remember(tx, list(part)) < len(part) and is_strict:
        raise _Raced
    await ledger.remember(tx, [ledger.digest(holding.feed.id, mark) for mark in page.marks])
    for stranger in sorted(page.strangers, key=lambda one: one.account):
        await queries.count_stranger(
            tx,
            holding.feed.id,
            account=_shown(stranger.account)[:200],
            stream=row.name,
            place=_shown(stranger.place)[:300],
            records=max(stranger.records, 1),
            most=MOST_STRANGERS,
        )


def _parts(fresh: Mapping[bytes, Pulled]) -> list[dict[bytes, Pulled]]:
    parts: list[dict[bytes, Pulled]] = []
    size = 0
    for one, record in fresh.items():
        if not parts or len(parts[-1]) >= PART_RECORDS or size + len(record.body) > PART_BYTES:
            parts.append({})
            size = 0
        parts[-1][one] = record
        size += len(record.body)
    return parts


def _packed(records: Iterable[Pulled], stream: Stream) -> PackedBatch:
    packer = Packer(takes_unreadable=True)
    for record in records:
        packer.add(SentEvent(body=record.body, time=record.at, sourcetype=stream.source_hint, identity=(record.key,)))
    return packer.finish()


def _sender(holding: Holding) -> Sender:
    return Sender(
        remote="",
        user_agent=f"connector/{holding.row.kind}",
        content_type="",
        request_id=holding.stream.name,
        request_key="pull",
    )


def _shown(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")
