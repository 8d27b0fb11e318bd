"""SQL of the watch: what was told, and pages about cases that ask for nothing any more."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, LiteralString
from uuid import UUID

from watchfloor.kernel.db import TenantTx

INSERT_WARNING: Final[LiteralString] = """
insert into wf.breach_warnings (tenant_id, case_id, regime, stage, point)
values ($1, $2, $3, $4, $5)
on conflict do nothing
"""

SELECT_WATCHED: Final[LiteralString] = """
select 1
  from wf.breach_cases
 where tenant_id = $1
   and status not in ('not_a_breach', 'closed')
 union all
select 1
  from wf.pages
 where tenant_id = $1
   and subject_kind = 'breach'
   and ended_at is null
 limit 1
"""

SELECT_OPEN_KEYS: Final[LiteralString] = """
select key
  from wf.pages
 where tenant_id = $1
   and subject_kind = 'breach'
   and ended_at is null
"""

END_PAGES: Final[LiteralString] = """
update wf.pages
   set ended_at = now(),
       ended_because = $3,
       ended_by = $4
 where tenant_id = $1
   and key = any($2::text[])
   and ended_at is null
"""


async def insert_warning(tx: TenantTx, case_id: UUID, *, regime: str, stage: str, point: datetime) -> bool:
    """Notes that a point is told of. False when it was before."""
    return await tx.execute(INSERT_WARNING, tx.tenant_id, case_id, regime, stage, point) == 1


async def has_open_cases(tx: TenantTx) -> bool:
    """Whether the tenant has a case on which somebody works, or a page about one."""
    return await tx.value(int, SELECT_WATCHED, tx.tenant_id) is not None


async def select_open_keys(tx: TenantTx) -> list[str]:
    """The keys of pages about cases that nobody has answered."""
    return await tx.values(str, SELECT_OPEN_KEYS, tx.tenant_id)


async def end_pages(tx: TenantTx, keys: Sequence[str], *, because: Literal["answered", "done"], by: str) -> int:
    """Ends these pages. Returns how many there were."""
    return await tx.execute(END_PAGES, tx.tenant_id, keys, because, by)
