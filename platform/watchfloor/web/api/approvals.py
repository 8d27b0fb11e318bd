"""`/tenants/{tenant}/approvals`: response actions, for those who must agree to them.

Holds no rule: each route hands the caller and the words to the desk, and shows what it answers.
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access.roles import Permission
from watchfloor.desk import deciding
from watchfloor.desk.hands import LONGEST_TEXT
from watchfloor.desk.reply import Reply
from watchfloor.desk.response_hands import SHORTEST_REASON, voter_of
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import ActionId
from watchfloor.kernel.outbox import INCIDENT_CHANGED
from watchfloor.normalise.event import EntityKind
from watchfloor.respond import queries
from watchfloor.respond.action import NO_SUCH_ACTION, Action, ActionState
from watchfloor.respond.approvals import Voter
from watchfloor.respond.kinds import KINDS, ActionName
from watchfloor.respond.ledger import shown
from watchfloor.respond.payload import code, open_outcome, open_payload
from watchfloor.respond.policy import NEEDS, Decision
from watchfloor.respond.proposals import find_action
from watchfloor.respond.targets.named import reach_of, reach_words
from watchfloor.web.api.evidence import LAST_ID
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.calls import TenantCall
from watchfloor.web.cursors import ById
from watchfloor.web.declaration import in_tenant

_LIST: Final = "approvals"
_Name = Annotated[str, PathParameter(description="An action's id (`act_...`).", max_length=64)]


class ApprovalView(msgspec.Struct, frozen=True, kw_only=True):
    """An action as it stands. `code` names it with its exact content; `target`, `reason`, `outcome` are untrusted."""

    id: str
    code: str
    incident: str
    kind: ActionName
    target_kind: EntityKind
    target: str
    reason: str
    reach: str
    undo: ActionName | None
    state: ActionState
    decision: Decision
    needs: str
    needs_recent_login: bool
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    approved_at: datetime | None
    ended_at: datetime | None
    outcome: str


class Consent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A yes to exactly what `code` names: the one that was shown."""

    code: Annotated[str, msgspec.Meta(min_length=10, max_length=20)]


class Objection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A no, and why."""

    reason: Annotated[str, msgspec.Meta(min_length=SHORTEST_REASON, max_length=LONGEST_TEXT)]


class ApprovalReply(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: `changed` is false when there was nothing to do."""

    text: str
    changed: bool
    approval: ApprovalView


@get("/approvals", access=in_tenant(Permission.INCIDENT_READ, "action"), dependencies=IN_TENANT, tags=["approvals"])
async def list_approvals(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[ApprovalView]:
    """Actions that were proposed, the newest first."""
    before = LAST_ID
    if cursor is not None:
        before = call.services.cursors.read(call.tenant_id, _LIST, cursor, ById).id
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        found = await queries.select_actions(tx, before=before, limit=limit + 1)
        views = [await _view(tx, cipher, action) for action in found[:limit]]
    more = call.services.cursors.make(call.tenant_id, _LIST, ById(found[limit - 1].id)) if len(found) > limit else None
    return Page(items=views, next_cursor=more)


@get(
    "/approvals/{action:str}",
    access=in_tenant(Permission.INCIDENT_READ, "action"),
    dependencies=IN_TENANT,
    tags=["approvals"],
)
async def read_approval(call: InTenant, action: _Name) -> ApprovalView:
    """An action."""
    async with call.records() as tx:
        return await _view(tx, await call.cipher(tx), await find_action(tx, _id(action)))


@post(
    "/approvals/{action:str}/approve",
    access=in_tenant(Permission.RESPONSE_APPROVE, "action", limit="write"),
    dependencies=IN_TENANT,
    tags=["approvals"],
    status_code=200,
)
async def approve_action(call: InTenant, action: _Name, data: JSONBody[Consent]) -> ApprovalReply:
    """Agree to an action. What is destructive asks for a session of the last eight hours."""
    voter = await _voter(call)
    async with call.records() as tx:
        cipher, found = await call.cipher(tx), await find_action(tx, _id(action))
        reply = await deciding.approve(
            tx,
            cipher,
            call.actor,
            call.permissions,
            incident=ids.show("inc", found.incident_id),
            action=data.code if data.code.startswith(f"{found.number}-") else f"{found.number}-{'0' * 8}",
            voter=voter,
        )
        view = await _view(tx, cipher, await find_action(tx, found.id))
    return await _told(call, reply, view)


@post(
    "/approvals/{action:str}/decline",
    access=in_tenant(Permission.RESPONSE_APPROVE, "action", limit="write"),
    dependencies=IN_TENANT,
    tags=["approvals"],
    status_code=200,
)
async def decline_action(call: InTenant, action: _Name, data: JSONBody[Objection]) -> ApprovalReply:
    """Refuse an action; it is not done."""
    voter = await _voter(call)
    async with call.records() as tx:
        cipher, found = await call.cipher(tx), await find_action(tx, _id(action))
        reply = await deciding.decline(
            tx,
            cipher,
            call.actor,
            call.permissions,
            incident=ids.show("inc", found.incident_id),
            action=str(found.number),
            reason=data.reason,
            voter=voter,
        )
        view = await _view(tx, cipher, await find_action(tx, found.id))
    return await _told(call, reply, view)


ROUTES: list[HTTPRouteHandler] = [list_approvals, read_approval, approve_action, decline_action]


def _id(name: str) -> ActionId:
    try:
        return ActionId(ids.parse("act", name))
    except NotFound:
        raise NotFound(NO_SUCH_ACTION) from None


async def _voter(call: TenantCall) -> Voter:
    began = None if call.session is None else call.session.created_at
    return await voter_of(call.services.auth, call.principal, call.tenant_id, session_began=began)


async def _told(call: TenantCall, reply: Reply, view: ApprovalView) -> ApprovalReply:
    """The answer, after the commit: a refusal is raised now, when it has been written down."""
    reply.require()
    for topic in (*reply.hints, *((INCIDENT_CHANGED,) if reply.changed else ())):
        await call.hint(topic)
    return ApprovalReply(text=reply.text, changed=reply.changed, approval=view)


async def _view(tx: TenantTx, cipher: TenantCipher, action: Action) -> ApprovalView:
    kind, payload = KINDS[action.kind], open_payload(cipher, action.id, action.payload)
    reach = await reach_of(tx, cipher, action.incident_id, payload.entity)
    return ApprovalView(
        id=shown(action.id),
        code=code(action.number, action.payload_hash),
        incident=ids.show("inc", action.incident_id),
        kind=action.kind,
        target_kind=action.target_kind,
        target=payload.target,
        reason=payload.reason,
        reach=f"It {kind.reach}. {reach_words(reach)}",
        undo=kind.undo,
        state=action.state,
        decision=action.decision,
        needs=f"It {NEEDS[action.decision]}.",
        needs_recent_login=kind.needs_step_up,
        requested_by=ids.show("per", action.requested_by),
        requested_at=action.requested_at,
        expires_at=action.expires_at,
        approved_at=action.approved_at,
        ended_at=action.ended_at,
        outcome=open_outcome(cipher, action.id, action.outcome),
    )
