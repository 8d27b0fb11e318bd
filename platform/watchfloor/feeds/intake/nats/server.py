"""A NATS cluster as the intake uses it: a stream for each tenant, a consumer for each of its lanes, both made lazily.

Owns every word that is spoken with the servers, and the translation of their errors into ours. A message is published
once it stands on a majority of the replicas; what was acknowledged by its worker is gone from the stream. It knows
nothing of what is in a message.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Generator, Sequence
from typing import Final

import msgspec
import nats
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError

from watchfloor.feeds.intake.queue import Lane
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid, TooLarge, Unavailable
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.secret import Secret

ACK_WAIT_SECONDS: Final = 15.0
"""After how long the batches of a worker that is gone are handed to another one."""

PUBLISH_SECONDS: Final = 6.0
"""How long a batch is tried; a cluster that lost its leader has a new one within a few seconds."""

_CONNECT_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 2.0
_DUPLICATE_SECONDS: Final = 120.0
_UNUSED_SECONDS: Final = 3600.0
_MOST_UNDER_WORK: Final = 256
_RETRY_SECONDS: Final = 0.1

_DUPLICATE_UNDER_WAY: Final = 10158
_OTHER_CONFIGURATION: Final = 10058
_FAULTS: Final = (nats.errors.Error, TimeoutError, OSError)
_logger: Final = logging.getLogger(__name__)


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a tenant's stream: its size in bytes, and the lanes in which there is anything."""

    size: int
    lanes: tuple[Lane, ...]


_NOTHING: Final = Waiting(size=0, lanes=())


