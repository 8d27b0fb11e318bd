"""What every HTTP door does with a request: know the sender, read the body, pack the events, make them durable.

Owns the order of these steps, so that no door can leave one out: nothing is read for a sender whom we do not know,
nothing is inflated beyond the limits, and nothing is acknowledged before it is durable (N1, N2, N4). How events are
written in a body and how refusals read is each protocol's own affair.
"""

from collections.abc import Callable
from typing import Final

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.doors.admission import SMALL_BYTES, Admission
from watchfloor.feeds.doors.gate import Gate, token_of
from watchfloor.feeds.doors.hints import Hints
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.feed import Door, Feed
from watchfloor.feeds.inflate import inflate
from watchfloor.feeds.intake.queue import Intake, Receipt, Sender
from watchfloor.feeds.registry import TokenRefused
from watchfloor.kernel import ids
from watchfloor.kernel.errors import Unavailable, WatchfloorError
from watchfloor.kernel.telemetry import INTAKE_BATCHES, INTAKE_BYTES, span

Read = Callable[[bytes | bytearray], PackedBatch]
"""How a protocol makes a batch of an inflated body."""

_LONGEST_ID: Final = 128


class ShuttingDown(Unavailable):
    """The process takes nothing more; another one, or the next one, will."""

    code = "shutting_down"


class Reception:
    """The one way from a request to the intake."""

    def __init__(self, gate: Gate, admission: Admission, intake: Intake, hints: Hints) -> None:
        self._gate = gate
        self._admission = admission
        self._intake = intake
        self._hints = hints
        self._is_closing = False

    def close(self) -> None:
        """From now on every request is told to come back later."""
        self._is_closing = True

    def check_open(self) -> None:
        """Raises ShuttingDown after `close`."""
        if self._is_closing:
            raise ShuttingDown("The server is shutting down.", retry_after_seconds=2)

    async def admit(self, request: DoorRequest, door: Door) -> Feed:
        """The feed whose token the request shows, at its own door. Raises NoToken, TokenRefused."""
        self.check_open()
        token = token_of(request.headers, request.query_params)
        feed = await self._gate.admit(token, remote=remote_of(request))
        if feed.door != door:
            raise TokenRefused("unknown")
        return feed

    async def take(
        self, request: DoorRequest, feed: Feed, read: Read, *, incoming: Incoming, request_key: str | None = None
    ) -> Receipt:
        """Reads the body and makes its events durable. Raises what the steps raise; then nothing was taken."""
        try:
            with span("door.take", door=feed.door):
                receipt = await self._take(request, feed, read, incoming=incoming, request_key=request_key)
        except Unavailable:
            INTAKE_BATCHES.labels(feed.door, "full").inc()
            raise
        except WatchfloorError:
            INTAKE_BATCHES.labels(feed.door, "refused").inc()
            raise
        INTAKE_BATCHES.labels(feed.door, "accepted").inc()
        self._hints.give(feed.tenant_id)
        return receipt

    async def _take(
        self, request: DoorRequest, feed: Feed, read: Read, *, incoming: Incoming, request_key: str | None
    ) -> Receipt:
        encoding = request.headers.get("content-encoding", "")
        with self._admission.share(feed.tenant_id) as share:
            body = await incoming.read(share)
            is_small = not encoding and len(body) <= SMALL_BYTES
            batch = await self._admission.work(feed.tenant_id, lambda: read(inflate(body, encoding)), is_small=is_small)
            receipt = await self._intake.put(feed, batch, sender_of(request, request_key))
        INTAKE_BYTES.labels(feed.door).inc(batch.raw_bytes)
        return receipt


def sender_of(request: DoorRequest, request_key: str | None) -> Sender:
    """What is kept about who sent a request."""
    headers = request.headers
    return Sender(
        remote=remote_of(request),
        user_agent=headers.get("user-agent", ""),
        content_type=headers.get("content-type", ""),
        request_id=request_id_of(request),
        request_key=request_key,
    )


def remote_of(request: DoorRequest) -> str:
    """The address that the connection comes from."""
    return request.client.host if request.client else "-"


def request_id_of(request: DoorRequest) -> str:
    """The sender's id of the request, if it is one that can stand in a log, or a new one."""
    given = request.headers.get("x-request-id", "")
    if given and len(given) <= _LONGEST_ID and given.isascii() and given.isprintable():
        return given
    return str(ids.new_uuid())
