"""SQL of the tenant that evidence is computed for."""

from typing import Final, LiteralString

from watchfloor.kernel.db import TenantTx

SELECT_TIME_ZONE: Final[LiteralString] = """
select time_zone
  from wf.tenants
 where tenant_id = $1
"""


async def select_time_zone(tx: TenantTx) -> str | None:
    """The tenant's time zone."""
    return await tx.value(str, SELECT_TIME_ZONE, tx.tenant_id)
