"""The bodies of Splunk's HTTP Event Collector: envelopes one after the other, or raw lines.

Owns what an envelope means. A body is taken whole or not at all, because a client that hears "no" sends all of it
again. The event itself is handed on byte for byte, but for text, which loses JSON's quotes. Metadata never carries
over from one envelope to the next. Pure: no request, no clock.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent
from watchfloor.feeds.documents import NotJson, lines, values, without_lone_surrogates
from watchfloor.feeds.doors.hec_replies import HecFault
from watchfloor.feeds.limits import EVENT_KEYS
from watchfloor.feeds.trail import split_trail

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_BELOW: Final = 13_569_465_600
_MILLISECONDS_BELOW: Final = 253_402_300_800_000
_YEAR_10000: Final = 253_402_300_800
_DECIMAL: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{0,20})?", re.ASCII)
_LONGEST_METADATUM: Final = 1_024
_LONGEST_INDEX: Final = 255


class _Envelope(msgspec.Struct):
    event: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    time: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    host: str | None = None
    source: str | None = None
    sourcetype: str | None = None
    index: str | None = None
    fields: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What the request's query says about events that do not say it themselves."""

    host: str | None = None
    source: str | None = None
    sourcetype: str | None = None
    index: str | None = None
    time: datetime | None = None


_ENVELOPES: Final = msgspec.json.Decoder(_Envelope)
_FIELDS: Final = msgspec.json.Decoder(
    dict[str, str | int | float | bool | list[str | int | float | bool | None] | None]
)
_TEXT: Final = msgspec.json.Decoder(str)
_TIME: Final = msgspec.json.Decoder(str | int | float | None)


def metadata_of(query: Mapping[str, str]) -> Metadata:
    """The metadata in a query. Raises HecFault for a time or an index that is none, or what is too long."""
    for name in ("host", "source", "sourcetype"):
        if len(query.get(name, "")) > _LONGEST_METADATUM:
            raise HecFault(6, detail=f"The query's {name} is too long.")
    _check_index(query.get("index"), None)
    time = query.get("time")
    return Metadata(
        host=query.get("host"),
        source=query.get("source"),
        sourcetype=query.get("sourcetype"),
        index=query.get("index"),
        time=None if time is None else _instant(time, None),
    )


def read_envelopes(body: bytes | bytearray, default: Metadata) -> PackedBatch:
    """The events of a body of envelopes. Raises HecFault with the number of the first bad envelope, and TooLarge."""
    packer = Packer()
    try:
        for number, envelope in enumerate(values(without_lone_surrogates(body))):
            packer.add(_event(envelope, number, default))
    except NotJson as fault:
        raise HecFault(6, event_number=packer.events, detail=str(fault)) from None
    if packer.events == 0:
        raise HecFault(5)
    return packer.finish()


def read_lines(body: bytes | bytearray, default: Metadata) -> PackedBatch:
    """The events of a raw body: one a line, empty lines left out. Raises HecFault and TooLarge."""
    packer = Packer()
    fields = {} if default.index is None else {"index": default.index}
    for line in lines(body):
        for piece in split_trail(line):
            packer.add(
                SentEvent(
                    body=piece,
                    time=default.time,
                    host=default.host,
                    source=default.source,
                    sourcetype=default.sourcetype,
                    fields=fields,
                )
            )
    if packer.events == 0:
        raise HecFault(5)
    return packer.finish()


def _event(text: memoryview, number: int, default: Metadata) -> SentEvent:
    try:
        envelope = _ENVELOPES.decode(text)
    except msgspec.DecodeError as fault:
        raise HecFault(6, event_number=number, detail=str(fault)) from None
    for metadatum in (envelope.host, envelope.source, envelope.sourcetype):
        if metadatum is not None and len(metadatum) > _LONGEST_METADATUM:
            raise HecFault(6, event_number=number, detail="A metadatum is too long.")
    _check_index(envelope.index, number)
    fields = _fields(envelope.fields, number)
    index = envelope.index or default.index
    if index:
        fields.setdefault("index", index)
    return SentEvent(
        body=_body(envelope.event, number),
        time=_time(envelope.time, number) or default.time,
        host=envelope.host or default.host,
        source=envelope.source or default.source,
        sourcetype=envelope.sourcetype or default.sourcetype,
        fields=fields,
    )


def _check_index(index: str | None, number: int | None) -> None:
    """An index chooses nothing here and is kept as it came, so all that is asked of it is that it can be a name."""
    if index is not None and (len(index) > _LONGEST_INDEX or not index.isprintable()):
        raise HecFault(7, event_number=number)


def _body(event: msgspec.Raw | msgspec.UnsetType, number: int) -> bytes:
    if event is msgspec.UNSET:
        raise HecFault(12, event_number=number)
    body = bytes(event)
    if body == b"null":
        raise HecFault(12, event_number=number)
    if body[:1] != b'"':
        return body
    text = _text(body)
    if not text.strip():
        raise HecFault(13, event_number=number)
    return text.encode("utf-8", "replace")


def _text(literal: bytes) -> str:
    """The text of a JSON string; what msgspec refuses inside it (lone surrogates, stray bytes) becomes a mark."""
    try:
        return _TEXT.decode(literal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return str(json.loads(literal.decode("utf-8", "replace")))


def _fields(raw: msgspec.Raw | msgspec.UnsetType, number: int) -> dict[str, str]:
    if raw is msgspec.UNSET or bytes(raw) == b"null":
        return {}
    try:
        fields = _FIELDS.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise HecFault(15, event_number=number, detail=str(fault)) from None
    if len(fields) > EVENT_KEYS:
        raise HecFault(15, event_number=number, detail=f"There are more than {EVENT_KEYS} fields.")
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in fields.items()
        if value is not None
    }


def _time(raw: msgspec.Raw | msgspec.UnsetType, number: int) -> datetime | None:
    if raw is msgspec.UNSET:
        return None
    try:
        value = _TIME.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise HecFault(6, event_number=number, detail=f"time: {fault}") from None
    return None if value is None else _instant(value, number)


def _instant(value: str | float, number: int | None) -> datetime:
    """Seconds since 1970, with a fraction or without; a whole number may also count milli- or nanoseconds.

    Which of the three is meant shows in its size: 13,569,465,600 seconds are the year 2400, as many milliseconds are
    the summer of 1970, and so on.
    """
    if isinstance(value, str):
        text = value.strip()
        if not _DECIMAL.fullmatch(text):
            raise HecFault(6, event_number=number, detail="time: It is not a number of seconds since 1970.")
        value = float(text) if "." in text else int(text)
    if isinstance(value, int) and value >= _SECONDS_BELOW:
        microseconds = value * 1_000 if value < _MILLISECONDS_BELOW else value // 1_000
    elif math.isfinite(value):
        microseconds = round(value * 1_000_000)
    else:
        microseconds = -1
    if not 0 <= microseconds < _YEAR_10000 * 1_000_000:
        raise HecFault(6, event_number=number, detail="time: It is before 1970 or after the year 9999.")
    return _EPOCH + timedelta(microseconds=microseconds)
