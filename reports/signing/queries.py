"""SQL of looking a report up in the audit log, inside each tenant's transaction."""

from typing import Final, LiteralString

from watchfloor.kernel.db import TenantTx

SELECT_FINISHED: Final[LiteralString] = """
select after_hash
  from wf.audit_entries
 where tenant_id = $1
   and object_kind = 'report'
   and object_id = $2
   and action = $3
   and after_hash is not null
 order by seq
"""


async def select_finished(tx: TenantTx, report_id: str, *, action: str) -> list[bytes]:
    """The hashes of the states in which a report was finished; most often one."""
    return await tx.values(bytes, SELECT_FINISHED, tx.tenant_id, report_id, action)
