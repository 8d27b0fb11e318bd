"""Breach cases from the desk: opening one from an incident, and seeing which clocks run.

What a case holds is personal and legal matter and is shown in the portal and by the API alone; here stand references,
states and times. Legal decisions are the customer's privacy officer's and are not taken at the desk. The incident's own
timeline, which every viewer of the customer reads, says nothing of a case.
"""

from typing import Final

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import append
from watchfloor.breach import store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.clocks import deadlines_of
from watchfloor.breach.fields import facts_in
from watchfloor.breach.missing import form_of, missing
from watchfloor.breach.notices.keeping import notices_of
from watchfloor.breach.notices.notice import filings
from watchfloor.breach.opening import Opening, open_case
from watchfloor.breach.rules.clock import Deadline as Due
from watchfloor.desk.card import Deadline, Row, Text, Value
from watchfloor.desk.hands import LONGEST_TEXT, Hands, readable
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Field, Intent, Place, Verb
from watchfloor.kernel.ids import CaseId, IncidentId

SHORTEST_REASON: Final = 10

_MOST_DUE: Final = 3
_OPEN_STATES: Final = frozenset({"running", "missed"})


async def breach(place: Place, intent: Intent) -> Reply:
    """Opens a breach case from the incident; gives the one that it is in already, if there is one."""
    desk = Hands(place.tx, place.cipher, place.actor, place.may)
    if refusal := await desk.refusal(Permission.BREACH_WRITE, intent.incident):
        return refusal
    incident = await desk.lock(intent.incident)
    incident_id = IncidentId(incident.id)
    known = (await store.cases_of(place.tx, [incident_id])).get(incident_id)
    if known is not None:
        case = await store.read(place.tx, place.cipher, known[0])
        reply = await desk.reply("{ref} is in breach case " + case.ref + " already.", incident)
        return msgspec.structs.replace(reply, rows=await _rows(place, case))
    reason = readable(intent.argument("reason"), name="reason", shortest=SHORTEST_REASON)
    opening = Opening(incident_ids=(incident_id,), reason=reason, processor=place.operator)
    case = await open_case(place.tx, place.cipher, place.actor, place.may, opening)
    lacking = len(missing(case, form_of(case, "breach_notice")))
    told = f"Breach case {case.ref} is open, with {_facts(case)} from the records of {{ref}}. "
    told += f"The notice to the controller lacks {lacking} more." if lacking else "Its notice lacks nothing."
    reply = await desk.reply(told, incident)
    return msgspec.structs.replace(reply, changed=True, rows=await _rows(place, case))


async def breaches(place: Place, intent: Intent) -> Reply:
    """The open breach cases of a customer, each with the clocks that run."""
    del intent
    desk = Hands(place.tx, place.cipher, place.actor, place.may)
    if refusal := await desk.refusal(Permission.BREACH_READ, ""):
        return refusal
    cases = await store.open_cases(place.tx, place.cipher)
    if cases:
        await append(place.tx, place.actor, action="access.searched", object_kind="breach_cases", object_id="open")
    rows = [row for case in cases for row in await _rows(place, case)]
    return Reply(text="", rows=tuple(rows))


async def _rows(place: Place, case: BreachCase) -> tuple[Row, ...]:
    filed = filings(await notices_of(place.tx, place.cipher, CaseId(case.id)))
    found = deadlines_of(case, filed, await store.now(place.tx))
    running = [due for due in found if due.state in _OPEN_STATES and due.due_at is not None]
    values: list[Value] = [Text(case.status.replace("_", " "))]
    for due in running[:_MOST_DUE]:
        values += _due(due)
    return (Row(case.ref, tuple(values), more=max(0, len(running) - _MOST_DUE)),)


def _due(due: Due) -> tuple[Value, ...]:
    if due.due_at is None:
        return ()
    provisional = ", if it applies" if due.is_provisional else ""
    return Text(f"{due.title}{provisional}"), Deadline(due.due_at)


def _facts(case: BreachCase) -> str:
    number = sum(1 for _ in facts_in(case))
    return f"{number} fact{'s' * (number != 1)}"


def _summary(reply: Reply) -> str:
    number = len(reply.rows)
    return f"{number} open breach case{'s' * (number != 1)}." if number else "No breach case is open."


VERBS: Final = (
    Verb(
        name="breach",
        does="open a breach case from it: the facts come from its records",
        permission=Permission.BREACH_WRITE,
        reach="incident",
        act=breach,
        fields=(
            Field(
                name="reason",
                label="Why personal data may be affected",
                kind="paragraph",
                shortest=SHORTEST_REASON,
                longest=LONGEST_TEXT,
            ),
        ),
    ),
    Verb(
        name="breaches",
        does="see the open breach cases of your tenants and their clocks",
        permission=Permission.BREACH_READ,
        reach="tenants",
        act=breaches,
        changes=False,
        summary=_summary,
    ),
)
