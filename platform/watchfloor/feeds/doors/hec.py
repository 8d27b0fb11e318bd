"""The door for Splunk's HTTP Event Collector, on the collector's own paths.

Owns the routes and their order of checks, which is the collector's: token, channel, data. Acknowledgements by channel
are off: an answer of ours already means that the events are durable, so a client without them loses nothing.
"""

import re
from collections.abc import Callable
from typing import Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.doors.declaration import FEED, public
from watchfloor.feeds.doors.edge import answered
from watchfloor.feeds.doors.hec_events import Metadata, metadata_of, read_envelopes, read_lines
from watchfloor.feeds.doors.hec_replies import HecFault, not_served, refusal, reply
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.protocol import Protocol
from watchfloor.feeds.doors.reception import Reception, ShuttingDown
from watchfloor.feeds.intake.queue import Intake
from watchfloor.kernel.errors import Unavailable

PREFIX: Final = "/services/collector"
EVENT_PATHS: Final = [PREFIX, f"{PREFIX}/event", f"{PREFIX}/event/1.0"]
RAW_PATHS: Final = [f"{PREFIX}/raw", f"{PREFIX}/raw/1.0"]
HEALTH_PATHS: Final = [f"{PREFIX}/health", f"{PREFIX}/health/1.0"]

_CHANNEL: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)


def hec_protocol(reception: Reception, intake: Intake) -> Protocol:
    """The collector."""
    return Protocol(
        routes=[*_collecting_routes(reception), _health_route(reception, intake)],
        speaks=lambda path: path.startswith(PREFIX),
        refusal=refusal,
        not_served=not_served,
        unexpected=lambda: reply(8),
    )


def _collecting_routes(reception: Reception) -> list[HTTPRouteHandler]:
    async def collect(
        request: DoorRequest, read: Callable[[bytes | bytearray, Metadata], PackedBatch]
    ) -> Response[bytes]:
        async def handle(incoming: Incoming) -> Response[bytes]:
            feed = await reception.admit(request, "hec")
            _check_channel(request)
            default = metadata_of(request.query_params)
            await reception.take(request, feed, lambda body: read(body, default), incoming=incoming)
            return reply(0)

        return await answered(request, handle, refusal)

    @post(EVENT_PATHS, status_code=200, access=FEED)
    async def collect_events(request: DoorRequest) -> Response[bytes]:
        """Takes a body of envelopes."""
        return await collect(request, read_envelopes)

    @post(RAW_PATHS, status_code=200, access=FEED)
    async def collect_raw(request: DoorRequest) -> Response[bytes]:
        """Takes a body of lines."""
        return await collect(request, read_lines)

    @post(f"{PREFIX}/ack", status_code=200, access=FEED)
    async def acknowledge(request: DoorRequest) -> Response[bytes]:
        """Tells that acknowledgements are off."""

        async def say(_incoming: Incoming) -> Response[bytes]:
            await reception.admit(request, "hec")
            raise HecFault(14)

        return await answered(request, say, refusal)

    return [collect_events, collect_raw, acknowledge]


def _health_route(reception: Reception, intake: Intake) -> HTTPRouteHandler:
    @get(HEALTH_PATHS, access=public("Load balancers ask before they have a token, as they ask the collector itself."))
    async def health() -> Response[bytes]:
        """Tells whether events would be taken now."""
        try:
            reception.check_open()
            await intake.check()
        except ShuttingDown:
            return reply(23)
        except Unavailable:
            return reply(18)
        return reply(17)

    return health


def _check_channel(request: DoorRequest) -> None:
    """A channel is not needed without acknowledgements; one that is given must be a GUID."""
    channel = request.headers.get("x-splunk-request-channel") or request.query_params.get("channel")
    if channel is not None and not _CHANNEL.fullmatch(channel):
        raise HecFault(11)
