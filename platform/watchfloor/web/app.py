"""The web application: routes put together, each behind the one guard, inside the observed outside."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from litestar import Litestar, Router
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from watchfloor.access.development import is_loopback
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid, WatchfloorError
from watchfloor.web.api import (
    approvals,
    audit,
    blocklist,
    branding,
    breach_notices,
    breach_register,
    breach_work,
    breaches,
    chat,
    connector_commands,
    connectors,
    control_entries,
    controls,
    evidence,
    exceptions,
    feed_commands,
    feeds,
    incidents,
    keys,
    measures,
    members,
    osquery,
    platform,
    quarantine,
    report_plan,
    reports,
    rule_health,
    rules,
    search,
    search_across,
    unparsed,
    verbs,
)
from watchfloor.web.api.identity import identity_routes
from watchfloor.web.console.routes import console_routes
from watchfloor.web.cookies import is_https
from watchfloor.web.declaration import check_routes
from watchfloor.web.documentation import documentation_routes
from watchfloor.web.guard import guard_with
from watchfloor.web.health import CheckSchema, health_routes
from watchfloor.web.observe import observed
from watchfloor.web.pages.routes import page_routes
from watchfloor.web.pages.streams import Streams
from watchfloor.web.portal.routes import portal_routes
from watchfloor.web.problems import answer_error, answer_http, answer_nested, answer_unexpected
from watchfloor.web.services import Services

BODY_BYTES: Final = 65_536

_IN_TENANT: Final = [
    *incidents.ROUTES,
    *verbs.ROUTES,
    *approvals.ROUTES,
    *blocklist.ROUTES,
    *breaches.ROUTES,
    *breach_register.ROUTES,
    *breach_work.ROUTES,
    *breach_notices.ROUTES,
    *evidence.ROUTES,
    *quarantine.ROUTES,
    *feeds.ROUTES,
    *feed_commands.ROUTES,
    *connectors.ROUTES,
    *connector_commands.ROUTES,
    *unparsed.ROUTES,
    *rules.ROUTES,
    *rule_health.ROUTES,
    *exceptions.ROUTES,
    *reports.ROUTES,
    *branding.ROUTES,
    *report_plan.ROUTES,
    *search.ROUTES,
    *controls.ROUTES,
    *control_entries.ROUTES,
    *measures.ROUTES,
    *audit.ROUTES,
    *keys.ROUTES,
    *members.ROUTES,
    *osquery.ROUTES,
]


class Application:
    """An ASGI application. `router` knows its routes."""

    def __init__(self, router: Litestar, settings: Settings, streams: Streams) -> None:
        self.router = router
        self.end_streams: Final = streams.end_all
        self._outside: ASGIApp = observed(router, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        await self._outside(scope, receive, send)


def create_app(
    services: Services, *, check_schema: CheckSchema, extra: Sequence[HTTPRouteHandler | Router] = ()
) -> Application:
    """The application over opened services. `extra` are routes of other surfaces, under the same guard.

    Raises Invalid when a route does not say who may call it (R1), or when a production system would hand out its
    sessions over plain http.
    """
    check_address(services.settings)
    api = api_routes(services)
    streams = Streams(directory=services.auth, valkey=services.valkey)
    router = Litestar(
        route_handlers=[
            api,
            *health_routes(services, check_schema),
            *documentation_routes([api]),
            console_routes(services, streams),
            page_routes(services),
            portal_routes(streams),
            *extra,
        ],
        guards=[guard_with(services)],
        exception_handlers={
            WatchfloorError: answer_error,
            HTTPException: answer_http,
            RecursionError: answer_nested,
            Exception: answer_unexpected,
        },
        openapi_config=None,
        request_max_body_size=BODY_BYTES,
        logging_config=None,
        debug=False,
    )
    check_routes(router)
    return Application(router, services.settings, streams)


def api_routes(services: Services) -> Router:
    """All routes of the API, version 1."""
    in_tenant = Router("/tenants/{tenant:str}", route_handlers=_IN_TENANT)
    return Router(
        "/api/v1",
        route_handlers=[
            *identity_routes(services),
            in_tenant,
            *chat.ROUTES,
            *verbs.OWN_ROUTES,
            *rule_health.ACROSS,
            *search_across.ACROSS,
            *platform.ROUTES,
        ],
    )


def check_address(settings: Settings) -> None:
    """Raises Invalid when people would sign in to a production system over plain http from another machine."""
    host = urlsplit(settings.public_url).hostname or ""
    if settings.environment == "production" and not is_https(settings) and not is_loopback(host):
        raise Invalid(
            "A production system is reached by https only.",
            where="WATCHFLOOR_PUBLIC_URL",
            remedy="Give the https:// address at which people reach it.",
        )
