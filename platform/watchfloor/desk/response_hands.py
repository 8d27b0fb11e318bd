"""Hands for response: a desk command's hands that also find actions, note objections and answer with what is next."""

import re
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.access.principal import Principal
from watchfloor.access.step_up import SIGN_IN_PATH, has_stepped_up
from watchfloor.audit.append import append
from watchfloor.desk.card import Link, Row
from watchfloor.desk.hands import Hands
from watchfloor.desk.reply import Offer, Reply
from watchfloor.desk.verb import Place
from watchfloor.incidents.incident import Incident
from watchfloor.kernel import ids
from watchfloor.kernel.db import Database
from watchfloor.kernel.errors import Conflict, NotFound
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.outbox import ACTION_APPROVED, APPROVAL_CHANGED
from watchfloor.respond import approvals, queries
from watchfloor.respond.action import NO_SUCH_ACTION, Action
from watchfloor.respond.approvals import Voter
from watchfloor.respond.ledger import shown

SHORTEST_REASON: Final = 5

_ACTIONS_READ: Final = 200
_NAME: Final = re.compile(r"#?([1-9][0-9]{0,6})(-[0-9a-f]{8})?")


class ResponseHands(Hands):
    """One command about response."""

    async def find_action(self, incident: Incident, name: str) -> tuple[Action, str]:
        """The action that a number or code means on the incident, and the code if it was one. Raises NotFound."""
        found = _NAME.fullmatch(name.strip().lower())
        for action in await queries.select_of_incident(self.tx, incident.id, limit=_ACTIONS_READ):
            if found is not None and action.number == int(found[1]):
                return action, found[0].removeprefix("#") if found[2] else ""
        raise NotFound(NO_SUCH_ACTION, where="action")

    async def find_waiting(self, incident: Incident, name: str) -> Action:
        """The action that a name means, or the only one that waits where none is given; locked, still to be decided.

        Raises NotFound, and Conflict when none or several wait, or it is decided, expired or not what the code says.
        """
        seen = ""
        if name:
            action, seen = await self.find_action(incident, name)
        else:
            actions = await queries.select_of_incident(self.tx, incident.id, limit=_ACTIONS_READ)
            waiting = [action for action in actions if action.state == "proposed"]
            if len(waiting) != 1:
                count = len(waiting) or "no"
                raise Conflict(f"There are {count} actions that wait here.", where="action", remedy="Name one.")
            action = waiting[0]
        return await approvals.find_votable(self.tx, action.id, seen=seen)

    async def objected(self, action: Action | None, why: str) -> Reply:
        """The answer to somebody whose word does not count here; the attempt is in the audit log."""
        await append(
            self.tx,
            self.actor,
            action="access.refused",
            object_kind="action",
            object_id="proposal" if action is None else shown(action.id),
            detail={"why": why},
            cipher=self.cipher,
        )
        link = (Row("Sign in", (Link("Sign in by hand", SIGN_IN_PATH),)),) if why == approvals.STEP_UP else ()
        return Reply(text=why, ok=False, rows=link)

    async def changed(self, before: Incident, text: str, *, set_off: Action | None = None) -> Reply:
        """The answer to what was written. `set_off` is what was set off by it."""
        reply = await self.reply(text, await self.find(ids.show("inc", before.id)))
        by_hand = set_off is not None and set_off.executor == "hand"
        return msgspec.structs.replace(
            reply,
            changed=True,
            hints=(APPROVAL_CHANGED,) if set_off is None or by_hand else (APPROVAL_CHANGED, ACTION_APPROVED),
            offers=_results(reply, set_off) if set_off is not None and by_hand else (),
        )


async def voter_of(
    directory: Database, principal: Principal, tenant_id: TenantId, *, session_began: datetime | None = None
) -> Voter:
    """Who asks, as a voter in the tenant: the MSSP's people are analysts there, whatever else they are."""
    is_staff = principal.acts_as_staff_in(tenant_id)
    return Voter(
        person_id=principal.person_id,
        side="analyst" if is_staff else "customer",
        is_key=principal.kind == "api_key",
        has_stepped_up=await has_stepped_up(directory, principal, session_began=session_began),
    )


async def voter_at(place: Place) -> Voter:
    """The person at the desk as a voter."""
    return await voter_of(place.directory, place.principal, place.tx.tenant_id, session_began=place.session_began)


def _results(reply: Reply, action: Action) -> tuple[Offer, ...]:
    if reply.card is None:
        return ()
    name, ref = str(action.number), reply.card.ref
    return tuple(
        Offer(label=label, verb="result", incident=ref, arguments={"action": name, "result": result})
        for result, label in (("done", "It is done"), ("failed", "It failed"))
    )
