"""SQL of what things are worth."""

from typing import Final, LiteralString

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_WEIGHT: Final[LiteralString] = """
select weight
  from wf.asset_weights
 where tenant_id = $1
   and kind = $2
   and value_index = $3
"""

UPSERT_WEIGHT: Final[LiteralString] = """
insert into wf.asset_weights (tenant_id, kind, value_index, value, weight, set_by)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, kind, value_index) do update
   set weight = excluded.weight,
       value = excluded.value,
       set_by = excluded.set_by,
       set_at = now()
"""

DELETE_WEIGHT: Final[LiteralString] = """
delete from wf.asset_weights
 where tenant_id = $1
   and kind = $2
   and value_index = $3
"""


class WeightRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.asset_weights`. The order is that of UPSERT_WEIGHT."""

    kind: str
    value_index: bytes
    value: bytes
    weight: str
    set_by: str


async def select_weight(tx: TenantTx, kind: str, index: bytes) -> str | None:
    """What is said of a thing, or None."""
    return await tx.value(str, SELECT_WEIGHT, tx.tenant_id, kind, index)


async def upsert_weight(tx: TenantTx, row: WeightRow) -> None:
    """Says what a thing is worth."""
    await tx.execute(UPSERT_WEIGHT, tx.tenant_id, *msgspec.structs.astuple(row))


async def delete_weight(tx: TenantTx, kind: str, index: bytes) -> None:
    """Says no more of a thing."""
    await tx.execute(DELETE_WEIGHT, tx.tenant_id, kind, index)
