"""`/portal/{tenant}`: one sentence on whether anything needs the customer, and the rest in figures."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from watchfloor.access.roles import Permission
from watchfloor.respond import queries as actions
from watchfloor.web.api.given import IN_TENANT, AnyRequest, InTenant
from watchfloor.web.declaration import page_in_tenant
from watchfloor.web.portal.room import OVERVIEW, open_room


@get("/", access=page_in_tenant(Permission.INCIDENT_READ, "overview"), dependencies=IN_TENANT)
async def show_overview(call: InTenant, request: AnyRequest) -> Response[bytes]:
    """The overview."""
    async with call.records() as tx:
        room = await open_room(call, request, tx)
        waiting = await actions.count_waiting(tx)
    return room.show("overview.html", OVERVIEW, waiting=waiting)


ROUTES: list[HTTPRouteHandler] = [show_overview]
