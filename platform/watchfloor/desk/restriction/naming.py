"""Who is named for restricted incidents. Reads only; whoever asks decides what follows from it."""

from watchfloor.desk.restriction import queries
from watchfloor.incidents.incident import Reference
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import PersonId


async def restricted_in(tx: TenantTx) -> dict[str, frozenset[PersonId]]:
    """The restricted incidents of a tenant by reference, each with the people named for it."""
    found: dict[str, frozenset[PersonId]] = {}
    for row in await queries.select_restricted(tx):
        ref = str(Reference(row.code, row.number))
        found[ref] = found.get(ref, frozenset()) | {PersonId(row.person_id)}
    return found
