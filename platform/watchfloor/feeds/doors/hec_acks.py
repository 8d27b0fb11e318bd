"""The collector's acknowledgements as its clients see them: the channel of a request, and the question about ids.

Owns the forms. What an id is, and which are given, is the business of `feeds.acks`.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from watchfloor.feeds.acks.channels import AckChannels
from watchfloor.feeds.doors.declaration import FEED
from watchfloor.feeds.doors.edge import answered
from watchfloor.feeds.doors.hec_replies import HecFault, refusal
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.reception import Reception
from watchfloor.feeds.feed import Feed

_CHANNEL: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)
_MOST_ASKED: Final = 10_000

_AckId = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class _Question(msgspec.Struct, frozen=True):
    acks: Annotated[list[_AckId], msgspec.Meta(max_length=_MOST_ASKED)]


_QUESTIONS: Final = msgspec.json.Decoder(_Question)


def channel_of(request: DoorRequest, feed: Feed) -> UUID | None:
    """The request's channel if the feed acknowledges, else None. One that is given must be a GUID in any case.

    Raises HecFault.
    """
    text = request.headers.get("x-splunk-request-channel") or request.query_params.get("channel")
    if text is not None and not _CHANNEL.fullmatch(text):
        raise HecFault(11)
    if not feed.options.acknowledge:
        return None
    if text is None:
        raise HecFault(10)
    return UUID(text)


def ack_route(paths: Sequence[str], reception: Reception, acks: AckChannels) -> HTTPRouteHandler:
    """The route by which clients ask. An id is told to be true once; after that, and always else, it is false."""

    @post(list(paths), status_code=200, access=FEED)
    async def acknowledge(request: DoorRequest) -> Response[bytes]:
        """Tells which of the ids stand for events that are safe."""

        async def say(incoming: Incoming) -> Response[bytes]:
            feed = await reception.admit(request, "hec")
            if not feed.options.acknowledge:
                raise HecFault(14)
            channel = channel_of(request, feed)
            if channel is None:
                raise HecFault(10)
            asked = await reception.hear(request, feed, _asked, incoming=incoming)
            safe = await acks.consume(feed, channel, asked) if asked else set[int]()
            answer = {"acks": {str(ack_id): ack_id in safe for ack_id in asked}}
            return Response(msgspec.json.encode(answer), media_type="application/json")

        return await answered(request, say, refusal)

    return acknowledge


def _asked(body: bytes | bytearray) -> list[int]:
    if not body.strip():
        raise HecFault(5)
    try:
        return _QUESTIONS.decode(body).acks
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise HecFault(6, detail=str(fault)) from None
