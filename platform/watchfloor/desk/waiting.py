"""Waiting: an incident waits on the customer's answer, or is laid aside until a time.

Both lie over the state of an incident that somebody looks at, and end with it. Waiting on the customer stops the
clocks; laying aside does so only where the tenant's agreement says it. How they stand is what the timeline says
(`incidents.sla`).
"""

from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk.display.face import NEEDED
from watchfloor.desk.given import read_duration
from watchfloor.desk.hands import LONGEST_TEXT, Hands, readable
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Field, Intent, Place, Verb
from watchfloor.incidents.incident import Incident
from watchfloor.incidents.lifecycle import WAIT_STATES, Action, require_state
from watchfloor.incidents.queries import update_revision
from watchfloor.incidents.sla.keeping import read_stages
from watchfloor.incidents.sla.queries import select_moment_after
from watchfloor.incidents.timeline import Kind
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx

SHORTEST_QUESTION: Final = 10
LONGEST_SNOOZE: Final = timedelta(days=30)

_SAME: Final = timedelta(minutes=1)
"""A snooze that ends this little later is the same one, said again."""


async def ask(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    question: str,
) -> Reply:
    """Asks the customer, who will read the question, and waits for the answer: the clocks stop."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(NEEDED[Action.ASK], incident):
        return refusal
    question = readable(question, name="question", shortest=SHORTEST_QUESTION)
    before = await desk.lock(incident)
    require_state(before.state, WAIT_STATES, doing="left waiting")
    if (await read_stages(tx, cipher, before.id)).waiting_since is not None:
        return await desk.reply("{ref} is waiting on the customer already; note what else there is to say.", before)
    return await _rest(desk, before, "{ref} waits on the customer.", kind="asked", facts={"text": question})


async def answer(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    text: str,
) -> Reply:
    """Writes down what the customer answered, and goes on: the clocks run again."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(NEEDED[Action.ANSWERED], incident):
        return refusal
    text = readable(text, name="answer", shortest=1)
    before = await desk.lock(incident)
    if (await read_stages(tx, cipher, before.id)).waiting_since is None:
        return await desk.reply("{ref} waits on nobody; it was answered already, or nothing was asked.", before)
    return await _rest(desk, before, "{ref} waits no longer.", kind="answered", facts={"text": text})


async def snooze(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    length: timedelta,
    reason: str,
) -> Reply:
    """Lays it aside for so long from now; a longer time than is left of another snooze replaces it."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(NEEDED[Action.SNOOZE], incident):
        return refusal
    reason = readable(reason, name="reason", shortest=1)
    before = await desk.lock(incident)
    require_state(before.state, WAIT_STATES, doing="laid aside")
    until = await select_moment_after(tx, length)
    snoozed_until = (await read_stages(tx, cipher, before.id)).snoozed_until
    if snoozed_until is not None and until - snoozed_until < _SAME:
        return await desk.reply("{ref} is laid aside for as long already.", before)
    facts = {"until": until.isoformat(), "text": reason}
    return await _rest(desk, before, "{ref} is laid aside.", kind="snoozed", facts=facts)


async def unsnooze(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """Takes it up again before its time, or when its time has come."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(NEEDED[Action.UNSNOOZE], incident):
        return refusal
    before = await desk.lock(incident)
    if (await read_stages(tx, cipher, before.id)).snoozed_until is None:
        return await desk.reply("{ref} is in the queue already.", before)
    return await _rest(desk, before, "{ref} is in the queue again.", kind="unsnoozed", facts={})


async def _rest(desk: Hands, before: Incident, text: str, *, kind: Kind, facts: dict[str, str]) -> Reply:
    await update_revision(desk.tx, before.id)
    return await desk.done(text, before, action=kind, kind=kind, facts=facts)


async def _ask(place: Place, intent: Intent) -> Reply:
    question = intent.argument("question")
    return await ask(place.tx, place.cipher, place.actor, place.may, incident=intent.incident, question=question)


async def _answered(place: Place, intent: Intent) -> Reply:
    text = intent.argument("text")
    return await answer(place.tx, place.cipher, place.actor, place.may, incident=intent.incident, text=text)


async def _snooze(place: Place, intent: Intent) -> Reply:
    return await snooze(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        length=read_duration(intent.argument("for"), where="for", longest=LONGEST_SNOOZE),
        reason=intent.argument("reason"),
    )


async def _unsnooze(place: Place, intent: Intent) -> Reply:
    return await unsnooze(place.tx, place.cipher, place.actor, place.may, incident=intent.incident)


VERBS: Final = (
    Verb(
        name="ask",
        does="ask the customer and wait for the answer; the clocks stop",
        permission=NEEDED[Action.ASK],
        reach="incident",
        act=_ask,
        fields=(
            Field(
                name="question",
                label="Question, which the customer reads",
                kind="paragraph",
                shortest=SHORTEST_QUESTION,
                longest=LONGEST_TEXT,
            ),
        ),
        action=Action.ASK,
    ),
    Verb(
        name="answered",
        does="write down the customer's answer; the clocks run again",
        permission=NEEDED[Action.ANSWERED],
        reach="incident",
        act=_answered,
        fields=(Field(name="text", label="Answer", kind="paragraph", longest=LONGEST_TEXT),),
        action=Action.ANSWERED,
    ),
    Verb(
        name="snooze",
        does="lay it aside and look again later",
        permission=NEEDED[Action.SNOOZE],
        reach="incident",
        act=_snooze,
        fields=(
            Field(name="for", label="For how long, such as 90m, 2h, 3d", kind="duration", longest=10),
            Field(name="reason", label="Reason", kind="paragraph", longest=LONGEST_TEXT),
        ),
        action=Action.SNOOZE,
    ),
    Verb(
        name="unsnooze",
        does="take up again what was laid aside",
        permission=NEEDED[Action.UNSNOOZE],
        reach="incident",
        act=_unsnooze,
        action=Action.UNSNOOZE,
    ),
)
