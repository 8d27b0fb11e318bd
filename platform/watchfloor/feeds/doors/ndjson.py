"""The door for JSON over plain HTTP: `POST /ingest/v1/{feed}`.

Owns the route, the check that the path's feed is the token's, and the sender's own id of a request, by which an honest
retry is stored once. A sender that can set no header may show its token in the path or the query, if the feed opted
for it.
"""

from typing import Final

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from watchfloor.feeds.doors.beginnings import Beginnings
from watchfloor.feeds.doors.declaration import FEED
from watchfloor.feeds.doors.edge import answered
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.ndjson_documents import Reader
from watchfloor.feeds.doors.ndjson_replies import Taken, not_served, refusal, taken, unexpected
from watchfloor.feeds.doors.protocol import DoorParts, Protocol
from watchfloor.feeds.doors.reception import Reception
from watchfloor.feeds.feed import Feed
from watchfloor.kernel import ids
from watchfloor.kernel.errors import Invalid, NotFound

PATH: Final = "/ingest/v1/{feed_name:str}"
PATHS: Final = [PATH, f"{PATH}/t/{{token:str}}"]

_KEY_HEADERS: Final = ("idempotency-key", "x-request-id")
_LONGEST_KEY: Final = 255


def ndjson_protocol(parts: DoorParts, beginnings: Beginnings) -> Protocol:
    """The door."""
    return Protocol(
        routes=_routes(parts.reception, beginnings),
        speaks=lambda path: path.startswith("/ingest/"),
        refusal=refusal,
        not_served=not_served,
        unexpected=unexpected,
    )


def check_named(feed: Feed, feed_name: str) -> None:
    """Raises NotFound unless the path names the feed, by its name or its id."""
    if feed_name not in {feed.name, ids.show("feed", feed.id)}:
        raise NotFound("The token has no feed of this name.")


def request_key_of(request: DoorRequest) -> str | None:
    """The sender's own id of the request. Raises Invalid for one that is too long."""
    for header in _KEY_HEADERS:
        key = request.headers.get(header)
        if key:
            if len(key) > _LONGEST_KEY:
                raise Invalid(f"It has more than {_LONGEST_KEY} characters.", where=header)
            return key
    return None


def _routes(reception: Reception, beginnings: Beginnings) -> list[HTTPRouteHandler]:
    @post(PATHS, status_code=200, access=FEED)
    async def ingest(
        request: DoorRequest, feed_name: FromPath[str], token: FromPath[str | None] = None
    ) -> Response[bytes]:
        """Takes a body of JSON objects."""

        async def take(incoming: Incoming) -> Response[bytes]:
            feed = await reception.admit(request, "ndjson", path_token=token)
            check_named(feed, feed_name)
            reader = Reader(as_text=feed.source_hint == "text")
            try:
                receipt = await reception.take(
                    request, feed, reader.read, incoming=incoming, request_key=request_key_of(request)
                )
            finally:
                await beginnings.keep(feed, reader.beginning, content_type=request.headers.get("content-type", ""))
            said = Taken(accepted=receipt.events, rejected=reader.rejected)
            return taken(said, is_repeat=receipt.is_repeat)

        return await answered(request, take, refusal)

    return [ingest]
