"""SQL of what rules do in a tenant, and of their throttling. In bulk: a batch costs the same few statements always."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_STANDINGS: Final[LiteralString] = """
select wanted.rule_id,
       coalesce(h.opened, 0) as opened,
       coalesce(h.reserved, 0) as reserved,
       s.throttled_since,
       (select t.bundle -> 'alert_budget' from wf.tenants t where t.tenant_id = $1)::text as budgets
  from unnest($2::text[]) as wanted (rule_id)
  left join wf.rule_hours h
    on h.tenant_id = $1
   and h.rule_id = wanted.rule_id
   and h.hour = $3
  left join wf.rule_states s
    on s.tenant_id = $1
   and s.rule_id = any($2::text[])
   and s.rule_id = wanted.rule_id
"""

SELECT_SUBJECTS: Final[LiteralString] = """
select s.rule_id,
       s.subject_index as subject,
       s.seen_at
  from unnest($2::text[], $3::bytea[]) as wanted (rule_id, subject_index)
  join wf.rule_subjects s
    on s.tenant_id = $1
   and s.rule_id = wanted.rule_id
   and s.subject_index = wanted.subject_index
 where s.seen_at > $4
"""

SELECT_HELD: Final[LiteralString] = """
select h.alert_id,
       h.dedup_index
  from unnest($2::uuid[], $3::bytea[]) as wanted (alert_id, dedup_index)
  join wf.held_keys h
    on h.tenant_id = $1
   and h.alert_id = wanted.alert_id
   and h.dedup_index = wanted.dedup_index
 where h.alert_id = any($2::uuid[])
   and h.dedup_index = any($3::bytea[])
"""

INSERT_HELD: Final[LiteralString] = """
insert into wf.held_keys (tenant_id, alert_id, dedup_index, hour)
select $1,
       fresh.alert_id,
       fresh.dedup_index,
       fresh.hour
  from unnest($2::uuid[], $3::bytea[], $4::timestamptz[]) as fresh (alert_id, dedup_index, hour)
"""

UPSERT_SUBJECTS: Final[LiteralString] = """
insert into wf.rule_subjects as kept (tenant_id, rule_id, subject_index, seen_at)
select $1,
       fresh.rule_id,
       fresh.subject_index,
       fresh.seen_at
  from unnest($2::text[], $3::bytea[], $4::timestamptz[]) as fresh (rule_id, subject_index, seen_at)
on conflict (tenant_id, rule_id, subject_index) do update
   set seen_at = greatest(kept.seen_at, excluded.seen_at)
"""

ADD_TO_HOURS: Final[LiteralString] = """
insert into wf.rule_hours as kept (
  tenant_id, rule_id, hour, matches, opened, reserved, held_matches, held_keys)
select $1,
       fresh.rule_id,
       fresh.hour,
       fresh.matches,
       fresh.opened,
       fresh.reserved,
       fresh.held_matches,
       fresh.held_keys
  from unnest($2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
       as fresh (rule_id, hour, matches, opened, reserved, held_matches, held_keys)
on conflict (tenant_id, rule_id, hour) do update
   set matches = kept.matches + excluded.matches,
       opened = kept.opened + excluded.opened,
       reserved = kept.reserved + excluded.reserved,
       held_matches = kept.held_matches + excluded.held_matches,
       held_keys = kept.held_keys + excluded.held_keys
"""

UPSERT_STATES: Final[LiteralString] = """
insert into wf.rule_states as kept (
  tenant_id, rule_id, title, level, first_event_at, last_event_at, throttled_since, throttled_last, held_matches,
  held_keys)
select $1,
       fresh.rule_id,
       fresh.title,
       fresh.level,
       fresh.first_event_at,
       fresh.last_event_at,
       fresh.throttled_at,
       fresh.throttled_at,
       fresh.held_matches,
       fresh.held_keys
  from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[],
              $8::bigint[], $9::bigint[])
       as fresh (rule_id, title, level, first_event_at, last_event_at, throttled_at, held_matches, held_keys)
on conflict (tenant_id, rule_id) do update
   set title = excluded.title,
       level = excluded.level,
       first_event_at = least(kept.first_event_at, excluded.first_event_at),
       last_event_at = greatest(kept.last_event_at, excluded.last_event_at),
       throttled_since = coalesce(kept.throttled_since, excluded.throttled_since),
       throttled_last = greatest(kept.throttled_last, excluded.throttled_last),
       held_matches = kept.held_matches + excluded.held_matches,
       held_keys = kept.held_keys + excluded.held_keys
"""

SELECT_CALM: Final[LiteralString] = """
select rule_id,
       title,
       level,
       throttled_since,
       throttled_last,
       held_matches,
       held_keys
  from wf.rule_states
 where tenant_id = $1
   and throttled_last < $2
 order by rule_id
"""

UNFLAG: Final[LiteralString] = """
update wf.rule_states
   set throttled_since = null,
       throttled_last = null,
       held_matches = 0,
       held_keys = 0
 where tenant_id = $1
   and rule_id = any($2::text[])
