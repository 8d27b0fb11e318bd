"""The quarantine as people read it: equal failures are one line with a count, and a sample that may be shown.

Owns what a sample is: the beginning of what was sent, as plain characters, without what looks like a credential. It is
still text of a stranger: whoever shows it neutralises it for the place where it is shown.
"""

import re
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.feeds.batch import SentEvent, unpack
from watchfloor.feeds.intake.queue import WHOLE_BATCH
from watchfloor.feeds.quarantine import queries
from watchfloor.feeds.registry import list_feeds
from watchfloor.kernel.characters import visible
from watchfloor.kernel.crypto import TenantCipher, Unopenable
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.ids import FeedId
from watchfloor.kernel.logging import without_credentials
from watchfloor.kernel.secret import MASK

MOST_GROUPS: Final = 200
SAMPLE_CHARACTERS: Final = 200
NOTHING_HERE: Final = "There is nothing with this id."

_SAMPLE_BYTES: Final = 4_000
_SECRET: Final = re.compile(
    r"""(?ix) ((?: pass(?:word|wd|phrase)? | pwd | secret | token | api[_-]?key | authorization | cookie )
        ["']? \s* [:=] \s*) ( "(?:[^"\\]|\\.)*"? | '(?:[^'\\]|\\.)*'? | [^\s,;&}]+ )"""
)


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Things of one feed that failed for one reason. `sample` is the newest one's beginning."""

    feed_id: FeedId
    feed: str
    code: str
    reason: str
    things: int
    first_at: datetime
    last_at: datetime
    newest_id: UUID
    sample: str


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing: `event_index` is its place in its batch, WHOLE_BATCH for all of it."""

    id: UUID
    feed_id: FeedId
    event_index: int
    code: str
    reason: str
    received_at: datetime
    body: bytes
    sample: str


async def list_groups(tx: TenantTx, cipher: TenantCipher) -> list[Group]:
    """The groups, the largest first, `MOST_GROUPS` at most."""
    names = {feed.id: feed.name for feed in await list_feeds(tx)}
    rows = await queries.select_groups(tx, limit=MOST_GROUPS)
    newest = {thing.id: thing for thing in await queries.select_things(tx, [row.newest_id for row in rows])}
    return [
        Group(
            feed_id=row.feed_id,
            feed=names.get(row.feed_id, "?"),
            code=row.code,
            reason=row.reason,
            things=row.things,
            first_at=row.first_at,
            last_at=row.last_at,
            newest_id=row.newest_id,
            sample=_sample(cipher, newest[row.newest_id]),
        )
        for row in rows
    ]


async def find_thing(tx: TenantTx, cipher: TenantCipher, thing_id: UUID) -> Thing:
    """One thing with its bytes. Raises NotFound, and Unopenable for a damaged one."""
    row = await queries.select_one(tx, thing_id)
    if row is None:
        raise NotFound(NOTHING_HERE)
    return Thing(
        id=row.id,
        feed_id=row.feed_id,
        event_index=row.event_index,
        code=row.code,
        reason=row.reason,
        received_at=row.received_at,
        body=cipher.open_(row.body, table="quarantine", column="body", row=row.id),
        sample=_sample(cipher, row),
    )


def redacted(body: bytes) -> str:
    """The beginning of what was sent, on one line, without what looks like a credential."""
    text = visible(body[:_SAMPLE_BYTES].decode("utf-8", "replace"), newline=" ")
    text = _SECRET.sub(lambda found: found[1] + MASK, without_credentials(text))
    return text if len(text) <= SAMPLE_CHARACTERS else text[: SAMPLE_CHARACTERS - 1] + "…"


def _sample(cipher: TenantCipher, row: queries.ThingRow) -> str:
    try:
        body = cipher.open_(row.body, table="quarantine", column="body", row=row.id)
        if row.event_index == WHOLE_BATCH:
            body = next(unpack(body, SentEvent)).body
    except (Unopenable, Invalid, StopIteration):
        return ""
    return redacted(body)
