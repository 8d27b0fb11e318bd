"""The roster: the rota of this moment with people's addresses, and whom a step of a page means by it.

A page always finds somebody: where a layer has a gap, or its person has left, the next layer is meant, and at last
everybody who has the role of a lead.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.kernel.db import Database, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.ids import PersonId, TenantId
from watchfloor.paging.duty import queries
from watchfloor.paging.rota import LayerName, Override, Rota, who_is_on_call

MOST_LEADS: Final = 10
"""How many leads one step tells at most when nobody is on call."""

_INSTEAD: Final[dict[str, tuple[LayerName, ...]]] = {
    "primary": ("primary", "secondary", "lead"),
    "secondary": ("secondary", "lead", "primary"),
    "lead": ("lead", "secondary", "primary"),
    "named": ("lead", "primary", "secondary"),
}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a step means: one person, or several of whom none is the one."""

    person_id: PersonId | None
    addresses: tuple[str, ...]


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on call, and how they are reached."""

    rota: Rota = Rota()
    overrides: tuple[Override, ...] = ()
    addresses: dict[PersonId, str] = msgspec.field(default_factory=dict)
    leads: tuple[PersonId, ...] = ()

    def target(self, recipient: str, at: datetime, *, named: UUID | None, kept: UUID | None) -> Target:
        """Whom a step for `recipient` means. `kept` is who it meant when it was tried before: that stays so."""
        for person_id in (kept, named if recipient == "named" else None):
            if person_id is not None and person_id in self.addresses:
                person = PersonId(person_id)
                return Target(person_id=person, addresses=(self.addresses[person],))
        duties = who_is_on_call(self.rota, self.overrides, at)
        for layer in _INSTEAD[recipient]:
            on_call = duties[layer].person_id
            if on_call is not None and on_call in self.addresses:
                return Target(person_id=on_call, addresses=(self.addresses[on_call],))
        leads = [self.addresses[lead] for lead in self.leads[:MOST_LEADS]]
        return Target(person_id=None, addresses=tuple(leads))


async def read_rota(tx: TenantTx) -> tuple[Rota, tuple[Override, ...]]:
    """The rota that holds in the operator's tenant, empty when there is none, and what is not over of its overrides."""
    document = await queries.select_rota(tx)
    rota = Rota() if document is None else msgspec.json.decode(document, type=Rota)
    return rota, tuple(
        msgspec.convert(row, Override, from_attributes=True) for row in await queries.select_overrides(tx)
    )


async def read_roster(records: Database, directory: Database) -> Roster:
    """The roster of this installation. `directory` is the database as wf_auth. Raises Unavailable."""
    async with directory_tx(directory) as tx:
        operator = await queries.select_operator(tx)
        staff: Sequence[queries.StaffRow] = [] if operator is None else await queries.select_staff(tx, operator)
    if operator is None:
        return Roster()
    async with tenant_tx(records, TenantId(operator)) as tx:
        rota, overrides = await read_rota(tx)
    return Roster(
        rota=rota,
        overrides=overrides,
        addresses={PersonId(row.id): row.email for row in staff},
        leads=tuple(PersonId(row.id) for row in staff if row.leads),
    )
