"""SQL of targets: what an incident names, and where else that is named."""

from collections.abc import Sequence
from typing import Final, LiteralString

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId

SELECT_TARGETS: Final[LiteralString] = """
select kind,
       value_index,
       value
  from wf.incident_entities
 where tenant_id = $1
   and incident_id = $2
   and kind = any($3::text[])
 order by first_seen,
          kind,
          value_index
 limit $4
"""

SELECT_REACH: Final[LiteralString] = """
select count(*) filter (where stands.state in ('new', 'acknowledged', 'contained')) as open,
       count(*) as ever
  from wf.incident_entities e
 cross join lateral (
   select i.state
     from wf.incidents i
    where i.tenant_id = $1
      and i.id = e.incident_id
    limit 1) as stands
 where e.tenant_id = $1
   and e.value_index = any($2::bytea[])
   and e.kind = $3
   and e.incident_id <> $4
"""


class ReachRow(msgspec.Struct, frozen=True, kw_only=True):
    """In how many other incidents a thing is named: open ones, and all."""

    open: int
    ever: int


class TargetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that an incident names, sealed."""

    kind: str
    value_index: bytes
    value: bytes


async def select_reach(tx: TenantTx, indexes: Sequence[bytes], kind: str, incident_id: IncidentId) -> ReachRow:
    """In how many other incidents the thing is named."""
    found = await tx.row(ReachRow, SELECT_REACH, tx.tenant_id, list(indexes), kind, incident_id)
    return found or ReachRow(open=0, ever=0)


async def select_targets(tx: TenantTx, incident_id: IncidentId, kinds: Sequence[str], *, limit: int) -> list[TargetRow]:
    """The things of these kinds that the incident names, those seen first first."""
    return await tx.rows(TargetRow, SELECT_TARGETS, tx.tenant_id, incident_id, list(kinds), limit)
