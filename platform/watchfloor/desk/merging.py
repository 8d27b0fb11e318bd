"""Which alerts belong together, as people see it: merging incidents, undoing it, splitting alerts off.

The tenant's alert lock comes before all incidents' locks, as where alerts are put into incidents: whoever changes two
incidents at once waits for whoever else does.
"""

from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.alerts.record import lock
from watchfloor.audit.append import Actor, append
from watchfloor.desk.given import read_choice
from watchfloor.desk.hands import Hands
from watchfloor.desk.reply import Offer, Reply
from watchfloor.desk.verb import Choice, Field, Intent, Place, Verb
from watchfloor.incidents import queries, timeline
from watchfloor.incidents.incident import OPEN_STATES, Incident
from watchfloor.incidents.lifecycle import require_state
from watchfloor.incidents.regrouping import moving
from watchfloor.incidents.regrouping.naming import find_named
from watchfloor.incidents.regrouping.queries import select_alerts_naming, select_alerts_of_rule, select_content
from watchfloor.incidents.regrouping.whole import require_whole, whole_of
from watchfloor.incidents.scoring.keeping import take_verdict
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import IncidentId
from watchfloor.kernel.outbox import INCIDENT_CHANGED, publish
from watchfloor.normalise.event import EntityKind

_WAYS: Final[dict[str, tuple[EntityKind, ...]]] = {"rule": (), "host": ("host",), "user": ("user", "account", "email")}
"""By what alerts are chosen to be split off."""


async def merge(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    into: str,
) -> Reply:
    """Makes an incident a part of another open one of the same tenant. Its reference still leads there."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_MERGE, incident):
        return refusal
    part, whole = await _both(desk, incident, into)
    if part.id == whole.id:
        raise Conflict("An incident cannot be merged into itself.", where="into")
    merged = await whole_of(tx, part)
    if merged is not None and merged[0] == whole.id:
        return await desk.reply(f"It is part of {merged[1]} already.", whole)
    await require_whole(tx, part)
    await require_whole(tx, whole)
    require_state(part.state, (*OPEN_STATES, "resolved"), doing="merged")
    require_state(whole.state, OPEN_STATES, doing="merged with another")
    part_ref, whole_ref = await moving.reference_of(tx, part.id), await moving.reference_of(tx, whole.id)
    moved = await moving.merge(tx, cipher, part, into=whole)
    await desk.done("", part, action="merge", kind="merged", facts={"into": str(whole_ref), "alerts": str(moved)})
    await _tell_severity(desk, whole)
    await _settle(desk, part, whole)
    facts = {"from": str(part_ref), "alerts": str(moved)}
    reply = await desk.done(f"{part_ref} is part of {{ref}} now.", whole, action="absorb", kind="absorbed", facts=facts)
    offer = Offer(label="Undo the merge", verb="unmerge", incident=str(part_ref))
    return msgspec.structs.replace(reply, offers=(offer,))


async def unmerge(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """Undoes a merge: the incident stands for itself again, with the alerts that it brought."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_MERGE, incident):
        return refusal
    await lock(tx)
    found = await desk.find(incident)
    merged = await whole_of(tx, found)
    if merged is None:
        return await desk.reply("{ref} is part of no other incident.", found)
    locked = {one.id: one for one in await queries.lock_incidents(tx, sorted([found.id, merged[0]]))}
    part, whole = locked[found.id], locked[merged[0]]
    returned = await moving.unmerge(tx, cipher, part, out_of=whole)
    await _tell_severity(desk, whole)
    await _settle(desk, part, whole)
    reference = await moving.reference_of(tx, part.id)
    facts = {"from": str(reference), "alerts": str(returned)}
    await desk.done("", whole, action="unmerge", kind="unmerged", facts=facts)
    facts = {"into": str(merged[1]), "alerts": str(returned)}
    return await desk.done("{ref} stands for itself again.", part, action="unmerge", kind="unmerged", facts=facts)