class _Pull(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request for messages (JetStream's `CONSUMER.MSG.NEXT`)."""

    batch: int
    no_wait: bool
    max_bytes: int = 0


class Server:
    """A connection to a cluster. It finds its way back by itself for as long as it is open."""

    def __init__(self, client: Client, *, replicas: int) -> None:
        self._client = client
        self._stream: JetStreamContext = client.jetstream(timeout=_ANSWER_SECONDS)  # pyright: ignore[reportUnknownMemberType]  untyped options
        self._replicas = replicas
        self._streams: set[TenantId] = set()
        self._consumers: set[tuple[TenantId, Lane]] = set()

    @classmethod
    async def open(cls, settings: Settings) -> "Server":
        """Connects. Raises Invalid when no address is set, Unavailable when nobody answers there."""
        if settings.nats_url is None:
            raise Invalid("The intake is to be on NATS, and no server is named.", where="WATCHFLOOR_NATS_URL")
        return cls(await connect(settings.nats_url, name="watchfloor"), replicas=settings.nats_replicas)

    async def close(self) -> None:
        """Ends the connection."""
        with contextlib.suppress(*_FAULTS):
            await self._client.close()

    @property
    def largest(self) -> int:
        """How many bytes a message may have."""
        return self._client.max_payload

    async def check(self) -> None:
        """Raises Unavailable when nothing could be published now."""
        with _our_words():
            await self._stream.account_info()

    async def publish(self, tenant_id: TenantId, lane: Lane, payload: bytes, *, message_id: str) -> bool:
        """Returns once the message stands on a majority of its replicas; False when one of its id stood there before.

        Raises TooLarge, and Unavailable when it is not known to stand; published again under its id, it stands once.
        """
        if len(payload) > self.largest:
            raise TooLarge(f"The batch has more than {self.largest} bytes.", remedy="Send smaller batches.")
        until = time.monotonic() + PUBLISH_SECONDS
        tried = 0
        while True:
            tried += 1
            try:
                await self._need_stream(tenant_id)
                answer = await self._stream.publish(
                    f"{_subject(tenant_id)}.{int(lane)}",
                    payload,
                    timeout=_ANSWER_SECONDS,
                    stream=stream_name(tenant_id),
                    headers={"Nats-Msg-Id": message_id},
                )
            except (*_FAULTS, APIError) as error:
                self._note_lost_stream(tenant_id, error)
                if time.monotonic() >= until:
                    raise _away(error) from error
            else:
                # A second attempt of ours finds what the first one stored: that was no other request.
                return not answer.duplicate or tried > 1
            await asyncio.sleep(_RETRY_SECONDS)

    async def waiting(self, tenant_id: TenantId) -> Waiting:
        """What stands in the tenant's stream."""
        subject = _subject(tenant_id)
        try:
            with _our_words():
                found = await self._stream.stream_info(stream_name(tenant_id), subjects_filter=f"{subject}.*")
        except _Missing:
            return _NOTHING
        counts = found.state.subjects or {}
        lanes = tuple(lane for lane in Lane if counts.get(f"{subject}.{int(lane)}"))
        return Waiting(size=found.state.bytes, lanes=lanes)

    async def pull(self, tenant_id: TenantId, lane: Lane, *, most: int, most_bytes: int = 0) -> list[Msg]:
        """The next messages of a lane, in their order, without waiting for any.

        Without `most_bytes` their size does not matter. The next one may be too large for it; then there are none.
        """
        try:
            with _our_words():
                await self._need_consumer(tenant_id, lane)
                wanted = _Pull(batch=most, no_wait=True, max_bytes=most_bytes)
                return await self._receive(tenant_id, lane, wanted)
        except _Missing:
            self._consumers.discard((tenant_id, lane))
            return []

    async def acknowledge(self, messages: Sequence[Msg]) -> None:
        """Takes messages out of the stream. One whose acknowledgement gets lost comes again."""
        answers = await asyncio.gather(
            *(message.ack_sync(_ANSWER_SECONDS) for message in messages), return_exceptions=True
        )
        lost = sum(isinstance(answer, Exception) for answer in answers)
        if lost:
            _logger.info("%s acknowledgements were lost; their batches come again and are known.", lost)

    async def give_back(self, messages: Sequence[Msg]) -> None:
        """Lets others have messages that were pulled. Without it they come back after ACK_WAIT_SECONDS."""
        with contextlib.suppress(*_FAULTS):
            for message in messages:
                await message.nak()

    async def keep(self, messages: Sequence[Msg]) -> None:
        """Says that messages are still under work."""
        with contextlib.suppress(*_FAULTS):
            for message in messages:
                await message.in_progress()

    async def acknowledged_up_to(self, tenant_id: TenantId, lane: Lane) -> int:
        """The sequence up to which nothing of the lane can come again."""
        try:
            with _our_words():
                found = await self._stream.consumer_info(stream_name(tenant_id), _consumer(lane))
        except _Missing:
            return 0
        return 0 if found.ack_floor is None else found.ack_floor.stream_seq

    async def remove(self, tenant_id: TenantId) -> bool:
        """Removes a tenant's stream and all that is in it; False when there was none."""
        self._streams.discard(tenant_id)
        try:
            with _our_words():
                return await self._stream.delete_stream(stream_name(tenant_id))
        except _Missing:
            return False

    async def _receive(self, tenant_id: TenantId, lane: Lane, wanted: _Pull) -> list[Msg]:
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox)  # pyright: ignore[reportUnknownMemberType]  untyped options
        try:
            await self._client.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.{stream_name(tenant_id)}.{_consumer(lane)}",
                msgspec.json.encode(wanted),
                reply=inbox,
            )
            return await self._collect(subscription, wanted, tenant_id, lane)
        finally:
            await subscription.unsubscribe()

    async def _collect(self, subscription: Subscription, wanted: _Pull, tenant_id: TenantId, lane: Lane) -> list[Msg]:
        messages: list[Msg] = []
        while len(messages) < wanted.batch:
            try:
                message = await subscription.next_msg(timeout=_ANSWER_SECONDS)
            except TimeoutError:
                if messages:
                    break
                raise
            status = (message.headers or {}).get("Status")
            if status is None:
                messages.append(message)
            elif status == "503" or "Deleted" in (message.headers or {}).get("Description", ""):
                self._consumers.discard((tenant_id, lane))
                if not messages:
                    raise Unavailable("The intake on NATS has no leader for the tenant's lane.")
                break
            elif status != "100":  # nothing more, or nothing more that fits
                break
        return messages

    async def _need_stream(self, tenant_id: TenantId) -> None:
        if tenant_id in self._streams:
            return
        wanted = StreamConfig(
            name=stream_name(tenant_id),
            subjects=[f"{_subject(tenant_id)}.*"],
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            num_replicas=self._replicas,
            duplicate_window=_DUPLICATE_SECONDS,
        )
        try:
            await self._stream.add_stream(wanted)  # pyright: ignore[reportUnknownMemberType]  untyped options
        except APIError as error:
            if error.err_code != _OTHER_CONFIGURATION:
                raise
            await self._stream.update_stream(wanted)  # pyright: ignore[reportUnknownMemberType]  untyped options
        self._streams.add(tenant_id)

    async def _need_consumer(self, tenant_id: TenantId, lane: Lane) -> None:
        if (tenant_id, lane) in self._consumers:
            return
        wanted = ConsumerConfig(
            durable_name=_consumer(lane),
            filter_subject=f"{_subject(tenant_id)}.{int(lane)}",
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_SECONDS,
            max_ack_pending=_MOST_UNDER_WORK,
            inactive_threshold=_UNUSED_SECONDS,
        )
        await self._stream.add_consumer(stream_name(tenant_id), wanted)  # pyright: ignore[reportUnknownMemberType]  untyped options
        self._consumers.add((tenant_id, lane))

    def _note_lost_stream(self, tenant_id: TenantId, error: Exception) -> None:
        if isinstance(error, NoStreamResponseError | NotFoundError):
            self._streams.discard(tenant_id)
        elif not (isinstance(error, APIError) and error.err_code == _DUPLICATE_UNDER_WAY):
            _logger.info("A batch is tried again: %s", error)


