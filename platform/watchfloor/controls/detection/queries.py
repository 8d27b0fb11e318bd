"""SQL of the log sources that came in over a period, and of the rules that are switched off."""

from datetime import date
from typing import Final, LiteralString

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_SOURCES: Final[LiteralString] = """
select product,
       category,
       service
  from wf.source_days
 where tenant_id = $1
   and day >= $2
   and day < $3
 group by product,
          category,
          service
 order by product,
          category,
          service
"""

SELECT_OFF: Final[LiteralString] = """
select rule_id
  from wf.rule_settings
 where tenant_id = $1
   and is_disabled
   and rule_id > ''
"""


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A log source that came in. A part that it has not is empty."""

    product: str
    category: str
    service: str


async def select_sources(tx: TenantTx, *, first: date, until: date) -> list[SourceRow]:
    """The log sources of the days."""
    return await tx.rows(SourceRow, SELECT_SOURCES, tx.tenant_id, first, until)


async def select_off(tx: TenantTx) -> list[str]:
    """The rules that the tenant has switched off."""
    return await tx.values(str, SELECT_OFF, tx.tenant_id)
