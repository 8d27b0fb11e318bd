"""SQL of what an incident report tells beside its alerts: who gave the verdict, and which feeds were silent."""

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_VERDICT_GIVEN: Final[LiteralString] = """
select at,
       actor_kind,
       actor_id
  from wf.incident_timeline
 where tenant_id = $1
   and incident_id = $2
   and kind = 'verdict'
 order by at desc,
          id desc
 limit 1
"""

SELECT_SILENT_FEEDS: Final[LiteralString] = """
select f.name,
       f.created_at,
       max(h.last_event_at) as newest
  from wf.feeds f
  left join wf.feed_hours h
    on h.tenant_id = $1
   and h.feed_id = f.id
 where f.tenant_id = $1
 group by f.id,
          f.name,
          f.created_at
having max(h.last_event_at) is null
    or max(h.last_event_at) < $2
 order by f.name
"""


class GivenRow(msgspec.Struct, frozen=True, kw_only=True):
    """When and by whom something was done."""

    at: datetime
    actor_kind: str
    actor_id: str


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A feed with the time of the newest event that it ever brought."""

    name: str
    created_at: datetime
    newest: datetime | None


async def select_verdict_given(tx: TenantTx, incident_id: UUID) -> GivenRow | None:
    """When and by whom the incident's verdict was given last."""
    return await tx.row(GivenRow, SELECT_VERDICT_GIVEN, tx.tenant_id, incident_id)


async def select_silent_feeds(tx: TenantTx, before: datetime) -> list[FeedRow]:
    """The feeds whose newest event is older than `before`, and those that never brought one."""
    return await tx.rows(FeedRow, SELECT_SILENT_FEEDS, tx.tenant_id, before)
