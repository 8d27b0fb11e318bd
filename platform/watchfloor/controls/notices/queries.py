"""SQL of the notices of breach cases that were due in a time: when, and when they went. Never what they say."""

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_DUE: Final[LiteralString] = """
select n.id,
       n.due_at,
       s.happened_at as submitted_at
  from wf.breach_notices n
  left join wf.breach_notice_steps s
    on s.tenant_id = $1
   and s.notice_id = n.id
   and s.step = 'sent'
 where n.tenant_id = $1
   and n.due_at >= $2
   and n.due_at < $3
   and not exists (select
                     from wf.breach_notice_steps w
                    where w.tenant_id = $1
                      and w.notice_id = n.id
                      and w.step = 'withdrawn')
 order by n.due_at,
          n.id
"""


class DueNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that was not withdrawn: until when it had to go, and when it went."""

    id: UUID
    due_at: datetime
    submitted_at: datetime | None


async def select_due(tx: TenantTx, *, begin: datetime, end: datetime) -> list[DueNotice]:
    """The notices that were due from `begin` on and before `end`."""
    return await tx.rows(DueNotice, SELECT_DUE, tx.tenant_id, begin, end)
