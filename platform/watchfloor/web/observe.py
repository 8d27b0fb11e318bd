"""Around every request: its id, the security headers, one log line, one measurement.

Wraps the whole application, so that unknown paths and errors are covered, too. The id is made here and never taken
over, because audit entries carry it. Log and metrics name the route's pattern, never the path, which may hold ids.
"""

import logging
import time
from typing import Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from watchfloor.kernel.config import Settings
from watchfloor.kernel.ids import new_uuid
from watchfloor.kernel.logging import log_context
from watchfloor.kernel.telemetry import HTTP_REQUESTS, span
from watchfloor.web.cookies import is_https
from watchfloor.web.scope import method_of, route_of, state_of, view

REQUEST_ID: Final = "watchfloor.request_id"

API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

_HEADERS: Final = {
    "content-security-policy": API_POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HSTS: Final = {"strict-transport-security": "max-age=63072000; includeSubDomains"}

_logger = logging.getLogger("watchfloor.web.access")


def observed(application: ASGIApp, settings: Settings) -> ASGIApp:
    """The application with ids, headers, log and metrics around it."""
    headers = _HEADERS | (_HSTS if is_https(settings) else {})

    async def observe(scope: Scope, receive: Receive, send: Send) -> None:
        if view(scope)["type"] != "http":
            await application(scope, receive, send)
            return
        request_id = new_uuid().hex
        state_of(scope)[REQUEST_ID] = request_id
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name.lower() for name, _ in message["headers"]}
                extra = headers | {"x-request-id": request_id}
                added = [(n.encode(), v.encode()) for n, v in extra.items() if n.encode() not in present]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        started = time.perf_counter()
        with log_context(request_id=request_id), span("http.request", method=method_of(scope)):
            try:
                await application(scope, receive, send_with_headers)
            finally:
                _note(scope, status, time.perf_counter() - started)

    return observe


def request_id_of(scope: object) -> str:
    """The id of the request under way."""
    return str(state_of(scope)[REQUEST_ID])


def _note(scope: Scope, status: int, seconds: float) -> None:
    route, method = route_of(scope), method_of(scope)
    HTTP_REQUESTS.labels(route=route, method=method, status=str(status)).observe(seconds)
    _logger.info(
        "Request answered.",
        extra={"route": route, "method": method, "status": status, "milliseconds": round(seconds * 1000, 1)},
    )
