"""SQL of quotas: what a tenant's record says of them."""

from typing import Final, LiteralString

from watchfloor.kernel.db import TenantTx

SELECT_QUOTA: Final[LiteralString] = """
select (bundle -> 'intake')::text
  from wf.tenants
 where tenant_id = $1
"""


async def select_quota(tx: TenantTx) -> str | None:
    """The intake's part of the tenant's bundle as JSON."""
    return await tx.value(str, SELECT_QUOTA, tx.tenant_id)
