"""SQL of scores: what is known of incidents, and the scores as they are kept."""

from collections.abc import Sequence
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.kernel.db import TenantTx

SELECT_KNOWN: Final[LiteralString] = """
select i.id,
       i.severity,
       (select count(*)
          from wf.incident_entities h
         where h.tenant_id = $1
           and h.incident_id = i.id
           and h.kind = 'host') as hosts,
       array(
         select distinct w.weight
           from wf.incident_entities e
           join wf.asset_weights w
             on w.tenant_id = $1
            and w.kind = e.kind
            and w.value_index = e.value_index
          where e.tenant_id = $1
            and e.incident_id = i.id) as weights
  from wf.incidents i
 where i.tenant_id = $1
   and i.id = any($2::uuid[])
"""

SELECT_RULES: Final[LiteralString] = """
select found.incident_id,
       found.rule_id,
       found.alerts,
       (select (a.rule -> 'tags')::text
          from wf.alerts a
         where a.tenant_id = $1
           and a.incident_id = found.incident_id
           and a.rule_id = found.rule_id
         limit 1) as tags
  from (
         select incident_id,
                rule_id,
                count(*) as alerts
           from wf.alerts
          where tenant_id = $1
            and incident_id = any($2::uuid[])
          group by incident_id,
                   rule_id) as found
"""

UPDATE_SCORES: Final[LiteralString] = """
update wf.incidents i
   set score = fresh.score,
       score_reasons = fresh.reasons::jsonb
  from unnest($2::uuid[], $3::smallint[], $4::text[]) as fresh (id, score, reasons)
 where i.tenant_id = $1
   and i.id = fresh.id
   and (i.score <> fresh.score or i.score_reasons <> fresh.reasons::jsonb)
returning i.id
"""

LOCK_OF_RULES: Final[LiteralString] = """
select i.id
  from wf.incidents i
 where i.tenant_id = $1
   and i.state in ('new', 'acknowledged', 'contained')
   and i.id <> $2
   and exists (
         select
           from wf.alerts a
          where a.tenant_id = $1
            and a.incident_id = i.id
            and a.rule_id = any($3::text[]))
 order by i.id
 limit $4
   for update of i skip locked
"""

LOCK_NAMING: Final[LiteralString] = """
select i.id
  from wf.incidents i
 where i.tenant_id = $1
   and i.state in ('new', 'acknowledged', 'contained')
   and i.id <> $2
   and exists (
         select
           from wf.incident_entities e
          where e.tenant_id = $1
            and e.incident_id = i.id
            and e.kind = $3
            and e.value_index = $4)
 order by i.id
 limit $5
   for update of i skip locked
"""

SELECT_SCORE: Final[LiteralString] = """
select score,
       score_reasons::text as reasons
  from wf.incidents
 where tenant_id = $1
   and id = $2
"""


class KnownRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident: its severity, how many hosts it names, and what that which it names is worth."""

    id: UUID
    severity: Severity
    hosts: int
    weights: list[str]


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule behind an incident; `tags` is the JSON of its tags."""

    incident_id: UUID
    rule_id: str
    alerts: int
    tags: str


class ScoreRow(msgspec.Struct, frozen=True, kw_only=True):
    """A score as it is kept; `reasons` is the JSON of a list of `Reason`. The order is that of UPDATE_SCORES."""

    id: UUID
    score: int
    reasons: str


class KeptRow(msgspec.Struct, frozen=True, kw_only=True):
    """The score of one incident."""

    score: int
    reasons: str


async def select_known(tx: TenantTx, incident_ids: Sequence[UUID]) -> list[KnownRow]:
    """What the incidents' own rows tell."""
    return await tx.rows(KnownRow, SELECT_KNOWN, tx.tenant_id, incident_ids)


async def select_rules(tx: TenantTx, incident_ids: Sequence[UUID]) -> list[RuleRow]:
    """The rules behind the incidents."""
    return await tx.rows(RuleRow, SELECT_RULES, tx.tenant_id, incident_ids)


async def update_scores(tx: TenantTx, rows: Sequence[ScoreRow]) -> list[UUID]:
    """Keeps the scores and returns whose was another."""
    columns = [[getattr(row, name) for row in rows] for name in ScoreRow.__struct_fields__]
    return await tx.values(UUID, UPDATE_SCORES, tx.tenant_id, *columns)


async def lock_of_rules(tx: TenantTx, rule_ids: Sequence[str], *, but: UUID, limit: int) -> list[UUID]:
    """Open incidents with an alert of the rules, but for one; those that somebody else is changing are left out."""
    return await tx.values(UUID, LOCK_OF_RULES, tx.tenant_id, but, rule_ids, limit)


async def lock_naming(tx: TenantTx, kind: str, index: bytes, *, but: UUID, limit: int) -> list[UUID]:
    """Open incidents that name the entity, but for one; those that somebody else is changing are left out."""
    return await tx.values(UUID, LOCK_NAMING, tx.tenant_id, but, kind, index, limit)


async def select_score(tx: TenantTx, incident_id: UUID) -> KeptRow | None:
    """The incident's score."""
    return await tx.row(KeptRow, SELECT_SCORE, tx.tenant_id, incident_id)
