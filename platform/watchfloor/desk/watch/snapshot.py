"""The snapshot of one customer for a handover: read from the record, kept sealed under the digest of its content.

Two snapshots of the same state are the same bytes, so a code names what was said and not when. Nothing of one customer
is kept with another.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.desk.calls import rows_of_pages
from watchfloor.desk.card import Deadline, Foreign, Moment, Person, Row, Text, Value
from watchfloor.desk.display.exceptions import ending_rows
from watchfloor.desk.watch import queries
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import PersonId
from watchfloor.kernel.neutralise import Untrusted

CODE_LENGTH: Final = 16
RECORD: Final = "Kept as"
"""The label of the row by which a customer's snapshot names itself."""

_SHOWN: Final = 40
_FEEDS: Final = 10
_TABLE: Final = "wf.handovers"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What the next shift must know of one customer."""

    code: str
    open: Sequence[queries.OpenRow]
    shift: queries.ShiftRow
    silent: Sequence[queries.SilentRow]
    proposed: int
    pages: Sequence[str]
    ending: Sequence[str] = ()


async def take_snapshot(tx: TenantTx, cipher: TenantCipher, *, length: timedelta, by: str) -> tuple[Row, ...]:
    """Reads the customer's state, keeps it, and returns it as rows, the last of which names what was kept."""
    pages, ending = await rows_of_pages(tx), await ending_rows(tx)
    snapshot = Snapshot(
        code=await queries.select_code(tx),
        open=await queries.select_open(tx, limit=_SHOWN),
        shift=await queries.count_shift(tx, length=length),
        silent=await queries.select_silent(tx, limit=_FEEDS),
        proposed=await queries.count_proposed(tx),
        pages=[page.label for page in pages],
        ending=[row.label for row in ending],
    )
    content = msgspec.json.encode(snapshot, order="deterministic")
    digest = hashlib.sha256(content).digest()
    sealed = cipher.seal(content, table=_TABLE, column="body", row=digest.hex())
    await queries.insert_handover(tx, digest, sealed, made_by=by)
    own = tuple(_rows(snapshot))
    unanswered = tuple(Row(f"{page.label} page", page.values) for page in pages)
    kept = Row(f"{snapshot.code} {RECORD.lower()}", (Text(digest.hex()[:CODE_LENGTH]),))
    return (*own, *unanswered, *ending, kept)


async def read_snapshot(tx: TenantTx, cipher: TenantCipher, digest: bytes) -> Snapshot | None:
    """What was kept under a digest; None when nothing was. Raises Unopenable when it was damaged."""
    sealed = await queries.select_handover(tx, digest)
    if sealed is None:
        return None
    content = cipher.open_(sealed, table=_TABLE, column="body", row=digest.hex())
    return msgspec.json.decode(content, type=Snapshot)


def code_of(rows: Sequence[Row]) -> str:
    """The code of a whole handover, made from the codes of its customers in any order."""
    codes = sorted(
        value.text
        for row in rows
        if row.label.endswith(RECORD.lower())
        for value in row.values
        if isinstance(value, Text)
    )
    return hashlib.sha256("\n".join(codes).encode()).hexdigest()[:CODE_LENGTH]


def _rows(snapshot: Snapshot) -> Iterator[Row]:
    waiting = sum(row.state == "new" for row in snapshot.open)
    shift = snapshot.shift
    told = f"{len(snapshot.open)} open, {waiting} not acknowledged; in this shift {shift.opened} opened,"
    yield Row(snapshot.code, (Text(f"{told} {shift.acknowledged} acknowledged, {shift.resolved} resolved"),))
    for row in snapshot.open:
        yield Row(f"{snapshot.code}-{row.number}", tuple(_incident(row)))
    if snapshot.silent:
        feeds = [value for row in snapshot.silent for value in (Foreign(Untrusted(row.name)), Moment(row.since))]
        yield Row(f"{snapshot.code} silent feeds", tuple(feeds))
    if snapshot.proposed:
        yield Row(f"{snapshot.code} approvals", (Text(f"{snapshot.proposed} waiting for a decision"),))


def _incident(row: queries.OpenRow) -> Iterator[Value]:
    yield Text(f"{row.severity}, {row.state}:")
    yield Foreign(Untrusted(row.title))
    yield Text("nobody has it") if row.assignee_id is None else Person(PersonId(row.assignee_id))
    if row.waiting_since is not None:
        yield Text("waits for the customer since")
        yield Moment(row.waiting_since)
    if row.snoozed_until is not None:
        yield Text("laid aside until")
        yield Moment(row.snoozed_until)
    if row.deadline is not None:
        yield from _due(row.deadline, is_at_risk=row.is_at_risk)


def _due(deadline: datetime, *, is_at_risk: bool) -> Iterator[Value]:
    if is_at_risk:
        yield Text("at risk:")
    yield Deadline(deadline)
