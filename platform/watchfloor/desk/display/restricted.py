"""Who sees a restricted incident in a chat, as a row of its card."""

from uuid import UUID

from watchfloor.desk.card import Person, Row
from watchfloor.desk.restriction.queries import select_named
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import PersonId


async def restricted_to(tx: TenantTx, incident_id: UUID) -> tuple[Row, ...]:
    """The people named for it; no row for an incident that is not restricted."""
    named = await select_named(tx, incident_id)
    return (Row("In the chat only for", tuple(Person(PersonId(one)) for one in named)),) if named else ()
