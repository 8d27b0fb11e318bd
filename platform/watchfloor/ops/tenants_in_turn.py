"""Work in one tenant after the other, for commands that show figures of one or of all.

Each tenant's part is done in a transaction of its own, inside that tenant; nothing is read across.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID

from watchfloor.access import queries
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, DirectoryTx, Role, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import TenantId

T = TypeVar("T")

_PAGE: Final = 500


async def in_each_tenant(
    settings: Settings, slug: str | None, work: Callable[[TenantTx], Awaitable[T]]
) -> dict[str, T]:
    """What the work gives in the customer with this slug, or in each customer, by slug.

    Raises NotFound when there is no such customer, or none at all.
    """
    directory = await Database.open(settings, Role.AUTH, connections=1)
    database = await Database.open(settings, Role.APP, connections=1)
    try:
        async with directory_tx(directory) as tx:
            tenants = {row.slug: TenantId(row.id) for row in await _customers(tx) if slug in (None, row.slug)}
        if not tenants:
            raise NotFound("There is no such customer." if slug else "There are no customers yet.", where=slug)
        results: dict[str, T] = {}
        for name, tenant_id in sorted(tenants.items()):
            async with tenant_tx(database, tenant_id) as tx:
                results[name] = await work(tx)
        return results
    finally:
        await database.close()
        await directory.close()


async def _customers(tx: DirectoryTx) -> list[queries.TenantRow]:
    """The customers that work is done for."""
    found: list[queries.TenantRow] = []
    after = UUID(int=0)
    while rows := await queries.select_tenants(tx, after=after, limit=_PAGE):
        found += [row for row in rows if row.kind == "customer" and row.state == "active"]
        after = rows[-1].id
    return found
