"""`/portal`: the customer's pages, the stream that keeps them up to date, and the way to one's own tenant."""

from litestar import Response, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from watchfloor.access.principal import NOBODY_HERE
from watchfloor.access.roles import Permission
from watchfloor.kernel.errors import NotFound
from watchfloor.web.api.given import IDENTIFIED, IN_TENANT, Identified, InTenant
from watchfloor.web.declaration import own_page, page_in_tenant
from watchfloor.web.pages.refusals import REFUSALS
from watchfloor.web.pages.streams import Streams
from watchfloor.web.portal import overview
from watchfloor.web.portal.room import HOME

_IN_TENANT = [*overview.ROUTES]


def portal_routes(streams: Streams) -> Router:
    """All routes of the portal."""
    in_tenant = Router("/{tenant:str}", route_handlers=[*_IN_TENANT, _changes(streams)])
    return Router(HOME, route_handlers=[enter, in_tenant], exception_handlers=REFUSALS, include_in_schema=False)


@get("/", access=own_page(), dependencies=IDENTIFIED)
async def enter(call: Identified) -> Response[bytes]:
    """Leads to the reader's own pages."""
    customers = [one for one in call.principal.tenants() if one.tenant_kind == "customer"]
    if call.principal.is_staff:
        return _lead("/console")
    if not customers:
        raise NotFound(NOBODY_HERE)
    return _lead(f"{HOME}/{customers[0].tenant_slug}")


def _changes(streams: Streams) -> HTTPRouteHandler:
    @get(
        "/changes",
        access=page_in_tenant(Permission.INCIDENT_READ, "changes", keeps_session=False),
        dependencies=IN_TENANT,
    )
    async def follow_changes(call: InTenant) -> Stream:
        """Word of changes in this tenant, as server-sent events, for as long as the session lasts."""
        if call.session is None:
            raise NotFound(NOBODY_HERE)
        stream = streams.open(call.session, call.principal.person_id, only=call.tenant_id)
        headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
        return Stream(streams.events(stream), media_type="text/event-stream", headers=headers)

    return follow_changes


def _lead(to: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"Location": to})
