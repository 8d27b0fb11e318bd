"""The edge of every door's handler: where an error becomes an answer in the protocol's own words.

Owns the one place at which errors of our tree are caught, the log line of a refusal, and the care for a sender that is
still writing while it is refused.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from litestar import Response

from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.reception import remote_of, request_id_of
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.logging import log_context

_logger: Final = logging.getLogger(__name__)

Handle = Callable[[Incoming], Awaitable[Response[bytes]]]
Refusal = Callable[[WatchfloorError], Response[bytes]]


async def answered(request: DoorRequest, handle: Handle, refusal: Refusal) -> Response[bytes]:
    """What `handle` answers, or the refusal that an error becomes."""
    incoming = Incoming(request)
    with log_context(request_id=request_id_of(request)):
        try:
            return await handle(incoming)
        except WatchfloorError as error:
            _logger.info("A request was refused: %s", error, extra={"code": error.code, "remote": remote_of(request)})
            response = refusal(error)
            if not await incoming.drain():
                response.headers["Connection"] = "close"
            return response
