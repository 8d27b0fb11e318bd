"""Who may call a route: declared on the handler, enforced by one guard, denied where it is missing (R1).

Every handler carries `access=...`, made by one of the functions here. `routes` lists what an application serves with
its declaration; `check_routes` refuses an application with an undeclared one, and the guard refuses, as unknown, what
was registered later without one.
"""

from typing import Final, Literal, cast

import msgspec
from litestar import Litestar
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.routes import HTTPRoute

from watchfloor.access.roles import PLATFORM_PERMISSIONS, Permission
from watchfloor.kernel.errors import Invalid

Audience = Literal["public", "identified", "staff", "tenant", "platform"]
LimitClass = Literal["public", "login", "read", "write", "mint", "report", "download", "search"]

KEY: Final = "access"
TENANT_PARAMETER: Final = "tenant"


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What a route asks of its caller.

    `object_kind` is what staff are said to have looked at, by the path parameter of that name or as a list.
    `why_public` is the reason that a public route has. `is_page` says that browsers show it: a session is needed, and
    forms bring the session's token as a field. `keeps_session` is False for what a page asks for by itself.
    """

    audience: Audience
    permission: Permission | None = None
    limit: LimitClass
    object_kind: str = ""
    why_public: str = ""
    is_page: bool = False
    keeps_session: bool = True


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path, as served."""

    method: str
    path: str
    access: Access | None
    handler: HTTPRouteHandler


def public(why: str, *, limit: LimitClass = "public") -> Access:
    """For everybody, and the reason why."""
    return Access(audience="public", limit=limit, why_public=why)


def identified(*, limit: LimitClass = "read") -> Access:
    """For everybody whom we know, about themselves."""
    return Access(audience="identified", limit=limit)


def for_staff(*, limit: LimitClass = "read", keeps_session: bool = True) -> Access:
    """A page for the MSSP's own people; for all others it does not exist."""
    return Access(audience="staff", limit=limit, is_page=True, keeps_session=keeps_session)


def in_tenant(permission: Permission, object_kind: str, *, limit: LimitClass = "read") -> Access:
    """For members of the tenant in the path who have the permission there; for all others the path does not exist."""
    return Access(audience="tenant", permission=permission, limit=limit, object_kind=object_kind)


def page_in_tenant(
    permission: Permission, object_kind: str, *, limit: LimitClass = "read", keeps_session: bool = True
) -> Access:
    """A page for members of the tenant in the path who have the permission there, in a browser; a key has none."""
    return Access(
        audience="tenant",
        permission=permission,
        limit=limit,
        object_kind=object_kind,
        is_page=True,
        keeps_session=keeps_session,
    )


def own_page(*, limit: LimitClass = "read") -> Access:
    """A page for everybody whom we know, about themselves."""
    return Access(audience="identified", limit=limit, is_page=True)


def on_platform(permission: Permission, *, limit: LimitClass = "read") -> Access:
    """For members of the operator's own tenant who have the permission there."""
    return Access(audience="platform", permission=permission, limit=limit)


def access_of(handler: BaseRouteHandler) -> Access | None:
    """What the handler declares."""
    found = cast("dict[str, object]", handler.opt).get(KEY)
    return found if isinstance(found, Access) else None


def routes(app: Litestar) -> list[Route]:
    """All that the application answers, by path and method. The OPTIONS that the framework adds are never served."""
    found = [
        Route(method=method, path=route.path_format, access=access_of(handler), handler=handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in sorted(handler.http_methods)
        if method != "OPTIONS"
    ]
    return sorted(found, key=lambda route: (route.path, route.method))


def check_routes(app: Litestar) -> None:
    """Refuses to start an application that would serve what nobody declared. Raises Invalid with all of them."""
    faults = [f"{type(route).__name__} {route.path}" for route in app.routes if not isinstance(route, HTTPRoute)]
    faults += [f"{route.method} {route.path}: {fault}" for route in routes(app) if (fault := _fault(route))]
    if faults:
        raise Invalid(
            "These routes do not say who may call them:\n  - " + "\n  - ".join(faults),
            where="watchfloor.web",
            remedy="\nGive each handler an access=... from watchfloor.web.declaration.",
        )


def _fault(route: Route) -> str | None:
    access = route.access
    if access is None:
        return "no access is declared"
    has_tenant = f"{{{TENANT_PARAMETER}}}" in route.path
    if (access.audience == "tenant") != has_tenant:
        return "a path with {tenant} and the audience `tenant` belong together"
    if access.audience == "tenant" and access.permission is None:
        return "a tenant's route needs a permission"
    if access.audience == "platform" and access.permission not in PLATFORM_PERMISSIONS:
        return "a platform route needs a platform permission"
    if access.audience == "tenant" and access.permission in PLATFORM_PERMISSIONS:
        return "a tenant's route cannot ask for a platform permission"
    return None
