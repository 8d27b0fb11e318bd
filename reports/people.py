"""Who is who in a report: the names of the people that its records name, and whose side they are on.

The side is that of the role under which somebody acted, as the audit log has it; it outlives a membership. Names are
asked of the directory for exactly these ids: `wf_report` may not read it, so that is done as `wf_auth`.
"""

from collections.abc import Iterable
from typing import Final

from reports import queries
from reports.facts import (
    Actor,
    Side,
)
from watchfloor.access.roles import CUSTOMER_ROLES
from watchfloor.kernel import ids
from watchfloor.kernel.db import Database, TenantTx, directory_tx
from watchfloor.kernel.ids import PersonId

SYSTEM: Final = Actor(side="system", name="Watchfloor")

_KEY_KIND: Final = "api_key"
_CUSTOMER: Final = frozenset(str(role) for role in CUSTOMER_ROLES)


class People:
    """The actors of one object, by the ids that its records have."""

    def __init__(self, names: dict[str, str], roles: dict[str, str]) -> None:
        self._names = names
        self._roles = roles

    def actor(self, kind: str, actor_id: str) -> Actor:
        """Who did something. Somebody whom the directory does not know any more is named by the id."""
        if kind not in ("person", _KEY_KIND):
            return SYSTEM
        side: Side = "customer" if self._roles.get(actor_id) in _CUSTOMER else "provider"
        return Actor(side=side, name=self._names.get(actor_id, actor_id))

    def person(self, person_id: PersonId) -> Actor:
        """A person in charge."""
        return self.actor("person", ids.show("per", person_id))

    def name(self, actor_id: str) -> str:
        """What the person with an id of the outside form is called."""
        return self._names.get(actor_id, actor_id)


async def meet(
    tx: TenantTx, directory: Database, *, kind: str, object_id: str, actors: Iterable[tuple[str, str]]
) -> People:
    """The people among these actors (kind, id). Whose side they are on, their acts on that object tell.

    `kind` and `object_id` are as the audit log names objects. Raises Unavailable when the directory is away.
    """
    wanted = set(actors)
    persons = {shown: ids.parse("per", shown) for acting, shown in wanted if acting == "person"}
    keys = sorted(shown for acting, shown in wanted if acting == _KEY_KIND)
    async with directory_tx(directory) as asked:
        named = {row.id: row.name for row in await queries.select_names(asked, sorted(persons.values()))}
        owners = {row.id: row.name for row in await queries.select_key_owners(asked, keys)}
    names = {shown: named[person_id] for shown, person_id in persons.items() if person_id in named}
    roles = {row.actor_id: row.as_role for row in await queries.select_roles(tx, kind=kind, object_id=object_id)}
    return People(names | owners, roles)
