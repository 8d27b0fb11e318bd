"""Being on call: who is, who is next, and standing in. In the operator's own tenant."""

from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final, cast

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk.card import Moment, Person, Row, Text, Value
from watchfloor.desk.given import read_choice, read_duration
from watchfloor.desk.hands import Hands, readable
from watchfloor.desk.people import find_colleague
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Choice, Field, Intent, Place, Verb
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import PersonId
from watchfloor.paging.duty import queries
from watchfloor.paging.duty.keeping import LONGEST_OVERRIDE, stand_in
from watchfloor.paging.duty.roster import read_rota
from watchfloor.paging.pages import PAGES
from watchfloor.paging.rota import LAYERS, Duty, LayerName, next_change, who_is_on_call

_LABELS: Final[dict[LayerName, str]] = {"primary": "Primary", "secondary": "Secondary", "lead": "Lead"}


async def on_call(tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission]) -> Reply:
    """Who is on call now and who is next, and who leads the watch."""
    if refusal := await Hands(tx, cipher, actor, permissions).refusal(Permission.ONCALL_READ, ""):
        return refusal
    rota, overrides = await read_rota(tx)
    now = await queries.select_now(tx)
    duties = who_is_on_call(rota, overrides, now)
    rows = [_row(duties[layer], next_change(rota, overrides, now, layer=layer)) for layer in LAYERS]
    watch = await queries.select_watch(tx)
    if watch is not None:
        since: tuple[Value, ...] = (Person(PersonId(watch.lead_id)), Text("since"), Moment(watch.began_at))
        rows.append(Row("Leads the watch", since))
    gaps = [layer for layer in LAYERS if duties[layer].person_id is None]
    text = f"Nobody is on call as {' and '.join(gaps)}." if gaps else "Somebody is on call for everything."
    return Reply(text=text, rows=tuple(rows))


async def override(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    layer: LayerName,
    person: PersonId,
    is_self: bool,
    length: timedelta,
    reason: str,
) -> Reply:
    """Puts somebody in a layer's place from now on. Whoever reads the rota may take a turn, a lead may give one."""
    needed = Permission.ONCALL_READ if is_self else Permission.ONCALL_MANAGE
    if refusal := await Hands(tx, cipher, actor, permissions).refusal(needed, ""):
        return refusal
    reason = readable(reason, name="reason", shortest=3)
    until = await stand_in(tx, cipher, actor, layer=layer, person_id=person, length=length, reason=reason)
    row = Row(_LABELS[layer], (Person(person), Text("until"), Moment(until)))
    return Reply(text=f"The {layer} on call has changed.", changed=True, rows=(row,), hints=(PAGES,))


def _row(now: Duty, following: Duty | None) -> Row:
    values: list[Value] = [*_who(now)]
    if now.stands_in:
        values.append(Text("(stands in)"))
    if now.until is not None and following is not None:
        values += [Text("until"), Moment(now.until), Text("then"), *_who(following)]
    return Row(_LABELS[now.layer], tuple(values))


def _who(duty: Duty) -> tuple[Value, ...]:
    return (Text("nobody"),) if duty.person_id is None else (Person(duty.person_id),)


async def _oncall(place: Place, intent: Intent) -> Reply:
    del intent  # it asks for all
    return await on_call(place.tx, place.cipher, place.actor, place.may)


async def _override(place: Place, intent: Intent) -> Reply:
    colleague = await find_colleague(place, intent.argument("person"), where="person")
    return await override(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        layer=cast("LayerName", read_choice(intent.argument("layer") or "primary", LAYERS, where="layer")),
        person=colleague.person_id,
        is_self=colleague.person_id == place.principal.person_id,
        length=read_duration(intent.argument("length"), where="length", longest=LONGEST_OVERRIDE),
        reason=intent.argument("reason"),
    )


VERBS: Final = (
    Verb(
        name="oncall",
        does="see who is on call and who is next",
        permission=Permission.ONCALL_READ,
        reach="operator",
        act=_oncall,
        changes=False,
    ),
    Verb(
        name="override",
        does="let somebody stand in on call from now on",
        permission=Permission.ONCALL_MANAGE,
        reach="operator",
        act=_override,
        fields=(
            Field(
                name="layer",
                label="Layer",
                kind="choice",
                choices=tuple(Choice(layer, layer) for layer in LAYERS),
                is_required=False,
            ),
            Field(name="person", label="Colleague", kind="colleague"),
            Field(name="length", label="For how long", kind="duration"),
            Field(name="reason", label="Reason", kind="paragraph", shortest=3, longest=1_000),
        ),
    ),
)
