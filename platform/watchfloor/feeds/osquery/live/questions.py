"""Questions: SQL that hosts run once, asked by a person, answered by each host when it next comes.

Owns what may be asked and for how long, the audit entry of each question, and what a host is told. osquery only reads,
so a question changes nothing on a host; it does see what is personal, so its text and its answers are sealed. What
ended a month ago is forgotten when somebody asks again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.audit.append import Actor, append
from watchfloor.feeds.osquery.live import queries
from watchfloor.feeds.osquery.live.queries import QuestionKind
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import NodeId, QuestionId

LONGEST_SQL: Final = 8_000
LONGEST_PATH: Final = 2_000
MOST_OPEN: Final = 100
"""How many questions of a tenant may be open at once."""

MOST_NAMED: Final = 1_000
LONGEST_OPEN: Final = timedelta(days=7)
ACCELERATE_SECONDS: Final = 60
"""For how long a host that got a question asks again every few seconds."""

_AT_ONCE: Final = 20
_FIRST: Final = UUID(int=0)
_LAST: Final = UUID(int=2**128 - 1)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question, and how many hosts stand where."""

    id: QuestionId
    kind: QuestionKind
    sql: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    pending: int
    delivered: int
    answered: int
    failed: int
    expired: int


async def ask(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    *,
    sql: str,
    nodes: Sequence[NodeId] | None,
    expires_at: datetime,
    at: datetime,
    kind: QuestionKind = "query",
) -> QuestionId:
    """Puts SQL to these hosts, or to all (None), until it expires.

    Raises Invalid, NotFound when a host is none of the tenant's or was revoked, or when there is none at all, and
    Conflict when too many questions are open.
    """
    _check(sql, nodes, expires_at=expires_at, at=at)
    await queries.forget_questions(tx)
    if await queries.has_open(tx, MOST_OPEN - 1):
        raise Conflict(f"{MOST_OPEN} questions are open.", remedy="Wait until some of them have expired.")
    question_id = QuestionId(ids.new_uuid())
    sealed = cipher.seal(sql.encode(), table="osquery_queries", column="sql", row=question_id)
    await queries.insert_question(tx, question_id, kind=kind, sql=sealed, asked_by=actor.id[:64], expires_at=expires_at)
    wanted = None if nodes is None else sorted(set(nodes))
    asked = await queries.ask_nodes(tx, question_id, wanted)
    if asked == 0 or (wanted is not None and asked < len(wanted)):
        raise NotFound("There is no such host." if wanted else "No host has enrolled yet.")
    await append(
        tx,
        actor,
        action="osquery.ask",
        object_kind="osquery_query",
        object_id=shown(question_id),
        after={"kind": kind, "hosts": asked},
        detail={"sql": sql},
        cipher=cipher,
    )
    return question_id


async def ask_for_file(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    *,
    path: str,
    nodes: Sequence[NodeId],
    expires_at: datetime,
    at: datetime,
) -> QuestionId:
    """Asks these hosts for the files at a path (`%` stands for any text). Raises as `ask` does."""
    if not path or len(path) > LONGEST_PATH:
        raise Invalid(f"It has 1 to {LONGEST_PATH} characters.", where="path")
    sql = _file_request().format(operator="like" if "%" in path else "=", path=path.replace("'", "''"))
    return await ask(tx, cipher, actor, sql=sql, nodes=nodes, expires_at=expires_at, at=at, kind="carve")


async def waiting_for(tx: TenantTx, cipher: TenantCipher, node_id: NodeId) -> dict[str, str]:
    """What a host is to run now, by the question's id as it stands on the wire. It counts as delivered.

    What was delivered and not answered within five minutes is delivered again, three times in all.
    """
    rows = await queries.take_waiting(tx, node_id, limit=_AT_ONCE)
    return {shown(row.id): _opened(cipher, row.id, row.sql) for row in rows}


async def list_questions(tx: TenantTx, cipher: TenantCipher, *, before: UUID = _LAST, limit: int) -> list[Question]:
    """Questions, the newest first."""
    rows = await queries.select_questions(tx, before=before, since=_FIRST, limit=limit)
    return [_question(cipher, row) for row in rows]


async def find_question(tx: TenantTx, cipher: TenantCipher, question_id: QuestionId) -> Question:
    """One question. Raises NotFound."""
    rows = await queries.select_questions(tx, before=UUID(int=question_id.int + 1), since=question_id, limit=1)
    if not rows:
        raise NotFound("There is no such question.")
    return _question(cipher, rows[0])


def shown(question_id: QuestionId) -> str:
    """A question's id, as people and agents see it."""
    return ids.show("qst", question_id)


@cache
def _file_request() -> str:
    """The SQL by which osquery sends files; it is for the tenant's hosts and never for a database of ours."""
    return files("watchfloor.feeds.osquery.live").joinpath("file_request.sql").read_text("utf-8").strip()


def _check(sql: str, nodes: Sequence[NodeId] | None, *, expires_at: datetime, at: datetime) -> None:
    if not sql.strip() or len(sql) > LONGEST_SQL or "\0" in sql:
        raise Invalid(f"It has 1 to {LONGEST_SQL} characters.", where="sql")
    if nodes is not None and not 0 < len(nodes) <= MOST_NAMED:
        raise Invalid(f"Name 1 to {MOST_NAMED} hosts, or ask all.", where="nodes")
    if not at < expires_at <= at + LONGEST_OPEN:
        raise Invalid(f"It is at most {LONGEST_OPEN.days} days ahead.", where="expires_at")


def _question(cipher: TenantCipher, row: queries.QuestionRow) -> Question:
    late = row.pending + row.delivered if row.is_over else 0
    return Question(
        id=row.id,
        kind=row.kind,
        sql=_opened(cipher, row.id, row.sql),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        pending=0 if row.is_over else row.pending,
        delivered=0 if row.is_over else row.delivered,
        answered=row.answered,
        failed=row.failed,
        expired=late,
    )


def _opened(cipher: TenantCipher, question_id: QuestionId, sealed: bytes) -> str:
    return cipher.open_(sealed, table="osquery_queries", column="sql", row=question_id).decode()
