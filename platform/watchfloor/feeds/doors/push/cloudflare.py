"""Cloudflare Logpush at the HTTP door: `POST /ingest/v1/{feed}/cloudflare`.

Owns what is Logpush's own about bodies of JSON lines: they may be compressed without saying so, and before a job runs
Cloudflare sends a small test object, or a challenge whose token the customer pastes back. Those are no events; they
are answered as if they were and kept, so that the token can be shown.
"""

from typing import Final

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.doors.beginnings import Beginnings
from watchfloor.feeds.doors.declaration import FEED
from watchfloor.feeds.doors.edge import answered
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.ndjson import PATH, check_named, request_key_of
from watchfloor.feeds.doors.ndjson_documents import Reader
from watchfloor.feeds.doors.ndjson_replies import Taken, not_served, refusal, taken, unexpected
from watchfloor.feeds.doors.protocol import DoorParts, Protocol
from watchfloor.feeds.first_bodies.ledger import BODY_BYTES
from watchfloor.feeds.inflate import inflate

PATHS: Final = [f"{PATH}/cloudflare", f"{PATH}/t/{{token:str}}/cloudflare"]

_GZIP: Final = b"\x1f\x8b"
_TEST_NAMES: Final = frozenset({"content", "filename"})
_OBJECTS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class LogpushReader:
    """Reads one body: a batch of documents, or a greeting."""

    def __init__(self, *, as_text: bool) -> None:
        """`as_text`: every line is an event, whatever is in it."""
        self.documents = Reader(as_text=as_text)
        self.greeting: bytes | None = None

    def read(self, body: bytes | bytearray) -> PackedBatch | None:
        """The batch, or None for a greeting. Raises NothingTaken and TooLarge, and Invalid for damaged compression."""
        plain = inflate(bytes(body), "gzip") if body[:2] == _GZIP else body
        if is_greeting(plain):
            self.greeting = bytes(plain)
            return None
        return self.documents.read(plain)


def is_greeting(body: bytes | bytearray) -> bool:
    """Whether a body is a test object or a challenge: short, and not one JSON object with a log's names in it."""
    text = bytes(body[: BODY_BYTES + 1]).strip()
    if not text or len(text) > BODY_BYTES:
        return False
    if b"{" not in text and b"[" not in text:
        return True
    try:
        found = _OBJECTS.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return bool(found) and _TEST_NAMES.issuperset(found)


def cloudflare_protocol(parts: DoorParts, beginnings: Beginnings) -> Protocol:
    """Logpush."""
    return Protocol(
        routes=[_route(parts, beginnings)],
        speaks=lambda path: path.startswith("/ingest/") and path.rstrip("/").endswith("/cloudflare"),
        refusal=refusal,
        not_served=not_served,
        unexpected=unexpected,
    )


def _route(parts: DoorParts, beginnings: Beginnings) -> HTTPRouteHandler:
    @post(PATHS, status_code=200, access=FEED)
    async def push(
        request: DoorRequest, feed_name: FromPath[str], token: FromPath[str | None] = None
    ) -> Response[bytes]:
        """Takes a batch of a Logpush job, or a greeting."""

        async def take(incoming: Incoming) -> Response[bytes]:
            feed = await parts.reception.admit(request, "ndjson", path_token=token)
            check_named(feed, feed_name)
            kind = request.headers.get("content-type", "")
            reader = LogpushReader(as_text=feed.source_hint == "text")
            try:
                receipt = await parts.reception.take(
                    request, feed, reader.read, incoming=incoming, request_key=request_key_of(request)
                )
            finally:
                await beginnings.keep(feed, reader.documents.beginning, content_type=kind)
            if reader.greeting is not None:
                await beginnings.greet(feed, reader.greeting, content_type=kind)
            said = Taken(accepted=receipt.events, rejected=reader.documents.rejected)
            return taken(said, is_repeat=receipt.is_repeat)

        return await answered(request, take, refusal)

    return push