"""

FORGET_SUBJECTS: Final[LiteralString] = "delete from wf.rule_subjects where tenant_id = $1 and seen_at < $2"

FORGET_HELD: Final[LiteralString] = "delete from wf.held_keys where tenant_id = $1 and hour < $2"

FORGET_HOURS: Final[LiteralString] = "delete from wf.rule_hours where tenant_id = $1 and hour < $2"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rule stands in an hour. `budgets` is the tenant's setting as JSON, None where it has none."""

    rule_id: str
    opened: int
    reserved: int
    throttled_since: datetime | None
    budgets: str | None


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a rule has concerned, by keyed hash, and when last. The order is that of UPSERT_SUBJECTS."""

    rule_id: str
    subject: bytes
    seen_at: datetime


class HeldKey(msgspec.Struct, frozen=True, kw_only=True):
    """A dedup key that a standing alert gathers."""

    alert_id: UUID
    dedup_index: bytes


class NewHeldKey(msgspec.Struct, frozen=True, kw_only=True):
    """The same before it is written. The order is that of INSERT_HELD."""

    alert_id: UUID
    dedup_index: bytes
    hour: datetime


class RuleHour(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule adds to its hour. The order is that of ADD_TO_HOURS."""

    rule_id: str
    hour: datetime
    matches: int
    opened: int
    reserved: int
    held_matches: int
    held_keys: int


class RuleState(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch says of a rule. `throttled_at` is None if nothing was held. The order is that of UPSERT_STATES."""

    rule_id: str
    title: str
    level: str
    first_event_at: datetime
    last_event_at: datetime
    throttled_at: datetime | None
    held_matches: int
    held_keys: int


class CalmRule(msgspec.Struct, frozen=True, kw_only=True):
    """A throttled rule that has held nothing for a while."""

    rule_id: str
    title: str
    level: str
    throttled_since: datetime
    throttled_last: datetime
    held_matches: int
    held_keys: int


async def select_standings(tx: TenantTx, rule_ids: Sequence[str], *, hour: datetime) -> list[Standing]:
    """Where each of the rules stands in the hour."""
    return await tx.rows(Standing, SELECT_STANDINGS, tx.tenant_id, rule_ids, hour)


async def select_subjects(tx: TenantTx, wanted: Sequence[Subject], *, since: datetime) -> list[Subject]:
    """Those of the subjects that their rule has concerned after `since`."""
    rules, subjects = [one.rule_id for one in wanted], [one.subject for one in wanted]
    return await tx.rows(Subject, SELECT_SUBJECTS, tx.tenant_id, rules, subjects, since)


async def select_held(tx: TenantTx, wanted: Sequence[HeldKey]) -> list[HeldKey]:
    """Those of the keys that their standing alert gathers already."""
    alerts, keys = [one.alert_id for one in wanted], [one.dedup_index for one in wanted]
    return await tx.rows(HeldKey, SELECT_HELD, tx.tenant_id, alerts, keys)


async def insert_held(tx: TenantTx, rows: Sequence[NewHeldKey]) -> None:
    """Adds keys to standing alerts. A key twice in one alert is an error: it would count twice."""
    await tx.execute(INSERT_HELD, tx.tenant_id, *_columns(rows, NewHeldKey))


async def upsert_subjects(tx: TenantTx, rows: Sequence[Subject]) -> None:
    """Notes whom rules have concerned."""
    await tx.execute(UPSERT_SUBJECTS, tx.tenant_id, *_columns(rows, Subject))


async def add_to_hours(tx: TenantTx, rows: Sequence[RuleHour]) -> None:
    """Adds to the rules' hours."""
    await tx.execute(ADD_TO_HOURS, tx.tenant_id, *_columns(rows, RuleHour))


async def upsert_states(tx: TenantTx, rows: Sequence[RuleState]) -> None:
    """Brings the rules' states up to date."""
    await tx.execute(UPSERT_STATES, tx.tenant_id, *_columns(rows, RuleState))


async def select_calm(tx: TenantTx, *, before: datetime) -> list[CalmRule]:
    """The throttled rules that have held nothing since `before`."""
    return await tx.rows(CalmRule, SELECT_CALM, tx.tenant_id, before)


async def unflag(tx: TenantTx, rule_ids: Sequence[str]) -> None:
    """Ends the throttling of rules."""
    await tx.execute(UNFLAG, tx.tenant_id, rule_ids)


async def forget(tx: TenantTx, *, subjects: datetime, held: datetime, hours: datetime) -> None:
    """Deletes what is older: subjects last seen, held keys and hours before the given moments."""
    await tx.execute(FORGET_SUBJECTS, tx.tenant_id, subjects)
    await tx.execute(FORGET_HELD, tx.tenant_id, held)
    await tx.execute(FORGET_HOURS, tx.tenant_id, hours)


def _columns(rows: Sequence[msgspec.Struct], kind: type[msgspec.Struct]) -> list[list[object]]:
    """The rows as one list a column, in the order of the struct's fields: what `unnest` takes."""
    return [[getattr(row, name) for row in rows] for name in kind.__struct_fields__]
