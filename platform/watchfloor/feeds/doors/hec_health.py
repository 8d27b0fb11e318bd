"""The collector's health: whether events would be taken now.

Owns the order of what is looked at. Nobody needs a token for it, as with the collector itself; who shows one is told
about the token, and how much of the tenant's room is taken.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from watchfloor.feeds.acks.channels import AckChannels
from watchfloor.feeds.doors.declaration import public
from watchfloor.feeds.doors.edge import answered
from watchfloor.feeds.doors.gate import NoToken
from watchfloor.feeds.doors.hec_replies import Code, HecFault, refusal, reply
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.protocol import DoorParts
from watchfloor.feeds.doors.reception import ShuttingDown
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.registry import TokenRefused
from watchfloor.kernel.errors import Unavailable

_NEARLY_FULL: Final = 0.8
_YES: Final = ("1", "true", "yes")


def health_route(paths: Sequence[str], parts: DoorParts, acks: AckChannels) -> HTTPRouteHandler:
    """The route. `?ack=true` asks after acknowledgements too."""
    checkup = _Checkup(parts, acks)

    @get(list(paths), access=public("Load balancers ask before they have a token, as they ask the collector itself."))
    async def health(request: DoorRequest) -> Response[bytes]:
        """Tells whether events would be taken now."""

        async def say(_incoming: Incoming) -> Response[bytes]:
            return reply(await checkup.code(request))

        return await answered(request, say, refusal)

    return health


class _Checkup:
    def __init__(self, parts: DoorParts, acks: AckChannels) -> None:
        self._reception = parts.reception
        self._intake = parts.intake
        self._acks = acks

    async def code(self, request: DoorRequest) -> Code:
        """The code of the state in which things are."""
        self._reception.check_open()
        asks_for_acks = request.query_params.get("ack", "").lower() in _YES
        takes = await _works(self._intake.check)
        answers = not asks_for_acks or await _works(self._acks.check)
        if not takes:
            return 18 if answers else 20
        if not answers:
            return 19
        feed = await self._feed_of(request)
        return 17 if feed is None else await self._room(feed, asks_for_acks=asks_for_acks)

    async def _feed_of(self, request: DoorRequest) -> Feed | None:
        if "authorization" not in request.headers and "token" not in request.query_params:
            return None
        try:
            return await self._reception.admit(request, "hec")
        except TokenRefused as refused:
            raise HecFault(22 if refused.because == "disabled" else 21) from None
        except NoToken as none:
            raise HecFault(16 if none.because == "in_query" else 21) from None
        except ShuttingDown:
            raise
        except Unavailable:
            raise HecFault(18) from None

    async def _room(self, feed: Feed, *, asks_for_acks: bool) -> Code:
        if self._reception.is_refusing(feed.tenant_id):
            return 18
        if self._reception.fullness(feed.tenant_id) >= _NEARLY_FULL:
            return 24
        has_acks = asks_for_acks or feed.options.acknowledge
        return 25 if has_acks and await self._acks.fullness(feed.tenant_id) >= _NEARLY_FULL else 17


async def _works(check: Callable[[], Awaitable[None]]) -> bool:
    try:
        await check()
    except Unavailable:
        return False
    return True
