"""SQL of verdicts by rule."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_TALLIES: Final[LiteralString] = """
select wanted.rule_id,
       told.verdict,
       told.incidents
  from unnest($2::text[]) as wanted (rule_id)
 cross join lateral (
         select v.verdict,
                count(*) as incidents
           from wf.rule_verdicts v
          where v.tenant_id = $1
            and v.rule_id = wanted.rule_id
          group by v.verdict) as told
"""

SELECT_TALLIES_SINCE: Final[LiteralString] = """
select rule_id,
       verdict,
       count(*) as incidents
  from wf.rule_verdicts
 where tenant_id = $1
   and opened_at >= $2
 group by rule_id,
          verdict
"""

DELETE_VERDICTS: Final[LiteralString] = """
delete from wf.rule_verdicts
 where tenant_id = $1
   and incident_id = $2
returning rule_id
"""

INSERT_VERDICTS: Final[LiteralString] = """
insert into wf.rule_verdicts (tenant_id, rule_id, incident_id, verdict, opened_at)
select distinct i.tenant_id,
       a.rule_id,
       i.id,
       i.verdict,
       i.opened_at
  from wf.incidents i
  join wf.alerts a
    on a.tenant_id = $1
   and a.incident_id = i.id
 where i.tenant_id = $1
   and i.id = $2
   and i.verdict is not null
returning rule_id
"""


class TallyRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many incidents with an alert of the rule got this verdict."""

    rule_id: str
    verdict: Literal["true_positive", "benign", "false_positive", "inconclusive"]
    incidents: int


async def select_tallies(tx: TenantTx, rule_ids: Sequence[str]) -> list[TallyRow]:
    """The verdicts on incidents of these rules."""
    return await tx.rows(TallyRow, SELECT_TALLIES, tx.tenant_id, rule_ids)


async def select_tallies_since(tx: TenantTx, since: datetime) -> list[TallyRow]:
    """The verdicts on incidents that were opened since, by rule."""
    return await tx.rows(TallyRow, SELECT_TALLIES_SINCE, tx.tenant_id, since)


async def delete_verdicts(tx: TenantTx, incident_id: UUID) -> list[str]:
    """Takes the incident out of the figures. Returns the rules that it was counted for."""
    return await tx.values(str, DELETE_VERDICTS, tx.tenant_id, incident_id)


async def insert_verdicts(tx: TenantTx, incident_id: UUID) -> list[str]:
    """Counts the incident for each rule of its alerts, if it has a verdict. Returns those rules."""
    return await tx.values(str, INSERT_VERDICTS, tx.tenant_id, incident_id)
