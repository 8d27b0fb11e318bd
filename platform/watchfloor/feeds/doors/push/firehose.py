"""Amazon Data Firehose at the HTTP door: `POST /ingest/v1/{feed}/firehose`, its HTTP endpoint delivery protocol 1.0.

Owns the request and the answer, which must name the request in a form of its own whatever happens. A request is known
by its id, which stays the same however often it is tried.
"""

import base64
import binascii
from typing import Final

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.documents import NotJson, elements, first_byte
from watchfloor.feeds.doors.declaration import FEED
from watchfloor.feeds.doors.edge import answered
from watchfloor.feeds.doors.gate import ShownToken, token_of
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.ndjson import PATH, check_named
from watchfloor.feeds.doors.ndjson_replies import retry_headers, status_of
from watchfloor.feeds.doors.protocol import DoorParts, Protocol
from watchfloor.feeds.doors.push.payloads import Payloads
from watchfloor.feeds.limits import EVENTS
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.errors import Invalid, TooLarge, Unavailable, WatchfloorError

PATHS: Final = [f"{PATH}/firehose", f"{PATH}/t/{{token:str}}/firehose"]

_LONGEST_ID: Final = 200
_LONGEST_ATTRIBUTES: Final = 4_096
_MOST_ATTRIBUTES: Final = 50


class _Request(msgspec.Struct, rename="camel"):
    request_id: str
    records: msgspec.Raw


class _Record(msgspec.Struct):
    data: str


class _Attributes(msgspec.Struct, rename="camel"):
    common_attributes: dict[str, str]


class _Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    request_id: str
    timestamp: int
    error_message: str = ""


_REQUESTS: Final = msgspec.json.Decoder(_Request)
_RECORDS: Final = msgspec.json.Decoder(_Record)
_ATTRIBUTES: Final = msgspec.json.Decoder(_Attributes)


def firehose_protocol(parts: DoorParts, clock: Clock) -> Protocol:
    """The delivery protocol."""
    replies = _Replies(clock)
    return Protocol(
        routes=[_route(parts, replies)],
        speaks=lambda path: path.startswith("/ingest/") and path.rstrip("/").endswith("/firehose"),
        refusal=lambda error: replies.refusal(error, ""),
        not_served=lambda status: replies.fault(status, "There is no such door.", ""),
        unexpected=lambda: replies.fault(500, "Something went wrong on our side. Nothing was taken.", ""),
    )


def _route(parts: DoorParts, replies: "_Replies") -> HTTPRouteHandler:
    @post(PATHS, status_code=200, access=FEED)
    async def deliver(
        request: DoorRequest, feed_name: FromPath[str], token: FromPath[str | None] = None
    ) -> Response[bytes]:
        """Takes a delivery."""
        request_id = request.headers.get("x-amz-firehose-request-id", "")[:_LONGEST_ID]

        async def take(incoming: Incoming) -> Response[bytes]:
            feed = await parts.reception.admit_shown(request, "ndjson", _token_of(request, token))
            check_named(feed, feed_name)
            fields = _fields_of(request)
            as_text = feed.source_hint == "text"

            def read(body: bytes | bytearray) -> PackedBatch | None:
                return read_delivery(body, request_id=request_id, fields=fields, as_text=as_text)

            await parts.reception.take(request, feed, read, incoming=incoming, request_key=request_id or None)
            return replies.taken(request_id)

        return await answered(request, take, lambda error: replies.refusal(error, request_id))

    return deliver


def read_delivery(
    body: bytes | bytearray, *, request_id: str, fields: dict[str, str], as_text: bool
) -> PackedBatch | None:
    """The events of a delivery; None when it holds only messages that are none. Raises Invalid and TooLarge."""
    payloads = Payloads(as_text=as_text)
    try:
        request = _REQUESTS.decode(body)
        records = memoryview(request.records)
        begins = first_byte(records)
        if request.request_id[:_LONGEST_ID] != request_id:
            raise Invalid("The body is of another request than the header.", where="requestId")
        if bytes(records[begins : begins + 1]) != b"[":
            raise Invalid("The records are no list.", where="records")
        for number, record in enumerate(elements(records, begins)):
            if number >= EVENTS:
                raise TooLarge(f"The delivery has more than {EVENTS} records.", remedy="Send smaller batches.")
            payloads.add(_data(_RECORDS.decode(record).data, number), time=None, fields=fields)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Invalid(f"The body is no delivery. {str(fault)[:150].rstrip('.')}.") from None
    except NotJson as fault:
        raise Invalid(f"The body is no delivery. {fault.message}") from None
    return payloads.finish()


def _data(encoded: str, number: int) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("The data is not base64.", where=f"records[{number}]") from None


def _token_of(request: DoorRequest, path_token: str | None) -> ShownToken:
    """The access key, or a token in one of the ways that other senders have."""
    key = request.headers.get("x-amz-firehose-access-key")
    if key:
        return ShownToken(key, in_url=False)
    return token_of(request.headers, request.query_params, path_token)


def _fields_of(request: DoorRequest) -> dict[str, str]:
    """What the delivery says of all of its records: the stream, and the attributes that its owner gave it."""
    fields: dict[str, str] = {}
    text = request.headers.get("x-amz-firehose-common-attributes", "")
    if text:
        if len(text) > _LONGEST_ATTRIBUTES:
            raise Invalid("The common attributes are too long.", where="X-Amz-Firehose-Common-Attributes")
        try:
            named = _ATTRIBUTES.decode(text.encode("latin-1", "replace")).common_attributes
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Invalid("They are no JSON of texts.", where="X-Amz-Firehose-Common-Attributes") from None
        fields.update(list(named.items())[:_MOST_ATTRIBUTES])
    source = request.headers.get("x-amz-firehose-source-arn", "")
    if source:
        fields.setdefault("firehose", source[:_LONGEST_ID])
    return fields


class _Replies:
    """The answers, all of one form."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def taken(self, request_id: str) -> Response[bytes]:
        """What the request held is durable."""
        return self._answer(200, request_id, "", {})

    def refusal(self, error: WatchfloorError, request_id: str) -> Response[bytes]:
        """Nothing was taken."""
        headers = retry_headers(error) if isinstance(error, Unavailable) else {}
        return self._answer(status_of(error), request_id, str(error), headers)

    def fault(self, status: int, message: str, request_id: str) -> Response[bytes]:
        """Nothing was taken, and no error of ours says why."""
        return self._answer(status, request_id, message, {})

    def _answer(self, status: int, request_id: str, message: str, headers: dict[str, str]) -> Response[bytes]:
        milliseconds = int(self._clock.now().timestamp() * 1_000)
        answer = _Answer(request_id=request_id, timestamp=milliseconds, error_message=message)
        content = msgspec.json.encode(answer)
        return Response(content, status_code=status, media_type="application/json", headers=headers)
