"""SQL of the keys of what was stored."""

from collections.abc import Sequence
from typing import Final, LiteralString

from watchfloor.kernel.db import TenantTx

SELECT_KNOWN: Final[LiteralString] = """
select key_hash
  from wf.pulled_keys
 where tenant_id = $1
   and key_hash = any ($2::bytea[])
"""

INSERT_KEYS: Final[LiteralString] = """
insert into wf.pulled_keys (tenant_id, key_hash)
select $1,
       fresh.key
  from unnest($2::bytea[]) as fresh (key)
on conflict do nothing
"""

DELETE_OLD_KEYS: Final[LiteralString] = """
delete from wf.pulled_keys
 where tenant_id = $1
   and key_hash = any (array(
         select key_hash
           from wf.pulled_keys
          where tenant_id = $1
            and day < current_date - $2::integer
          limit $3))
"""


async def select_known(tx: TenantTx, keys: Sequence[bytes]) -> list[bytes]:
    """Those of the keys that are stored."""
    return await tx.values(bytes, SELECT_KNOWN, tx.tenant_id, keys)


async def insert_keys(tx: TenantTx, keys: Sequence[bytes]) -> int:
    """Stores keys; returns how many were not stored before."""
    return await tx.execute(INSERT_KEYS, tx.tenant_id, keys)


async def delete_old_keys(tx: TenantTx, *, days: int, limit: int) -> int:
    """Deletes keys older than so many days; returns how many."""
    return await tx.execute(DELETE_OLD_KEYS, tx.tenant_id, days, limit)
