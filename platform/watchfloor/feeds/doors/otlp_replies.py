"""What the OTLP door answers: OTLP's own messages, in the wire form of the request (OTLP 1.9, section OTLP/HTTP).

Owns the translation of our errors into statuses that exporters survive: 429 and 503 with `Retry-After` are tried
again, whatever else is an error is dropped for good. So nothing that may go well later is ever answered otherwise, and
a mistake of ours least of all. A refusal's body is a `google.rpc.Status`.
"""

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import msgspec
from litestar import Response
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceResponse,
)

from watchfloor.feeds.doors.incoming import TooSlow
from watchfloor.feeds.doors.otlp_wire import delimited, varint
from watchfloor.feeds.inflate import UnknownEncoding
from watchfloor.feeds.intake.backlog import IntakeFull
from watchfloor.feeds.registry import TokenRefused
from watchfloor.kernel.errors import Invalid, NotFound, TooLarge, Unauthenticated, Unavailable, WatchfloorError

Form: TypeAlias = Literal["protobuf", "json"]

MEDIA_TYPES: Final[dict[Form, str]] = {"protobuf": "application/x-protobuf", "json": "application/json"}
RETRY_SECONDS: Final = 2


class UnknownType(Invalid):
    """A Content-Type that OTLP does not have (HTTP 415)."""

    code = "unknown_type"


# HTTP's status, and the code of google.rpc.Status. The first that fits counts.
_STATUS: Final[tuple[tuple[type[WatchfloorError], int, int], ...]] = (
    (NotFound, 404, 5),
    (TokenRefused, 403, 7),
    (Unauthenticated, 401, 16),
    (TooLarge, 413, 3),
    (UnknownEncoding, 415, 3),
    (UnknownType, 415, 3),
    (Invalid, 400, 3),
    (IntakeFull, 429, 8),
    (Unavailable, 503, 14),
    (TooSlow, 503, 14),
)


class _Partial(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    rejected_log_records: str
    error_message: str


class _Success(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    partial_success: _Partial | None = None


class _Status(msgspec.Struct, frozen=True, kw_only=True):
    code: int
    message: str


def success(form: Form, *, rejected: int = 0, fault: str = "") -> Response[bytes]:
    """What could be read is durable. `rejected` records could not; the client does not send them again."""
    message = f"{rejected} log records cannot be read. {fault}" if rejected else ""
    if form == "json":
        partial = _Partial(rejected_log_records=str(rejected), error_message=message) if rejected else None
        content = msgspec.json.encode(_Success(partial_success=partial))
    elif rejected:
        whole = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=message)
        content = ExportLogsServiceResponse(partial_success=whole).SerializeToString()
    else:
        content = b""
    return Response(content, status_code=200, media_type=MEDIA_TYPES[form])


def refusal(form: Form) -> Callable[[WatchfloorError], Response[bytes]]:
    """What turns an error into a refusal in the request's own form."""

    def refuse(error: WatchfloorError) -> Response[bytes]:
        status, code = next(((http, rpc) for kind, http, rpc in _STATUS if isinstance(error, kind)), (503, 14))
        headers: dict[str, str] = {}
        if status in {429, 503}:
            seconds = error.retry_after_seconds if isinstance(error, Unavailable) else RETRY_SECONDS
            headers["Retry-After"] = str(seconds)
        if status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="watchfloor"'
        return _status(form, status, code, str(error), headers)

    return refuse


def not_served(status: int) -> Response[bytes]:
    """There is no such path, or not for this method."""
    return _status("protobuf", status, 5 if status == 404 else 12, "There is no such door.", {})


def unexpected() -> Response[bytes]:
    """A mistake of ours; what it was stands in the log. An exporter would drop what is answered with 500."""
    message = "Something went wrong on our side. Nothing was taken; send it again later."
    return _status("protobuf", 503, 14, message, {"Retry-After": str(RETRY_SECONDS)})


def _status(form: Form, status: int, code: int, message: str, headers: dict[str, str]) -> Response[bytes]:
    if form == "json":
        content = msgspec.json.encode(_Status(code=code, message=message))
    else:
        content = b"\x08" + varint(code) + delimited(2, message.encode())
    return Response(content, status_code=status, media_type=MEDIA_TYPES[form], headers=headers)
