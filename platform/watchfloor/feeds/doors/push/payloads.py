"""What services put into the records that they push: logs as lines or JSON, and CloudWatch Logs' own messages.

Owns the unpacking, within the limits of a request: a record may be compressed once more (bounded, and bounded in sum),
may hold several documents, and may be a message of a CloudWatch Logs subscription, of which the log events are taken
and control messages are not. Nothing is turned away here, since such a service would send it again for days: what is no
JSON is lines of text, and what no parser will read ends in the quarantine.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent
from watchfloor.feeds.documents import NotJson, elements, first_byte, lines, values, without_lone_surrogates
from watchfloor.feeds.inflate import inflate
from watchfloor.feeds.limits import EVENTS, INFLATED_BYTES
from watchfloor.feeds.trail import split_trail
from watchfloor.kernel.errors import TooLarge

_GZIP: Final = b"\x1f\x8b"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_10000: Final = 253_402_300_800_000
_LONGEST_ID: Final = 200
_NOTHING: Final = msgspec.Raw(b"null")


class _Message(msgspec.Struct, rename="camel"):
    """A message of a subscription of CloudWatch Logs."""

    message_type: str
    owner: str = ""
    log_group: str = ""
    log_stream: str = ""
    log_events: msgspec.Raw = _NOTHING


class _LogEvent(msgspec.Struct):
    message: str
    id: str = ""
    timestamp: int | None = None


_MESSAGES: Final = msgspec.json.Decoder(_Message)
_LOG_EVENTS: Final = msgspec.json.Decoder(_LogEvent)


class Payloads:
    """Gathers the events of one request's records."""

    def __init__(self, *, as_text: bool) -> None:
        """`as_text`: every line is an event, whatever is in it."""
        self._as_text = as_text
        self._packer = Packer(takes_unreadable=True)
        self._unpacked = 0

    def add(self, data: bytes, *, time: datetime | None, fields: dict[str, str]) -> None:
        """Takes the events of one record. Raises TooLarge, and Invalid for damaged compression.

        `time` and `fields` are what the service says of the record.
        """
        content = inflate(data, "gzip") if data[:2] == _GZIP else data
        self._unpacked += len(content)
        if self._unpacked > INFLATED_BYTES:
            raise TooLarge(f"The records hold more than {INFLATED_BYTES} bytes.", remedy="Send smaller batches.")
        content = without_lone_surrogates(content)
        begins = first_byte(content)
        if self._as_text or content[begins : begins + 1] != b"{":
            self._add_lines(content, time, fields)
            return
        documents: list[memoryview] = []
        try:
            for document in values(content):
                documents.append(document)
                if len(documents) > EVENTS:
                    raise TooLarge(f"A record holds more than {EVENTS} documents.", remedy="Send smaller batches.")
        except NotJson:
            self._add_lines(content, time, fields)
            return
        for document in documents:
            self._add_document(document, time, fields)

    def finish(self) -> PackedBatch | None:
        """The batch; None when the records held no event."""
        return self._packer.finish() if self._packer.events else None

    def _add_lines(self, content: bytes | bytearray, time: datetime | None, fields: dict[str, str]) -> None:
        for line in lines(content):
            self._packer.add(SentEvent(body=line, time=time, fields=fields))

    def _add_document(self, document: memoryview, time: datetime | None, fields: dict[str, str]) -> None:
        if b'"messageType"' in bytes(document[:2_000]) and self._add_message(document, fields):
            return
        for piece in split_trail(bytes(document).rstrip()):
            self._packer.add(SentEvent(body=piece, time=time, fields=fields))

    def _add_message(self, document: memoryview, fields: dict[str, str]) -> bool:
        """Takes the log events of a subscription's message; False when it is none."""
        try:
            message = _MESSAGES.decode(document)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        if message.message_type == "CONTROL_MESSAGE":
            return True
        raw = memoryview(message.log_events)
        if message.message_type != "DATA_MESSAGE" or bytes(raw[:1]) != b"[":
            return False
        said = {"owner": message.owner, "logGroup": message.log_group, "logStream": message.log_stream}
        source = message.log_group or None
        shared = {**fields, **{name: text for name, text in said.items() if text}}
        for element in elements(raw, 0):
            event = _log_event(element)
            self._packer.add(
                SentEvent(
                    body=event.message.encode(),
                    time=_instant(event.timestamp),
                    source=source,
                    fields=shared,
                    identity=("cloudwatch", event.id[:_LONGEST_ID]) if event.id else (),
                )
            )
        return True


def _log_event(element: memoryview) -> _LogEvent:
    """The log event, or the element itself as one when it has another shape."""
    try:
        return _LOG_EVENTS.decode(element)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _LogEvent(message=bytes(element).decode("utf-8", "replace"))


def _instant(milliseconds: int | None) -> datetime | None:
    if milliseconds is None or not 0 <= milliseconds < _YEAR_10000:
        return None
    return _EPOCH + timedelta(milliseconds=milliseconds)
