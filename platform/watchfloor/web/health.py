"""`/health/live`, `/health/ready`, `/metrics`: for load balancers, orchestrators and Prometheus.

Live says that the process answers. Ready says that it can do its work: database, schema and Valkey. Neither says
why not, because both are public; the log does. Metrics are for the platform's staff and their scraper's key.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from watchfloor.access.roles import Permission
from watchfloor.kernel.db import Database
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.telemetry import METRICS_CONTENT_TYPE, metrics_text
from watchfloor.web.declaration import on_platform, public
from watchfloor.web.services import Services

CheckSchema = Callable[[Database], Awaitable[None]]
"""Raises a WatchfloorError when the database is away or has another schema than this program's."""

State = Literal["ok", "failed"]

_logger = logging.getLogger(__name__)


class Liveness(msgspec.Struct, frozen=True, kw_only=True):
    """The process answers."""

    status: State


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """What the process needs, and whether it has it."""

    status: State
    database: State
    valkey: State


def health_routes(services: Services, check_schema: CheckSchema) -> list[HTTPRouteHandler]:
    """The routes."""

    @get("/health/live", access=public("says nothing but that the process answers"), tags=["health"])
    async def live() -> Liveness:
        """Whether the process answers."""
        return Liveness(status="ok")

    @get("/health/ready", access=public("says nothing but whether to send requests here"), tags=["health"])
    async def ready() -> Response[Readiness]:
        """Whether the process can work; 503 when it cannot."""
        database = await _database(services, check_schema)
        valkey: State = "ok" if await services.limiter.is_up() else "failed"
        status: State = "ok" if database == valkey == "ok" else "failed"
        found = Readiness(status=status, database=database, valkey=valkey)
        return Response(found, status_code=200 if status == "ok" else 503)

    @get("/metrics", access=on_platform(Permission.PLATFORM_METRICS), tags=["health"], media_type=METRICS_CONTENT_TYPE)
    async def metrics() -> bytes:
        """Measurements of all programs, in the Prometheus text format."""
        return metrics_text()

    return [live, ready, metrics]


async def _database(services: Services, check_schema: CheckSchema) -> State:
    try:
        await check_schema(services.app)
    except WatchfloorError as error:
        _logger.warning("Not ready: %s", error)
        return "failed"
    return "ok"
