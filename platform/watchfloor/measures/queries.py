"""SQL of whose time it is that figures are about, and of now."""

from datetime import datetime
from typing import Final, LiteralString

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Unavailable

SELECT_ZONE: Final[LiteralString] = """
select time_zone
  from wf.tenants
 where tenant_id = $1
"""

SELECT_MOMENT: Final[LiteralString] = "select now()"


async def select_zone(tx: TenantTx) -> str | None:
    """The tenant's time zone; None when there is no such tenant."""
    return await tx.value(str, SELECT_ZONE, tx.tenant_id)


async def select_moment(tx: TenantTx) -> datetime:
    """Now, as the database's clock has it."""
    found = await tx.value(datetime, SELECT_MOMENT)
    if found is None:
        raise Unavailable("The database has no time.")
    return found
