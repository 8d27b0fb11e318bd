"""Answers: what a host found, kept in part when it is much, sealed.

Owns the bounds and the form in which rows are kept. An answer counts once, and only from a host that was given the
question; what nobody asked for is dropped, since a host that is told to keep it would send it for ever.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import zstandard

from watchfloor.feeds.osquery.live import queries
from watchfloor.feeds.osquery.live.queries import AnswerState
from watchfloor.feeds.osquery.nodes import Host, hosts_of
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import CarveId, NodeId, QuestionId

MOST_ROWS: Final = 2_000
MOST_BYTES: Final = 1_000_000
"""How much of one host's answer is kept: so many rows, and so many bytes of them as JSON."""

_LONGEST_MESSAGE: Final = 2_000
_FIRST: Final = UUID(int=0)
_STATUS_LIMIT: Final = 2**31 - 1

Cell = str | int | float | bool | None
_ROW: Final = msgspec.json.Decoder(dict[str, Cell])


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a host says to one question. A status other than 0 is SQLite's error."""

    question: str
    status: int
    message: str
    found: "Found"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that a host found: how many, and the first of them as JSON."""

    total: int
    rows: list[bytes]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A host's answer. `rows` are the first of `total_rows`; `message` says what went wrong. Untrusted text."""

    node_id: NodeId
    host: Host | None
    state: AnswerState
    delivered_at: datetime | None
    answered_at: datetime | None
    status: int | None
    message: str
    total_rows: int
    rows: list[dict[str, Cell]]
    carve_id: CarveId | None


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    message: str
    rows: list[dict[str, Cell]]


class _ToKeep(msgspec.Struct, frozen=True, kw_only=True):
    message: str
    rows: list[msgspec.Raw]


def find(given: Iterable[memoryview], *, room: int = MOST_BYTES) -> Found:
    """Counts rows (JSON texts) and keeps the first, up to the bounds. One that is no flat object is not kept.

    Raises what iterating raises.
    """
    total, rows = 0, list[bytes]()
    for text in given:
        total += 1
        if len(rows) >= MOST_ROWS or room <= 0:
            continue
        room -= len(text)
        if room > 0 and _is_row(text):
            rows.append(bytes(text).strip())
    return Found(total=min(total, _STATUS_LIMIT), rows=rows)


async def keep(tx: TenantTx, cipher: TenantCipher, node_id: NodeId, given: Given) -> bool:
    """Keeps what a host says; False when it was not asked this, or has answered."""
    try:
        question_id = QuestionId(ids.parse("qst", given.question))
    except NotFound:
        return False
    rows = [msgspec.Raw(row) for row in given.found.rows]
    body = msgspec.json.encode(_ToKeep(message=given.message[:_LONGEST_MESSAGE], rows=rows))
    row = queries.KeptAnswerRow(
        node_id=node_id,
        query_id=question_id,
        state="answered" if given.status == 0 else "failed",
        status=max(-_STATUS_LIMIT, min(given.status, _STATUS_LIMIT)),
        total_rows=given.found.total,
        kept_rows=len(rows),
        body=cipher.seal(
            zstandard.compress(body, 3), table="osquery_answers", column="body", row=_place(question_id, node_id)
        ),
    )
    return await queries.keep_answer(tx, row)


async def list_answers(
    tx: TenantTx, cipher: TenantCipher, question_id: QuestionId, *, after: UUID = _FIRST, limit: int
) -> list[Answer]:
    """The hosts that a question was put to, behind an id, each with its answer if there is one."""
    rows = await queries.select_answers(tx, question_id, after=after, limit=limit)
    hosts = await hosts_of(tx, cipher, [row.node_id for row in rows])
    return [_answer(cipher, row, hosts.get(row.node_id)) for row in rows]


def _is_row(text: memoryview) -> bool:
    try:
        _ROW.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _answer(cipher: TenantCipher, row: queries.AnswerRow, host: Host | None) -> Answer:
    kept = _Kept(message="", rows=[])
    if row.body is not None:
        place = _place(row.query_id, row.node_id)
        packed = cipher.open_(row.body, table="osquery_answers", column="body", row=place)
        kept = msgspec.json.decode(zstandard.decompress(packed), type=_Kept)
    return Answer(
        node_id=row.node_id,
        host=host,
        state=row.state,
        delivered_at=row.delivered_at,
        answered_at=row.answered_at,
        status=row.status,
        message=kept.message,
        total_rows=row.total_rows,
        rows=kept.rows,
        carve_id=row.carve_id,
    )


def _place(question_id: QuestionId, node_id: NodeId) -> str:
    return f"{question_id}:{node_id}"
