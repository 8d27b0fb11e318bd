"""SQL of enrolment: what a feed's credentials are, and what stands in the way of its events."""

from datetime import datetime
from typing import Final, LiteralString

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

SELECT_REFUSED_TOKENS: Final[LiteralString] = """
select count(*) as times,
       max(at) as last_at
  from wf.audit_entries
 where tenant_id = $1
   and object_kind = 'feed'
   and object_id = $2
   and action = 'feed.refuse_token'
   and at >= $3
"""

SELECT_QUARANTINED: Final[LiteralString] = """
select code,
       count(*) as times,
       max(reason) as reason
  from (select code,
               reason,
               received_at
          from wf.quarantine
         where tenant_id = $1
           and feed_id = $2
         limit 1000) newest
 where received_at >= $3
 group by code
 order by times desc
"""

COUNT_WAITING: Final[LiteralString] = """
select count(*)
  from wf.intake_batches
 where tenant_id = $1
   and feed_id = $2
"""

COUNT_LIVE_CREDENTIALS: Final[LiteralString] = """
select (select count(*)
          from auth.feed_tokens t
         where t.tenant_id = $1
           and t.feed_id = $2
           and t.revoked_at is null)
       + (select count(*)
            from auth.feed_certificates c
           where c.tenant_id = $1
             and c.feed_id = $2
             and c.revoked_at is null
             and c.expires_at > now())
"""

SELECT_LAST_RECEIVED: Final[LiteralString] = """
select last_received_at
  from wf.feed_hours
 where tenant_id = $1
   and feed_id = $2
   and batches > 0
 order by hour desc
 limit 1
"""


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """How often something happened, and when last."""

    times: int
    last_at: datetime | None


class QuarantinedKind(msgspec.Struct, frozen=True, kw_only=True):
    """How many events were put aside for one reason, and the words of one of them."""

    code: str
    times: int
    reason: str


async def select_refused_tokens(tx: TenantTx, shown_feed_id: str, *, since: datetime) -> Times:
    """How often somebody showed a wrong secret of this feed, as far as it was noted: once a minute."""
    found = await tx.row(Times, SELECT_REFUSED_TOKENS, tx.tenant_id, shown_feed_id, since)
    return found or Times(times=0, last_at=None)


async def select_quarantined(tx: TenantTx, feed_id: FeedId, *, since: datetime) -> list[QuarantinedKind]:
    """Why events of a feed were put aside, the commonest reason first."""
    return await tx.rows(QuarantinedKind, SELECT_QUARANTINED, tx.tenant_id, feed_id, since)


async def count_waiting(tx: TenantTx, feed_id: FeedId) -> int:
    """How many batches of a feed wait to be worked."""
    return await tx.value(int, COUNT_WAITING, tx.tenant_id, feed_id) or 0


async def count_live_credentials(tx: TenantTx, feed_id: FeedId) -> int:
    """How many tokens and certificates of a feed work. As wf_auth only."""
    return await tx.value(int, COUNT_LIVE_CREDENTIALS, tx.tenant_id, feed_id) or 0


async def select_last_received(tx: TenantTx, feed_id: FeedId) -> datetime | None:
    """When the last batch of a feed that was worked had been received."""
    return await tx.value(datetime, SELECT_LAST_RECEIVED, tx.tenant_id, feed_id)
