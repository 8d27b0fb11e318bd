"""`/tenants/{tenant}/keys`: API keys (I1). The text of a key is in the answer that makes it, and nowhere else."""

from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access.api_keys import issue
from watchfloor.access.api_keys.check import KEY_ENVIRONMENT
from watchfloor.access.api_keys.queries import KeyRow
from watchfloor.access.principal import NOBODY_HERE
from watchfloor.access.roles import Permission
from watchfloor.kernel import ids
from watchfloor.kernel.credentials import KeyEnvironment
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import PersonId
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.calls import TenantCall
from watchfloor.web.cursors import ByText
from watchfloor.web.declaration import in_tenant

KEY_ID_PATTERN: Final = "^[0-9A-Za-z]{8}$"

_LIST: Final = "keys"
_KeyName = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["ticket exporter"]),
]
_Name = Annotated[str, PathParameter(description="A key's public id: eight letters and digits.", max_length=64)]


class KeyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the key is for, what it may do (at most what you may), and for how many days."""

    name: _KeyName
    scopes: Annotated[list[Permission], msgspec.Meta(min_length=1, max_length=len(Permission))]
    days: Annotated[int, msgspec.Meta(ge=1, le=issue.LONGEST_DAYS)]


class RotationRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how many hours the old key goes on working."""

    overlap_hours: Annotated[int, msgspec.Meta(ge=0, le=issue.LONGEST_OVERLAP_HOURS)] = 24


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new key. `key` is shown this once."""

    id: str
    key: str
    scopes: list[Permission]
    expires_at: datetime


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key, without its secret."""

    id: str
    name: str
    scopes: list[str]
    made_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    replaces: str | None


@get("/keys", access=in_tenant(Permission.KEY_CREATE, "api_key"), dependencies=IN_TENANT, tags=["keys"])
async def list_keys(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[KeyView]:
    """My keys here; all keys of the tenant for who manages keys."""
    after = ""
    if cursor is not None:
        after = call.services.cursors.read(call.tenant_id, _LIST, cursor, ByText).text
    async with call.directory() as tx:
        rows = await issue.list_keys(tx, principal=call.principal, after=after, limit=limit + 1)
    more = call.services.cursors.make(call.tenant_id, _LIST, ByText(rows[limit - 1].id)) if len(rows) > limit else None
    return Page(items=[_view(row) for row in rows[:limit]], next_cursor=more)


@post(
    "/keys",
    access=in_tenant(Permission.KEY_CREATE, "api_key", limit="mint"),
    dependencies=IN_TENANT,
    tags=["keys"],
    status_code=201,
)
async def create_key(call: InTenant, data: JSONBody[KeyRequest]) -> NewKey:
    """Make a key. A key cannot make keys."""
    async with call.directory() as tx:
        issued = await issue.create_key(
            tx,
            call.actor,
            principal=call.principal,
            environment=_environment(call),
            name=data.name,
            scopes=data.scopes,
            days=data.days,
        )
    return _new(issued)


@post(
    "/keys/{api_key:str}/rotate",
    access=in_tenant(Permission.KEY_CREATE, "api_key", limit="mint"),
    dependencies=IN_TENANT,
    tags=["keys"],
    status_code=201,
)
async def rotate_key(call: InTenant, api_key: _Name, data: JSONBody[RotationRequest]) -> NewKey:
    """Make a key's successor; both work until the overlap is over."""
    async with call.directory() as tx:
        issued = await issue.rotate_key(
            tx,
            call.actor,
            principal=call.principal,
            environment=_environment(call),
            key_id=_id(api_key),
            overlap=timedelta(hours=data.overlap_hours),
        )
    return _new(issued)


@delete(
    "/keys/{api_key:str}",
    access=in_tenant(Permission.KEY_CREATE, "api_key", limit="write"),
    dependencies=IN_TENANT,
    tags=["keys"],
    status_code=204,
)
async def revoke_key(call: InTenant, api_key: _Name) -> None:
    """End a key at once."""
    async with call.directory() as tx:
        await issue.revoke_key(tx, call.actor, principal=call.principal, key_id=_id(api_key))


ROUTES: list[HTTPRouteHandler] = [list_keys, create_key, rotate_key, revoke_key]


def _id(text: str) -> str:
    if len(text) != len("12345678") or not (text.isascii() and text.isalnum()):
        raise NotFound(NOBODY_HERE)
    return text


def _environment(call: TenantCall) -> KeyEnvironment:
    return KEY_ENVIRONMENT[call.services.settings.environment]


def _new(issued: issue.IssuedKey) -> NewKey:
    return NewKey(id=issued.id, key=issued.text.reveal(), scopes=list(issued.scopes), expires_at=issued.expires_at)


def _view(row: KeyRow) -> KeyView:
    return KeyView(
        id=row.id,
        name=row.name,
        scopes=row.scopes,
        made_by=ids.show("per", PersonId(row.created_by)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        replaces=row.replaces,
    )
