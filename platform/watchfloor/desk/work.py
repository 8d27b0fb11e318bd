"""Work on an incident that does not move it: who has it, what it was, notes, its report."""

from collections.abc import Set as AbstractSet
from typing import Final, cast

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk.display.face import NEEDED, VERDICT_WORDS
from watchfloor.desk.given import read_choice
from watchfloor.desk.hands import LONGEST_TEXT, Hands, readable
from watchfloor.desk.people import find_colleague
from watchfloor.desk.reply import Colleague, Reply
from watchfloor.desk.tuning import offer_after
from watchfloor.desk.verb import Choice, Field, Intent, Place, Verb
from watchfloor.incidents import queries
from watchfloor.incidents.incident import VERDICTS, VerdictKind
from watchfloor.incidents.lifecycle import ASSIGN_STATES, VERDICT_STATES, Action, require_state
from watchfloor.incidents.scoring.keeping import take_verdict
from watchfloor.incidents.sealing import open_reason, seal_reason
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.outbox import REPORT_REQUESTED
from watchfloor.reporting.request import request
from watchfloor.reporting.subject import Subject

SHORTEST_REASON: Final = 10

_SHORT: Final[dict[VerdictKind, str]] = {"true_positive": "tp", "false_positive": "fp"}


async def assign(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    assignee: Colleague,
) -> Reply:
    """Puts a colleague in charge. Raises NotFound for one who does not work incidents of this tenant."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(NEEDED[Action.ASSIGN], incident):
        return refusal
    if Permission.INCIDENT_ACKNOWLEDGE not in assignee.permissions:
        raise NotFound("There is no such colleague who works incidents of this tenant.", where="assignee")
    before = await desk.lock(incident)
    if before.assignee_id == assignee.person_id:
        return await desk.reply("{ref} was assigned to this person already.", before)
    require_state(before.state, ASSIGN_STATES, doing="assigned")
    await queries.update_assignee(tx, before.id, assignee_id=assignee.person_id)
    facts = {"person": ids.show("per", assignee.person_id)}
    return await desk.done("{ref} is assigned.", before, action="assign", kind="assigned", facts=facts)


async def verdict(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    verdict: VerdictKind,
    reason: str,
) -> Reply:
    """Says what it was, with a reason of ten characters or more that the customer will read."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(NEEDED[Action.VERDICT], incident):
        return refusal
    if verdict not in VERDICTS:
        raise Invalid(f"A verdict is one of {', '.join(VERDICTS)}.", where="verdict")
    reason = readable(reason, name="reason", shortest=SHORTEST_REASON)
    before = await desk.lock(incident)
    if before.verdict == verdict and open_reason(cipher, before) == reason:
        return await desk.reply("{ref} has this verdict already.", before)
    require_state(before.state, VERDICT_STATES, doing="given a verdict")
    await queries.update_verdict(tx, before.id, verdict=verdict, reason=seal_reason(cipher, before.id, reason))
    await take_verdict(tx, before.id)
    facts = {"verdict": verdict, "text": reason}
    reply = await desk.done("{ref} has its verdict.", before, action="verdict", kind="verdict", facts=facts)
    ref = reply.card.ref if reply.card is not None else incident
    return msgspec.structs.replace(reply, offers=offer_after(verdict, ref=ref, reason=reason, permissions=permissions))


async def note(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    text: str,
) -> Reply:
    """Adds a note to the timeline; the same request delivered again adds it once."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(NEEDED[Action.NOTE], incident):
        return refusal
    text = readable(text, name="note", shortest=1)
    before = await desk.lock(incident)
    return await desk.done("{ref} has a new note.", before, action="note", kind="note", facts={"text": text})


async def request_report(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    language: str | None = None,
) -> Reply:
    """Asks for the incident's report as it stands now, in the tenant's language unless another is named."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(NEEDED[Action.REPORT], incident):
        return refusal
    before = await desk.lock(incident)
    asked = await request(tx, actor, Subject(kind="incident", incident_id=before.id), language=language)
    report_id = asked.report_id
    if not asked.is_new:
        reply = await desk.reply("The report on {ref} is being made already.", before)
        return msgspec.structs.replace(reply, report_id=report_id)
    facts = {"report": ids.show("rpt", report_id), "language": asked.language}
    reply = await desk.done(
        "The report on {ref} is being made.", before, action="request_report", kind="report_requested", facts=facts
    )
    return msgspec.structs.replace(reply, report_id=report_id, hints=(REPORT_REQUESTED,))


async def _assign(place: Place, intent: Intent) -> Reply:
    colleague = await find_colleague(place, intent.argument("to"), where="to")
    return await assign(place.tx, place.cipher, place.actor, place.may, incident=intent.incident, assignee=colleague)


async def _verdict(place: Place, intent: Intent) -> Reply:
    return await verdict(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        verdict=cast("VerdictKind", read_choice(intent.argument("verdict"), VERDICTS, where="verdict")),
        reason=intent.argument("reason"),
    )


async def _note(place: Place, intent: Intent) -> Reply:
    return await note(
        place.tx, place.cipher, place.actor, place.may, incident=intent.incident, text=intent.argument("text")
    )


async def _report(place: Place, intent: Intent) -> Reply:
    return await request_report(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        language=intent.argument("language").lower() or None,
    )


VERBS: Final = (
    Verb(
        name="assign",
        does="put a colleague in charge",
        permission=NEEDED[Action.ASSIGN],
        reach="incident",
        act=_assign,
        fields=(Field(name="to", label="Colleague", kind="colleague"),),
        action=Action.ASSIGN,
    ),
    Verb(
        name="verdict",
        does="say what it was; the customer reads the reason",
        permission=NEEDED[Action.VERDICT],
        reach="incident",
        act=_verdict,
        fields=(
            Field(
                name="verdict",
                label="Verdict",
                kind="choice",
                choices=tuple(Choice(kind, VERDICT_WORDS[kind], _SHORT.get(kind, "")) for kind in VERDICTS),
            ),
            Field(name="reason", label="Reason", kind="paragraph", shortest=SHORTEST_REASON, longest=LONGEST_TEXT),
        ),
        action=Action.VERDICT,
    ),
    Verb(
        name="note",
        does="add a note to the timeline",
        permission=NEEDED[Action.NOTE],
        reach="incident",
        act=_note,
        fields=(Field(name="text", label="Note", kind="paragraph", longest=LONGEST_TEXT),),
        action=Action.NOTE,
    ),
    Verb(
        name="report",
        does="have the customer's PDF made",
        permission=NEEDED[Action.REPORT],
        reach="incident",
        act=_report,
        fields=(Field(name="language", label="Language: de, en, es, fr, it, nl or pl", is_required=False, longest=2),),
        action=Action.REPORT,
    ),
)
