"""SQL of live queries: questions, and each host's answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import CarveId, NodeId, QuestionId

QuestionKind = Literal["query", "carve"]
AnswerState = Literal["pending", "delivered", "answered", "failed", "expired"]

INSERT_QUESTION: Final[LiteralString] = """
insert into wf.osquery_queries (tenant_id, id, kind, sql, asked_by, expires_at)
values ($1, $2, $3, $4, $5, $6)
"""

ASK_ALL: Final[LiteralString] = """
insert into wf.osquery_answers (tenant_id, query_id, node_id, state)
select n.tenant_id,
       $2,
       n.id,
       'pending'
  from wf.osquery_nodes n
 where n.tenant_id = $1
   and n.state = 'active'
"""

ASK_SOME: Final[LiteralString] = """
insert into wf.osquery_answers (tenant_id, query_id, node_id, state)
select n.tenant_id,
       $2,
       n.id,
       'pending'
  from wf.osquery_nodes n
 where n.tenant_id = $1
   and n.id = any ($3::uuid[])
   and n.state = 'active'
"""

HAS_OPEN: Final[LiteralString] = """
select exists (
  select
    from wf.osquery_queries
   where tenant_id = $1
     and expires_at > now()
   order by expires_at
  offset $2
   limit 1)
"""

TAKE_WAITING: Final[LiteralString] = """
select q.id,
       q.sql
  from wf.osquery_answers a
  join wf.osquery_queries q
    on q.tenant_id = a.tenant_id
   and q.id = a.query_id
 where a.tenant_id = $1
   and a.node_id = $2
   and a.state in ('pending', 'delivered')
   and (a.state = 'pending' or (a.delivered_at < now() - interval '5 minutes' and a.deliveries < 3))
   and q.expires_at > now()
 order by q.id
 limit $3
   for update of a
"""

MARK_DELIVERED: Final[LiteralString] = """
update wf.osquery_answers
   set state = 'delivered',
       deliveries = deliveries + 1,
       delivered_at = now()
 where tenant_id = $1
   and node_id = $2
   and query_id = any ($3::uuid[])
   and state in ('pending', 'delivered')
"""

KEEP_ANSWER: Final[LiteralString] = """
update wf.osquery_answers
   set state = $4,
       status = $5,
       total_rows = $6,
       kept_rows = $7,
       body = $8,
       answered_at = now()
 where tenant_id = $1
   and node_id = $2
   and query_id = $3
   and state = 'delivered'
"""

IS_ASKED: Final[LiteralString] = """
select q.kind
  from wf.osquery_answers a
  join wf.osquery_queries q
    on q.tenant_id = a.tenant_id
   and q.id = a.query_id
 where a.tenant_id = $1
   and a.node_id = $2
   and a.query_id = $3
   and a.state in ('delivered', 'answered')
"""

SELECT_QUESTIONS: Final[LiteralString] = """
select q.id,
       q.kind,
       q.sql,
       q.asked_by,
       q.asked_at,
       q.expires_at,
       counted.pending,
       counted.delivered,
       counted.answered,
       counted.failed,
       q.expires_at <= now() as is_over
  from wf.osquery_queries q
 cross join lateral (
   select count(*) filter (where a.state = 'pending') as pending,
          count(*) filter (where a.state = 'delivered') as delivered,
          count(*) filter (where a.state = 'answered') as answered,
          count(*) filter (where a.state = 'failed') as failed
     from wf.osquery_answers a
    where a.tenant_id = q.tenant_id
      and a.query_id = q.id) counted
 where q.tenant_id = $1
   and q.id < $2
   and q.id >= $3
 order by q.id desc
 limit $4
"""

SELECT_ANSWERS: Final[LiteralString] = """
select a.query_id,
       a.node_id,
       case when a.state in ('pending', 'delivered') and q.expires_at <= now() then 'expired' else a.state end as state,
       a.delivered_at,
       a.answered_at,
       a.status,
       a.total_rows,
       a.kept_rows,
       a.body,
       c.id as carve_id
  from wf.osquery_answers a
  join wf.osquery_queries q
    on q.tenant_id = a.tenant_id
   and q.id = a.query_id
  left join wf.osquery_carves c
    on c.tenant_id = a.tenant_id
   and c.query_id = a.query_id
   and c.node_id = a.node_id
 where a.tenant_id = $1
   and a.query_id = $2
   and a.node_id > $3
 order by a.node_id
 limit $4
"""

SELECT_FORGOTTEN: Final[LiteralString] = """
select id
  from wf.osquery_queries
 where tenant_id = $1
   and expires_at < now() - interval '30 days'
 order by expires_at
 limit 20
