"""What Splunk's HTTP Event Collector answers: its codes, their HTTP statuses and their words.

Owns the table of the protocol and the translation of our errors into it. Clients read the code, some the text, so
both are Splunk's to the letter; what we add stands behind them. The body is JSON on every status.
"""

from typing import Final, Literal

import msgspec
from litestar import Response

from watchfloor.feeds.acks.channels import AcksFull
from watchfloor.feeds.doors.gate import NoToken
from watchfloor.feeds.doors.incoming import TooSlow
from watchfloor.feeds.doors.reception import ShuttingDown
from watchfloor.feeds.inflate import UnknownEncoding
from watchfloor.feeds.registry import TokenRefused
from watchfloor.kernel.errors import Invalid, TooLarge, Unavailable, WatchfloorError

Code = Literal[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 27]

TABLE: Final[dict[Code, tuple[int, str]]] = {
    0: (200, "Success"),
    1: (403, "Token disabled"),
    2: (401, "Token is required"),
    3: (401, "Invalid authorization"),
    4: (403, "Invalid token"),
    5: (400, "No data"),
    6: (400, "Invalid data format"),
    7: (400, "Incorrect index"),
    8: (500, "Internal server error"),
    9: (503, "Server is busy"),
    10: (400, "Data channel is missing"),
    11: (400, "Invalid data channel"),
    12: (400, "Event field is required"),
    13: (400, "Event field cannot be blank"),
    14: (400, "ACK is disabled"),
    15: (400, "Error in handling indexed fields"),
    16: (400, "Query string authorization is not enabled"),
    17: (200, "HEC is healthy"),
    18: (503, "HEC is unhealthy, queues are full"),
    19: (503, "HEC is unhealthy, ack service unavailable"),
    20: (503, "HEC is unhealthy, queues are full, ack service unavailable"),
    21: (400, "Invalid token"),
    22: (400, "Token disabled"),
    23: (503, "Server is shutting down"),
    24: (200, "HEC is healthy, queue approaching capacity"),
    25: (200, "HEC is healthy, ACK service approaching capacity"),
    27: (429, "ACK channel at capacity"),
}

_TOKEN_CODES: Final[dict[str, Code]] = {"missing": 2, "malformed": 3, "in_query": 16, "unknown": 4, "disabled": 1}


class HecFault(Invalid):
    """The body breaks the protocol. `event_number` counts envelopes from 0; None when it is not about one."""

    code = "hec_fault"

    def __init__(self, hec_code: Code, *, event_number: int | None = None, detail: str | None = None) -> None:
        super().__init__(TABLE[hec_code][1])
        self.hec_code: Code = hec_code
        self.event_number = event_number
        self.detail = detail


class HecReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reply's body. `detail` is ours, for people; clients know the others."""

    text: str
    code: int
    event_number: int | None = msgspec.field(default=None, name="invalid-event-number")
    ack_id: int | None = msgspec.field(default=None, name="ackId")
    detail: str | None = None


def reply(code: Code) -> Response[bytes]:
    """The reply with this code."""
    status, text = TABLE[code]
    return hec_response(status, HecReply(text=text, code=code), {})


def taken(ack_id: int | None) -> Response[bytes]:
    """The reply to events that are durable now, with their id if the feed acknowledges."""
    status, text = TABLE[0]
    return hec_response(status, HecReply(text=text, code=0, ack_id=ack_id), {})


def refusal(error: WatchfloorError) -> Response[bytes]:
    """The reply that tells of an error."""
    if isinstance(error, HecFault):
        status, text = TABLE[error.hec_code]
        said = HecReply(text=text, code=error.hec_code, event_number=error.event_number, detail=error.detail)
        return hec_response(status, said, {})
    if isinstance(error, NoToken | TokenRefused):
        return reply(_TOKEN_CODES[error.because])
    if isinstance(error, Unavailable):
        code = _unavailable(error)
        status, text = TABLE[code]
        headers = {"Retry-After": str(error.retry_after_seconds)}
        return hec_response(status, HecReply(text=text, code=code, detail=str(error)), headers)
    return _refused_body(error)


def not_served(status: int) -> Response[bytes]:
    """There is no such path, or not for this method."""
    text = "The requested URL was not found on this server." if status == 404 else "Method not allowed"
    return hec_response(status, HecReply(text=text, code=status), {})


def _unavailable(error: Unavailable) -> Code:
    """A full queue is 503 and not 429, code 26: senders that know no 429 drop what is answered with it."""
    if isinstance(error, ShuttingDown):
        return 23
    return 27 if isinstance(error, AcksFull) and error.full == "channel" else 9


def _refused_body(error: WatchfloorError) -> Response[bytes]:
    """Errors that the protocol has no code for: its general one, under the HTTP status that says more."""
    if isinstance(error, TooSlow):
        return hec_response(408, HecReply(text=TABLE[9][1], code=9, detail=str(error)), {})
    if isinstance(error, Invalid):
        status = 415 if isinstance(error, UnknownEncoding) else 413 if isinstance(error, TooLarge) else 400
        return hec_response(status, HecReply(text=TABLE[6][1], code=6, detail=str(error)), {})
    return reply(8)


def hec_response(status: int, body: HecReply, headers: dict[str, str]) -> Response[bytes]:
    """A reply with a body of its own."""
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json", headers=headers)
