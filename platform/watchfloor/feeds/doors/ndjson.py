"""The door for JSON over plain HTTP: `POST /ingest/v1/{feed}`.

Owns the route, the check that the path's feed is the token's, and the sender's own id of a request, by which an honest
retry is stored once.
"""

from typing import Final

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from watchfloor.feeds.doors.declaration import FEED
from watchfloor.feeds.doors.edge import answered
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.ndjson_documents import Reader
from watchfloor.feeds.doors.ndjson_replies import Taken, not_served, refusal, taken, unexpected
from watchfloor.feeds.doors.protocol import Protocol
from watchfloor.feeds.doors.reception import Reception
from watchfloor.kernel.errors import Invalid, NotFound

PATH: Final = "/ingest/v1/{feed_name:str}"

_KEY_HEADERS: Final = ("idempotency-key", "x-request-id")
_LONGEST_KEY: Final = 255


def ndjson_protocol(reception: Reception) -> Protocol:
    """The door."""
    return Protocol(
        routes=_routes(reception),
        speaks=lambda path: path.startswith("/ingest/"),
        refusal=refusal,
        not_served=not_served,
        unexpected=unexpected,
    )


def _routes(reception: Reception) -> list[HTTPRouteHandler]:

    @post(PATH, status_code=200, access=FEED)
    async def ingest(request: DoorRequest, feed_name: FromPath[str]) -> Response[bytes]:
        """Takes a body of JSON objects."""

        async def take(incoming: Incoming) -> Response[bytes]:
            feed = await reception.admit(request, "ndjson")
            if feed.name != feed_name:
                raise NotFound("The token has no feed of this name.")
            reader = Reader(as_text=feed.source_hint == "text")
            receipt = await reception.take(
                request, feed, reader.read, incoming=incoming, request_key=_request_key(request)
            )
            said = Taken(accepted=receipt.events, rejected=reader.rejected)
            return taken(said, is_repeat=receipt.is_repeat)

        return await answered(request, take, refusal)

    return [ingest]


def _request_key(request: DoorRequest) -> str | None:
    for header in _KEY_HEADERS:
        key = request.headers.get(header)
        if key:
            if len(key) > _LONGEST_KEY:
                raise Invalid(f"It has more than {_LONGEST_KEY} characters.", where=header)
            return key
    return None
