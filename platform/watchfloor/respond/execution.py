"""Execution: what the platform does itself once an action is approved, and what it hands to a person.

Runs in the worker, as the role that may write what it changes; every effect is in the database, so it commits with the
action's new state or not at all. What it runs is checked anew: the payload is the one that was voted on, the votes are
enough. A host without an agent of ours is for a person: nothing is said to be done that is not.
"""

from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, cast

from watchfloor.feeds.osquery import nodes
from watchfloor.feeds.osquery.live import questions
from watchfloor.incidents.queries import select_incident
from watchfloor.kernel.crypto import TenantCipher, Unopenable
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, NotFound
from watchfloor.kernel.ids import ActionId, NodeId, QuestionId
from watchfloor.respond import ledger, queries, results
from watchfloor.respond.action import Action
from watchfloor.respond.blocklist.entries import block, unblock
from watchfloor.respond.expiry import AT_ONCE, clockwork
from watchfloor.respond.kinds import KINDS, ActionName, agreed_for
from watchfloor.respond.payload import Payload, digest, is_about, open_payload, opened_bytes
from watchfloor.respond.policy import Side, is_satisfied, ruling

ANSWER_WITHIN: Final = timedelta(hours=1)


async def execute(tx: TenantTx, cipher: TenantCipher, action_id: ActionId, *, at: datetime) -> None:
    """Does what was approved. Of an action that is not, or that ran before, nothing."""
    action = await queries.lock_action(tx, action_id)
    if action is None or action.state != "approved":
        return
    payload = await _voted_on(tx, cipher, action)
    if payload is None:
        await _void(tx, action)
        return
    if action.executor == "blocklist":
        await _list(tx, cipher, action, payload)
    else:
        await _ask(tx, cipher, action, payload, at=at)


async def settle(tx: TenantTx, cipher: TenantCipher) -> int:
    """Ends the actions whose hosts have answered, or did not in time; returns how many. For a regular job."""
    ended = 0
    for action_id in await queries.select_asked(tx, limit=AT_ONCE):
        action = await queries.lock_action(tx, action_id)
        if action is not None and action.state == "running" and action.question_id is not None:
            ended += await _settle(tx, cipher, action, QuestionId(action.question_id))
    return ended


async def _voted_on(tx: TenantTx, cipher: TenantCipher, action: Action) -> Payload | None:
    """The payload, if it is what was approved, by enough people; None when the record was tampered with."""
    try:
        canonical = opened_bytes(cipher, action.id, action.payload)
    except Unopenable:
        return None
    payload = open_payload(cipher, action.id, action.payload)
    sides = cast("list[Side]", await queries.select_approvals(tx, action.id))
    same = digest(canonical) == action.payload_hash and is_about(payload, action.id, action.incident_id)
    agrees = payload.kind == action.kind and payload.target_kind == action.target_kind
    enough = is_satisfied(action.decision, sides) and await _is_still_agreed(tx, action)
    return payload if same and agrees and enough else None


async def _is_still_agreed(tx: TenantTx, action: Action) -> bool:
    """Whether the customer's policy still has us do this, and where nobody was asked, still beforehand."""
    incident = await select_incident(tx, action.incident_id)
    if incident is None:
        return False
    agreed = agreed_for(KINDS[action.kind], action.target_kind)
    now = ruling(await queries.select_response(tx), agreed, incident.severity).decision
    return now != "never" and (action.decision != "preapproved" or now == "preapproved")


async def _void(tx: TenantTx, action: Action) -> None:
    await queries.end_action(tx, action.id, state="failed", outcome=None)
    await ledger.record_void(tx, clockwork(action.id), action)


async def _list(tx: TenantTx, cipher: TenantCipher, action: Action, payload: Payload) -> None:
    if action.kind == "block_indicator":
        changed = await block(tx, cipher, payload.entity, action.id)
        text = "It is on the blocklist." if changed else "It stood on the blocklist already."
    else:
        changed = await unblock(tx, cipher, payload.entity)
        text = "It is off the blocklist." if changed else "It did not stand on the blocklist."
    await results.finish(tx, cipher, clockwork(action.id), action, result="done", text=text)


async def _ask(tx: TenantTx, cipher: TenantCipher, action: Action, payload: Payload, *, at: datetime) -> None:
    """Puts the kind's question to the host; a person does it where the host has no agent or too much is open."""
    node_id = await nodes.find_host(tx, cipher, payload.target)
    question_id = None if node_id is None else await _question(tx, cipher, action, node_id, at=at)
    if question_id is None:
        await queries.run_action(tx, action.id, executor="hand", question_id=None)
        text = "The host has no agent of ours that could be asked; this is for a person."
    else:
        await queries.run_action(tx, action.id, executor="osquery", question_id=question_id)
        text = f"The host was asked ({questions.shown(question_id)})."
    actor = clockwork(action.id)
    await ledger.record(tx, cipher, actor, action, payload, kind="action", step="start", text=text, result="running")


async def _question(
    tx: TenantTx, cipher: TenantCipher, action: Action, node_id: NodeId, *, at: datetime
) -> QuestionId | None:
    sql, ends = _text_of(action.kind), at + ANSWER_WITHIN
    try:
        return await questions.ask(tx, cipher, clockwork(action.id), sql=sql, nodes=[node_id], expires_at=ends, at=at)
    except Conflict:
        return None


@cache
def _text_of(kind: ActionName) -> str:
    """What a host is asked for this kind of action."""
    return files("watchfloor.respond.questions").joinpath(f"{kind}.sql").read_text("utf-8").strip()


async def _settle(tx: TenantTx, cipher: TenantCipher, action: Action, question_id: QuestionId) -> bool:
    actor = clockwork(action.id)
    try:
        question = await questions.find_question(tx, cipher, question_id)
    except NotFound:
        await results.finish(tx, cipher, actor, action, result="failed", text="The question to the host is gone.")
        return True
    if question.answered:
        text = f"The host answered ({questions.shown(question_id)})."
        await results.finish(tx, cipher, actor, action, result="done", text=text)
    elif question.failed:
        await results.finish(tx, cipher, actor, action, result="failed", text="The host could not answer the question.")
    elif question.expired:
        await results.finish(tx, cipher, actor, action, result="failed", text="The host did not answer within an hour.")
    else:
        return False
    return True