async def connect(address: Secret, *, name: str) -> Client:
    """A connection to the servers of an address. Raises Unavailable when none lets us in."""
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            return await nats.connect(  # pyright: ignore[reportUnknownMemberType]  untyped options
                [server.strip() for server in address.reveal().split(",")],
                name=name,
                error_cb=_note,
                connect_timeout=2,
                reconnect_time_wait=0.2,  # pyright: ignore[reportArgumentType]  it takes fractions, and says so nowhere
                max_reconnect_attempts=-1,
                ping_interval=5,
            )
    except (*_FAULTS, ValueError) as error:
        raise Unavailable(
            f"NATS cannot be reached or does not let us in: {str(error) or type(error).__name__}.",
            where="WATCHFLOOR_NATS_URL",
            remedy="Check that its servers run, and the login.",
        ) from None


def stream_name(tenant_id: TenantId) -> str:
    """The name of a tenant's stream."""
    return f"INTAKE_{tenant_id.hex}"


class _Missing(Exception):
    """There is no such stream or consumer. Never leaves this module."""


@contextlib.contextmanager
def _our_words() -> Generator[None]:
    try:
        yield
    except NotFoundError as error:
        raise _Missing from error
    except (*_FAULTS, APIError) as error:
        raise _away(error) from error


def _away(error: Exception) -> Unavailable:
    said = str(error) or type(error).__name__
    return Unavailable(f"The intake on NATS cannot take or give anything just now: {said}.", remedy="Try again later.")


def _subject(tenant_id: TenantId) -> str:
    return f"intake.{tenant_id.hex}"


def _consumer(lane: Lane) -> str:
    return f"lane{int(lane)}"


async def _note(error: Exception) -> None:
    _logger.info("NATS: %s", str(error) or type(error).__name__)
