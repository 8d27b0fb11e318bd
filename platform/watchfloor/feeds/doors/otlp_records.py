"""What a log record of OpenTelemetry becomes: one flat JSON object, whatever wire form it came in.

Owns the names and their order of precedence, and the counts of what was taken and what was not. The fields of a
structured body come first and keep their names, because they are the event itself; then the record's attributes, the
scope's, the resource's, and what the protocol says of the record. A name that is taken already stands under its origin
(`resource.host`), so that no sender hides another's field. A body of text stands in `body`. Pure.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import msgspec

from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent
from watchfloor.feeds.limits import EVENT_DEPTH, EVENTS, INFLATED_BYTES
from watchfloor.kernel.errors import Invalid, TooLarge

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
"""A value of a field, as JSON has it."""

DEPTH: Final = EVENT_DEPTH - 2
"""How deep a value may nest."""

VALUES: Final = 1_000_000
"""How many values one request may hold, counting each element of a list: a value may be two bytes on the wire."""

CONTAINERS: Final = 3 * EVENTS
"""How many resources, scopes and records one request may hold together."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_10000: Final = 253_402_300_800 * 1_000_000_000
_JSON_INTEGERS: Final = range(-(2**63), 2**64)
_LONGEST_FAULT: Final = 200


class BadRecord(Invalid):
    """A log record that cannot be read. The others of its request are taken."""

    code = "bad_record"


class LogRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A log record. Times are nanoseconds since 1970, 0 for none; ids are hexadecimal, empty for none."""

    body: Value
    attributes: dict[str, Value]
    time: int
    observed: int
    severity_number: int
    severity_text: str
    trace_id: str
    span_id: str
    event_name: str


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a group of records has in common."""

    resource: Mapping[str, Value]
    scope: Mapping[str, Value]


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """The library that wrote the records."""

    name: str
    version: str
    attributes: dict[str, Value]

    def fields(self) -> dict[str, Value]:
        """The scope's fields, each under a name of its own."""
        named = {"name": self.name, "version": self.version}
        fields: dict[str, Value] = {f"scope.{name}": text for name, text in named.items() if text}
        for name, value in self.attributes.items():
            put(fields, f"scope.{name}", value, "scope")
        return fields


class Budget:
    """How much of one request may still be looked at."""

    def __init__(self) -> None:
        self._values = VALUES
        self._containers = CONTAINERS

    def spend_values(self, count: int) -> None:
        """Counts values. Raises TooLarge."""
        self._values -= count
        if self._values < 0:
            raise TooLarge(f"The request has more than {VALUES} values.", remedy="Send smaller batches.")

    def spend_container(self) -> None:
        """Counts a resource, a scope or a record. Raises TooLarge."""
        self._containers -= 1
        if self._containers < 0:
            raise TooLarge(f"The request has more than {CONTAINERS} parts.", remedy="Send smaller batches.")


class Gathering:
    """Gathers the records of one request, and counts those that could not be taken."""

    def __init__(self) -> None:
        self._packer = Packer()
        self._is_timed = True
        self.rejected = 0
        self.fault = ""

    @property
    def request_key(self) -> str | None:
        """What makes the same request again an honest retry: each of its records has a time in nanoseconds."""
        return "otlp" if self._is_timed else None

    def add(self, origin: Origin, record: LogRecord) -> None:
        """Takes a record. Raises TooLarge."""
        body = msgspec.json.encode(flat_fields(origin, record))
        if self._packer.raw_bytes + len(body) > INFLATED_BYTES:
            raise TooLarge(
                f"With what their resources say, the records have more than {INFLATED_BYTES} bytes.",
                remedy="Send smaller batches.",
            )
        at = record.time or record.observed
        self._is_timed = self._is_timed and at > 0
        self._packer.add(SentEvent(body=body, time=_instant(at)))

    def reject(self, fault: str) -> None:
        """Counts a record that cannot be read."""
        self.rejected += 1
        self.fault = self.fault or fault[:_LONGEST_FAULT]

    def finish(self) -> PackedBatch | None:
        """The batch; None when there was no record. Raises Invalid when there were and none can be read."""
        if self._packer.events:
            return self._packer.finish()
        if self.rejected:
            raise Invalid(f"None of the {self.rejected} log records can be read. {self.fault}")
        return None


def flat_fields(origin: Origin, record: LogRecord) -> dict[str, Value]:
    """The record as one object."""
    fields: dict[str, Value] = {}
    if isinstance(record.body, dict):
        fields.update(record.body)
    elif record.body is not None:
        fields["body"] = record.body
    for name, value in record.attributes.items():
        put(fields, name, value, "attributes")
    for name, value in origin.scope.items():
        put(fields, name, value, "scope")
    for name, value in origin.resource.items():
        put(fields, name, value, "resource")
    for name, value in _own_fields(record).items():
        put(fields, name, value, "otlp")
    return fields


def put(fields: dict[str, Value], name: str, value: Value, origin: str) -> None:
    """Adds a field. Where another has the name, it stands under its origin; a third one is not kept."""
    if fields.setdefault(name, value) is not value and fields[name] != value:
        fields.setdefault(f"{origin}.{name}", value)


def named_values(pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """Pairs as an object. Of a name that comes twice, the second value stands under `name#2`."""
    found: dict[str, Value] = {}
    for name, value in pairs:
        if name in found:
            found.setdefault(f"{name}#2", value)
        else:
            found[name] = value
    return found


def finite(number: float) -> Value:
    """A number, or the text of one that JSON has no way to write."""
    return number if math.isfinite(number) else str(number)


def integer(number: int) -> Value:
    """A number, or the text of one that is too large for JSON libraries to agree about."""
    return number if number in _JSON_INTEGERS else str(number)


def check_depth(depth: int) -> None:
    """Raises BadRecord for a value that nests too deep."""
    if depth > DEPTH:
        raise BadRecord(f"A value nests deeper than {DEPTH} levels.")


def _own_fields(record: LogRecord) -> dict[str, Value]:
    named: dict[str, Value] = {
        "timeUnixNano": str(record.time) if record.time else None,
        "observedTimeUnixNano": str(record.observed) if record.observed else None,
        "severityNumber": record.severity_number or None,
        "severityText": record.severity_text or None,
        "traceId": record.trace_id or None,
        "spanId": record.span_id or None,
        "eventName": record.event_name or None,
    }
    return {name: value for name, value in named.items() if value is not None}


def _instant(nanoseconds: int) -> datetime | None:
    if not 0 < nanoseconds < _YEAR_10000:
        return None
    return _EPOCH + timedelta(microseconds=nanoseconds // 1_000)


ReadRequest: TypeAlias = Callable[[bytes | bytearray, Gathering], None]
"""Reads one wire form of a request into a gathering. Raises Invalid for what is none, and TooLarge."""
