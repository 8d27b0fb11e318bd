"""How urgent something is, as people see it: an incident's severity, and what the customer's things are worth."""

from collections.abc import Set as AbstractSet
from typing import Final, cast

from watchfloor.access.roles import Permission
from watchfloor.alerts.alert import Severity
from watchfloor.assets.weights import WEIGHTS, Weight, set_weight, weight_of
from watchfloor.audit.append import Actor, append
from watchfloor.desk.given import read_choice
from watchfloor.desk.hands import LONGEST_TEXT, Hands, readable
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Choice, Field, Intent, Place, Verb
from watchfloor.detect.rule import LEVELS
from watchfloor.incidents.calling import call_for
from watchfloor.incidents.incident import OPEN_STATES
from watchfloor.incidents.lifecycle import require_state
from watchfloor.incidents.regrouping.naming import find_named
from watchfloor.incidents.regrouping.queries import select_content, update_rating
from watchfloor.incidents.scoring.keeping import rescore, take_weight
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.normalise.event import EntityKind

SHORTEST_REASON: Final = 10

_WEIGHED: Final[tuple[EntityKind, ...]] = ("host", "user", "account", "email", "ip", "domain")


async def rate(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    severity: Severity,
    reason: str,
) -> Reply:
    """Sets the severity, with a reason of ten characters or more. Only a worse alert than all so far raises it again.

    Its clocks follow, and whoever is on call is paged if it becomes high or critical and nobody has it.
    """
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_RATE, incident):
        return refusal
    after = cast("Severity", read_choice(severity, LEVELS, where="level"))
    reason = readable(reason, name="reason", shortest=SHORTEST_REASON)
    before = await desk.lock(incident)
    if before.severity == after:
        return await desk.reply(f"{{ref}} is {after} already.", before)
    require_state(before.state, OPEN_STATES, doing="given another severity")
    content = await select_content(tx, before.id)
    worst = before.severity if content is None else content.severity
    await update_rating(tx, before.id, severity=after, rated_from=worst)
    await rescore(tx, [before.id])
    facts: dict[str, str] = {"before": before.severity, "after": after, "text": reason}
    await call_for(tx, before.id, by=actor.id)
    return await desk.done(f"{{ref}} is {after} now.", before, action="rate", kind="severity_changed", facts=facts)


async def weigh(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    name: str,
    weight: Weight,
) -> Reply:
    """Says what a thing that the incident names is worth to the customer, here and in all other incidents."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_RATE, incident):
        return refusal
    after = cast("Weight", read_choice(weight, WEIGHTS, where="weight"))
    before = await desk.lock(incident)
    entity, index = await find_named(tx, cipher, before.id, text=name, kinds=_WEIGHED, where="name")
    if await weight_of(tx, entity.kind, index) == after:
        return await desk.reply(f"It is worth that already: {after}.", before)
    earlier = await set_weight(tx, cipher, entity, index=index, weight=after, by=actor.id)
    await append(
        tx,
        actor,
        action="asset.weigh",
        object_kind="asset",
        object_id=index.hex(),
        before={"weight": earlier},
        after={"weight": after},
        detail={"kind": entity.kind, "value": entity.value},
        cipher=cipher,
    )
    await take_weight(tx, entity.kind, index, seen_in=before.id)
    facts: dict[str, str] = {"value": entity.value, "kind": entity.kind, "weight": after}
    return await desk.done(f"It is a {after} asset from now on.", before, action="weigh", kind="weighed", facts=facts)


async def _rate(place: Place, intent: Intent) -> Reply:
    return await rate(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        severity=cast("Severity", intent.argument("level")),
        reason=intent.argument("reason"),
    )


async def _weigh(place: Place, intent: Intent) -> Reply:
    return await weigh(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        name=intent.argument("name"),
        weight=cast("Weight", intent.argument("weight")),
    )


VERBS: Final = (
    Verb(
        name="severity",
        does="say how bad it is, and why",
        permission=Permission.INCIDENT_RATE,
        reach="incident",
        act=_rate,
        fields=(
            Field(
                name="level",
                label="Severity",
                kind="choice",
                choices=tuple(Choice(level, level) for level in reversed(LEVELS)),
            ),
            Field(name="reason", label="Reason", kind="paragraph", shortest=SHORTEST_REASON, longest=LONGEST_TEXT),
        ),
    ),
    Verb(
        name="weigh",
        does="say what a host, a user or an address is worth to the customer",
        permission=Permission.INCIDENT_RATE,
        reach="incident",
        act=_weigh,
        fields=(
            Field(
                name="weight",
                label="Worth",
                kind="choice",
                choices=tuple(Choice(weight, weight) for weight in reversed(WEIGHTS)),
            ),
            Field(name="name", label="Host, user or address, as the card shows it", longest=500),
        ),
    ),
)
