"""`/me`, `/session`, `/sessions`: who I am, my session, and ending it."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from watchfloor.access import development
from watchfloor.access.roles import Permission, Role, TenantKind
from watchfloor.access.sessions import (
    AuthenticatedBy,
    Session,
    close_all_sessions,
    close_session,
    csrf_token,
)
from watchfloor.kernel import ids
from watchfloor.kernel.db import directory_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.web.api.given import IDENTIFIED, AnyRequest, Identified
from watchfloor.web.calls import IdentifiedCall
from watchfloor.web.cookies import no_cookie, session_cookie
from watchfloor.web.declaration import identified, public
from watchfloor.web.demo_login import open_demo_session
from watchfloor.web.services import Services


class TenantView(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant of the caller's, with what the caller is and may do there."""

    id: str
    slug: str
    code: str
    name: str
    kind: TenantKind
    roles: list[Role]
    permissions: list[Permission]


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The caller."""

    kind: str
    id: str
    email: str
    name: str
    is_staff: bool
    tenants: list[TenantView]


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """The caller's session. Unsafe requests send `csrf_token` in the header `X-CSRF-Token`."""

    csrf_token: str
    authenticated_by: AuthenticatedBy
    created_at: datetime
    expires_at: datetime


class DevelopmentLogin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who of the demo to become."""

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=320)]


@get("/me", access=identified(), dependencies=IDENTIFIED, tags=["identity"])
async def read_me(call: Identified) -> Me:
    """Who I am, and my tenants."""
    principal = call.principal
    return Me(
        kind=principal.kind,
        id=principal.id,
        email=principal.email,
        name=principal.name,
        is_staff=principal.is_staff,
        tenants=tenants_of(call),
    )


@get("/session", access=identified(), dependencies=IDENTIFIED, tags=["identity"])
async def read_session(call: Identified) -> SessionView:
    """My session and its CSRF token. An API key has none."""
    session = _session(call)
    return SessionView(
        csrf_token=csrf_token(session.id).reveal(),
        authenticated_by=session.authenticated_by,
        created_at=session.created_at,
        expires_at=session.expires_at,
    )


@delete("/session", access=identified(limit="write"), dependencies=IDENTIFIED, tags=["identity"], status_code=204)
async def end_session(call: Identified) -> Response[None]:
    """Sign out here."""
    session = _session(call)
    async with directory_tx(call.services.auth) as tx:
        await close_session(tx, session.id)
    return Response(None, status_code=204, cookies=[no_cookie(call.services.settings)])


@delete("/sessions", access=identified(limit="write"), dependencies=IDENTIFIED, tags=["identity"], status_code=204)
async def end_all_sessions(call: Identified) -> Response[None]:
    """Sign out everywhere, at once."""
    _session(call)
    async with directory_tx(call.services.auth) as tx:
        await close_all_sessions(tx, call.principal.person_id)
    return Response(None, status_code=204, cookies=[no_cookie(call.services.settings)])


@get("/tenants", access=identified(), dependencies=IDENTIFIED, tags=["identity"])
async def list_my_tenants(call: Identified) -> list[TenantView]:
    """The tenants that I reach."""
    return tenants_of(call)


def tenants_of(call: IdentifiedCall) -> list[TenantView]:
    """The caller's tenants."""
    principal = call.principal
    return [
        TenantView(
            id=ids.show("ten", membership.tenant_id),
            slug=membership.tenant_slug,
            code=membership.tenant_code,
            name=membership.tenant_name,
            kind=membership.tenant_kind,
            roles=list(principal.roles_in(membership.tenant_id)),
            permissions=sorted(principal.permissions_in(membership.tenant_id)),
        )
        for membership in principal.tenants()
    ]


def identity_routes(services: Services) -> list[HTTPRouteHandler]:
    """The routes; the development login is among them in a demo only."""
    routes = [read_me, read_session, end_session, end_all_sessions, list_my_tenants]
    return [*routes, _development_login(services)] if development.is_possible(services.settings) else routes


def _development_login(services: Services) -> HTTPRouteHandler:
    settings = services.settings

    @post(
        "/session",
        access=public("the demo's login without proof; exists in a demo on this machine only", limit="login"),
        tags=["identity"],
        status_code=201,
    )
    async def sign_in_to_demo(request: AnyRequest, data: JSONBody[DevelopmentLogin]) -> Response[SessionView]:
        """Become a person of the demo. There is no such thing outside of one."""
        opened = await open_demo_session(services, request, data.email)
        view = SessionView(
            csrf_token=opened.csrf.reveal(),
            authenticated_by="development",
            created_at=opened.created_at,
            expires_at=opened.expires_at,
        )
        return Response(view, status_code=201, cookies=[session_cookie(settings, opened.id)])

    return sign_in_to_demo


def _session(call: IdentifiedCall) -> Session:
    if call.session is None:
        raise NotFound("An API key has no session.")
    return call.session
