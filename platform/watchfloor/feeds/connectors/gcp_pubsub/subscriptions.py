"""A subscription of Pub/Sub: messages are taken, held, given back and acknowledged.

Owns the requests (Pub/Sub's REST protocol) and what a receipt of ours is made of: the subscription's name and the
number that it gave with a message.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Final, final
from urllib.parse import quote

import msgspec

from watchfloor.feeds.connectors.connector import Malformed, Remote
from watchfloor.feeds.connectors.gcp_pubsub.parse import Message
from watchfloor.feeds.connectors.google.session import Need, Session, own_session
from watchfloor.kernel.errors import Invalid, WatchfloorError

ORIGIN: Final = "https://pubsub.googleapis.com"
CONSUME: Final = "pubsub.subscriptions.consume"
"""The one permission that taking, holding and acknowledging need."""

MOST_MESSAGES: Final = 1_000
_ANSWER_BYTES: Final = 64_000_000
_REQUEST_BYTES: Final = 400_000
"""A request that names messages may have 512 KiB."""

_BETWEEN: Final = " "
_REMEDY: Final = "Give the service account the role on the subscription that `watchfloor connector policy` prints."


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """When what is being stored is held further, in seconds: first after so long, then so often, each time for so long.

    The shortest time that a subscription gives is 10 seconds.
    """

    first_seconds: float = 5.0
    every_seconds: float = 30.0
    held_seconds: int = 90


class Taken(msgspec.Struct, rename="camel"):
    """A message in our hands."""

    ack_id: str
    message: Message = msgspec.field(default_factory=Message)


class _Taken(msgspec.Struct, rename="camel"):
    received_messages: list[Taken] = msgspec.field(default_factory=list[Taken])


class _Permissions(msgspec.Struct):
    permissions: list[str] = msgspec.field(default_factory=list[str])


@final
class Subscriptions:
    """A customer's subscriptions, while they are open."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def take(self, name: str) -> list[Taken]:
        """What there is at this moment, as far as one answer goes; nothing does not mean that nothing waits.

        The answer does not wait for messages: a customer without any would hold a place of the runner's.
        Raises Throttled, Denied, Expired, Malformed, Unavailable, EgressRefused.
        """
        body = await self._ask(name, "pull", {"maxMessages": MOST_MESSAGES, "returnImmediately": True})
        try:
            return msgspec.json.decode(body, type=_Taken).received_messages
        except (msgspec.DecodeError, UnicodeError):
            raise Malformed("Pub/Sub's answer is not what it should be.", where=name) from None

    async def acknowledge(self, receipts: Iterable[str]) -> None:
        """Takes messages off for good; what is gone already is gone. Raises like `take`."""
        for name, numbers in _by_subscription(receipts):
            await self._ask(name, "acknowledge", {"ackIds": numbers})

    async def hold(self, receipts: Iterable[str], *, seconds: int) -> None:
        """Nobody else is handed these messages for so long from now; 0 gives them back. Raises like `take`."""
        for name, numbers in _by_subscription(receipts):
            await self._ask(name, "modifyAckDeadline", {"ackIds": numbers, "ackDeadlineSeconds": seconds})

    async def has(self, name: str, permission: str) -> bool:
        """Whether we have this permission on it. One that does not exist gives none. Raises like `take`."""
        body = await self._ask(name, "testIamPermissions", {"permissions": [permission]})
        try:
            return permission in msgspec.json.decode(body, type=_Permissions).permissions
        except (msgspec.DecodeError, UnicodeError):
            raise Malformed("Pub/Sub's answer is not what it should be.", where=name) from None

    @contextlib.asynccontextmanager
    async def holding(self, receipts: Sequence[str], pace: Pace) -> AsyncGenerator[None]:
        """Holds messages as long as the block lasts; when it is left early, gives them back."""
        keeping = asyncio.create_task(self._keep(receipts, pace))
        is_settled = False
        try:
            yield
            is_settled = True
        finally:
            keeping.cancel()
            if not is_settled:
                with contextlib.suppress(WatchfloorError):
                    await self.hold(receipts, seconds=0)

    async def _keep(self, receipts: Sequence[str], pace: Pace) -> None:
        """Until it is cancelled. A message that is lost hold of comes again, and is known then."""
        await asyncio.sleep(pace.first_seconds)
        while True:
            with contextlib.suppress(WatchfloorError):
                await self.hold(receipts, seconds=pace.held_seconds)
            await asyncio.sleep(pace.every_seconds)

    async def _ask(self, name: str, action: str, body: object) -> bytes:
        need = Need(permission=CONSUME, place=name, remedy=_REMEDY)
        target = f"/v1/{quote(name, safe='/~')}:{action}"
        return await self._session.ask("POST", target, need=need, content=msgspec.json.encode(body))


@contextlib.asynccontextmanager
async def open_subscriptions(remote: Remote) -> AsyncGenerator[Subscriptions]:
    """The way to a customer's subscriptions. Raises Expired when the key cannot be used."""
    async with own_session(remote, ORIGIN, purpose="connector.gcp_pubsub", max_bytes=_ANSWER_BYTES) as session:
        yield Subscriptions(session)


def receipt_for(name: str, taken: Taken) -> str:
    """What a message of this subscription is settled by."""
    return f"{name}{_BETWEEN}{taken.ack_id}"


def _by_subscription(receipts: Iterable[str]) -> Iterable[tuple[str, list[str]]]:
    """The numbers of each subscription's messages, no more of them than one request may have."""
    numbers: dict[str, list[str]] = {}
    for receipt in receipts:
        name, separator, number = receipt.partition(_BETWEEN)
        if not separator:
            raise Invalid("This is no receipt of a message.", where="receipt")
        numbers.setdefault(name, []).append(number)
    for name, found in numbers.items():
        part, size = list[str](), 0
        for number in found:
            if part and size + len(number) > _REQUEST_BYTES:
                yield name, part
                part, size = [], 0
            part.append(number)
            size += len(number) + 3
        yield name, part
