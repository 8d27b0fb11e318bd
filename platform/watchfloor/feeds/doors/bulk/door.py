"""The door for Elasticsearch's bulk protocol, on a cluster's own paths.

Owns the routes, the forms in which its clients show a token, and the order of the steps. Every path may stand behind
one more part, for clients whose cluster lives under a prefix: `/siem/_bulk` is as good as `/_bulk`.
"""

import base64
import binascii
import secrets
import time
from collections.abc import Callable
from typing import Final

from litestar import Response, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler

from watchfloor.feeds.doors.bulk import handshake
from watchfloor.feeds.doors.bulk.actions import LONGEST_INDEX, Reader
from watchfloor.feeds.doors.bulk.numbered import Numbered
from watchfloor.feeds.doors.bulk.replies import answer, done, not_served, refusal, unexpected
from watchfloor.feeds.doors.declaration import FEED
from watchfloor.feeds.doors.edge import answered
from watchfloor.feeds.doors.gate import NoToken, ShownToken, token_of
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.protocol import DoorParts, Protocol
from watchfloor.feeds.doors.reception import Reception
from watchfloor.feeds.feed import Feed

_READ: Final = [HttpMethod.GET, HttpMethod.HEAD]
_CHANGE: Final = [HttpMethod.PUT, HttpMethod.POST, HttpMethod.DELETE]
_SET_UP: Final = (
    "_alias", "_aliases", "_component_template", "_data_stream", "_ilm", "_index_template", "_ingest", "_template",
)  # fmt: skip
"""What clients look for and put before they send."""

_ID_BYTES: Final = 9

Told = Callable[[Feed, DoorRequest], bytes]


def bulk_protocol(parts: DoorParts) -> Protocol:
    """The protocol. It speaks for the root, for names of indexes, and for what begins with an underscore."""
    reception = parts.reception
    return Protocol(
        routes=[_bulk_route(reception), *_handshake_routes(reception)],
        speaks=_speaks,
        refusal=refusal,
        not_served=not_served,
        unexpected=unexpected,
    )


def _speaks(path: str) -> bool:
    parts = [part for part in path.split("/") if part]
    return len(parts) <= 1 or any(part.startswith("_") for part in parts)


def _bulk_route(reception: Reception) -> HTTPRouteHandler:
    paths = ["/_bulk", "/{index:str}/_bulk", "/{prefix:str}/{index:str}/_bulk"]

    @route(paths, http_method=[HttpMethod.PUT, HttpMethod.POST], status_code=200, access=FEED)
    async def bulk(request: DoorRequest) -> Response[bytes]:
        """Takes documents."""

        async def take(incoming: Incoming) -> Response[bytes]:
            began = time.monotonic()
            feed = await reception.admit_shown(request, "bulk", shown_token(request))
            reader = Reader(index=_index_of(request, feed), pipeline=request.query_params.get("pipeline"))
            numbered = Numbered(feed.id, reader)
            await reception.take(request, feed, reader.read, incoming=incoming, alongside=numbered.remember)
            took = int((time.monotonic() - began) * 1_000)
            return done(reader.items, new_id=secrets.token_urlsafe(_ID_BYTES), took=took)

        return await answered(request, take, refusal)

    return bulk


def _handshake_routes(reception: Reception) -> list[HTTPRouteHandler]:
    """Each asks for the token, so that a client with a wrong one hears so before it sends."""
    about = _told(reception, ["/", "/{index:str}"], lambda feed, _request: handshake.about(feed))
    licence = _told(reception, _under("_license", "_xpack"), lambda feed, _request: handshake.licence(feed))
    health = _told(
        reception,
        _under("_cat/health", "_cluster/health", "_cluster/health/{name:str}"),
        lambda _feed, request: b"green\n" if "_cat" in request.scope["path"] else handshake.health(),
    )
    nodes = _told(
        reception,
        _under("_nodes", "_nodes/{kind:str}", "_nodes/{kind:str}/{name:str}"),
        lambda feed, request: handshake.nodes(
            feed, request.headers.get("host", ""), asks_for_plugins="ingest" in request.scope["path"]
        ),
    )
    set_up = [path for name in _SET_UP for path in _under(name, f"{name}/{{rest:path}}")]
    looked_for = _told(reception, set_up, lambda _feed, _request: handshake.EMPTY)
    put = _told(reception, ["/{index:str}", *set_up], lambda _feed, _request: handshake.ACKNOWLEDGED, methods=_CHANGE)
    return [about, licence, health, nodes, looked_for, put]


def _told(reception: Reception, paths: list[str], told: Told, *, methods: list[HttpMethod] = _READ) -> HTTPRouteHandler:
    @route(paths, http_method=methods, status_code=200, access=FEED)
    async def tell(request: DoorRequest) -> Response[bytes]:
        """Answers a question that clients ask before they send."""

        async def tell_feed(_incoming: Incoming) -> Response[bytes]:
            feed = await reception.admit_shown(request, "bulk", shown_token(request))
            return answer(told(feed, request))

        return await answered(request, tell_feed, refusal)

    return tell


def _under(*names: str) -> list[str]:
    return [f"{prefix}/{name}" for prefix in ("", "/{index:str}") for name in names]


def _index_of(request: DoorRequest, feed: Feed) -> str:
    """The index of actions that name none: the path's, else the feed's name."""
    parts = [part for part in request.scope["path"].split("/") if part]
    named = parts[-2] if len(parts) > 1 else feed.name
    return named if len(named) <= LONGEST_INDEX else feed.name


def shown_token(request: DoorRequest) -> ShownToken:
    """The token of a request, in any form of the doors, or as an API key: `ApiKey`, then base64 of `id:token`.

    Some configurations put the text itself, with an id or without. The id counts for nothing. Raises NoToken.
    """
    scheme, _, rest = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "apikey":
        return token_of(request.headers, request.query_params)
    key = rest.strip()
    if ":" not in key:
        key = _decoded(key) or key
    token = key.rpartition(":")[2]
    if not token:
        raise NoToken("malformed")
    return ShownToken(token, in_url=False)


def _decoded(key: str) -> str | None:
    """What base64 stands for, if it stands for an id and a token."""
    try:
        text = base64.b64decode(key + "=" * (-len(key) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return text if ":" in text else None
