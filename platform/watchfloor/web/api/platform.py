"""`/platform`: what the MSSP's platform administrators do across tenants. It shows nothing of what tenants hold."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from watchfloor.access import queries
from watchfloor.access.api_keys import issue
from watchfloor.access.roles import Permission, TenantKind
from watchfloor.kernel import ids
from watchfloor.kernel.db import directory_tx, tenant_tx
from watchfloor.kernel.ids import TenantId
from watchfloor.web.api.given import ON_PLATFORM, Cursor, OnPlatform, Page, PageSize
from watchfloor.web.api.keys import KEY_ID_PATTERN
from watchfloor.web.cursors import ById
from watchfloor.web.declaration import on_platform

_LIST: Final = "platform/tenants"
_FIRST: Final = UUID(int=0)


class PlatformTenant(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant as the directory knows it."""

    id: str
    slug: str
    code: str
    name: str
    kind: TenantKind
    state: str
    created_at: datetime


class LeakedKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public id of a key that was found outside: the eight characters behind `wfk_live_`."""

    key_id: Annotated[str, msgspec.Meta(pattern=KEY_ID_PATTERN)]


@get("/platform/tenants", access=on_platform(Permission.PLATFORM_TENANTS), dependencies=ON_PLATFORM, tags=["platform"])
async def list_tenants(call: OnPlatform, cursor: Cursor = None, limit: PageSize = 50) -> Page[PlatformTenant]:
    """All tenants of this installation."""
    after = _FIRST
    if cursor is not None:
        after = call.services.cursors.read(call.operator_id, _LIST, cursor, ById).id
    async with directory_tx(call.services.auth) as tx:
        rows = await queries.select_tenants(tx, after=after, limit=limit + 1)
    more = call.services.cursors.make(call.operator_id, _LIST, ById(rows[limit - 1].id)) if len(rows) > limit else None
    return Page(items=[_view(row) for row in rows[:limit]], next_cursor=more)


@post(
    "/platform/keys/revoke",
    access=on_platform(Permission.PLATFORM_KEYS, limit="write"),
    dependencies=ON_PLATFORM,
    tags=["platform"],
    status_code=204,
)
async def revoke_leaked_key(call: OnPlatform, data: JSONBody[LeakedKey]) -> None:
    """End a leaked key at once, whichever tenant's it is; its tenant finds it in its log and is told (I2)."""
    async with directory_tx(call.services.auth) as directory:
        tenant_id = await issue.tenant_of_key(directory, data.key_id)
    async with tenant_tx(call.services.auth, tenant_id) as tx:
        await issue.revoke_leaked_key(tx, call.actor, key_id=data.key_id)


ROUTES: list[HTTPRouteHandler] = [list_tenants, revoke_leaked_key]


def _view(row: queries.TenantRow) -> PlatformTenant:
    return PlatformTenant(
        id=ids.show("ten", TenantId(row.id)),
        slug=row.slug,
        code=row.code,
        name=row.name,
        kind=row.kind,
        state=row.state,
        created_at=row.created_at,
    )
