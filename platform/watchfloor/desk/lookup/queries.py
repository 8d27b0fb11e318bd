"""SQL of looking up: incidents by number, words and things; what is known of a thing; references to complete from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_TITLED: Final[LiteralString] = """
select recent.id
  from (
    select i.id,
           i.title,
           i.state,
           i.opened_at
      from wf.incidents i
     where i.tenant_id = $1
     order by i.opened_at desc,
              i.id desc
     limit $4) as recent
 where strpos(lower(recent.title), $2) > 0
    or recent.state = $2
    or exists (
      select
        from wf.alerts a
       where a.tenant_id = $1
         and a.incident_id = recent.id
         and strpos(lower(a.title), $2) > 0
      offset 0)
 order by recent.opened_at desc,
          recent.id desc
 limit $3
"""

SELECT_NUMBERED: Final[LiteralString] = """
select id
  from wf.incidents
 where tenant_id = $1
   and number = $2
"""

SELECT_NAMING: Final[LiteralString] = """
select i.id
  from wf.incidents i
 where i.tenant_id = $1
   and i.id = any (array(
     select e.incident_id
       from wf.incident_entities e
      where e.tenant_id = $1
        and e.value_index = any ($2::bytea[])))
 order by i.opened_at desc,
          i.id desc
 limit $3
"""

SELECT_SIGHTINGS: Final[LiteralString] = """
select count(*) as alerts,
       coalesce(sum(a.match_count), 0)::bigint as matches,
       min(a.first_seen) as first_seen,
       max(a.last_seen) as last_seen
  from wf.alerts a
 where a.tenant_id = $1
   and a.id = any (array(
     select e.alert_id
       from wf.alert_entities e
      where e.tenant_id = $1
        and e.value_index = any ($2::bytea[])))
"""

COUNT_NAMING: Final[LiteralString] = """
select count(distinct incident_id)
  from wf.incident_entities
 where tenant_id = $1
   and value_index = any ($2::bytea[])
"""

SELECT_BY_NUMBERS: Final[LiteralString] = """
select i.number,
       i.title,
       i.severity,
       i.state
  from unnest($2::bigint[], $3::bigint[]) as wanted (low, high)
  join wf.incidents i
    on i.tenant_id = $1
   and i.number >= wanted.low
   and i.number <= wanted.high
 order by i.number desc
 limit $4
"""

SELECT_NEWEST: Final[LiteralString] = """
select number,
       title,
       severity,
       state
  from wf.incidents
 where tenant_id = $1
   and state = any ($2::text[])
 order by opened_at desc
 limit $3
"""


class SightingsRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a thing: how many alerts name it, with how many matches, and their first and last moment."""

    alerts: int
    matches: int
    first_seen: datetime | None
    last_seen: datetime | None


class SuggestionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident to complete from."""

    number: int
    title: str
    severity: str
    state: str


async def select_titled(tx: TenantTx, text: str, *, limit: int, among: int) -> list[UUID]:
    """The incidents, among the newest so many, in whose title or rules' titles the small letters stand."""
    return await tx.values(UUID, SELECT_TITLED, tx.tenant_id, text, limit, among)


async def select_numbered(tx: TenantTx, number: int) -> list[UUID]:
    """The incident with this number."""
    return await tx.values(UUID, SELECT_NUMBERED, tx.tenant_id, number)


async def select_naming(tx: TenantTx, indexes: Sequence[bytes], *, limit: int) -> list[UUID]:
    """The newest incidents that name one of these things."""
    return await tx.values(UUID, SELECT_NAMING, tx.tenant_id, indexes, limit)


async def select_sightings(tx: TenantTx, indexes: Sequence[bytes]) -> SightingsRow:
    """What is known of these things together."""
    found = await tx.row(SightingsRow, SELECT_SIGHTINGS, tx.tenant_id, indexes)
    return found or SightingsRow(alerts=0, matches=0, first_seen=None, last_seen=None)


async def count_naming(tx: TenantTx, indexes: Sequence[bytes]) -> int:
    """How many incidents name one of these things."""
    return await tx.value(int, COUNT_NAMING, tx.tenant_id, indexes) or 0


async def select_by_numbers(tx: TenantTx, ranges: Sequence[tuple[int, int]], *, limit: int) -> list[SuggestionRow]:
    """The newest incidents whose numbers lie in one of the ranges, both ends included."""
    lows, highs = [low for low, _ in ranges], [high for _, high in ranges]
    return await tx.rows(SuggestionRow, SELECT_BY_NUMBERS, tx.tenant_id, lows, highs, limit)


async def select_newest(tx: TenantTx, *, states: Sequence[str], limit: int) -> list[SuggestionRow]:
    """The newest incidents in these states."""
    return await tx.rows(SuggestionRow, SELECT_NEWEST, tx.tenant_id, states, limit)
