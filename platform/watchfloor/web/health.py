"""`/health/live`, `/health/ready`, `/health/chat`, `/metrics`: for load balancers, orchestrators and Prometheus.

Live says that the process answers. Ready says that it can do its work: database, schema and Valkey. Neither says
why not, because both are public; the log does. How the chat's program is, and metrics, are for the platform's staff and
their scraper's key; without the chat everything can be done elsewhere, so ready does not ask for it.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from redis.asyncio import Redis

from watchfloor.access.roles import Permission
from watchfloor.desk.chat_state import read_outage, read_state
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.telemetry import METRICS_CONTENT_TYPE, metrics_text
from watchfloor.web.declaration import on_platform, public
from watchfloor.web.services import Services

CheckSchema = Callable[[Database], Awaitable[None]]
"""Raises a WatchfloorError when the database is away or has another schema than this program's."""

State = Literal["ok", "failed"]

ChatState = Literal["ok", "away", "off"]
"""How the chat is: off when it is not set up."""

_logger = logging.getLogger(__name__)


class Liveness(msgspec.Struct, frozen=True, kw_only=True):
    """The process answers."""

    status: State


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """What the process needs, and whether it has it."""

    status: State
    database: State
    valkey: State


class ChatHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How the chat is. `away_since` is null while it is there, and when it was not there for a month.

    The other numbers are null when its program has not said anything for half a minute: `latency_seconds` of the
    gateway, `oldest_card_seconds` for how long the oldest card waits to be shown, `seconds_since_interaction` since
    somebody used it and was answered.
    """

    status: ChatState
    away_since: datetime | None = None
    latency_seconds: float | None = None
    oldest_card_seconds: float | None = None
    seconds_since_interaction: float | None = None


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

    @get("/health/chat", access=on_platform(Permission.PLATFORM_METRICS), tags=["health"])
    async def chat() -> ChatHealth:
        """How the chat's program is: its gateway, the card that waits longest, and when it was used last."""
        return await chat_health(services.settings, services.valkey)

    return [live, ready, metrics, chat]


async def chat_health(settings: Settings, valkey: Redis) -> ChatHealth:
    """What the chat's program said of itself last."""
    if settings.discord_token is None:
        return ChatHealth(status="off")
    state = await read_state(valkey)
    outage = await read_outage(valkey)
    away_since = None if outage is None else outage.since
    if state is None:
        return ChatHealth(status="away", away_since=away_since)
    return ChatHealth(
        status="ok" if state.gateway else "away",
        away_since=away_since,
        latency_seconds=state.latency_seconds,
        oldest_card_seconds=state.oldest_card_seconds,
        seconds_since_interaction=state.seconds_since_interaction,
    )


async def _database(services: Services, check_schema: CheckSchema) -> State:
    try:
        await check_schema(services.app)
    except WatchfloorError as error:
        _logger.warning("Not ready: %s", error)
        return "failed"
    return "ok"
