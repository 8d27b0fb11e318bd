"""SQL of restricted incidents and of the people who are named for them."""

from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_NAMED: Final[LiteralString] = """
select person_id
  from wf.incident_circles
 where tenant_id = $1
   and incident_id = $2
 order by named_at,
          person_id
"""

SELECT_RESTRICTED: Final[LiteralString] = """
select i.number,
       t.code,
       c.person_id
  from wf.incident_circles c
  join wf.incidents i
    on i.tenant_id = c.tenant_id
   and i.id = c.incident_id
  join wf.tenants t
    on t.tenant_id = c.tenant_id
 where c.tenant_id = $1
 order by i.number,
          c.person_id
"""

INSERT_NAMED: Final[LiteralString] = """
insert into wf.incident_circles (tenant_id, incident_id, person_id, named_by)
values ($1, $2, $3, $4)
on conflict (tenant_id, incident_id, person_id) do nothing
"""

DELETE_NAMED: Final[LiteralString] = """
delete from wf.incident_circles
 where tenant_id = $1
   and incident_id = $2
   and person_id = $3
"""

DELETE_ALL_NAMED: Final[LiteralString] = """
delete from wf.incident_circles
 where tenant_id = $1
   and incident_id = $2
"""


class RestrictedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person who is named for a restricted incident."""

    number: int
    code: str
    person_id: UUID


async def select_named(tx: TenantTx, incident_id: UUID) -> list[UUID]:
    """Who is named for an incident, first come first; nobody for one that is not restricted."""
    return await tx.values(UUID, SELECT_NAMED, tx.tenant_id, incident_id)


async def select_restricted(tx: TenantTx) -> list[RestrictedRow]:
    """Every restricted incident of the tenant with everybody named for it."""
    return await tx.rows(RestrictedRow, SELECT_RESTRICTED, tx.tenant_id)


async def insert_named(tx: TenantTx, incident_id: UUID, person_id: UUID, *, named_by: str) -> bool:
    """Names a person. False for one who is named already."""
    return await tx.execute(INSERT_NAMED, tx.tenant_id, incident_id, person_id, named_by) == 1


async def delete_named(tx: TenantTx, incident_id: UUID, person_id: UUID) -> bool:
    """Takes a person off. False for one who is not named."""
    return await tx.execute(DELETE_NAMED, tx.tenant_id, incident_id, person_id) == 1


async def delete_all_named(tx: TenantTx, incident_id: UUID) -> bool:
    """Lifts the restriction. False when there is none."""
    return await tx.execute(DELETE_ALL_NAMED, tx.tenant_id, incident_id) > 0
