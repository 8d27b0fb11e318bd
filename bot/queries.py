"""SQL of the chat surfaces: what they have shown, and what they should."""

from typing import Final, LiteralString
from uuid import UUID

from watchfloor.kernel.db import TenantTx

SELECT_REVISION: Final[LiteralString] = """
select revision
  from wf.incidents
 where tenant_id = $1
   and id = $2
"""

UPSERT_CARD: Final[LiteralString] = """
insert into wf.cards as c (tenant_id, incident_id, surface, revision, message)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, incident_id, surface) do update
   set revision = excluded.revision,
       message = excluded.message,
       shown_at = now()
 where c.revision < excluded.revision
"""

WANT_CARD: Final[LiteralString] = """
insert into wf.cards as c (tenant_id, incident_id, surface, revision, message, wanted_revision)
values ($1, $2, $3, 0, '', $4)
on conflict (tenant_id, incident_id, surface) do update
   set wanted_revision = excluded.wanted_revision,
       wanted_at = case when c.wanted_revision > c.revision then c.wanted_at else now() end
 where c.wanted_revision < excluded.wanted_revision
"""


async def select_revision(tx: TenantTx, incident_id: UUID) -> int | None:
    """The newest revision of an incident."""
    return await tx.value(int, SELECT_REVISION, tx.tenant_id, incident_id)


async def upsert_card(tx: TenantTx, incident_id: UUID, *, surface: str, revision: int, message: str) -> bool:
    """Notes what a surface shows of an incident. False when it shows this revision or a newer one already."""
    return await tx.execute(UPSERT_CARD, tx.tenant_id, incident_id, surface, revision, message) == 1


async def want_card(tx: TenantTx, incident_id: UUID, *, surface: str, revision: int) -> None:
    """Notes which revision a surface should show. Older ones that it has not shown yet are not wanted any more."""
    await tx.execute(WANT_CARD, tx.tenant_id, incident_id, surface, revision)
