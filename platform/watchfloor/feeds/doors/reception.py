"""What every HTTP door does with a request: know the sender, read the body, pack the events, make them durable.

Owns the order of these steps, so that no door can leave one out: nothing is read for a sender whom we do not know,
nothing is inflated beyond the limits, and nothing is acknowledged before it is durable (N1, N2, N4). How events are
written in a body and how refusals read is each protocol's own affair.
"""

import contextlib
import time
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar
from uuid import UUID

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.doors.admission import SMALL_BYTES, Admission
from watchfloor.feeds.doors.gate import Gate, NoToken, ShownToken, token_of
from watchfloor.feeds.doors.hints import Hints
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.feed import Door, Feed
from watchfloor.feeds.inflate import inflate
from watchfloor.feeds.intake.backlog import IntakeFull
from watchfloor.feeds.intake.queue import Alongside, Intake, Receipt, Sender
from watchfloor.feeds.limits import BODY_BYTES
from watchfloor.feeds.registry import TokenRefused
from watchfloor.kernel import ids
from watchfloor.kernel.errors import Unavailable, WatchfloorError
from watchfloor.kernel.ids import FeedId, TenantId
from watchfloor.kernel.telemetry import INTAKE_BATCHES, INTAKE_BYTES, span

T = TypeVar("T")

Read = Callable[[bytes | bytearray], PackedBatch | None]
"""How a protocol makes a batch of an inflated body; None for one that is in order and holds nothing to keep."""

RequestKey: TypeAlias = "str | Callable[[], str | None] | None"
"""The sender's own id of a request, or what gives it once the body is read."""

_LONGEST_ID: Final = 128
_STRANGERS: Final = TenantId(UUID(int=0))
"""Who is charged for the bodies of senders that nobody knows yet. No tenant has this id."""


