"""The people at the desk: colleagues by what somebody types of their address, and everybody's names."""

from collections.abc import Iterable, Iterator

from watchfloor.access.people import principal_of
from watchfloor.desk import queries
from watchfloor.desk.card import Person
from watchfloor.desk.reply import Colleague, Reply
from watchfloor.desk.verb import Place
from watchfloor.kernel import ids
from watchfloor.kernel.db import Database, DirectoryTx, directory_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import PersonId, TenantId


async def find_colleague(place: Place, name: str, *, where: str) -> Colleague:
    """The colleague whose address is, or begins with, `name`, with what that one may do in the tenant.

    `me` is the person who asks. Raises NotFound when nobody, or more than one, is meant.
    """
    tenant_id = place.tx.tenant_id
    name = name.strip().lower()
    async with directory_tx(place.directory) as tx:
        rows = await queries.select_colleagues(tx, tenant_id)
        if name == "me":
            found = [place.principal.person_id]
        else:
            exact = [PersonId(row.id) for row in rows if row.email.lower() == name]
            found = exact or [PersonId(row.id) for row in rows if row.email.lower().startswith(name)]
        if not found:
            raise NotFound("There is no such colleague who works incidents of this tenant.", where=where)
        if len(found) > 1:
            raise NotFound(
                f"The addresses of {len(found)} colleagues begin so.", where=where, remedy="Type some more of it."
            )
        person = await principal_of(tx, found[0])
    return Colleague(person_id=found[0], permissions=person.permissions_in(tenant_id))


async def addresses_of_colleagues(tx: DirectoryTx, tenants: Iterable[TenantId]) -> list[str]:
    """The mail addresses of those who work for any of the tenants, to complete from."""
    return sorted({row.email for tenant in tenants for row in await queries.select_colleagues(tx, tenant)})


async def names_in(reply: Reply, directory: Database) -> dict[str, str]:
    """The names of all people and key owners that the reply mentions, by the id under which the record knows them."""
    people, keys = set(_people(reply)), set(_keys(reply))
    if not people and not keys:
        return {}
    async with directory_tx(directory) as tx:
        names = {ids.show("per", row.id): row.name for row in await queries.select_names(tx, sorted(people))}
        owners = await queries.select_key_owners(tx, sorted(keys)) if keys else []
    return names | {row.id: f"{row.name} (key)" for row in owners}


def _people(reply: Reply) -> Iterator[PersonId]:
    rows = (*(reply.card.rows if reply.card is not None else ()), *reply.rows)
    yield from (value.id for row in rows for value in row.values if isinstance(value, Person))
    yield from (line.assignee_id for line in reply.queue if line.assignee_id is not None)
    for entry in reply.timeline:
        for text in (entry.actor_id if entry.actor_kind == "person" else "", entry.facts.get("person", "")):
            if text:
                yield PersonId(ids.parse("per", text))


def _keys(reply: Reply) -> Iterator[str]:
    return (entry.actor_id for entry in reply.timeline if entry.actor_kind == "api_key")
