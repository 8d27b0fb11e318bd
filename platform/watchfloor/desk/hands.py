"""One command's hands: who acts, where, and what it writes.

Every command of the desk works through them: it checks the actor's permission, locks the incident, writes once, and
in the same transaction adds to the timeline, to the audit chain and to the outbox (A1, Q1). Said again, it answers
that it is done already and writes nothing. Surfaces only render the reply; they hold no rules.

What a command raises: NotFound for what does not exist or belongs to another tenant, Conflict when the incident's
state does not allow it, Invalid for bad input. A missing permission is no exception but a `Reply` that is not `ok`,
because the refusal is itself recorded and the transaction must commit; `Reply.require` turns it into `Refused`
once it has.
"""

from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor, append
from watchfloor.desk.display.face import card_of
from watchfloor.desk.given import is_text
from watchfloor.desk.reply import Reply
from watchfloor.incidents import queries, timeline
from watchfloor.incidents.incident import NO_SUCH_INCIDENT, Incident, Reference, read_reference
from watchfloor.incidents.regrouping.whole import require_whole
from watchfloor.incidents.timeline import Kind
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.ids import IncidentId
from watchfloor.kernel.outbox import INCIDENT_CHANGED, publish

LONGEST_TEXT: Final = 4_000

UNMOVING: Final[frozenset[Kind]] = frozenset(
    {
        "note",
        "report_requested",
        "paged",
        "page_taken",
        "escalated",
        "exception_asked",
        "exception_made",
        "exception_declined",
        "message",
        "weighed",
        "restricted",
        "unnamed",
        "unrestricted",
    }
)
"""What is recorded of an incident without another change of its row, so that its revision must grow by itself."""


class Hands:
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
        """The incident, locked until the transaction ends.

        Raises NotFound, and Conflict for one that is part of another: work goes on there.
        """
        found = await queries.lock_incidents(self.tx, [await self._locate(incident)])
        if not found:
            raise NotFound(NO_SUCH_INCIDENT)
        await require_whole(self.tx, found[0])
        return found[0]

    async def done(
        self,
        text: str,
        before: Incident,
        *,
        action: str,
        kind: Kind,
        facts: dict[str, str],
        entry_id: UUID | None = None,
    ) -> Reply:
        """Records what was written and answers; what was recorded before, under its id, changes nothing again."""
        if kind == "note":
            entry_id = timeline.entry_id_of(self.actor, before.id, kind)
        digest = await timeline.add(
            self.tx, self.cipher, self.actor, before.id, kind=kind, facts=facts, entry_id=entry_id
        )
        if digest is None:
            return await self.reply("This was noted on {ref} already.", before)
        if kind in UNMOVING:
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


def readable(text: str, *, name: str, shortest: int) -> str:
    """The text without space around it. Raises Invalid when it is too short, too long or no text."""
    text = text.strip()
    if not shortest <= len(text) <= LONGEST_TEXT:
        raise Invalid(f"The {name} must have {shortest} to {LONGEST_TEXT:,} characters.", where=name)
    if not is_text(text):
        raise Invalid(f"The {name} has characters that are no text.", where=name)
    return text
