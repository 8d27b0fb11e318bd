"""SQL of a tenant's own numbers."""

from datetime import datetime
from typing import Final, LiteralString

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_NUMBERS: Final[LiteralString] = """
select kind,
       metric,
       number,
       set_by,
       set_at
  from wf.evidence_thresholds
 where tenant_id = $1
   and kind >= 'E'
 order by kind,
          metric
"""

UPSERT_NUMBER: Final[LiteralString] = """
insert into wf.evidence_thresholds (tenant_id, kind, metric, number, set_by)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, kind, metric) do update
   set number = excluded.number,
       set_by = excluded.set_by,
       set_at = now()
"""

DELETE_NUMBER: Final[LiteralString] = """
delete from wf.evidence_thresholds
 where tenant_id = $1
   and kind = $2
   and metric = $3
"""


class NumberRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant holds itself to, since when, and who said so."""

    kind: str
    metric: str
    number: float
    set_by: str
    set_at: datetime


async def select_numbers(tx: TenantTx) -> list[NumberRow]:
    """All of a tenant's own numbers, a few dozen at most."""
    return await tx.rows(NumberRow, SELECT_NUMBERS, tx.tenant_id)


async def upsert_number(tx: TenantTx, *, kind: str, metric: str, number: float, by: str) -> None:
    """Sets a number."""
    await tx.execute(UPSERT_NUMBER, tx.tenant_id, kind, metric, number, by)


async def delete_number(tx: TenantTx, *, kind: str, metric: str) -> bool:
    """Goes back to the usual number; False when there was none."""
    return await tx.execute(DELETE_NUMBER, tx.tenant_id, kind, metric) == 1
