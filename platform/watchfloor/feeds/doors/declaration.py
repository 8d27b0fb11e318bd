"""Who may call a door's route: declared on the handler, or the application does not start (R1).

There are two audiences: `public` (with the reason why) and `feed` (whoever shows a feed's token; the handler gets the
feed from `Reception.admit` and has no other way to a tenant).
"""

from typing import Final, Literal, cast

import msgspec
from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from watchfloor.kernel.errors import Invalid

KEY: Final = "access"


class DoorAccess(msgspec.Struct, frozen=True, kw_only=True):
    """What a door's route asks of its caller."""

    audience: Literal["public", "feed"]
    why_public: str = ""


FEED: Final = DoorAccess(audience="feed")
"""For whoever shows a feed's token."""


def public(why: str) -> DoorAccess:
    """For everybody, and the reason why."""
    return DoorAccess(audience="public", why_public=why)


def access_of(handler: BaseRouteHandler) -> DoorAccess | None:
    """What the handler declares."""
    found = cast("dict[str, object]", handler.opt).get(KEY)
    return found if isinstance(found, DoorAccess) else None


def check_routes(app: Litestar) -> None:
    """Refuses an application with a route that declares nothing. Raises Invalid with all of them."""
    faults = [f"{type(route).__name__} {route.path}" for route in app.routes if not isinstance(route, HTTPRoute)]
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            faults += [
                f"{' '.join(sorted(handler.http_methods))} {route.path}"
                for handler in route.route_handlers
                if access_of(handler) is None and set(handler.http_methods) != {"OPTIONS"}
            ]
    if faults:
        raise Invalid("These routes of the doors do not say who may call them:\n  - " + "\n  - ".join(faults))
