"""The desk: every command on an incident, for chat, console, portal, API and command line alike.

A command checks the actor's permission, locks the incident, writes once, and in the same transaction adds to the
timeline, to the audit chain and to the outbox (A1, Q1). Said again, it answers that it is done already and writes
nothing. Surfaces only render the reply; they hold no rules.

What a command raises: NotFound for what does not exist or belongs to another tenant, Conflict when the incident's
state does not allow it, Invalid for bad input. A missing permission is no exception but a `Reply` that is not `ok`,
because the refusal is itself recorded and the transaction must commit; `Reply.require` turns it into `Refused`
once it has.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor, append
from watchfloor.incidents import queries, timeline
from watchfloor.incidents.card import Card
from watchfloor.incidents.display.face import NEEDED, card_of
from watchfloor.incidents.display.listing import QueueLine, lines_of
from watchfloor.incidents.incident import (
    NO_SUCH_INCIDENT,
    OPEN_STATES,
    VERDICTS,
    Incident,
    Reference,
    State,
    VerdictKind,
    read_reference,
)
from watchfloor.incidents.lifecycle import ASSIGN_STATES, VERDICT_STATES, Action, Move, next_state, require_state
from watchfloor.incidents.sealing import open_reason, seal_reason
from watchfloor.incidents.timeline import Kind, TimelineEntry
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid, NotFound, Refused
from watchfloor.kernel.ids import IncidentId, PersonId, ReportId, new_uuid
from watchfloor.kernel.outbox import INCIDENT_CHANGED, REPORT_REQUESTED, publish

TIMELINE_SHOWN: Final = 200
SHORTEST_REASON: Final = 10
LONGEST_TEXT: Final = 4_000

_STAGES: Final[dict[Move, Kind]] = {
    Move.ACKNOWLEDGE: "acknowledged",
    Move.CONTAIN: "contained",
    Move.RESOLVE: "resolved",
    Move.CLOSE: "closed",
    Move.REOPEN: "reopened",
}


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a command answers.

    `text` is one sentence of our own words, safe for every surface. `ok` is False when the actor may not do this;
    `changed` is False when there was nothing to do. `card` shows the incident as it stands after the command.
    """

    text: str
    ok: bool = True
    changed: bool = False
    card: Card | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    queue: tuple[QueueLine, ...] = ()
    report_id: ReportId | None = None

    def require(self) -> "Reply":
        """The reply itself. Raises Refused when it is a refusal: for after the transaction's commit."""
        if not self.ok:
            raise Refused(self.text)
        return self


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """A person to put in charge, with what that one may do in this tenant, read from the directory just now."""

    person_id: PersonId
    permissions: AbstractSet[Permission]


async def queue(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    states: Sequence[State] = OPEN_STATES,
    before: tuple[datetime, IncidentId] | None = None,
    limit: int = 50,
) -> Reply:
    """The tenant's incidents in these states, the newest first; the next page starts `before` the last line."""
    if refusal := await _Desk(tx, cipher, actor, permissions).refusal(Permission.INCIDENT_READ, ""):
        return refusal
    lines = await lines_of(tx, states=states, before=before, limit=limit)
    return Reply(text=f"{len(lines)} incidents.", queue=tuple(lines))


