"""What the door for osquery answers: always a JSON object, and nothing that an agent takes for what it is not.

Owns two rules of the protocol: `node_invalid` is a JSON bool and comes with 200, and makes the agent enrol again;
`error` is there only when something failed, under a status that makes the agent keep its logs and come again.
"""

from typing import Final

import msgspec
from litestar import Response

from watchfloor.feeds.doors.incoming import TooSlow
from watchfloor.feeds.inflate import UnknownEncoding
from watchfloor.feeds.registry import TokenRefused
from watchfloor.kernel.errors import (
    Conflict,
    Invalid,
    NotFound,
    Refused,
    TooLarge,
    Unauthenticated,
    Unavailable,
    WatchfloorError,
)

PAUSED_RETRY_SECONDS: Final = 60

# The first that fits counts.
_STATUS: Final[tuple[tuple[type[WatchfloorError], int], ...]] = (
    (Unavailable, 503),
    (TooSlow, 408),
    (TooLarge, 413),
    (UnknownEncoding, 415),
    (Invalid, 400),
    (Unauthenticated, 401),
    (Refused, 403),
    (NotFound, 404),
    (Conflict, 409),
)


class NodeInvalid(Unauthenticated):
    """The key is nobody's, or no longer good: the agent is to enrol again."""

    code = "node_invalid"

    def __init__(self) -> None:
        super().__init__("The node key is not valid.")


def reply(body: object) -> Response[bytes]:
    """An answer."""
    return _response(200, body, {})


def refusal(error: WatchfloorError) -> Response[bytes]:
    """The answer that an error becomes. A feed that is paused is told like a server that is away."""
    if isinstance(error, NodeInvalid):
        return reply({"node_invalid": True})
    if isinstance(error, TokenRefused) and error.because == "disabled":
        return _failure(503, "The feed takes nothing just now.", {"Retry-After": str(PAUSED_RETRY_SECONDS)})
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if status == 500:
        return unexpected()
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, Unavailable) else {}
    return _failure(status, str(error), headers)


def not_served(status: int) -> Response[bytes]:
    """There is no such path, or not for this method."""
    return _failure(status, "There is nothing here.", {})


def unexpected() -> Response[bytes]:
    """A mistake of ours; what it was stands in the log."""
    return _failure(500, "Something went wrong on our side. Nothing was taken.", {})


def _failure(status: int, error: str, headers: dict[str, str]) -> Response[bytes]:
    return _response(status, {"error": error, "node_invalid": False}, headers)


def _response(status: int, body: object, headers: dict[str, str]) -> Response[bytes]:
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json", headers=headers)
