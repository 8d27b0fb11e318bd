"""SQL of the notices that were due in a period. Reads dates alone: what a notice says stays sealed."""

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_DUE: Final[LiteralString] = """
select n.id,
       n.regime,
       n.stage,
       n.due_at,
       (select s.happened_at
          from wf.breach_notice_steps s
         where s.tenant_id = $1
           and s.notice_id = n.id
           and s.step = 'sent') as sent_at
  from wf.breach_notices n
 where n.tenant_id = $1
   and n.due_at >= $2
   and n.due_at < $3
   and (select count(*)
          from wf.breach_notice_steps w
         where w.tenant_id = $1
           and w.notice_id = n.id
           and w.step = 'withdrawn') = 0
 order by n.due_at,
          n.id
"""


class NoticeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that was due, and when it was handed in."""

    id: UUID
    regime: str
    stage: str
    due_at: datetime
    sent_at: datetime | None


async def select_due(tx: TenantTx, *, begin: datetime, end: datetime) -> list[NoticeRow]:
    """The notices that were due from an instant until before another, without those withdrawn."""
    return await tx.rows(NoticeRow, SELECT_DUE, tx.tenant_id, begin, end)
