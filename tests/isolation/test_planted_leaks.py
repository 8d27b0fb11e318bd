"""The cross-tenant suite finds what it is there for: routes with every kind of mistake are planted and found."""

import logging
import random
from collections.abc import Callable
from typing import Final

import msgspec
import pytest
from litestar import Response, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from tests.api.attack import Attack, plan
from tests.api.running import serving
from tests.api.world import World
from tests.conftest import MakeSettings
from watchfloor.access.roles import Permission
from watchfloor.kernel import ids
from watchfloor.kernel.db import directory_tx, tenant_tx
from watchfloor.kernel.errors import NotFound, Refused
from watchfloor.kernel.ids import TenantId
from watchfloor.tenancy.directory import active_tenants
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.declaration import in_tenant
from watchfloor.web.services import Services


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a planted route."""

    incident: str


Found = tuple[TenantId, str]
Mistake = Callable[[Found | None, TenantId], Response[str]]


async def find_anywhere(services: Services, incident: str) -> Found | None:
    """What no handler may do: looks into every tenant, and gives the owner and the title."""
    incident_id = ids.parse("inc", incident)
    async with directory_tx(services.app) as directory:
        tenants = await active_tenants(directory)
    for tenant_id in tenants:
        async with tenant_tx(services.app, tenant_id) as tx:
            query = "select title from wf.incidents where tenant_id = $1 and id = $2"
            title = await tx.value(str, query, tenant_id, incident_id)
        if title is not None:
            return tenant_id, title
    return None


def in_body(found: Found | None, _own: TenantId) -> Response[str]:
    if found is None:
        raise NotFound("none")
    return Response(found[1])


def in_header(found: Found | None, _own: TenantId) -> Response[str]:
    return Response("", headers={} if found is None else {"X-Title": found[1]})


def in_status(found: Found | None, own: TenantId) -> Response[str]:
    if found is not None and found[0] != own:
        raise Refused("That is somebody else's.")
    raise NotFound("none")


def in_log(found: Found | None, _own: TenantId) -> Response[str]:
    logging.getLogger("planted").info("asked for %s", (found or ("", ""))[1])
    raise NotFound("none")


def in_crash(found: Found | None, _own: TenantId) -> Response[str]:
    if found is not None:
        raise ZeroDivisionError
    raise NotFound("none")


MISTAKES: Final[dict[str, Mistake]] = {
    "in-body": in_body,
    "in-header": in_header,
    "in-status": in_status,
    "in-log": in_log,
    "in-crash": in_crash,
}
ACCESS: Final = in_tenant(Permission.INCIDENT_READ, "incident")


def by_path(services: Services, name: str, mistake: Mistake) -> HTTPRouteHandler:
    @get(f"/{name}/{{incident:str}}", access=ACCESS, dependencies=IN_TENANT)
    async def planted(call: InTenant, incident: FromPath[str]) -> Response[str]:
        return mistake(await find_anywhere(services, incident), call.tenant_id)

    return planted


def by_query(services: Services, mistake: Mistake) -> HTTPRouteHandler:
    @get("/by-query", access=ACCESS, dependencies=IN_TENANT)
    async def planted(call: InTenant, like: FromQuery[str] = "") -> Response[str]:
        return mistake(await find_anywhere(services, like), call.tenant_id)

    return planted


def by_body(services: Services, mistake: Mistake) -> HTTPRouteHandler:
    @post("/by-posting", access=ACCESS, dependencies=IN_TENANT)
    async def planted(call: InTenant, data: JSONBody[Wanted]) -> Response[str]:
        return mistake(await find_anywhere(services, data.incident), call.tenant_id)

    return planted


def planted_leaks(services: Services) -> list[HTTPRouteHandler | Router]:
    """Routes with every kind of mistake that the suite must find."""
    planted = [by_path(services, name, mistake) for name, mistake in MISTAKES.items()]
    planted += [by_query(services, in_body), by_body(services, in_body)]
    return [Router("/api/v1/tenants/{tenant:str}/planted", route_handlers=planted)]


def test_each_planted_leak_is_found(make_settings: MakeSettings, caplog: pytest.LogCaptureFixture) -> None:
    names = (*MISTAKES, "by-query", "by-posting")
    with serving(make_settings("leaky"), extra=planted_leaks) as leaky:
        world = World(leaky)
        attack = Attack(leaky, world, world.alpha, world.beta)
        found = {name: attack.run(plan(attack, random.Random(3), at_most=400, only=name), caplog) for name in names}
    assert [name for name, findings in found.items() if not findings.leaks] == []
