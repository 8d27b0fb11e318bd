"""The tenants there are, for workers that go from one to the next. Names stay in `auth`, which they cannot read."""

from watchfloor.kernel.db import DirectoryTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import TenantId
from watchfloor.tenancy import queries


async def active_tenants(tx: DirectoryTx) -> list[TenantId]:
    """The tenants that work is done for now: neither suspended nor leaving."""
    return [TenantId(tenant_id) for tenant_id in await queries.select_active_tenants(tx)]


async def find_tenant(tx: DirectoryTx, slug: str) -> TenantId:
    """The tenant of this name, as wf_auth. Raises NotFound."""
    tenant_id = await queries.select_tenant_with_slug(tx, slug)
    if tenant_id is None:
        raise NotFound("There is no tenant with this slug.", where=slug)
    return TenantId(tenant_id)
