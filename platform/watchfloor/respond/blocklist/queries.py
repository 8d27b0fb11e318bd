"""SQL of the blocklist."""

from collections.abc import Sequence
from typing import Final, LiteralString

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import ActionId

INSERT_BLOCKED: Final[LiteralString] = """
insert into wf.blocklist (tenant_id, kind, value_index, value, action_id)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, kind, value_index) do nothing
"""

DELETE_BLOCKED: Final[LiteralString] = """
delete from wf.blocklist
 where tenant_id = $1
   and kind = $2
   and value_index = any($3::bytea[])
"""

SELECT_BLOCKED: Final[LiteralString] = """
select kind,
       value_index,
       value
  from wf.blocklist
 where tenant_id = $1
   and kind = any($2::text[])
 order by kind,
          value_index
 limit $3
"""


class BlockedRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the blocklist, sealed."""

    kind: str
    value_index: bytes
    value: bytes


async def insert_blocked(tx: TenantTx, row: BlockedRow, action_id: ActionId) -> bool:
    """Puts a value on the blocklist. False when it stands there."""
    return await tx.execute(INSERT_BLOCKED, tx.tenant_id, row.kind, row.value_index, row.value, action_id) == 1


async def delete_blocked(tx: TenantTx, kind: str, indexes: Sequence[bytes]) -> bool:
    """Takes a value off the blocklist. False when it does not stand there."""
    return await tx.execute(DELETE_BLOCKED, tx.tenant_id, kind, list(indexes)) > 0


async def select_blocked(tx: TenantTx, kinds: Sequence[str], *, limit: int) -> list[BlockedRow]:
    """The blocklist's entries of these kinds."""
    return await tx.rows(BlockedRow, SELECT_BLOCKED, tx.tenant_id, list(kinds), limit)
