"""What the bulk door answers, in Elasticsearch's words and byte order.

Owns the form: clients look for `"errors":false,"items":[` and `"errors":true` in the text, so keys stand in this order
and nothing stands between them. Every answer carries the product's header, without which clients give up on a server.

A client that names no program (rsyslog) drops a batch on any error that it is told, and sends it again only when its
connection breaks. So what would pass by itself is not told to it: its connection is taken, after a while if the server
has too much to do.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from watchfloor.feeds.doors.bulk.actions import Fault, Item, Malformed, Outcome
from watchfloor.feeds.doors.gate import NoToken
from watchfloor.feeds.doors.incoming import TooSlow
from watchfloor.feeds.doors.reception import ShuttingDown
from watchfloor.feeds.inflate import UnknownEncoding
from watchfloor.feeds.registry import TokenRefused
from watchfloor.kernel.errors import Invalid, TooLarge, Unavailable, WatchfloorError
from watchfloor.kernel.serving import abort_of

HOLD_SECONDS: Final = 3.0
"""How long a request is held that nothing may be said to, before its connection is taken."""

_MOST_HELD: Final = 100
_PRODUCT: Final = {"X-Elastic-Product": "Elasticsearch"}
_JSON: Final = "application/json"
_COMPATIBLE: Final = re.compile(
    r"application/vnd\.elasticsearch\+(?:x-nd)?json\s*;\s*compatible-with\s*=\s*(\d{1,2})", re.IGNORECASE
)
_CHALLENGE: Final = 'Basic realm="security" charset="UTF-8", ApiKey'
_PASSING: Final = frozenset({401, 403, 408, 429, 500, 503})
"""What the next try may not meet again, without the client doing anything about it."""

_encode: Final = msgspec.json.Encoder().encode

_STATUS: Final[dict[Outcome, int]] = {"created": 201, "updated": 200, "not_found": 404}
_ENDS: Final[dict[Outcome, bytes]] = {
    outcome: (
        f',"_version":{2 if outcome == "updated" else 1},"result":"{outcome}",'
        f'"_shards":{{"total":1,"successful":1,"failed":0}},"_seq_no":0,"_primary_term":1,"status":{status}}}}}'
    ).encode()
    for outcome, status in _STATUS.items()
}


class _Cause(msgspec.Struct, frozen=True):
    type: str
    reason: str


class _Error(msgspec.Struct, frozen=True):
    root_cause: tuple[_Cause, ...]
    type: str
    reason: str


class _Refusal(msgspec.Struct, frozen=True):
    error: _Error
    status: int


class _Hangup(ASGIResponse):
    """Takes the connection instead of saying anything. Events of the batch stay with the client."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes the connection, or says it after all on a server whose connections cannot be taken."""
        abort = abort_of(scope)
        if abort is None:
            await super().__call__(scope, receive, send)
            return
        abort()
        # The server notices in its next turn, and then no longer expects an answer.
        await asyncio.sleep(0)


class _HeldHangup(_Hangup):
    """Waits before it takes the connection, so that the client does not come back at once."""

    held = 0
    """How many do so in this process. Beyond `_MOST_HELD`, connections are taken at once."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Waits, then takes the connection."""
        if _HeldHangup.held < _MOST_HELD:
            _HeldHangup.held += 1
            try:
                await asyncio.sleep(HOLD_SECONDS)
            finally:
                _HeldHangup.held -= 1
        await super().__call__(scope, receive, send)


class BulkResponse(Response[bytes]):
    """An answer of this protocol: with the product's header, and of the media type that the client asked for."""

    def to_asgi_response(  # noqa: PLR0913  # the framework's signature
        self,
        app: object,
        request: Request[object, object, State],
        *,
        background: object = None,
        cookies: object = None,
        encoded_headers: object = None,
        headers: dict[str, str] | None = None,
        is_head_response: bool = False,
        media_type: object = None,
        status_code: int | None = None,
        type_encoders: object = None,
    ) -> ASGIResponse:
        """The answer as it is sent, or the taking of the connection in its place."""
        del app, background, cookies, encoded_headers, is_head_response, media_type, status_code, type_encoders
        status = self.status_code or 200
        kind = ASGIResponse
        if status in _PASSING and is_bulk(request.scope["path"]) and not request.headers.get("user-agent"):
            kind = _HeldHangup if status == 429 else _Hangup
        return kind(
            body=self.content,
            headers={**(headers or {}), **_PRODUCT, **self.headers},
            media_type=_media_type(request.headers.get("accept", "")),
            status_code=status,
        )


