"""`/tenants/{tenant}/osquery`: the hosts whose agents enrolled, what they were asked, and what they found.

osquery only reads. What a host says is given exactly as it came.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access.roles import Permission
from watchfloor.feeds.osquery import nodes
from watchfloor.feeds.osquery.carves import carving
from watchfloor.feeds.osquery.live import questions
from watchfloor.feeds.osquery.live.answers import Answer, Cell, list_answers
from watchfloor.feeds.osquery.live.queries import AnswerState, QuestionKind
from watchfloor.feeds.osquery.live.questions import LONGEST_OPEN, LONGEST_SQL, MOST_NAMED
from watchfloor.feeds.osquery.queries import NodeState
from watchfloor.kernel import ids
from watchfloor.kernel.ids import NodeId, QuestionId
from watchfloor.web.api.evidence import LAST_ID
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.cursors import ById
from watchfloor.web.declaration import in_tenant

_NODES: Final = "osquery-nodes"
_QUERIES: Final = "osquery-queries"
_RESULTS: Final = "osquery-results"
_FIRST_ID: Final = UUID(int=0)
_MOST_ANSWERS: Final = 20
"""An answer may have a megabyte, so a page has fewer of them than of other things."""

_Name = Annotated[str, PathParameter(description="A question's id (`qst_...`).", max_length=64)]


class NodeView(msgspec.Struct, frozen=True, kw_only=True):
    """A host. `identifier` is what its agent calls itself; with `name`, `system` and `agent` it is untrusted text."""

    id: str
    feed: str
    identifier: str
    name: str
    system: str
    agent: str
    state: NodeState
    enrolments: int
    enrolled_at: datetime
    last_seen_at: datetime


class AskRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """SQL for these hosts (`nod_...`), or for all where `nodes` is null, for so many minutes."""

    sql: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_SQL)]
    nodes: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST_NAMED)] | None = None
    minutes: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_OPEN // timedelta(minutes=1))] = 60


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """A question, and how many hosts stand where."""

    id: str
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


class AnswerView(msgspec.Struct, frozen=True, kw_only=True):
    """A host's answer. `rows` are the first of `total_rows`; `message` is SQLite's. All of it is untrusted text."""

    node: str
    identifier: str
    state: AnswerState
    delivered_at: datetime | None
    answered_at: datetime | None
    status: int | None
    message: str
    total_rows: int
    rows: list[dict[str, Cell]]
    carve: str | None


@get("/osquery/nodes", access=in_tenant(Permission.OSQUERY_READ, "node"), dependencies=IN_TENANT, tags=["osquery"])
async def list_osquery_nodes(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[NodeView]:
    """Hosts, in the order in which they first enrolled."""
    after = _FIRST_ID
    if cursor is not None:
        after = call.services.cursors.read(call.tenant_id, _NODES, cursor, ById).id
    async with call.records() as tx:
        found = await nodes.list_nodes(tx, await call.cipher(tx), after=after, limit=limit + 1)
    more = call.services.cursors.make(call.tenant_id, _NODES, ById(found[limit - 1].id)) if len(found) > limit else None
    return Page(items=[_node(node) for node in found[:limit]], next_cursor=more)


@get(
    "/osquery/queries", access=in_tenant(Permission.OSQUERY_READ, "question"), dependencies=IN_TENANT, tags=["osquery"]
)
async def list_osquery_queries(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[QuestionView]:
    """Questions, the newest first."""
    before = LAST_ID
    if cursor is not None:
        before = call.services.cursors.read(call.tenant_id, _QUERIES, cursor, ById).id
    async with call.records() as tx:
        found = await questions.list_questions(tx, await call.cipher(tx), before=before, limit=limit + 1)
    more = None
    if len(found) > limit:
        more = call.services.cursors.make(call.tenant_id, _QUERIES, ById(found[limit - 1].id))
    return Page(items=[_question(question) for question in found[:limit]], next_cursor=more)


@post(
    "/osquery/queries",
    access=in_tenant(Permission.OSQUERY_ASK, "question", limit="write"),
    dependencies=IN_TENANT,
    tags=["osquery"],
    status_code=201,
)
async def ask_osquery(call: InTenant, data: JSONBody[AskRequest]) -> QuestionView:
    """Put SQL to hosts; each answers when it next asks."""
    at = call.services.clock.now()
    named = None if data.nodes is None else [NodeId(ids.parse("nod", name)) for name in data.nodes]
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        question_id = await questions.ask(
            tx,
            cipher,
            call.actor,
            sql=data.sql,
            nodes=named,
            expires_at=at + timedelta(minutes=data.minutes),
            at=at,
        )
        return _question(await questions.find_question(tx, cipher, question_id))


@get(
    "/osquery/queries/{question:str}",
    access=in_tenant(Permission.OSQUERY_READ, "question"),
    dependencies=IN_TENANT,
    tags=["osquery"],
)
async def read_osquery_query(call: InTenant, question: _Name) -> QuestionView:
    """A question."""
    question_id = QuestionId(ids.parse("qst", question))
    async with call.records() as tx:
        return _question(await questions.find_question(tx, await call.cipher(tx), question_id))


@get(
    "/osquery/queries/{question:str}/results",
    access=in_tenant(Permission.OSQUERY_READ, "question"),
    dependencies=IN_TENANT,
    tags=["osquery"],
)
async def list_osquery_results(
    call: InTenant, question: _Name, cursor: Cursor = None, limit: PageSize = _MOST_ANSWERS
) -> Page[AnswerView]:
    """What each host found, twenty hosts a page at most."""
    question_id, limit = QuestionId(ids.parse("qst", question)), min(limit, _MOST_ANSWERS)
    place = f"{_RESULTS}:{question_id}"
    after = _FIRST_ID
    if cursor is not None:
        after = call.services.cursors.read(call.tenant_id, place, cursor, ById).id
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        await questions.find_question(tx, cipher, question_id)
        found = await list_answers(tx, cipher, question_id, after=after, limit=limit + 1)
    more = None
    if len(found) > limit:
        more = call.services.cursors.make(call.tenant_id, place, ById(found[limit - 1].node_id))
    return Page(items=[_answer(answer) for answer in found[:limit]], next_cursor=more)


ROUTES: list[HTTPRouteHandler] = [
    list_osquery_nodes,
    list_osquery_queries,
    ask_osquery,
    read_osquery_query,
    list_osquery_results,
]


def _node(node: nodes.Node) -> NodeView:
    return NodeView(
        id=nodes.shown(node.id),
        feed=ids.show("feed", node.feed_id),
        identifier=node.host.identifier,
        name=node.host.name,
        system=node.host.system,
        agent=node.host.agent_version,
        state=node.state,
        enrolments=node.enrolments,
        enrolled_at=node.enrolled_at,
        last_seen_at=node.last_seen_at,
    )


def _question(question: questions.Question) -> QuestionView:
    return QuestionView(
        id=questions.shown(question.id),
        kind=question.kind,
        sql=question.sql,
        asked_by=question.asked_by,
        asked_at=question.asked_at,
        expires_at=question.expires_at,
        pending=question.pending,
        delivered=question.delivered,
        answered=question.answered,
        failed=question.failed,
        expired=question.expired,
    )


def _answer(answer: Answer) -> AnswerView:
    return AnswerView(
        node=nodes.shown(answer.node_id),
        identifier=answer.host.identifier if answer.host else "",
        state=answer.state,
        delivered_at=answer.delivered_at,
        answered_at=answer.answered_at,
        status=answer.status,
        message=answer.message,
        total_rows=answer.total_rows,
        rows=answer.rows,
        carve=None if answer.carve_id is None else carving.shown(answer.carve_id),
    )
