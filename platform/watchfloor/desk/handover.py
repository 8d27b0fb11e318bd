"""The handover: what the next shift must know, from the record, and the next lead who takes it over."""

import re
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk.card import Person, Row, Text
from watchfloor.desk.given import read_duration
from watchfloor.desk.hands import Hands
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Field, Intent, Place, Verb
from watchfloor.desk.watch.snapshot import CODE_LENGTH, code_of, take_snapshot
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import PersonId
from watchfloor.paging.duty.keeping import begin_watch

SHIFT: Final = timedelta(hours=12)
LONGEST_SHIFT: Final = timedelta(days=7)

_CODE: Final = re.compile(rf"[0-9a-f]{{{CODE_LENGTH}}}")


async def handover(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    length: timedelta = SHIFT,
) -> Reply:
    """The customer's part of a handover, which is kept as it was said."""
    if refusal := await Hands(tx, cipher, actor, permissions).refusal(Permission.INCIDENT_READ, ""):
        return refusal
    return Reply(text="", rows=await take_snapshot(tx, cipher, length=length, by=actor.id))


async def takeover(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    lead: PersonId,
    code: str,
) -> Reply:
    """Notes that `lead` leads the watch from now on and has read the handover with this code. Operator's tenant."""
    if refusal := await Hands(tx, cipher, actor, permissions).refusal(Permission.INCIDENT_ACKNOWLEDGE, ""):
        return refusal
    code = code.strip().lower()
    if _CODE.fullmatch(code) is None:
        raise Invalid("This is no handover's code.", where="code", remedy="It is the last word of the handover.")
    if not await begin_watch(tx, actor, lead_id=lead, handover=code):
        return Reply(text="You lead this watch already.")
    row = Row("Leads the watch", (Person(lead), Text(f"with handover {code}")))
    return Reply(text="The watch is yours.", changed=True, rows=(row,))


async def _handover(place: Place, intent: Intent) -> Reply:
    given = intent.argument("shift")
    length = read_duration(given, where="shift", longest=LONGEST_SHIFT) if given else SHIFT
    await place.note_visit(object_kind="incidents", object_id="handover")
    return await handover(place.tx, place.cipher, place.actor, place.may, length=length)


async def _takeover(place: Place, intent: Intent) -> Reply:
    return await takeover(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        lead=place.principal.person_id,
        code=intent.argument("code"),
    )


def _told(reply: Reply) -> str:
    if not reply.rows:
        return "You have no customers to hand over."
    return f"Whoever takes over types: takeover {code_of(reply.rows)}"


VERBS: Final = (
    Verb(
        name="handover",
        does="see what the next shift must know",
        permission=Permission.INCIDENT_READ,
        reach="tenants",
        act=_handover,
        fields=(Field(name="shift", label="How long the shift was", kind="duration", is_required=False),),
        changes=False,
        summary=_told,
    ),
    Verb(
        name="takeover",
        does="lead the watch from now on",
        permission=Permission.INCIDENT_ACKNOWLEDGE,
        reach="operator",
        act=_takeover,
        fields=(Field(name="code", label="The code that ends the handover", longest=64),),
    ),
)
