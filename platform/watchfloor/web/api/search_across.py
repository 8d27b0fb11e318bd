"""`/search`: the events of all tenants that the caller may search, one after the other. Each tenant logs it."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Annotated, Final, TypeVar

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from watchfloor.access.principal import NOBODY_HERE
from watchfloor.access.roles import Permission
from watchfloor.kernel.errors import NotFound, WatchfloorError
from watchfloor.search.asked import MOST_SECONDS, Asked, question_of
from watchfloor.web.api.given import IDENTIFIED, Identified
from watchfloor.web.api.search_asking import Looking, SweepAsked, asked_of, find_in, read_indicators, sweep_in
from watchfloor.web.api.search_views import SearchFound, SweepFound
from watchfloor.web.calls import TenantCall, Visit
from watchfloor.web.declaration import identified

T = TypeVar("T")

_Tenants = Annotated[list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=1_000)]
_OUT_OF_TIME: Final = "The time was up before this tenant was looked at."
_VISIT: Final = Visit(object_kind="events", object_id="search")


class AcrossAsked(Looking, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events, of which time, and what to give back of them: `limit` of each tenant, in `seconds` altogether.

    `tenants` are ids or short names; without them, all whose events the caller may search.
    """

    tenants: _Tenants = msgspec.field(default_factory=list)


class SweepAcrossAsked(SweepAsked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Indicators as people paste them, and whose events are looked at; without `tenants`, all that one may search."""

    tenants: _Tenants = msgspec.field(default_factory=list)


class TenantFound(msgspec.Struct, frozen=True, kw_only=True):
    """What one tenant has. Its cursor goes on at that tenant's own route. `problem`: why it has no answer."""

    tenant: str
    found: SearchFound | None = None
    problem: str | None = None


class TenantSwept(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen at one tenant. `problem`: why it has no answer."""

    tenant: str
    found: SweepFound | None = None
    problem: str | None = None


class AcrossFound(msgspec.Struct, frozen=True, kw_only=True):
    """The answers, by tenant."""

    tenants: list[TenantFound]


class SweptAcross(msgspec.Struct, frozen=True, kw_only=True):
    """The answers, by tenant."""

    tenants: list[TenantSwept]


@post("/search", access=identified(limit="search"), dependencies=IDENTIFIED, tags=["search"], status_code=200)
async def search_across(call: Identified, data: JSONBody[AcrossAsked]) -> AcrossFound:
    """Find or count events of several tenants. A tenant that cannot be searched stops no other, and says why."""
    asked = asked_of(data)
    question_of(asked, now=call.services.clock.now())

    async def find(tenant: TenantCall, seconds: float) -> SearchFound:
        within = msgspec.structs.replace(asked, seconds=seconds)
        return await find_in(tenant, question_of(within, now=call.services.clock.now()))

    answers = _in_turn(call, data.tenants, data.seconds, find)
    return AcrossFound(
        tenants=[TenantFound(tenant=slug, found=one, problem=fault) async for slug, one, fault in answers]
    )


@post("/search/sweep", access=identified(limit="search"), dependencies=IDENTIFIED, tags=["search"], status_code=200)
async def sweep_across(call: Identified, data: JSONBody[SweepAcrossAsked]) -> SweptAcross:
    """Say which of many indicators were seen at which tenant."""
    swept = read_indicators(data.indicators)
    asked = Asked(since=data.since, until=data.until, hours=data.hours, why=data.why)
    question_of(asked, now=call.services.clock.now())

    async def sweep(tenant: TenantCall, seconds: float) -> SweepFound:
        return await sweep_in(tenant, swept, msgspec.structs.replace(asked, seconds=seconds))

    answers = _in_turn(call, data.tenants, MOST_SECONDS, sweep)
    return SweptAcross(
        tenants=[TenantSwept(tenant=slug, found=one, problem=fault) async for slug, one, fault in answers]
    )


ACROSS: list[HTTPRouteHandler] = [search_across, sweep_across]


async def _in_turn(
    call: Identified, names: list[str], seconds: float, look: Callable[[TenantCall, float], Awaitable[T]]
) -> AsyncGenerator[tuple[str, T | None, str | None]]:
    """What looking at each tenant gives, in what is left of the time."""
    ends = time.monotonic() + seconds
    for slug, tenant in list(_chosen(call, names)):
        left = ends - time.monotonic()
        if left <= 0:
            yield slug, None, _OUT_OF_TIME
            continue
        try:
            yield slug, await look(tenant, left), None
        except WatchfloorError as fault:
            yield slug, None, fault.message


def _chosen(call: Identified, names: list[str]) -> Iterator[tuple[str, TenantCall]]:
    """The tenants that are asked for. Raises NotFound for one in which the caller may not search."""
    wanted = {call.principal.find_tenant(name) for name in names}
    for membership in call.principal.tenants():
        is_staff = call.principal.acts_as_staff_in(membership.tenant_id)
        tenant = TenantCall(
            call,
            membership.tenant_id,
            Permission.EVENTS_SEARCH,
            route="POST /api/v1/search",
            visit=_VISIT if is_staff else None,
        )
        may = membership.tenant_kind == "customer" and tenant.permission in tenant.permissions
        if names and membership.tenant_id in wanted and not may:
            raise NotFound(NOBODY_HERE)
        if may and (not names or membership.tenant_id in wanted):
            yield membership.tenant_slug, tenant
