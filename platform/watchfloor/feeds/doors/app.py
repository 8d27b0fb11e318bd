"""The doors' application: every route of every door, on a port of its own.

Owns the composition, and the answers to what no route is there for. It has no session, no cookie and no page; the
only identity it knows is a feed's token.
"""

import logging
from typing import Final

import asyncpg
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from watchfloor.feeds.doors import hec_replies, ndjson_replies
from watchfloor.feeds.doors.declaration import check_routes
from watchfloor.feeds.doors.hec import PREFIX, hec_routes
from watchfloor.feeds.doors.hec_replies import HecReply, hec_response, reply
from watchfloor.feeds.doors.ndjson import ndjson_routes
from watchfloor.feeds.doors.reception import Reception
from watchfloor.feeds.intake import Intake
from watchfloor.kernel.errors import Unavailable

_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# How a connection may break while it is used or given back. Whether the batch was committed is not known then, so the
# sender is asked to send it again; many clients drop what is answered with 500.
_DRIVER_FAULTS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, ConnectionError)
_logger: Final = logging.getLogger(__name__)


def create_door_app(reception: Reception, intake: Intake) -> Litestar:
    """The application. Raises Invalid when a route does not say who may call it."""
    app = Litestar(
        route_handlers=[*hec_routes(reception, intake), *ndjson_routes(reception)],
        exception_handlers={
            HTTPException: _not_served,
            **dict.fromkeys(_DRIVER_FAULTS, _away),
            Exception: _unexpected,
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


def _not_served(request: Request[object, object, State], error: HTTPException) -> Response[bytes]:
    if error.status_code >= 500:
        return _unexpected(request, error)
    if request.url.path.startswith(PREFIX):
        text = "The requested URL was not found on this server." if error.status_code == 404 else "Method not allowed"
        return hec_response(error.status_code, HecReply(text=text, code=error.status_code), {})
    return ndjson_replies.not_served(error.status_code)


def _away(request: Request[object, object, State], error: Exception) -> Response[bytes]:
    _logger.warning("The database failed a request: %s", error)
    away = Unavailable("The server cannot store anything just now.", remedy="Send it again later.")
    return hec_replies.refusal(away) if request.url.path.startswith(PREFIX) else ndjson_replies.refusal(away)


def _unexpected(request: Request[object, object, State], error: Exception) -> Response[bytes]:
    """A mistake of ours. Its text may quote events, so the sender is not told it."""
    _logger.error("A request ended in an unexpected error.", exc_info=error)
    return reply(8) if request.url.path.startswith(PREFIX) else ndjson_replies.unexpected()
