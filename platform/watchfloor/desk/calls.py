"""Calling people about an incident: a colleague or whoever is on call, the leads, and saying that one was reached."""

from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk.card import Foreign, Moment, Row, Text
from watchfloor.desk.hands import Hands, readable
from watchfloor.desk.people import find_colleague
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Field, Intent, Place, Verb
from watchfloor.incidents.incident import Incident
from watchfloor.incidents.lifecycle import ASSIGN_STATES, require_state
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import PersonId
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.paging import queries
from watchfloor.paging.ladder import LadderName
from watchfloor.paging.pages import PAGES, REASONS, NewPage, Reason, Urgency, raise_page
from watchfloor.paging.rota import LAYERS, LayerName

LONGEST_REASON: Final = 1_000
PAGES_SHOWN: Final = 50


async def page(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    to: PersonId | LayerName,
    text: str,
) -> Reply:
    """Pages one person, or whoever is on call for a layer, until somebody confirms it. `text` stays on the timeline."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_PAGE, incident):
        return refusal
    text = readable(text, name="text", shortest=1)
    before = await desk.lock(incident)
    require_state(before.state, ASSIGN_STATES, doing="paged about")
    if isinstance(to, str):
        await _raise(desk, before, reason="called", ladder=to)
        facts = {"layer": to, "text": text}
    else:
        await _raise(desk, before, reason="called", ladder="called", named=to)
        facts = {"person": ids.show("per", to), "text": text}
    reply = await desk.done("The page about {ref} is on its way.", before, action="page", kind="paged", facts=facts)
    return msgspec.structs.replace(reply, hints=(PAGES,))


async def escalate(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    reason: str,
) -> Reply:
    """Pages the second on call and the lead at once. The reason stays on the timeline."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_PAGE, incident):
        return refusal
    reason = readable(reason, name="reason", shortest=3)
    before = await desk.lock(incident)
    require_state(before.state, ASSIGN_STATES, doing="escalated")
    await _raise(desk, before, reason="escalated", ladder="escalated")
    reply = await desk.done("{ref} is escalated.", before, action="escalate", kind="escalated", facts={"text": reason})
    return msgspec.structs.replace(reply, hints=(PAGES,))


async def confirm(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """Says that a page reached the one who says so: nobody is paged about the incident any more."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_ACKNOWLEDGE, incident):
        return refusal
    before = await desk.lock(incident)
    if not await queries.end_pages(tx, before.id, by=actor.id):
        return await desk.reply("No page about {ref} is open.", before)
    return await desk.done(
        "{ref} is with you; the paging has ended.", before, action="confirm", kind="page_taken", facts={}
    )


async def pages(tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission]) -> Reply:
    """The tenant's pages that nobody has answered, the oldest first."""
    if refusal := await Hands(tx, cipher, actor, permissions).refusal(Permission.INCIDENT_READ, ""):
        return refusal
    rows = await rows_of_pages(tx)
    waiting = {0: "Nobody waits for an answer.", 1: "One page is unanswered."}
    return Reply(text=waiting.get(len(rows), f"{len(rows)} pages are unanswered."), rows=rows)


async def rows_of_pages(tx: TenantTx) -> tuple[Row, ...]:
    """The tenant's unanswered pages, one a row."""
    found = await queries.select_open_pages(tx, limit=PAGES_SHOWN)
    return tuple(
        Row(
            row.ref,
            (
                Foreign(Untrusted(row.summary)),
                Text(REASONS[row.reason]),
                Text(f"{row.urgency} page, sent {row.told} times" if row.told else f"{row.urgency} page, not sent yet"),
                Moment(row.raised_at),
            ),
        )
        for row in found
    )


async def _raise(
    desk: Hands, incident: Incident, *, reason: Reason, ladder: LadderName, named: PersonId | None = None
) -> None:
    code = await queries.select_tenant_code(desk.tx)
    urgency: Urgency = "critical" if incident.severity == "critical" else "high"
    await raise_page(
        desk.tx,
        NewPage(
            key=f"{ids.show('inc', incident.id)}:{reason}:{desk.actor.request_id}"[:128],
            urgency=urgency,
            ladder=ladder,
            reason=reason,
            ref=f"{code}-{incident.number}",
            summary=incident.title,
            raised_by=desk.actor.id,
            subject_id=incident.id,
            named_id=named,
            ends_with="done",
        ),
    )


async def _page(place: Place, intent: Intent) -> Reply:
    wanted = intent.argument("to").lower()
    to: PersonId | LayerName | None = next((name for name in LAYERS if name == wanted), None)
    if to is None:
        to = (await find_colleague(place, wanted, where="to")).person_id
    return await page(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        to=to,
        text=intent.argument("text"),
    )


async def _escalate(place: Place, intent: Intent) -> Reply:
    return await escalate(
        place.tx, place.cipher, place.actor, place.may, incident=intent.incident, reason=intent.argument("reason")
    )


async def _confirm(place: Place, intent: Intent) -> Reply:
    return await confirm(place.tx, place.cipher, place.actor, place.may, incident=intent.incident)


async def _pages(place: Place, intent: Intent) -> Reply:
    del intent  # it asks for all
    return await pages(place.tx, place.cipher, place.actor, place.may)


def _counted(reply: Reply) -> str:
    many = len(reply.rows)
    return "No page is unanswered." if not many else f"{many} page{'s' * (many != 1)} unanswered."


VERBS: Final = (
    Verb(
        name="page",
        does="call a colleague, or whoever is on call",
        permission=Permission.INCIDENT_PAGE,
        reach="incident",
        act=_page,
        fields=(
            Field(name="to", label="A colleague, or primary, secondary, lead", kind="colleague"),
            Field(name="text", label="What for", kind="paragraph", longest=LONGEST_REASON),
        ),
    ),
    Verb(
        name="escalate",
        does="call the second on call and the lead at once",
        permission=Permission.INCIDENT_PAGE,
        reach="incident",
        act=_escalate,
        fields=(Field(name="reason", label="Reason", kind="paragraph", shortest=3, longest=LONGEST_REASON),),
    ),
    Verb(
        name="confirm",
        does="say that a page has reached you",
        permission=Permission.INCIDENT_ACKNOWLEDGE,
        reach="incident",
        act=_confirm,
    ),
    Verb(
        name="pages",
        does="see the pages that nobody has answered",
        permission=Permission.INCIDENT_READ,
        reach="tenants",
        act=_pages,
        changes=False,
        summary=_counted,
    ),
)