class ReadAgain(Exception):
    """What was written alongside a batch changes what is read of the body: nothing was stored, and it is read anew."""


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
        self._full_until: dict[TenantId, float] = {}

    def close(self) -> None:
        """From now on every request is told to come back later."""
        self._is_closing = True

    def check_open(self) -> None:
        """Raises ShuttingDown after `close`."""
        if self._is_closing:
            raise ShuttingDown("The server is shutting down.", retry_after_seconds=2)

    async def admit(self, request: DoorRequest, door: Door, *, path_token: str | None = None) -> Feed:
        """The feed whose token the request shows, at its own door.

        A token in the URL (`path_token`, or `token` in the query) counts only for a feed that opted for it.
        Raises NoToken, TokenRefused.
        """
        return await self.admit_shown(request, door, token_of(request.headers, request.query_params, path_token))

    async def admit_shown(self, request: DoorRequest, door: Door, shown: ShownToken) -> Feed:
        """The feed of a token that the request shows in a way of its protocol. Raises like `admit`."""
        self.check_open()
        feed = await self._gate.admit(shown.text, remote=remote_of(request))
        if feed.door != door:
            raise TokenRefused("unknown")
        if shown.in_url and not feed.options.token_in_url:
            raise NoToken("in_query")
        return feed

    async def admit_named(self, feed_id: FeedId, door: Door) -> Feed:
        """The feed of this id, for a request whose sender proves who it is in another way than by a token of ours.

        Nobody is known by it yet: the caller checks the proof. Raises TokenRefused.
        """
        self.check_open()
        feed = await self._gate.admit_named(feed_id)
        if feed.door != door:
            raise TokenRefused("unknown")
        return feed

    async def take(
        self,
        request: DoorRequest,
        feed: Feed,
        read: Read,
        *,
        incoming: Incoming,
        request_key: RequestKey = None,
        alongside: Alongside | None = None,
    ) -> Receipt:
        """Reads the body and makes its events durable. Raises what the steps raise; then nothing was taken.

        `alongside` is written with the batch, and may raise ReadAgain to have `read` called once more.
        """
        try:
            with span("door.take", door=feed.door):
                receipt = await self._take(
                    request, feed, read, incoming=incoming, request_key=request_key, alongside=alongside
                )
        except Unavailable as error:
            if isinstance(error, IntakeFull):
                self._full_until[feed.tenant_id] = time.monotonic() + error.retry_after_seconds
            INTAKE_BATCHES.labels(feed.door, "full").inc()
            raise
        except WatchfloorError:
            INTAKE_BATCHES.labels(feed.door, "refused").inc()
            raise
        INTAKE_BATCHES.labels(feed.door, "accepted").inc()
        self._full_until.pop(feed.tenant_id, None)
        self._hints.give(feed.tenant_id)
        return receipt

    async def hear(
        self, request: DoorRequest, feed: Feed, understand: Callable[[bytes | bytearray], T], *, incoming: Incoming
    ) -> T:
        """What `understand` makes of a body that holds no events, read within the limits. Raises what it raises."""
        return await self._hear(request, feed.tenant_id, understand, incoming=incoming)

    async def hear_stranger(
        self, request: DoorRequest, understand: Callable[[bytes | bytearray], T], *, incoming: Incoming
    ) -> T:
        """Like `hear`, for a body that itself says who sends it: until that is known, all strangers share one room.

        The body stays with `incoming`, so that it can be taken afterwards.
        """
        self.check_open()
        return await self._hear(request, _STRANGERS, understand, incoming=incoming)

    async def hear_beginning(self, incoming: Incoming, *, at_least: int) -> bytes:
        """How a stranger's body begins: `at_least` so many bytes of it as they arrive, or all. The body stays."""
        self.check_open()
        with self._admission.share(_STRANGERS) as share:
            return await incoming.begin(share, at_least=at_least)

    async def _hear(
        self,
        request: DoorRequest,
        tenant_id: TenantId,
        understand: Callable[[bytes | bytearray], T],
        *,
        incoming: Incoming,
    ) -> T:
        encoding = request.headers.get("content-encoding", "")
        with self._admission.share(tenant_id) as share:
            body = await incoming.read(share)
            is_small = not encoding and len(body) <= SMALL_BYTES
            return await self._admission.work(tenant_id, lambda: understand(inflate(body, encoding)), is_small=is_small)

    def is_refusing(self, tenant_id: TenantId) -> bool:
        """Whether the tenant's queue was full when it sent last, so lately that it should not have come again yet."""
        return time.monotonic() < self._full_until.get(tenant_id, 0.0)

    def fullness(self, tenant_id: TenantId) -> float:
        """How much of this process's room for requests is taken, for the tenant: 0 to 1."""
        return self._admission.fullness(tenant_id)

    async def _take(
        self,
        request: DoorRequest,
        feed: Feed,
        read: Read,
        *,
        incoming: Incoming,
        request_key: RequestKey,
        alongside: Alongside | None,
    ) -> Receipt:
        encoding = request.headers.get("content-encoding", "")
        await self._intake.expect(feed, _declared(request))
        with self._admission.share(feed.tenant_id) as share:
            body = await incoming.read(share)
            is_small = not encoding and len(body) <= SMALL_BYTES
            while True:
                batch = await self._admission.work(
                    feed.tenant_id, lambda: read(inflate(body, encoding)), is_small=is_small
                )
                if batch is None:
                    return Receipt(events=0, is_repeat=False)
                key = request_key() if callable(request_key) else request_key
                with contextlib.suppress(ReadAgain):
                    receipt = await self._intake.put(feed, batch, sender_of(request, key), alongside=alongside)
                    break
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


def _declared(request: DoorRequest) -> int:
    """How long the body says it is; what is too long is refused when it is read."""
    declared = request.headers.get("content-length", "")
    return min(int(declared[:20]), BODY_BYTES) if declared.isdecimal() else 0


def remote_of(request: DoorRequest) -> str:
    """The address that the connection comes from."""
    return request.client.host if request.client else "-"


def request_id_of(request: DoorRequest) -> str:
    """The sender's id of the request, if it is one that can stand in a log, or a new one."""
    given = request.headers.get("x-request-id", "")
    if given and len(given) <= _LONGEST_ID and given.isascii() and given.isprintable():
        return given
    return str(ids.new_uuid())
