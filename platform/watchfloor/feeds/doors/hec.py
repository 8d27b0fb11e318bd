"""The door for Splunk's HTTP Event Collector, on the collector's own paths.

Owns the routes for events and their order of checks, which is the collector's: token, channel, room, data. A 200 says
that the events are durable; a feed that acknowledges says it a second time, by channel, for clients that will not
believe it otherwise.
"""

from collections.abc import Callable
from typing import Final

from litestar import HttpMethod, Response, post, route
from litestar.handlers import HTTPRouteHandler

from watchfloor.feeds.acks.channels import AckChannels
from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.doors.declaration import FEED, public
from watchfloor.feeds.doors.edge import answered
from watchfloor.feeds.doors.hec_acks import ack_route, channel_of
from watchfloor.feeds.doors.hec_events import Metadata, metadata_of, read_envelopes, read_lines
from watchfloor.feeds.doors.hec_health import health_route
from watchfloor.feeds.doors.hec_replies import not_served, refusal, reply, taken
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.protocol import DoorParts, Protocol
from watchfloor.feeds.doors.reception import Reception

PREFIX: Final = "/services/collector"
EVENT_PATHS: Final = [PREFIX, f"{PREFIX}/event", f"{PREFIX}/event/1.0"]
RAW_PATHS: Final = [f"{PREFIX}/raw", f"{PREFIX}/raw/1.0"]
ACK_PATHS: Final = [f"{PREFIX}/ack", f"{PREFIX}/ack/1.0"]
HEALTH_PATHS: Final = [f"{PREFIX}/health", f"{PREFIX}/health/1.0"]


def hec_protocol(parts: DoorParts) -> Protocol:
    """The collector."""
    acks = AckChannels(parts.database)
    return Protocol(
        routes=[
            # These come first, because a path without OPTIONS is given one that answers 204.
            _options_route([*EVENT_PATHS, *RAW_PATHS, *ACK_PATHS], allowed="POST"),
            _options_route(HEALTH_PATHS, allowed="GET"),
            *_collecting_routes(parts.reception, acks),
            ack_route(ACK_PATHS, parts.reception, acks),
            health_route(HEALTH_PATHS, parts, acks),
        ],
        speaks=lambda path: path.startswith(PREFIX),
        refusal=refusal,
        not_served=not_served,
        unexpected=lambda: reply(8),
    )


def _collecting_routes(reception: Reception, acks: AckChannels) -> list[HTTPRouteHandler]:
    async def collect(
        request: DoorRequest, read: Callable[[bytes | bytearray, Metadata], PackedBatch]
    ) -> Response[bytes]:
        async def handle(incoming: Incoming) -> Response[bytes]:
            feed = await reception.admit(request, "hec")
            channel = channel_of(request, feed)
            if channel is not None:
                await acks.admit(feed, channel)
            default = metadata_of(request.query_params)
            await reception.take(request, feed, lambda body: read(body, default), incoming=incoming)
            return taken(None if channel is None else await acks.issue(feed, channel))

        return await answered(request, handle, refusal)

    @post(EVENT_PATHS, status_code=200, access=FEED)
    async def collect_events(request: DoorRequest) -> Response[bytes]:
        """Takes a body of envelopes."""
        return await collect(request, read_envelopes)

    @post(RAW_PATHS, status_code=200, access=FEED)
    async def collect_raw(request: DoorRequest) -> Response[bytes]:
        """Takes a body of lines."""
        return await collect(request, read_lines)

    return [collect_events, collect_raw]


def _options_route(paths: list[str], *, allowed: str) -> HTTPRouteHandler:
    """Some senders (Docker's logging driver) begin with OPTIONS, and go on only after a 200."""

    @route(paths, http_method=[HttpMethod.OPTIONS], access=public("It tells the methods of a path and nothing else."))
    async def options() -> Response[bytes]:
        """Tells which methods the path takes."""
        return Response(b"{}", media_type="application/json", headers={"Allow": f"OPTIONS, {allowed}"})

    return options
