"""Opening a breach case from incidents, by a person's decision, and taking in what the records say since.

Owns what a case begins with: the facts that can be pulled, each with its citation, and nothing else. Facts that a
person stated are never written over by a later look at the records.
"""

from collections.abc import Collection, Sequence
from zoneinfo import ZoneInfo

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.breach import course, facts, queries, store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.facts import Fact, Pulled
from watchfloor.breach.fields import get, put
from watchfloor.breach.home import country_of
from watchfloor.breach.known import SYSTEM
from watchfloor.breach.parties import parties_of
from watchfloor.breach.permissions import require, require_person, require_words
from watchfloor.breach.store import Change
from watchfloor.incidents.incident import NO_SUCH_INCIDENT, Incident
from watchfloor.incidents.queries import lock_incidents
from watchfloor.incidents.regrouping.whole import require_whole
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from watchfloor.kernel.ids import CaseId, IncidentId, new_uuid


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What a person opens a case with.

    Without a title, the first incident's; without language, zone and country, those of the customer's record.
    `processor` is the MSSP's name, for the notice to the controller.
    """

    incident_ids: tuple[IncidentId, ...]
    reason: str
    title: str | None = None
    lang: str | None = None
    country: str | None = None
    subdivision: str | None = None
    processor: str | None = None


async def open_case(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, may: Collection[Permission], opening: Opening
) -> BreachCase:
    """Opens a case at version 1 in state `suspected`, with what the records of its incidents say.

    Raises Refused without the permission or where no person acts, NotFound for an incident that does not exist or is
    another customer's, Conflict for one that is in a case already or part of another incident, and Invalid without a
    reason.
    """
    require(may, Permission.BREACH_WRITE)
    require_person(actor)
    reason = require_words(opening.reason, name="reason")
    incidents = await _incidents(tx, opening.incident_ids)
    controller = await queries.select_controller(tx)
    if controller is None:
        raise NotFound("There is no such tenant.")
    at = await store.now(tx)
    year = at.astimezone(ZoneInfo(controller.time_zone)).year
    case = BreachCase(
        id=new_uuid(),
        tenant_id=tx.tenant_id,
        ref=store.reference(year, await _number(tx, year)),
        title=(opening.title or facts.shown(incidents[0].title)).strip(),
        incident_ids=tuple(incident.id for incident in incidents),
        status="suspected",
        version=1,
        lang=opening.lang or controller.language,
        tz=controller.time_zone,
        country=opening.country or controller.country or country_of(controller.time_zone),
        subdivision=opening.subdivision or (None if opening.country else controller.subdivision),
        created_at=at,
        created_by=actor.id,
        updated_at=at,
        updated_by=actor.id,
    )
    pulled = await facts.pull(tx, cipher, incidents, at=at)
    known = parties_of(cipher, tx.tenant_id, controller, processor=opening.processor, at=at)
    case, changes = _taken_in(case, [*known, *pulled.facts])
    case = await _with_course(tx, cipher, case, incidents, pulled)
    opened = Change(kind="opened", path="incident_ids", after={"incidents": case.incident_ids, "reason": reason})
    return await store.create(tx, cipher, actor, case, [opened, *changes], reason=reason)


async def refresh(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, may: Collection[Permission], *, case_id: CaseId
) -> BreachCase:
    """Takes in what the records of the case's incidents say now. What a person stated stays.

    Writes nothing where nothing is new. Raises Refused without the permission.
    """
    require(may, Permission.BREACH_WRITE)
    before = await store.lock(tx, cipher, case_id)
    incidents = await lock_incidents(tx, before.incident_ids)
    return await _refreshed(tx, cipher, actor, before=before, case=before, incidents=incidents)


async def add_incident(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    incident_id: IncidentId,
    reason: str,
) -> BreachCase:
    """Puts one more incident of the same customer into a case, with what its records say.

    Raises as `open_case` does.
    """
    require(may, Permission.BREACH_WRITE)
    require_person(actor)
    words = require_words(reason, name="reason")
    before = await store.lock(tx, cipher, case_id)
    if incident_id in before.incident_ids:
        return before
    await _incidents(tx, (incident_id,))
    case = msgspec.structs.replace(before, incident_ids=(*before.incident_ids, incident_id))
    incidents = await lock_incidents(tx, case.incident_ids)
    return await _refreshed(tx, cipher, actor, before=before, case=case, incidents=incidents, reason=words)


async def _refreshed(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    *,
    before: BreachCase,
    case: BreachCase,
    incidents: Sequence[Incident],
    reason: str = "",
) -> BreachCase:
    pulled = await facts.pull(tx, cipher, incidents, at=await store.now(tx))
    case, changes = _taken_in(case, pulled.facts)
    case = await _with_course(tx, cipher, case, incidents, pulled)
    if case.incident_ids != before.incident_ids:
        added = {"incidents": case.incident_ids, "reason": reason}
        changes.insert(0, Change(kind="incident", path="incident_ids", before=before.incident_ids, after=added))
    for path in ("timeline", "evidence"):
        old, new = getattr(before, path), getattr(case, path)
        if old != new:
            changes.append(Change(kind="pulled", path=path, before=old, after=new))
    if not changes:
        return before
    return await store.write(
        tx, cipher, actor, before=before, after=case, changes=changes, action="refresh", reason=reason
    )


def _taken_in(case: BreachCase, found: Sequence[Fact]) -> tuple[BreachCase, list[Change]]:
    """The case with the facts, but for fields that a person filled and for what says nothing new."""
    changes: list[Change] = []
    for path, fact in found:
        stood = get(case, path)
        if stood is not None and (stood.by != SYSTEM or (stood.value, stood.status) == (fact.value, fact.status)):
            continue
        changes.append(Change(kind="pulled", path=path, before=stood, after=fact))
        case = put(case, path, fact)
    return case, changes


async def _with_course(
    tx: TenantTx, cipher: TenantCipher, case: BreachCase, incidents: Sequence[Incident], pulled: Pulled
) -> BreachCase:
    """The case with the time line and the evidence of the records; what persons added to either stays."""
    found = await course.timeline_of(tx, cipher, incidents, pulled.alerts)
    kept = await course.evidence_of(tx, cipher, pulled.alerts)
    sources = {item.source for item in found}
    events = {item.id for item in kept}
    items = [*found, *(item for item in case.timeline if item.source not in sources)]
    return msgspec.structs.replace(
        case,
        timeline=tuple(sorted(items, key=lambda item: item.utc)),
        evidence=(*kept, *(item for item in case.evidence if item.id not in events)),
    )


async def _incidents(tx: TenantTx, incident_ids: Sequence[IncidentId]) -> list[Incident]:
    if not incident_ids:
        raise Invalid("A breach case needs an incident.", where="incident_ids")
    wanted = list(dict.fromkeys(incident_ids))
    found = {incident.id: incident for incident in await lock_incidents(tx, wanted)}
    if len(found) != len(wanted):
        raise NotFound(NO_SUCH_INCIDENT)
    taken = await store.cases_of(tx, wanted)
    for incident_id, (_, reference) in taken.items():
        raise Conflict(
            f"The incident is in breach case {reference} already.",
            where=str(incident_id),
            remedy=f"Go on with {reference}.",
        )
    for incident in found.values():
        await require_whole(tx, incident)
    return [found[incident_id] for incident_id in wanted]


async def _number(tx: TenantTx, year: int) -> int:
    number = await queries.next_number(tx, year)
    if number is None:
        raise Unavailable("The case got no number.")
    return number
