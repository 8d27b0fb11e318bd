"""What handlers are given: the call that the guard made, and the page that was asked for."""

from typing import Annotated, Generic, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter

from watchfloor.access.principal import NOBODY_HERE
from watchfloor.kernel.errors import NotFound
from watchfloor.web.calls import IdentifiedCall, PlatformCall, TenantCall
from watchfloor.web.cursors import LARGEST_PAGE
from watchfloor.web.guard import CALL

T = TypeVar("T")
C = TypeVar("C", bound=IdentifiedCall)

AnyRequest = Request[object, object, State]
Identified = NamedDependency[IdentifiedCall]
InTenant = NamedDependency[TenantCall]
OnPlatform = NamedDependency[PlatformCall]
Cursor = Annotated[
    str | None,
    QueryParameter(description="`next_cursor` of the page before; without it, the first page.", max_length=512),
]
PageSize = Annotated[int, QueryParameter(description="How many at most.", ge=1, le=LARGEST_PAGE)]
TenantName = Annotated[str, PathParameter(description="The tenant's id (`ten_...`) or its short name.", max_length=64)]


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A part of a list. `next_cursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None


def identified_call(request: AnyRequest) -> IdentifiedCall:
    """Who calls."""
    return _call(request, IdentifiedCall)


def tenant_call(request: AnyRequest, tenant: TenantName) -> TenantCall:  # noqa: ARG001  so that it is documented
    """Who calls, inside the tenant of the path, which the guard has found among the caller's own."""
    return _call(request, TenantCall)


def platform_call(request: AnyRequest) -> PlatformCall:
    """Who of the platform's staff calls."""
    return _call(request, PlatformCall)


IDENTIFIED = {"call": Provide(identified_call, sync_to_thread=False)}
IN_TENANT = {"call": Provide(tenant_call, sync_to_thread=False)}
ON_PLATFORM = {"call": Provide(platform_call, sync_to_thread=False)}


def _call(request: AnyRequest, kind: type[C]) -> C:
    found = request.scope["state"].get(CALL)
    if not isinstance(found, kind):
        raise NotFound(NOBODY_HERE)
    return found
