"""The doors' application: every route of every door, on a port of its own.

Owns the composition, and the answers to what no route is there for. It has no session, no cookie and no page; the
only identity it knows is a feed's token.
"""

import logging
from collections.abc import Sequence
from typing import Final

import asyncpg
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from watchfloor.feeds.doors.bulk.door import bulk_protocol
from watchfloor.feeds.doors.declaration import check_routes
from watchfloor.feeds.doors.hec import hec_protocol
from watchfloor.feeds.doors.osquery.door import osquery_protocol
from watchfloor.feeds.doors.otlp import otlp_protocol
from watchfloor.feeds.doors.protocol import DoorParts, Protocol
from watchfloor.feeds.doors.push.composition import http_protocols
from watchfloor.kernel.errors import Unavailable

_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# How a connection may break while it is used or given back. Whether the batch was committed is not known then, so the
# sender is asked to send it again; many clients drop what is answered with 500.
_DRIVER_FAULTS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, ConnectionError)
_logger: Final = logging.getLogger(__name__)


def door_protocols(parts: DoorParts) -> tuple[Protocol, ...]:
    """Every protocol on the doors' port. The last one speaks for the paths that are no other's."""
    return (
        hec_protocol(parts),
        otlp_protocol(parts),
        osquery_protocol(parts),
        bulk_protocol(parts),
        *http_protocols(parts),
    )


def create_door_app(protocols: Sequence[Protocol]) -> Litestar:
    """The application. Raises Invalid when a route does not say who may call it."""
    voice = _Voice(protocols)
    app = Litestar(
        route_handlers=[route for protocol in protocols for route in protocol.routes],
        exception_handlers={
            HTTPException: voice.not_served,
            **dict.fromkeys(_DRIVER_FAULTS, voice.away),
            Exception: voice.unexpected,
        },
        openapi_config=None,
        logging_config=None,
        # Bodies are read by `Incoming`, which has limits of its own.
        request_max_body_size=None,
        response_headers=_HEADERS,
        debug=False,
    )
    check_routes(app)
    return app


class _Voice:
    """Says what no handler says, in the words of the protocol whose path was asked for."""

    def __init__(self, protocols: Sequence[Protocol]) -> None:
        self._protocols = protocols

    def not_served(self, request: Request[object, object, State], error: HTTPException) -> Response[bytes]:
        """There is no such route, or not for this method."""
        if error.status_code >= 500:
            return self.unexpected(request, error)
        return self._of(request).not_served(error.status_code)

    def away(self, request: Request[object, object, State], error: Exception) -> Response[bytes]:
        """The database failed; the sender is to come again."""
        _logger.warning("The database failed a request: %s", error)
        away = Unavailable("The server cannot store anything just now.", remedy="Send it again later.")
        return self._of(request).refusal(away)

    def unexpected(self, request: Request[object, object, State], error: Exception) -> Response[bytes]:
        """A mistake of ours. Its text may quote events, so the sender is not told it."""
        _logger.error("A request ended in an unexpected error.", exc_info=error)
        return self._of(request).unexpected()

    def _of(self, request: Request[object, object, State]) -> Protocol:
        path = request.url.path
        return next((protocol for protocol in self._protocols if protocol.speaks(path)), self._protocols[-1])
