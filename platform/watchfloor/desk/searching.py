"""Searching at the desk: incidents by what somebody remembers of them, and what is known of an indicator.

Searches each of the person's own tenants in its own transaction; nothing is read across. What was searched for stands,
sealed, in each tenant's log (A1).
"""

from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor, append
from watchfloor.desk.card import EntityValue, Moment, Row, Text, Value
from watchfloor.desk.display import queries as display
from watchfloor.desk.display.listing import lines_by_id
from watchfloor.desk.hands import Hands
from watchfloor.desk.lookup import queries
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Field, Intent, Place, Verb
from watchfloor.incidents.incident import Reference, read_reference
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.normalise.event import Entity
from watchfloor.search.indicator import LONGEST, entities_in

MOST: Final = 25
"""How many incidents of a tenant a search shows, and how many it shows of all together."""

_AMONG: Final = 5_000
"""How far back words are looked for: among the newest incidents."""

_SHORTEST_WORD: Final = 3
_LONGEST_TEXT: Final = 200
_DIGITS: Final = 18


async def search(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, text: str
) -> Reply:
    """The tenant's incidents that a number, words of a title, a state or a thing means."""
    if refusal := await Hands(tx, cipher, actor, permissions).refusal(Permission.INCIDENT_READ, ""):
        return refusal
    await _note(tx, cipher, actor, text)
    found = await _numbered(tx, text)
    if not found:
        found = await queries.select_naming(tx, _indexes(cipher, text), limit=MOST)
    if len(text) >= _SHORTEST_WORD:
        found += await queries.select_titled(tx, text.lower(), limit=MOST, among=_AMONG)
    lines = await lines_by_id(tx, list(dict.fromkeys(found))[:MOST])
    return Reply(text="", queue=tuple(lines))


async def sightings(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, value: str
) -> Reply:
    """What the tenant's alerts and incidents know of an indicator."""
    desk = Hands(tx, cipher, actor, permissions)
    for needed in (Permission.INCIDENT_READ, Permission.ALERT_READ):
        if refusal := await desk.refusal(needed, ""):
            return refusal
    entities = entities_in(value)
    await _note(tx, cipher, actor, value)
    indexes = _indexes_of(cipher, entities)
    seen = await queries.select_sightings(tx, indexes)
    incidents = await queries.count_naming(tx, indexes)
    if not seen.alerts and not incidents:
        return Reply(text="")
    tenant = await display.select_tenant(tx)
    lines = await lines_by_id(tx, await queries.select_naming(tx, indexes, limit=MOST))
    told = ", ".join(
        (_count(incidents, "incident"), _count(seen.alerts, "alert"), _count(seen.matches, "matching event"))
    )
    values: tuple[Value, ...] = (
        EntityValue(entities[0].kind, Untrusted(entities[0].value)),
        Text(told),
        *(Moment(at) for at in (seen.first_seen, seen.last_seen) if at is not None),
        *(Text(line.ref) for line in lines),
    )
    return Reply(text="", rows=(Row("" if tenant is None else tenant.code, values, more=incidents - len(lines)),))


async def _numbered(tx: TenantTx, text: str) -> list[UUID]:
    """The incident whose number or reference was typed."""
    number = text.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) <= _DIGITS:
        return await queries.select_numbered(tx, int(number))
    try:
        reference = read_reference(text)
    except NotFound:
        return []
    if not isinstance(reference, Reference):
        return [reference]
    tenant = await display.select_tenant(tx)
    is_own = tenant is not None and tenant.code == reference.code
    return await queries.select_numbered(tx, reference.number) if is_own else []


def _indexes(cipher: TenantCipher, text: str) -> list[bytes]:
    try:
        return _indexes_of(cipher, entities_in(text))
    except Invalid:
        return []


def _indexes_of(cipher: TenantCipher, entities: tuple[Entity, ...]) -> list[bytes]:
    """The keyed hashes under which a tenant knows these things, under each of its keys."""
    return [index for entity in entities for index in cipher.index_candidates(f"entity.{entity.kind}", entity.value)]


async def _note(tx: TenantTx, cipher: TenantCipher, actor: Actor, text: str) -> None:
    await append(
        tx,
        actor,
        action="access.searched",
        object_kind="incidents",
        object_id="search",
        detail={"text": text},
        cipher=cipher,
    )


async def _search(place: Place, intent: Intent) -> Reply:
    return await search(place.tx, place.cipher, place.actor, place.may, text=intent.argument("text"))


async def _ioc(place: Place, intent: Intent) -> Reply:
    return await sightings(place.tx, place.cipher, place.actor, place.may, value=intent.argument("value"))


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'s' * (number != 1)}"


def _found(reply: Reply) -> str:
    return f"{_count(len(reply.queue), 'incident')}." if reply.queue else "Nothing is found."


def _known(reply: Reply) -> str:
    return f"Known at {_count(len(reply.rows), 'customer')}." if reply.rows else "Nothing knows it."


VERBS: Final = (
    Verb(
        name="search",
        does="find incidents of your tenants by number, words, or a host, user, address, hash",
        permission=Permission.INCIDENT_READ,
        reach="tenants",
        act=_search,
        fields=(Field(name="text", label="What to look for", shortest=1, longest=_LONGEST_TEXT),),
        changes=False,
        summary=_found,
        most=MOST,
    ),
    Verb(
        name="ioc",
        does="see where an address, domain, hash or name was seen; defanged or not",
        permission=Permission.INCIDENT_READ,
        reach="tenants",
        act=_ioc,
        fields=(Field(name="value", label="Indicator", shortest=2, longest=LONGEST),),
        changes=False,
        summary=_known,
    ),
)
