"""An exception that is written by hand, as a program or a command line brings it: laid before people at an incident.

It is no verb: a filter does not fit into a field. What it leads to is what `tuning` leads to: made at once where one
person may, else a request on the incident's card, which everybody sees and `except-approve` answers.
"""

from collections.abc import Set as AbstractSet

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.alerts.overlay.flow import requests
from watchfloor.alerts.overlay.flow.queries import select_of_incident
from watchfloor.alerts.overlay.flow.requests import Request, Wanted
from watchfloor.alerts.overlay.sealing import ExceptionBody
from watchfloor.audit.append import Actor
from watchfloor.desk.hands import Hands
from watchfloor.desk.reply import Reply
from watchfloor.desk.tuning import settle
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import ExceptionId, PersonId


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """An exception that was written by hand: for so many days, with why a second person must agree, if one must."""

    rule_id: str
    body: ExceptionBody
    days: int
    because: str


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk answered, and what stands now: the exception, or the request that waits for somebody."""

    reply: Reply
    exception_id: ExceptionId | None = None
    request: Request | None = None


async def bring(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    brought: Brought,
    person_id: PersonId,
) -> Settled:
    """Makes the exception from the incident, or asks for it there.

    Raises NotFound for an incident that is not there, Conflict when a request for the rule waits there already.
    """
    desk = Hands(tx, cipher, actor, permissions)
    for needed in (Permission.INCIDENT_READ, Permission.RULE_TUNE):
        if refusal := await desk.refusal(needed, incident):
            return Settled(reply=refusal)
    before = await desk.lock(incident)
    wanted = Wanted(
        incident_id=before.id,
        rule_id=brought.rule_id,
        body=brought.body,
        days=brought.days,
        because=brought.because,
    )
    reply = await settle(desk, before, wanted, person_id=person_id)
    if brought.because:
        return Settled(reply=reply, request=(await requests.requests_of(tx, cipher, before.id))[-1])
    return Settled(reply=reply, exception_id=ExceptionId((await select_of_incident(tx, before.id))[-1]))
