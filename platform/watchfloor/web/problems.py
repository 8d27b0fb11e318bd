"""Errors as answers: `application/problem+json` (RFC 9457), translated once, here.

`NotFound` always reads the same, byte for byte, whatever was asked for and whether it belongs to somebody else (R2);
the request's id is in a header only. What we did not expect is logged in full and answered without a word about it.
"""

import logging
from http import HTTPStatus
from typing import Final

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException

from watchfloor.access.limits import LimitReached
from watchfloor.access.principal import NOBODY_HERE
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

MEDIA_TYPE: Final = "application/problem+json"

_STATUS: Final[list[tuple[type[WatchfloorError], HTTPStatus]]] = [
    (NotFound, HTTPStatus.NOT_FOUND),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (Refused, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (Invalid, HTTPStatus.BAD_REQUEST),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (LimitReached, HTTPStatus.TOO_MANY_REQUESTS),
]
_MOST_FAULTS: Final = 20
_logger = logging.getLogger(__name__)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a request."""

    where: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer that is not what was asked for. `type` is stable; `detail` and `remedy` are for people."""

    type: str
    title: str
    status: int
    detail: str = ""
    where: str = ""
    remedy: str = ""
    faults: tuple[Fault, ...] = ()


def answer_error(_request: Request[object, object, State], error: WatchfloorError) -> Response[bytes]:
    """An error of our own tree."""
    if isinstance(error, NotFound):
        return answer(Problem(type=_type("not_found"), title="Not Found", status=404, detail=NOBODY_HERE))
    status = status_of(error)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer_unexpected(_request, error)
    problem = Problem(
        type=_type(error.code),
        title=status.phrase,
        status=status,
        detail=error.message,
        where=error.where or "",
        remedy=(error.remedy or "").strip(),
    )
    return answer(problem, headers=_headers(error))


def status_of(error: WatchfloorError) -> HTTPStatus:
    """The status that stands for an error; 500 for one that nobody expected."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def answer_http(_request: Request[object, object, State], error: HTTPException) -> Response[bytes]:
    """An error of the framework: no such route, a body that does not fit."""
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.NOT_FOUND:
        return answer(Problem(type=_type("not_found"), title="Not Found", status=404, detail=NOBODY_HERE))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer_unexpected(_request, error)
    codes = {400: "invalid", 413: "too_large"}
    problem = Problem(
        type=_type(codes.get(status, status.name.lower())),
        title=status.phrase,
        status=status,
        detail="The request does not fit." if isinstance(error, ValidationException) else error.detail.splitlines()[0],
        faults=_faults(error),
    )
    return answer(problem)


def answer_nested(_request: Request[object, object, State], _error: RecursionError) -> Response[bytes]:
    """A body that is nested so deeply that no decoder follows; the limit on its size bounds the work."""
    problem = Problem(
        type=_type("invalid"), title="Bad Request", status=400, detail="The request is nested too deeply."
    )
    return answer(problem)


def answer_unexpected(_request: Request[object, object, State], error: Exception) -> Response[bytes]:
    """A mistake of ours. Its text may quote data, so it goes to the log alone."""
    _logger.error("A request ended in an unexpected error.", exc_info=error)
    return answer(
        Problem(
            type=_type("internal"),
            title="Internal Server Error",
            status=500,
            detail="Something went wrong on our side. It was logged under the id of this request.",
        )
    )


def answer(problem: Problem, *, headers: dict[str, str] | None = None) -> Response[bytes]:
    """The problem as a response."""
    return Response(
        msgspec.json.encode(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers or {}
    )


def _type(code: str) -> str:
    return f"urn:watchfloor:problem:{code}"


def _headers(error: WatchfloorError) -> dict[str, str]:
    if isinstance(error, Unavailable | LimitReached):
        return {"Retry-After": str(error.retry_after_seconds)}
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="watchfloor"'}
    return {}


def _faults(error: HTTPException) -> tuple[Fault, ...]:
    """What the framework found wrong, field by field, without the values that were sent."""
    if not isinstance(error.extra, list):
        return ()
    pairs = [msgspec.convert(entry, dict[str, str], strict=False) for entry in error.extra[:_MOST_FAULTS]]
    return tuple(Fault(where=pair.get("key", ""), message=_without_value(pair.get("message", ""))) for pair in pairs)


def _without_value(message: str) -> str:
    """The decoder quotes a value that it does not know behind its words; the words are enough."""
    return message.partition(" '")[0]