async def show(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """The incident's card and timeline. `incident` is a reference (`ACME-12`) or an id (`inc_...`), here as below."""
    desk = _Desk(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_READ, incident):
        return refusal
    found = await desk.find(incident)
    entries = await timeline.read(tx, cipher, found.id, limit=TIMELINE_SHOWN)
    card = await card_of(tx, cipher, found, permissions)
    return Reply(text=f"{card.ref} is {found.state}.", card=card, timeline=tuple(entries))


async def acknowledge(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    in_charge: PersonId | None = None,
) -> Reply:
    """Says that somebody looks at it. What nobody has becomes that person's.

    `in_charge` names the person where the actor is a key behind which a person sits; a key alone takes charge of
    nothing.
    """
    if in_charge is None and actor.kind == "person":
        in_charge = PersonId(ids.parse("per", actor.id))
    return await _Desk(tx, cipher, actor, permissions).move(Move.ACKNOWLEDGE, incident, in_charge=in_charge)


async def contain(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """Says that the harm has been stopped from spreading."""
    return await _Desk(tx, cipher, actor, permissions).move(Move.CONTAIN, incident)


async def resolve(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """Says that the work is done. It needs a verdict."""
    return await _Desk(tx, cipher, actor, permissions).move(Move.RESOLVE, incident)


async def close(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """Puts a resolved incident away."""
    return await _Desk(tx, cipher, actor, permissions).move(Move.CLOSE, incident)


async def reopen(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """Takes a resolved or closed incident up again."""
    return await _Desk(tx, cipher, actor, permissions).move(Move.REOPEN, incident)


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
    desk = _Desk(tx, cipher, actor, permissions)
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
    desk = _Desk(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(NEEDED[Action.VERDICT], incident):
        return refusal
    if verdict not in VERDICTS:
        raise Invalid(f"A verdict is one of {', '.join(VERDICTS)}.", where="verdict")
    reason = _text(reason, name="reason", shortest=SHORTEST_REASON)
    before = await desk.lock(incident)
    if before.verdict == verdict and open_reason(cipher, before) == reason:
        return await desk.reply("{ref} has this verdict already.", before)
    require_state(before.state, VERDICT_STATES, doing="given a verdict")
    await queries.update_verdict(tx, before.id, verdict=verdict, reason=seal_reason(cipher, before.id, reason))
    facts = {"verdict": verdict, "text": reason}
    return await desk.done("{ref} has its verdict.", before, action="verdict", kind="verdict", facts=facts)


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
    desk = _Desk(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(NEEDED[Action.NOTE], incident):
        return refusal
    text = _text(text, name="note", shortest=1)
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
    desk = _Desk(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(NEEDED[Action.REPORT], incident):
        return refusal
    before = await desk.lock(incident)
    language = language or await queries.select_language(tx)
    if not (len(language) == 2 and language.isascii() and language.islower()):
        raise Invalid("A language is two small letters, such as en or de.", where="language")
    waiting = await queries.select_queued_report(tx, before.id, language=language)
    if waiting is not None:
        reply = await desk.reply("The report on {ref} is being made already.", before)
        return msgspec.structs.replace(reply, report_id=ReportId(waiting))
    report_id = ReportId(new_uuid())
    await queries.insert_report(tx, report_id, before.id, language=language, requested_by=actor.id)
    await publish(tx, topic=REPORT_REQUESTED, key=ids.show("rpt", report_id))
    facts = {"report": ids.show("rpt", report_id), "language": language}
    reply = await desk.done(
        "The report on {ref} is being made.", before, action="request_report", kind="report_requested", facts=facts
    )
    return msgspec.structs.replace(reply, report_id=report_id)


class _Desk:
    """One command's hands: who acts, where, and what it writes."""

    def __init__(self, tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission]) -> None:
        self.tx = tx
        self.cipher = cipher
        self.actor = actor
        self.permissions = permissions

    async def refusal(self, needed: Permission, incident: str) -> Reply | None:
        """None when the actor may; otherwise the answer, and the refusal is in the audit log (ASVS 16.3.2)."""
        if needed in self.permissions:
            return None
        await append(
            self.tx,
            self.actor,
            action="access.refused",
            object_kind="permission",
            object_id=needed,
            detail={"incident": incident[:128]},
            cipher=self.cipher,
        )
        return Reply(text=f"Your role here does not include {needed}.", ok=False)

    async def find(self, incident: str) -> Incident:
        """The incident as it stands. Raises NotFound."""
        found = await queries.select_incident(self.tx, await self._locate(incident))
        if found is None:
            raise NotFound(NO_SUCH_INCIDENT)
        return found

    async def lock(self, incident: str) -> Incident:
        """The incident, locked until the transaction ends. Raises NotFound."""
        found = await queries.lock_incidents(self.tx, [await self._locate(incident)])
        if not found:
            raise NotFound(NO_SUCH_INCIDENT)
        return found[0]

    async def move(self, move: Move, incident: str, *, in_charge: PersonId | None = None) -> Reply:
        """Moves the incident along the table of its life."""
        kind = _STAGES[move]
        if refusal := await self.refusal(NEEDED[Action(move)], incident):
            return refusal
        before = await self.lock(incident)
        target = next_state(before.state, move, verdict=before.verdict)
        if target is None:
            return await self.reply(f"{{ref}} is {before.state} already.", before)
        await queries.update_state(self.tx, before.id, state=target, assignee_id=before.assignee_id or in_charge)
        return await self.done(f"{{ref}} is {kind}.", before, action=move, kind=kind, facts={})

    async def done(self, text: str, before: Incident, *, action: str, kind: Kind, facts: dict[str, str]) -> Reply:
        """Records what was written and answers; a request that was recorded before changes nothing again."""
        entry_id = timeline.entry_id_of(self.actor, before.id, kind) if kind == "note" else None
        digest = await timeline.add(
            self.tx, self.cipher, self.actor, before.id, kind=kind, facts=facts, entry_id=entry_id
        )
        if digest is None:
            return await self.reply("This was noted on {ref} already.", before)
        if kind in ("note", "report_requested"):
            await queries.update_revision(self.tx, before.id)
        after = await queries.select_incident(self.tx, before.id) or before
        await append(
            self.tx,
            self.actor,
            action=f"incident.{action}",
            object_kind="incident",
            object_id=ids.show("inc", before.id),
            before=before,
            after={"incident": after, "entry": digest},
        )
        await publish(self.tx, topic=INCIDENT_CHANGED, key=ids.show("inc", before.id))
        return msgspec.structs.replace(await self.reply(text, after), changed=True)

    async def reply(self, text: str, incident: Incident) -> Reply:
        """The answer, with the card."""
        card = await card_of(self.tx, self.cipher, incident, self.permissions)
        return Reply(text=text.format(ref=card.ref), card=card)

    async def _locate(self, incident: str) -> IncidentId:
        reference = read_reference(incident)
        if not isinstance(reference, Reference):
            return reference
        found = await queries.select_incident_id(self.tx, code=reference.code, number=reference.number)
        if found is None:
            raise NotFound(NO_SUCH_INCIDENT)
        return IncidentId(found)


def _text(text: str, *, name: str, shortest: int) -> str:
    text = text.strip()
    if not shortest <= len(text) <= LONGEST_TEXT:
        raise Invalid(f"The {name} must have {shortest} to {LONGEST_TEXT:,} characters.", where=name)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Invalid(f"The {name} has characters that are no text.", where=name) from None
    return text