def is_bulk(path: str) -> bool:
    """Whether events are sent to the path."""
    return path.rstrip("/").endswith("/_bulk")


def answer(body: bytes) -> Response[bytes]:
    """A good answer."""
    return BulkResponse(body)


def done(items: Sequence[Item], *, new_id: str, took: int) -> Response[bytes]:
    """What became of each action, in their order.

    `new_id` begins the ids of documents that came without one; it is random. `took` is in milliseconds.
    """
    has_errors = any(isinstance(item.outcome, Fault) for item in items)
    written = b",".join(_written(item, f"{new_id}{number:08x}") for number, item in enumerate(items))
    errors = b"true" if has_errors else b"false"
    return answer(b'{"took":%d,"errors":%b,"items":[%b]}' % (took, errors, written))


def refusal(error: WatchfloorError) -> Response[bytes]:
    """The answer that tells of an error."""
    if isinstance(error, NoToken | TokenRefused):
        is_disabled = isinstance(error, TokenRefused) and error.because == "disabled"
        headers = {} if is_disabled else {"WWW-Authenticate": _CHALLENGE}
        return _refused(403 if is_disabled else 401, "security_exception", error.message, headers)
    if isinstance(error, Unavailable):
        headers = {"Retry-After": str(error.retry_after_seconds)}
        if isinstance(error, ShuttingDown):
            return _refused(503, "unavailable_shards_exception", str(error), headers)
        # 429 for all else that passes: more clients send again after it than after 503.
        return _refused(429, "es_rejected_execution_exception", str(error), headers)
    if isinstance(error, Malformed):
        return _refused(400, error.kind, error.message)
    return _refused_body(error)


def not_served(status: int) -> Response[bytes]:
    """There is no such path, or not for this method."""
    if status == 405:
        return _refused(405, "method_not_allowed_exception", "Incorrect HTTP method for this uri")
    return _refused(status, "resource_not_found_exception", "no handler found for this uri and method")


def unexpected() -> Response[bytes]:
    """A mistake of ours; what it was stands in the log."""
    return _refused(500, "exception", "Something went wrong on our side. Nothing was taken; send it again later.")


def _refused_body(error: WatchfloorError) -> Response[bytes]:
    if isinstance(error, TooSlow):
        return _refused(408, "timeout_exception", str(error))
    if isinstance(error, TooLarge):
        return _refused(413, "content_too_long_exception", str(error))
    if isinstance(error, UnknownEncoding):
        return _refused(415, "media_type_header_exception", str(error))
    if isinstance(error, Invalid):
        return _refused(400, "illegal_argument_exception", str(error))
    return unexpected()


def _refused(status: int, kind: str, reason: str, headers: dict[str, str] | None = None) -> Response[bytes]:
    cause = _Cause(kind, reason)
    body = _encode(_Refusal(_Error((cause,), kind, reason), status))
    return BulkResponse(body, status_code=status, headers=headers)


def _written(item: Item, new_id: str) -> bytes:
    """One item. The names of the protocol need no escapes; what a sender wrote may."""
    sent_id = new_id if item.id is None else item.id
    begins = b'{"%b":{"_index":%b,"_id":%b' % (item.verb.encode(), _encode(item.index), _encode(sent_id))
    if not isinstance(item.outcome, Fault):
        return begins + _ENDS[item.outcome]
    error = _encode(_Cause(item.outcome.kind, item.outcome.reason))
    return begins + b',"status":%d,"error":%b}}' % (item.outcome.status, error)


def _media_type(accepted: str) -> str:
    """Clients of a certain version want their own name for JSON back, and no other."""
    found = _COMPATIBLE.search(accepted)
    return _JSON if found is None else f"application/vnd.elasticsearch+json;compatible-with={found[1]}"
