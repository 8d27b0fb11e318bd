"""SQL of what detection had to do with ATT&CK: the tags of alerts, and the log sources that came in."""

from datetime import datetime
from typing import Final, LiteralString

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_TAGS: Final[LiteralString] = """
select (rule -> 'tags')::text as tags,
       count(*) as alerts
  from wf.alerts
 where tenant_id = $1
   and created_at >= $2
   and created_at < $3
 group by 1
"""

SELECT_SOURCES: Final[LiteralString] = """
select distinct product,
       category,
       service
  from wf.source_days
 where tenant_id = $1
   and day >= ($2::timestamptz at time zone 'UTC')::date
   and day <= ($3::timestamptz at time zone 'UTC')::date
"""


class TagsRow(msgspec.Struct, frozen=True, kw_only=True):
    """The tags of rules, and how many alerts those raised. `tags` is JSON."""

    tags: str
    alerts: int


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A log source. A part that it has not is empty."""

    product: str
    category: str
    service: str


async def select_tags(tx: TenantTx, *, begin: datetime, end: datetime) -> list[TagsRow]:
    """The tags of the rules that raised alerts from an instant until before another."""
    return await tx.rows(TagsRow, SELECT_TAGS, tx.tenant_id, begin, end)


async def select_sources(tx: TenantTx, *, begin: datetime, end: datetime) -> list[SourceRow]:
    """The log sources that came in on the days (UTC) of two instants and between them."""
    return await tx.rows(SourceRow, SELECT_SOURCES, tx.tenant_id, begin, end)
