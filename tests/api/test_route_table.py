"""Every route says who may call it, or there is no application (R1)."""

import pytest
from litestar import Litestar, asgi, get
from litestar.types import Receive, Scope, Send

from tests.api.running import Api, serving
from tests.api.world import World
from tests.conftest import MakeSettings
from watchfloor.access.roles import Permission, Role
from watchfloor.kernel.errors import Invalid
from watchfloor.web.declaration import Access, check_routes, in_tenant, on_platform, public, routes


def app_with(path: str, access: Access | None) -> Litestar:
    @get(path, opt={} if access is None else {"access": access})
    async def handler() -> None: ...

    return Litestar([handler], openapi_config=None, logging_config=None)


@pytest.mark.parametrize(
    ("path", "access", "fault"),
    [
        ("/x", None, "no access is declared"),
        ("/x", in_tenant(Permission.ALERT_READ, "alert"), "belong together"),
        ("/{tenant:str}/x", public("no reason"), "belong together"),
        ("/x", on_platform(Permission.ALERT_READ), "needs a platform permission"),
        ("/{tenant:str}/x", Access(audience="tenant", limit="read"), "needs a permission"),
        ("/{tenant:str}/x", in_tenant(Permission.PLATFORM_KEYS, "key"), "cannot ask for a platform permission"),
    ],
)
def test_a_route_that_does_not_say_who_may_call_it_stops_the_start(
    path: str, access: Access | None, fault: str
) -> None:
    with pytest.raises(Invalid, match=fault):
        check_routes(app_with(path, access))


def test_a_route_that_is_no_http_route_stops_the_start() -> None:
    @asgi("/raw", copy_scope=True)
    async def raw(scope: Scope, receive: Receive, send: Send) -> None: ...

    with pytest.raises(Invalid, match="ASGIRoute /raw"):
        check_routes(Litestar([raw], openapi_config=None, logging_config=None))


def test_a_route_that_was_added_behind_the_check_does_not_exist(make_settings: MakeSettings) -> None:
    @get("/late")
    async def undeclared() -> str:
        return "reached"

    @get("/tenants/{tenant:str}/late", access=Access(audience="tenant", limit="read"))
    async def without_permission() -> str:
        return "reached"

    with serving(make_settings("late")) as api:
        world = World(api)
        lead = world.alpha.callers[Role.LEAD].by_session(api)
        for late in (undeclared, without_permission):
            api.app.router.register(late)
        answers = {lead.get(path).text for path in ("/late", "/tenants/alpha/late", "/never")}
        assert answers == {lead.get("/never").text}


def test_each_public_route_gives_its_reason(api: Api) -> None:
    unexplained = [
        route.path
        for route in routes(api.app.router)
        if route.access is not None and route.access.audience == "public" and not route.access.why_public
    ]
    assert unexplained == []


def test_what_the_framework_adds_by_itself_is_not_served(api: Api) -> None:
    path = "/api/v1/tenants/alpha/incidents"
    assert api.speak().request("OPTIONS", path).status_code == 405
    assert api.speak().request("HEAD", path).status_code == 405
    assert api.speak().request("TRACE", path).status_code == 405
