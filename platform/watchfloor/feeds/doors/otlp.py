"""The door for OpenTelemetry: OTLP over HTTP, on its own paths.

Owns the routes, and which of OTLP's two wire forms a request is in. Logs are taken; traces and metrics of a feed are
answered as if they were and dropped, because an exporter that serves all three would try the others for ever.
"""

from typing import Final

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.doors.declaration import FEED
from watchfloor.feeds.doors.edge import answered
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.otlp_json import read_json
from watchfloor.feeds.doors.otlp_protobuf import read_protobuf
from watchfloor.feeds.doors.otlp_records import Gathering, ReadRequest
from watchfloor.feeds.doors.otlp_replies import Form, UnknownType, not_served, refusal, success, unexpected
from watchfloor.feeds.doors.protocol import DoorParts, Protocol
from watchfloor.feeds.doors.reception import Reception

LOGS_PATHS: Final = ["/v1/logs", "/t/{token:str}/v1/logs"]
OTHER_PATHS: Final = [
    "/v1/traces",
    "/v1/metrics",
    "/t/{token:str}/v1/traces",
    "/t/{token:str}/v1/metrics",
]

_FORMS: Final[dict[str, Form]] = {
    "application/x-protobuf": "protobuf",
    "application/protobuf": "protobuf",
    "application/json": "json",
}
_READ: Final[dict[Form, ReadRequest]] = {"protobuf": read_protobuf, "json": read_json}


def otlp_protocol(parts: DoorParts) -> Protocol:
    """OTLP over HTTP."""
    return Protocol(
        routes=_routes(parts.reception),
        speaks=lambda path: path.startswith(("/v1/", "/t/")),
        refusal=refusal("protobuf"),
        not_served=not_served,
        unexpected=unexpected,
    )


def _routes(reception: Reception) -> list[HTTPRouteHandler]:
    @post(LOGS_PATHS, status_code=200, access=FEED)
    async def export_logs(request: DoorRequest, token: FromPath[str | None] = None) -> Response[bytes]:
        """Takes a request for logs."""

        async def take(incoming: Incoming) -> Response[bytes]:
            feed = await reception.admit(request, "otlp", path_token=token)
            form = _form_of(request)
            gathering = Gathering()

            def gather(body: bytes | bytearray) -> PackedBatch | None:
                _READ[form](body, gathering)
                return gathering.finish()

            await reception.take(request, feed, gather, incoming=incoming, request_key=lambda: gathering.request_key)
            return success(form, rejected=gathering.rejected, fault=gathering.fault)

        return await answered(request, take, refusal(_FORMS.get(_type_of(request), "json")))

    @post(OTHER_PATHS, status_code=200, access=FEED)
    async def export_other(request: DoorRequest, token: FromPath[str | None] = None) -> Response[bytes]:
        """Takes traces and metrics, and keeps none."""

        async def drop(incoming: Incoming) -> Response[bytes]:
            await reception.admit(request, "otlp", path_token=token)
            answer = success(_form_of(request))
            if not await incoming.drain():
                answer.headers["Connection"] = "close"
            return answer

        return await answered(request, drop, refusal(_FORMS.get(_type_of(request), "json")))

    return [export_logs, export_other]


def _type_of(request: DoorRequest) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _form_of(request: DoorRequest) -> Form:
    form = _FORMS.get(_type_of(request))
    if form is None:
        raise UnknownType(
            "The Content-Type is none of OTLP's.", where="Content-Type", remedy=f"Use one of: {', '.join(_FORMS)}."
        )
    return form
