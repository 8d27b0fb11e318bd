"""The one guard before every handler: who, how often, where, may they (R1, R7).

It runs before a body is read, but for the token in a page's form. It finds the route's declaration, the principal
(memberships read now), the tenant among the principal's own, and the permission there, and leaves a call for the
handler. What is not declared, and a tenant that is not the principal's, do not exist. Every refusal is written down: in
the tenant's log for its members, else in the operator's (A1).
"""

from collections.abc import Awaitable, Callable
from typing import Final

from litestar.exceptions import MethodNotAllowedException
from litestar.handlers import BaseRouteHandler

from watchfloor.access import queries
from watchfloor.access.limits import Limit
from watchfloor.access.principal import NOBODY_HERE
from watchfloor.access.roles import Permission
from watchfloor.access.visits import record_refusal
from watchfloor.kernel.db import directory_tx, tenant_tx
from watchfloor.kernel.errors import NotFound, Refused
from watchfloor.kernel.ids import TenantId
from watchfloor.web.calls import IdentifiedCall, PlatformCall, TenantCall, Visit
from watchfloor.web.csrf import SAFE_METHODS
from watchfloor.web.declaration import TENANT_PARAMETER, Access, access_of
from watchfloor.web.identify import address_of, count, identify
from watchfloor.web.observe import request_id_of
from watchfloor.web.scope import Connection, method_of, path_parameters, route_of, state_of
from watchfloor.web.services import Services

CALL: Final = "watchfloor.call"

_LISTED: Final = "list"


def guard_with(services: Services) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """The guard, for `Litestar(guards=[...])`."""

    async def enforce(connection: Connection, handler: BaseRouteHandler) -> None:
        if method_of(connection.scope) == "OPTIONS":
            raise MethodNotAllowedException
        access = access_of(handler)
        if access is None:
            raise NotFound(NOBODY_HERE)
        if access.audience == "public":
            limit = services.limits.login if access.limit == "login" else services.limits.public
            await count(services, limit, address_of(connection), needs_valkey=access.limit == "login")
            return
        await _admit(services, connection, access)

    return enforce


async def _admit(services: Services, connection: Connection, access: Access) -> None:
    principal, session = await identify(services, connection, access)
    call = IdentifiedCall(services, principal, session, request_id_of(connection.scope))
    state = state_of(connection.scope)
    state[CALL] = call
    limit: Limit = getattr(services.limits, access.limit)
    await count(services, limit, principal.id, needs_valkey=session is None)
    tenant = path_parameters(connection.scope).get(TENANT_PARAMETER, "")
    try:
        _check_surface(call, access)
        if access.audience == "staff":
            call.principal.operator_tenant()
        elif access.audience == "tenant":
            state[CALL] = _in_tenant(call, connection, access, tenant)
        elif access.audience == "platform":
            state[CALL] = _on_platform(call, access)
    except (NotFound, Refused):
        await _write_refusal(call, connection, tenant)
        raise


def _check_surface(call: IdentifiedCall, access: Access) -> None:
    """Pages are for browsers; a key has none."""
    if access.is_page and call.session is None:
        raise NotFound(NOBODY_HERE)


def _in_tenant(call: IdentifiedCall, connection: Connection, access: Access, tenant: str) -> TenantCall:
    permission = _permission(access)
    tenant_id = call.principal.find_tenant(tenant)
    call.principal.require(tenant_id, permission)
    visit = None
    if method_of(connection.scope) in SAFE_METHODS and call.principal.acts_as_staff_in(tenant_id):
        named = path_parameters(connection.scope).get(access.object_kind, _LISTED)
        visit = Visit(object_kind=access.object_kind, object_id=named[:128])
    return TenantCall(call, tenant_id, permission, route=_route(connection), visit=visit)


def _on_platform(call: IdentifiedCall, access: Access) -> PlatformCall:
    permission = _permission(access)
    operator_id = call.principal.operator_tenant()
    call.principal.require(operator_id, permission)
    return PlatformCall(call, operator_id, permission)


def _permission(access: Access) -> Permission:
    if access.permission is None:
        raise NotFound(NOBODY_HERE)
    return access.permission


async def _write_refusal(call: IdentifiedCall, connection: Connection, tenant: str) -> None:
    """In the log of the tenant that was named, if it is the caller's, else in the operator's."""
    try:
        tenant_id = call.principal.find_tenant(tenant)
    except NotFound:
        async with directory_tx(call.services.auth) as directory:
            operator = await queries.select_operator(directory)
        if operator is None:
            return
        tenant_id = TenantId(operator)
    actor = call.principal.actor(tenant_id, request_id=call.request_id)
    async with tenant_tx(call.services.app, tenant_id) as tx:
        await record_refusal(tx, actor, route=_route(connection))


def _route(connection: Connection) -> str:
    return f"{method_of(connection.scope)} {route_of(connection.scope)}"
