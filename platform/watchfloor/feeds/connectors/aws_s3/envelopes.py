"""What stands in a message of the queue: which objects are new.

Owns the envelopes in which S3, SNS, CloudTrail and EventBridge announce an object, and the two ways in which they
write its key: S3 encodes it like a form, the others do not at all. It fetches nothing.
"""

from typing import Final
from urllib.parse import unquote_plus

import msgspec

from watchfloor.feeds.connectors.connector import Malformed

_DEPTH: Final = 3
_MOST: Final = 1_000
"""How many objects one message may announce."""


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """An object that is new. What its message does not say is None."""

    bucket: str
    key: str
    etag: str | None = None
    region: str | None = None
    size: int | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a message comes to: objects, or an event that stands in it whole, or nothing that concerns us."""

    objects: tuple[Announcement, ...] = ()
    event: bytes | None = None


class _Bucket(msgspec.Struct):
    name: str


class _Object(msgspec.Struct):
    key: str
    e_tag: str | None = msgspec.field(default=None, name="eTag")
    etag: str | None = None
    size: int | None = None


class _Place(msgspec.Struct):
    bucket: _Bucket
    object: _Object


class _Record(msgspec.Struct):
    s3: _Place
    name: str = msgspec.field(name="eventName")
    region: str | None = msgspec.field(default=None, name="awsRegion")


class _Envelope(msgspec.Struct):
    """The keys by which the envelopes are told apart."""

    records: list[_Record] | None = msgspec.field(default=None, name="Records")
    type: str | None = msgspec.field(default=None, name="Type")
    message: str | None = msgspec.field(default=None, name="Message")
    trail_bucket: str | None = msgspec.field(default=None, name="s3Bucket")
    trail_keys: list[str] | None = msgspec.field(default=None, name="s3ObjectKey")
    service: str | None = msgspec.field(default=None, name="Service")
    event: str | None = msgspec.field(default=None, name="Event")
    detail_type: str | None = msgspec.field(default=None, name="detail-type")
    detail: msgspec.Raw = msgspec.Raw()
    region: str | None = None
    source: str | None = None


_envelopes: Final = msgspec.json.Decoder(_Envelope)
_places: Final = msgspec.json.Decoder(_Place)


def read_message(body: str) -> Message:
    """What a message announces. Raises Malformed when it is none of the envelopes."""
    text = body
    for _ in range(_DEPTH):
        try:
            envelope = _envelopes.decode(text)
            if envelope.message is None:
                return _read(envelope, text)
        except (msgspec.DecodeError, UnicodeError):
            raise Malformed("A message in the queue is no announcement of an object.", where="queue") from None
        if envelope.type not in (None, "Notification"):
            return Message()  # SNS asks for a confirmation, which queues need not give
        text = envelope.message
    raise Malformed("A message in the queue is wrapped too often.", where="queue")


def _read(envelope: _Envelope, text: str) -> Message:
    if envelope.records is not None:
        return Message(objects=_limited(_notified(envelope.records)))
    if envelope.trail_bucket is not None and envelope.trail_keys is not None:
        bucket = envelope.trail_bucket
        return Message(objects=_limited([Announcement(bucket=bucket, key=key) for key in envelope.trail_keys]))
    if envelope.detail_type is not None:
        return _bridged(envelope, text)
    if envelope.service == "Amazon S3" and envelope.event == "s3:TestEvent":
        return Message()
    raise Malformed("A message in the queue is no announcement of an object.", where="queue")


def _notified(records: list[_Record]) -> list[Announcement]:
    return [
        Announcement(
            bucket=record.s3.bucket.name,
            key=unquote_plus(record.s3.object.key),
            etag=_bare(record.s3.object.e_tag or record.s3.object.etag),
            region=record.region,
            size=record.s3.object.size,
        )
        for record in records
        if record.name.removeprefix("s3:").startswith("ObjectCreated:")
    ]


def _bridged(envelope: _Envelope, text: str) -> Message:
    if envelope.source != "aws.s3":
        return Message(event=text.encode())
    if envelope.detail_type != "Object Created":
        return Message()
    place = _places.decode(envelope.detail)
    made = Announcement(
        bucket=place.bucket.name,
        key=place.object.key,
        etag=_bare(place.object.etag or place.object.e_tag),
        region=envelope.region,
        size=place.object.size,
    )
    return Message(objects=(made,))


def _bare(etag: str | None) -> str | None:
    return etag.strip('"') or None if etag else None


def _limited(objects: list[Announcement]) -> tuple[Announcement, ...]:
    if len(objects) > _MOST:
        raise Malformed(f"A message announces more than {_MOST} objects.", where="queue")
    return tuple(objects)
