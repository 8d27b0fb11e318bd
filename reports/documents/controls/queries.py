"""SQL of the control evidence report: since when the tenant has records at all."""

from datetime import datetime
from typing import Final, LiteralString

from watchfloor.kernel.db import TenantTx

SELECT_BEGINNING: Final[LiteralString] = """
select min(at)
  from wf.audit_entries
 where tenant_id = $1
"""


async def select_beginning(tx: TenantTx) -> datetime | None:
    """When the tenant's records begin: its audit chain is the first of them."""
    return await tx.value(datetime, SELECT_BEGINNING, tx.tenant_id)
