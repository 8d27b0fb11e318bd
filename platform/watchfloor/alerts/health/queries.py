"""SQL of rule health: what rules did, what people said of it, what exceptions hid, what it cost. Figures only."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, LiteralString

import msgspec

from watchfloor.detect.rule import Level
from watchfloor.kernel.db import TenantTx

SELECT_ACTIVITY: Final[LiteralString] = """
select s.rule_id,
       s.title,
       s.level,
       s.last_event_at,
       s.throttled_since,
       s.throttled_last,
       s.held_keys as throttled_keys,
       coalesce(sum(h.matches), 0)::bigint as matches,
       coalesce(sum(h.opened), 0)::bigint as opened,
       coalesce(sum(h.held_matches), 0)::bigint as held_matches,
       coalesce(sum(h.held_keys), 0)::bigint as held_keys
  from wf.rule_states s
  left join wf.rule_hours h
    on h.tenant_id = $1
   and h.rule_id = s.rule_id
   and h.hour >= $2
 where s.tenant_id = $1
 group by s.rule_id,
          s.title,
          s.level,
          s.last_event_at,
          s.throttled_since,
          s.throttled_last,
          s.held_keys
 order by s.rule_id
"""

SELECT_HIDDEN: Final[LiteralString] = """
select rule_id,
       sum(hidden)::bigint as hidden
  from wf.hidden_matches
 where tenant_id = $1
   and day >= $2
 group by rule_id
"""

SELECT_DISABLED: Final[LiteralString] = """
select rule_id
  from wf.rule_settings
 where tenant_id = $1
   and is_disabled
"""

SELECT_COSTS: Final[LiteralString] = """
select rule_id,
       sum(candidates)::bigint as candidates,
       sum(nanoseconds)::bigint as nanoseconds
  from wf.rule_costs
 where tenant_id = $1
   and day >= $2
 group by rule_id
"""

ADD_COSTS: Final[LiteralString] = """
insert into wf.rule_costs as kept (tenant_id, rule_id, day, candidates, nanoseconds)
select $1,
       fresh.rule_id,
       $2,
       fresh.candidates,
       fresh.nanoseconds
  from unnest($3::text[], $4::bigint[], $5::bigint[]) as fresh (rule_id, candidates, nanoseconds)
on conflict (tenant_id, rule_id, day) do update
   set candidates = kept.candidates + excluded.candidates,
       nanoseconds = kept.nanoseconds + excluded.nanoseconds
"""

FORGET_COSTS: Final[LiteralString] = "delete from wf.rule_costs where tenant_id = $1 and day < $2"


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule did in a period. `throttled_keys` are the alerts held back since it is throttled."""

    rule_id: str
    title: str
    level: Level
    last_event_at: datetime
    throttled_since: datetime | None
    throttled_last: datetime | None
    throttled_keys: int
    matches: int
    opened: int
    held_matches: int
    held_keys: int


class HiddenRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many matches of a rule the tenant's exceptions hid."""

    rule_id: str
    hidden: int


class CostRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule cost."""

    rule_id: str
    candidates: int
    nanoseconds: int


async def select_activity(tx: TenantTx, *, since: datetime) -> list[Activity]:
    """What each rule that ever matched did in the hours since."""
    return await tx.rows(Activity, SELECT_ACTIVITY, tx.tenant_id, since)


async def select_hidden(tx: TenantTx, *, since: date) -> list[HiddenRow]:
    """What exceptions hid since that day, by rule."""
    return await tx.rows(HiddenRow, SELECT_HIDDEN, tx.tenant_id, since)


async def select_disabled(tx: TenantTx) -> list[str]:
    """The rules that the tenant has switched off."""
    return await tx.values(str, SELECT_DISABLED, tx.tenant_id)


async def select_costs(tx: TenantTx, *, since: date) -> list[CostRow]:
    """What each rule cost since that day."""
    return await tx.rows(CostRow, SELECT_COSTS, tx.tenant_id, since)


async def add_costs(tx: TenantTx, *, day: date, rows: Sequence[CostRow]) -> None:
    """Adds to the rules' day. Rows in the order of rules, so that two workers never wait for each other."""
    columns = [[getattr(row, name) for row in rows] for name in CostRow.__struct_fields__]
    await tx.execute(ADD_COSTS, tx.tenant_id, day, *columns)


async def forget_costs(tx: TenantTx, *, before: date) -> None:
    """Deletes the days before this one."""
    await tx.execute(FORGET_COSTS, tx.tenant_id, before)