"""

DELETE_BLOCKS: Final[LiteralString] = """
delete from wf.osquery_carve_blocks b
 using wf.osquery_carves c
 where c.tenant_id = $1
   and c.query_id = any ($2::uuid[])
   and b.tenant_id = c.tenant_id
   and b.carve_id = c.id
"""

DELETE_CARVES: Final[LiteralString] = """
delete from wf.osquery_carves
 where tenant_id = $1
   and query_id = any ($2::uuid[])
"""

DELETE_ANSWERS: Final[LiteralString] = """
delete from wf.osquery_answers
 where tenant_id = $1
   and query_id = any ($2::uuid[])
"""

DELETE_QUESTIONS: Final[LiteralString] = """
delete from wf.osquery_queries
 where tenant_id = $1
   and id = any ($2::uuid[])
"""


class WaitingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A question that a host has not taken; `sql` is sealed."""

    id: QuestionId
    sql: bytes


class QuestionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A question with how many hosts stand where; `sql` is sealed."""

    id: QuestionId
    kind: QuestionKind
    sql: bytes
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    pending: int
    delivered: int
    answered: int
    failed: int
    is_over: bool


class AnswerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A host's answer; `body` is sealed."""

    query_id: QuestionId
    node_id: NodeId
    state: AnswerState
    delivered_at: datetime | None
    answered_at: datetime | None
    status: int | None
    total_rows: int
    kept_rows: int
    body: bytes | None
    carve_id: CarveId | None


class KeptAnswerRow(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it comes in; the order is that of `KEEP_ANSWER`."""

    node_id: NodeId
    query_id: QuestionId
    state: AnswerState
    status: int
    total_rows: int
    kept_rows: int
    body: bytes


async def insert_question(
    tx: TenantTx, question_id: QuestionId, *, kind: QuestionKind, sql: bytes, asked_by: str, expires_at: datetime
) -> None:
    """Adds a question."""
    await tx.execute(INSERT_QUESTION, tx.tenant_id, question_id, kind, sql, asked_by, expires_at)


async def ask_nodes(tx: TenantTx, question_id: QuestionId, nodes: Sequence[NodeId] | None) -> int:
    """Puts a question to these hosts, or to all; returns how many have it."""
    if nodes is None:
        return await tx.execute(ASK_ALL, tx.tenant_id, question_id)
    return await tx.execute(ASK_SOME, tx.tenant_id, question_id, list(nodes))


async def has_open(tx: TenantTx, number: int) -> bool:
    """Whether more than `number` questions have not expired."""
    return bool(await tx.value(bool, HAS_OPEN, tx.tenant_id, number))


async def take_waiting(tx: TenantTx, node_id: NodeId, *, limit: int) -> list[WaitingRow]:
    """What a host is to be told now; from here on it counts as delivered."""
    rows = await tx.rows(WaitingRow, TAKE_WAITING, tx.tenant_id, node_id, limit)
    if rows:
        await tx.execute(MARK_DELIVERED, tx.tenant_id, node_id, [row.id for row in rows])
    return rows


async def keep_answer(tx: TenantTx, row: KeptAnswerRow) -> bool:
    """Keeps a host's answer; False when it was not asked, or answered before."""
    return await tx.execute(KEEP_ANSWER, tx.tenant_id, *msgspec.structs.astuple(row)) == 1


async def select_asked(tx: TenantTx, node_id: NodeId, question_id: QuestionId) -> str | None:
    """The kind of a question that was delivered to the host."""
    return await tx.value(str, IS_ASKED, tx.tenant_id, node_id, question_id)


async def select_questions(tx: TenantTx, *, before: UUID, since: UUID, limit: int) -> list[QuestionRow]:
    """Questions, the newest first."""
    return await tx.rows(QuestionRow, SELECT_QUESTIONS, tx.tenant_id, before, since, limit)


async def select_answers(tx: TenantTx, question_id: QuestionId, *, after: UUID, limit: int) -> list[AnswerRow]:
    """The hosts that a question was put to, by id."""
    return await tx.rows(AnswerRow, SELECT_ANSWERS, tx.tenant_id, question_id, after, limit)


async def forget_questions(tx: TenantTx) -> None:
    """Deletes some questions that ended a month ago, with all that was answered."""
    old = await tx.values(UUID, SELECT_FORGOTTEN, tx.tenant_id)
    if not old:
        return
    await tx.execute(DELETE_BLOCKS, tx.tenant_id, old)
    await tx.execute(DELETE_CARVES, tx.tenant_id, old)
    await tx.execute(DELETE_ANSWERS, tx.tenant_id, old)
    await tx.execute(DELETE_QUESTIONS, tx.tenant_id, old)
