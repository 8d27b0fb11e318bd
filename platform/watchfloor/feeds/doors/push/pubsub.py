"""Google Cloud Pub/Sub at the HTTP door: push deliveries to `/ingest/v1/{feed}/pubsub`.

Owns the request's form and who may send it: the feed's push account, shown by an identity token for the feed's
audience; the feed is then named by its id in the path. A feed that opted for tokens in the URL may be named by one,
and asks for the identity token all the same if it has an account. A message is known by its id, so a redelivery is
stored once.
"""

import base64
import binascii
from datetime import UTC, datetime
from typing import Final

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.documents import without_lone_surrogates
from watchfloor.feeds.doors.declaration import FEED
from watchfloor.feeds.doors.edge import answered
from watchfloor.feeds.doors.gate import ShownToken
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.ndjson import PATH, check_named
from watchfloor.feeds.doors.ndjson_replies import not_served, refusal, unexpected
from watchfloor.feeds.doors.protocol import DoorParts, Protocol
from watchfloor.feeds.doors.push.identities import Identities, IdentityRefused
from watchfloor.feeds.doors.push.payloads import Payloads
from watchfloor.feeds.doors.reception import Reception
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.registry import TokenRefused
from watchfloor.kernel import ids
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.ids import FeedId

PATHS: Final = [f"{PATH}/pubsub", f"{PATH}/t/{{token:str}}/pubsub"]

_LONGEST_ID: Final = 200
_MOST_ATTRIBUTES: Final = 100
_LONGEST_ATTRIBUTE: Final = 1_024


class _Message(msgspec.Struct, rename="camel"):
    message_id: str
    data: str = ""
    attributes: dict[str, str] | None = None
    publish_time: str = ""


class _Delivery(msgspec.Struct):
    message: _Message
    subscription: str = ""


_DELIVERIES: Final = msgspec.json.Decoder(_Delivery)


class PushedMessage:
    """Reads one delivery, and keeps the id of its message."""

    def __init__(self, *, as_text: bool) -> None:
        """`as_text`: every line is an event, whatever is in it."""
        self._as_text = as_text
        self.message_id = ""

    def read(self, body: bytes | bytearray) -> PackedBatch | None:
        """The events of the message; None when it has no data. Raises Invalid and TooLarge."""
        try:
            delivery = _DELIVERIES.decode(without_lone_surrogates(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
            raise Invalid(f"The body is no delivery. {str(fault)[:150].rstrip('.')}.") from None
        message = delivery.message
        try:
            data = base64.b64decode(message.data, validate=True)
        except (binascii.Error, ValueError):
            raise Invalid("The data is not base64.", where="message.data") from None
        self.message_id = message.message_id[:_LONGEST_ID]
        payloads = Payloads(as_text=self._as_text)
        payloads.add(data, time=_instant(message.publish_time), fields=_fields(delivery))
        return payloads.finish()


def pubsub_protocol(parts: DoorParts, identities: Identities) -> Protocol:
    """Push deliveries."""
    return Protocol(
        routes=[_route(parts.reception, identities)],
        speaks=lambda path: path.startswith("/ingest/") and path.rstrip("/").endswith("/pubsub"),
        refusal=refusal,
        not_served=not_served,
        unexpected=unexpected,
    )


def _route(reception: Reception, identities: Identities) -> HTTPRouteHandler:
    @post(PATHS, status_code=200, access=FEED)
    async def push(
        request: DoorRequest, feed_name: FromPath[str], token: FromPath[str | None] = None
    ) -> Response[bytes]:
        """Takes a message."""

        async def take(incoming: Incoming) -> Response[bytes]:
            if token is None:
                feed = await _feed_by_identity(reception, identities, request, feed_name)
            else:
                feed = await reception.admit_shown(request, "ndjson", ShownToken(token, in_url=True))
                check_named(feed, feed_name)
                if feed.options.push_account is not None or feed.options.push_audience is not None:
                    await _check_identity(identities, request, feed)
            message = PushedMessage(as_text=feed.source_hint == "text")
            await reception.take(
                request, feed, message.read, incoming=incoming, request_key=lambda: message.message_id or None
            )
            return Response(b"{}", media_type="application/json")

        return await answered(request, take, refusal)

    return push


async def _feed_by_identity(reception: Reception, identities: Identities, request: DoorRequest, feed_name: str) -> Feed:
    """The feed of the id in the path, after the token was found to be Google's: nobody else makes us look."""
    reception.check_open()
    identity = await identities.identify(_bearer(request))
    try:
        feed = await reception.admit_named(FeedId(ids.parse("feed", feed_name)), "ndjson")
    except (NotFound, TokenRefused):
        raise IdentityRefused("there is no such feed") from None
    _compare(feed, identity.email, identity.audience)
    return feed


async def _check_identity(identities: Identities, request: DoorRequest, feed: Feed) -> None:
    identity = await identities.identify(_bearer(request))
    _compare(feed, identity.email, identity.audience)


def _compare(feed: Feed, email: str, audience: str) -> None:
    account, expected = feed.options.push_account, feed.options.push_audience
    if not account or not expected:
        raise IdentityRefused("the feed has no push account and audience")
    if email != account or audience != expected:
        raise IdentityRefused("it is of another account, or for another audience")


def _bearer(request: DoorRequest) -> str:
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise IdentityRefused("there is none")
    return token.strip()


def _fields(delivery: _Delivery) -> dict[str, str]:
    """What the delivery says about its message."""
    attributes = list((delivery.message.attributes or {}).items())[:_MOST_ATTRIBUTES]
    fields = {name[:_LONGEST_ATTRIBUTE]: text[:_LONGEST_ATTRIBUTE] for name, text in attributes}
    fields["messageId"] = delivery.message.message_id[:_LONGEST_ID]
    if delivery.subscription:
        fields["subscription"] = delivery.subscription[:_LONGEST_ATTRIBUTE]
    return fields


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text[:64])
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
