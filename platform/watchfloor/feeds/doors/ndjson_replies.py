"""What the NDJSON door answers: what was taken and what was not, or a problem document (RFC 9457).

Owns the form of its answers and the translation of our errors into it.
"""

from typing import Final

import msgspec
from litestar import Response

from watchfloor.feeds.doors.incoming import TooSlow
from watchfloor.feeds.doors.ndjson_documents import NothingTaken, Rejected
from watchfloor.feeds.inflate import UnknownEncoding
from watchfloor.feeds.intake.backlog import IntakeFull
from watchfloor.feeds.registry import TokenRefused
from watchfloor.kernel.errors import (
    Invalid,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    WatchfloorError,
)

PROBLEM_TYPE: Final = "application/problem+json"

# The first that fits counts.
_STATUS: Final[tuple[tuple[type[WatchfloorError], int, str], ...]] = (
    (NotFound, 404, "Not Found"),
    (TokenRefused, 403, "Forbidden"),
    (Unauthenticated, 401, "Unauthorized"),
    (TooSlow, 408, "Request Timeout"),
    (TooLarge, 413, "Content Too Large"),
    (UnknownEncoding, 415, "Unsupported Media Type"),
    (Invalid, 400, "Bad Request"),
    (IntakeFull, 429, "Too Many Requests"),
    (Unavailable, 503, "Service Unavailable"),
)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a body of which something was taken."""

    accepted: int
    rejected: tuple[Rejected, ...]


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why nothing was taken. `type` is stable; `detail` and `remedy` are for people."""

    type: str
    title: str
    status: int
    detail: str
    where: str = ""
    remedy: str = ""
    rejected: tuple[Rejected, ...] = ()


def taken(said: Taken, *, is_repeat: bool) -> Response[bytes]:
    """The answer to a body of which something is durable now, or was before."""
    headers = {"Idempotent-Replayed": "true"} if is_repeat else {}
    return Response(msgspec.json.encode(said), media_type="application/json", headers=headers)


def refusal(error: WatchfloorError) -> Response[bytes]:
    """The problem document of an error."""
    status, title = _status(error)
    if status == 500:
        return unexpected()
    headers = {"WWW-Authenticate": 'Bearer realm="watchfloor"'} if status == 401 else {}
    if isinstance(error, Unavailable):
        headers.update(retry_headers(error))
    problem = Problem(
        type=f"urn:watchfloor:problem:{error.code}",
        title=title,
        status=status,
        detail=error.message,
        where=error.where or "",
        remedy=error.remedy or "",
        rejected=error.rejected if isinstance(error, NothingTaken) else (),
    )
    return _problem(problem, headers)


def not_served(status: int) -> Response[bytes]:
    """There is no such path, or not for this method."""
    title = {404: "Not Found", 405: "Method Not Allowed"}.get(status, "Bad Request")
    return _problem(
        Problem(type="urn:watchfloor:problem:not_served", title=title, status=status, detail="There is no such door."),
        {},
    )


def unexpected() -> Response[bytes]:
    """A mistake of ours; what it was stands in the log."""
    return _problem(
        Problem(
            type="urn:watchfloor:problem:internal",
            title="Internal Server Error",
            status=500,
            detail="Something went wrong on our side. Nothing was taken; send it again later.",
        ),
        {},
    )


def status_of(error: WatchfloorError) -> int:
    """HTTP's status for an error."""
    return _status(error)[0]


def retry_headers(error: Unavailable) -> dict[str, str]:
    """When to come again (RFC 9110 section 10.2.3)."""
    return {"Retry-After": str(error.retry_after_seconds)}


def _status(error: WatchfloorError) -> tuple[int, str]:
    return next(((s, t) for kind, s, t in _STATUS if isinstance(error, kind)), (500, "Internal Server Error"))


def _problem(problem: Problem, headers: dict[str, str]) -> Response[bytes]:
    return Response(msgspec.json.encode(problem), status_code=problem.status, media_type=PROBLEM_TYPE, headers=headers)
