"""`/tenants/{tenant}/members`: who belongs here, as what."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access import members
from watchfloor.access.queries import MemberRow
from watchfloor.access.roles import STAFF_ROLES, Permission, Role
from watchfloor.kernel import ids
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.cursors import ById
from watchfloor.web.declaration import in_tenant

_LIST: Final = "members"
_FIRST: Final = UUID(int=0)
_Name = Annotated[str, PathParameter(description="A membership's id (`mem_...`).", max_length=64)]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class MemberRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who gets which role, and until when."""

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=320)]
    role: Role
    expires_at: _Moment | None = None


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """One role of one person here."""

    id: str
    email: str
    role: Role
    is_staff: bool
    granted_at: datetime
    expires_at: datetime | None


@get("/members", access=in_tenant(Permission.MEMBER_READ, "member"), dependencies=IN_TENANT, tags=["members"])
async def list_members(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[MemberView]:
    """Everybody who can see this tenant, the MSSP's people among them."""
    after = _FIRST
    if cursor is not None:
        after = call.services.cursors.read(call.tenant_id, _LIST, cursor, ById).id
    async with call.directory() as tx:
        rows = await members.list_members(tx, after=after, limit=limit + 1)
    more = call.services.cursors.make(call.tenant_id, _LIST, ById(rows[limit - 1].id)) if len(rows) > limit else None
    return Page(items=[_view(row) for row in rows[:limit]], next_cursor=more)


@post(
    "/members",
    access=in_tenant(Permission.MEMBER_MANAGE, "member", limit="mint"),
    dependencies=IN_TENANT,
    tags=["members"],
    status_code=201,
)
async def add_member(call: InTenant, data: JSONBody[MemberRequest]) -> MemberView:
    """Give a person a role here."""
    async with call.directory() as tx:
        row = await members.add_member(
            tx,
            call.actor,
            principal=call.principal,
            cipher=await call.cipher(tx),
            email=data.email,
            role=data.role,
            expires_at=data.expires_at,
        )
    return _view(row)


@delete(
    "/members/{member:str}",
    access=in_tenant(Permission.MEMBER_MANAGE, "member", limit="write"),
    dependencies=IN_TENANT,
    tags=["members"],
    status_code=204,
)
async def remove_member(call: InTenant, member: _Name) -> None:
    """Take a role from a person; it ends with that person's next request."""
    membership_id = ids.parse("mem", member)
    async with call.directory() as tx:
        await members.remove_member(
            tx,
            call.actor,
            principal=call.principal,
            cipher=await call.cipher(tx),
            membership_id=membership_id,
        )


ROUTES: list[HTTPRouteHandler] = [list_members, add_member, remove_member]


def _view(row: MemberRow) -> MemberView:
    return MemberView(
        id=ids.show("mem", row.id),
        email=row.email,
        role=row.role,
        is_staff=row.role in STAFF_ROLES,
        granted_at=row.granted_at,
        expires_at=row.expires_at,
    )