async def split(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    by: str,
    value: str,
) -> Reply:
    """Puts the alerts of a rule, or those that name a host or a user, into an incident of their own."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_MERGE, incident):
        return refusal
    way = read_choice(by, _WAYS, where="by")
    await lock(tx)
    whole = await desk.lock(incident)
    require_state(whole.state, OPEN_STATES, doing="split")
    if way == "rule":
        chosen = await select_alerts_of_rule(tx, whole.id, value.strip())
    else:
        entity, index = await find_named(tx, cipher, whole.id, text=value, kinds=_WAYS[way], where="value")
        chosen = await select_alerts_naming(tx, whole.id, entity.kind, index)
    split_id = await moving.split(tx, cipher, whole, alert_ids=chosen)
    await _open(desk, split_id, whole, alerts=len(chosen))
    await _tell_severity(desk, whole)
    new_ref = str(await moving.reference_of(tx, split_id))
    facts = {"into": new_ref, "alerts": str(len(chosen))}
    reply = await desk.done(f"{new_ref} is split off {{ref}}.", whole, action="split", kind="split", facts=facts)
    await take_verdict(tx, whole.id)
    whole_ref = str(await moving.reference_of(tx, whole.id))
    undo = Offer(label="Undo the split", verb="merge", incident=new_ref, arguments={"into": whole_ref})
    return msgspec.structs.replace(reply, offers=(Offer(label="Look at it", verb="show", incident=new_ref), undo))


async def _both(desk: Hands, incident: str, into: str) -> tuple[Incident, Incident]:
    """Both incidents, locked. Raises NotFound."""
    await lock(desk.tx)
    part, whole = await desk.find(incident), await desk.find(into)
    locked = {one.id: one for one in await queries.lock_incidents(desk.tx, sorted({part.id, whole.id}))}
    return locked[part.id], locked[whole.id]


async def _open(desk: Hands, split_id: IncidentId, whole: Incident, *, alerts: int) -> None:
    """Tells of the new incident, on its timeline and to the audit log and the surfaces."""
    content = await select_content(desk.tx, split_id)
    if content is None:
        raise Conflict("No alert of this incident is so.")
    facts = {
        "alert": ids.show("alr", content.alert_id),
        "rule": content.title,
        "severity": content.severity,
        "from": str(await moving.reference_of(desk.tx, whole.id)),
        "alerts": str(alerts),
    }
    entry = await timeline.add(desk.tx, desk.cipher, desk.actor, split_id, kind="opened", facts=facts)
    if whole.state != "new":
        await timeline.add(desk.tx, desk.cipher, desk.actor, split_id, kind="acknowledged", facts={})
    await take_verdict(desk.tx, split_id)
    await append(
        desk.tx,
        desk.actor,
        action="incident.open",
        object_kind="incident",
        object_id=ids.show("inc", split_id),
        after={"incident": await queries.select_incident(desk.tx, split_id), "entry": entry},
    )
    await publish(desk.tx, topic=INCIDENT_CHANGED, key=ids.show("inc", split_id))


async def _tell_severity(desk: Hands, before: Incident) -> None:
    """A line on the timeline when the incident is worse or milder for what moved; its clocks follow it."""
    after = await queries.select_incident(desk.tx, before.id)
    if after is not None and after.severity != before.severity:
        facts: dict[str, str] = {"before": before.severity, "after": after.severity}
        await timeline.add(desk.tx, desk.cipher, desk.actor, before.id, kind="severity_changed", facts=facts)


async def _settle(desk: Hands, *incidents: Incident) -> None:
    for incident in incidents:
        await take_verdict(desk.tx, incident.id)


async def _merge(place: Place, intent: Intent) -> Reply:
    return await merge(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        into=intent.argument("into"),
    )


async def _unmerge(place: Place, intent: Intent) -> Reply:
    return await unmerge(place.tx, place.cipher, place.actor, place.may, incident=intent.incident)


async def _split(place: Place, intent: Intent) -> Reply:
    return await split(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        by=intent.argument("by"),
        value=intent.argument("value"),
    )


VERBS: Final = (
    Verb(
        name="merge",
        does="make it part of another incident of the same customer",
        permission=Permission.INCIDENT_MERGE,
        reach="incident",
        act=_merge,
        fields=(Field(name="into", label="Into which incident", kind="incident"),),
    ),
    Verb(
        name="unmerge",
        does="let a merged incident stand for itself again",
        permission=Permission.INCIDENT_MERGE,
        reach="incident",
        act=_unmerge,
    ),
    Verb(
        name="split",
        does="put the alerts of a rule, a host or a user into an incident of their own",
        permission=Permission.INCIDENT_MERGE,
        reach="incident",
        act=_split,
        fields=(
            Field(
                name="by",
                label="By what",
                kind="choice",
                choices=(Choice("rule", "rule"), Choice("host", "host"), Choice("user", "user or account")),
            ),
            Field(name="value", label="Which: the rule's title, the host, the user", longest=300),
        ),
    ),
)
