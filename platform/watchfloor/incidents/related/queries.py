"""SQL of related incidents: what incidents have in common."""

from datetime import timedelta
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.incidents.incident import State, VerdictKind
from watchfloor.kernel.db import TenantTx
from watchfloor.normalise.event import EntityKind

SELECT_SHARED_ENTITIES: Final[LiteralString] = """
with own as materialized (
  select kind,
         value_index
    from wf.incident_entities
   where tenant_id = $1
     and incident_id = $2
   order by first_seen,
            kind,
            value_index
   limit $3),
named as materialized (
  select other.incident_id,
         other.kind,
         other.value_index
    from own
   cross join lateral (
           select e.incident_id,
                  e.kind,
                  e.value_index
             from wf.incident_entities e
            where e.tenant_id = $1
              and e.value_index = own.value_index
              and e.kind = own.kind
              and e.incident_id <> $2
            limit $4) as other)
select n.incident_id,
       n.kind,
       count(*) as shared
  from named n
 where (select count(*)
          from named m
         where m.value_index = n.value_index
           and m.kind = n.kind) < $4
 group by n.incident_id,
          n.kind
"""

SELECT_SHARED_RULES: Final[LiteralString] = """
with own as materialized (
  select distinct rule_id
    from wf.alerts
   where tenant_id = $1
     and incident_id = $2)
select a.incident_id,
       count(distinct a.rule_id) as shared
  from wf.alerts a
 where a.tenant_id = $1
   and a.incident_id = any($3::uuid[])
   and a.rule_id in (select rule_id from own)
 group by a.incident_id
"""

SELECT_TOLD: Final[LiteralString] = """
select i.id,
       i.number,
       i.state,
       i.verdict
  from wf.incidents i
 where i.tenant_id = $1
   and i.id = any($2::uuid[])
   and i.merged_into is null
   and i.opened_at > now() - $3::interval
"""


class EntitiesRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many entities of a kind another incident shares."""

    incident_id: UUID
    kind: EntityKind
    shared: int


class RulesRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many rules another incident shares."""

    incident_id: UUID
    shared: int


class ToldRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a related incident."""

    id: UUID
    number: int
    state: State
    verdict: VerdictKind | None


async def select_shared_entities(tx: TenantTx, incident_id: UUID, *, read: int, common: int) -> list[EntitiesRow]:
    """Which incidents name what this one names; an entity that `common` others or more name tells nothing."""
    return await tx.rows(EntitiesRow, SELECT_SHARED_ENTITIES, tx.tenant_id, incident_id, read, common)


async def select_shared_rules(tx: TenantTx, incident_id: UUID, others: list[UUID]) -> list[RulesRow]:
    """How many of this incident's rules the others have."""
    return await tx.rows(RulesRow, SELECT_SHARED_RULES, tx.tenant_id, incident_id, others)


async def select_told(tx: TenantTx, incident_ids: list[UUID], *, within: timedelta) -> list[ToldRow]:
    """The incidents among these that were opened lately enough and stand for themselves."""
    return await tx.rows(ToldRow, SELECT_TOLD, tx.tenant_id, incident_ids, within)
