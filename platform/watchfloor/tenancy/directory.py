"""The tenants there are, for workers that go from one to the next. Names stay in `auth`, which they cannot read."""

from watchfloor.kernel.db import DirectoryTx
from watchfloor.kernel.ids import TenantId
from watchfloor.tenancy import queries


async def active_tenants(tx: DirectoryTx) -> list[TenantId]:
    """The tenants that work is done for now: neither suspended nor leaving."""
    return [TenantId(tenant_id) for tenant_id in await queries.select_active_tenants(tx)]
