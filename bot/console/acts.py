"""Which command of the desk each verb is, and which permission names the role that the actor acts under.

Owns the one table from verbs to the desk. Each act runs inside one tenant's transaction, which the seat has opened.
"""

from collections.abc import Awaitable, Callable
from typing import Final, cast

import msgspec

from bot import queries
from bot.console.command import Command, Verb
from watchfloor.access.people import principal_of
from watchfloor.access.principal import Principal
from watchfloor.access.roles import Permission
from watchfloor.access.visits import record_view
from watchfloor.audit.append import Actor
from watchfloor.desk import moves, reading, work
from watchfloor.desk.reply import Colleague, Reply
from watchfloor.incidents.incident import VerdictKind
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, TenantTx, directory_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import PersonId


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a command is carried out, and for whom."""

    tx: TenantTx
    cipher: TenantCipher
    principal: Principal
    actor: Actor
    may: frozenset[Permission]
    directory: Database

    async def note_visit(self, *, object_kind: str, object_id: str) -> None:
        """Notes in the tenant's access log that the MSSP's people looked (R7, A1)."""
        if self.principal.acts_as_staff_in(self.tx.tenant_id):
            await record_view(self.tx, self.actor, object_kind=object_kind, object_id=object_id)


Act = Callable[[Place, Command], Awaitable[Reply]]


async def _show(place: Place, command: Command) -> Reply:
    reply = await reading.show(place.tx, place.cipher, place.actor, place.may, incident=command.reference)
    if reply.card is not None:
        await place.note_visit(object_kind="incident", object_id=ids.show("inc", reply.card.id))
    return reply


async def _acknowledge(place: Place, command: Command) -> Reply:
    return await moves.acknowledge(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=command.reference,
        in_charge=place.principal.person_id,
    )


async def _contain(place: Place, command: Command) -> Reply:
    return await moves.contain(place.tx, place.cipher, place.actor, place.may, incident=command.reference)


async def _resolve(place: Place, command: Command) -> Reply:
    return await moves.resolve(place.tx, place.cipher, place.actor, place.may, incident=command.reference)


async def _close(place: Place, command: Command) -> Reply:
    return await moves.close(place.tx, place.cipher, place.actor, place.may, incident=command.reference)


async def _reopen(place: Place, command: Command) -> Reply:
    return await moves.reopen(place.tx, place.cipher, place.actor, place.may, incident=command.reference)


async def _assign(place: Place, command: Command) -> Reply:
    colleague = await _colleague(place, command.argument)
    return await work.assign(
        place.tx, place.cipher, place.actor, place.may, incident=command.reference, assignee=colleague
    )


async def _verdict(place: Place, command: Command) -> Reply:
    return await work.verdict(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=command.reference,
        verdict=cast("VerdictKind", command.argument),
        reason=command.text,
    )


async def _note(place: Place, command: Command) -> Reply:
    return await work.note(
        place.tx, place.cipher, place.actor, place.may, incident=command.reference, text=command.text
    )


async def _report(place: Place, command: Command) -> Reply:
    return await work.request_report(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=command.reference,
        language=command.argument or None,
    )


ACTS: Final[dict[Verb, tuple[Permission, Act]]] = {
    Verb.SHOW: (Permission.INCIDENT_READ, _show),
    Verb.ACK: (Permission.INCIDENT_ACKNOWLEDGE, _acknowledge),
    Verb.ASSIGN: (Permission.INCIDENT_ASSIGN, _assign),
    Verb.VERDICT: (Permission.INCIDENT_VERDICT, _verdict),
    Verb.NOTE: (Permission.INCIDENT_NOTE, _note),
    Verb.CONTAIN: (Permission.INCIDENT_CONTAIN, _contain),
    Verb.RESOLVE: (Permission.INCIDENT_RESOLVE, _resolve),
    Verb.CLOSE: (Permission.INCIDENT_RESOLVE, _close),
    Verb.REOPEN: (Permission.INCIDENT_RESOLVE, _reopen),
    Verb.REPORT: (Permission.REPORT_REQUEST, _report),
}
"""Every verb that is about an incident."""


async def _colleague(place: Place, name: str) -> Colleague:
    """The colleague whose address is, or begins with, `name`, with what that one may do in the tenant."""
    tenant_id = place.tx.tenant_id
    async with directory_tx(place.directory) as tx:
        rows = await queries.select_colleagues(tx, tenant_id)
        if name == "me":
            found = [place.principal.person_id]
        else:
            exact = [PersonId(row.id) for row in rows if row.email.lower() == name]
            found = exact or [PersonId(row.id) for row in rows if row.email.lower().startswith(name)]
        if not found:
            raise NotFound("There is no such colleague who works incidents of this tenant.", where="assign")
        if len(found) > 1:
            raise NotFound(f"The addresses of {len(found)} colleagues begin so.", remedy="Type some more of it.")
        person = await principal_of(tx, found[0])
    return Colleague(person_id=found[0], permissions=person.permissions_in(tenant_id))
