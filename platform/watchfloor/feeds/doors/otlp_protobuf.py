"""Reads requests for logs in OTLP's binary form (opentelemetry-proto, `ExportLogsServiceRequest`).

Owns the way from the wire to records. Resources and scopes are walked and parsed once for all of their records; each
record is parsed by itself, so that one that is damaged, too long or too deep costs no other. Never raises but for a
request whose outer messages are damaged, or beyond a limit.
"""

import base64
from collections.abc import Collection, Iterator
from typing import Final, TypeVar

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from watchfloor.feeds.doors.otlp_records import (
    CONTAINERS,
    BadRecord,
    Budget,
    Gathering,
    LogRecord,
    Origin,
    Scope,
    Value,
    check_depth,
    finite,
    named_values,
)
from watchfloor.feeds.doors.otlp_wire import (
    DELIMITED,
    RECORD_SHAPE,
    RESOURCE_SHAPE,
    SCOPE_SHAPE,
    Damaged,
    Shape,
    Steps,
    fields,
    mended,
)
from watchfloor.feeds.limits import EVENT_BYTES, EVENT_KEYS
from watchfloor.kernel.errors import Invalid

M = TypeVar("M", bound=Message)

_MENDING_STEPS: Final = 100_000
# The numbers of the fields that are walked (logs.proto, version 1).
_REQUEST_RESOURCE_LOGS: Final = 1
_GROUP_COMMON: Final = 1
_GROUP_MEMBERS: Final = 2


def read_protobuf(body: bytes | bytearray, gathering: Gathering) -> None:
    """Gathers the records of a request. Raises Invalid and TooLarge."""
    _Reader(memoryview(body), gathering).read()


class _Reader:
    def __init__(self, data: memoryview, gathering: Gathering) -> None:
        self._data = data
        self._gathering = gathering
        self._budget = Budget()
        # A part is looked at twice, once for what its members have in common, and has a few fields of its own.
        self._steps = Steps(4 * CONTAINERS)
        self._mending = Steps(_MENDING_STEPS)

    def read(self) -> None:
        for start, end in self._members(_REQUEST_RESOURCE_LOGS, 0, len(self._data)):
            resource = self._resource(start, end)
            for inner_start, inner_end in self._members(_GROUP_MEMBERS, start, end):
                origin = Origin(resource=resource, scope=self._scope(inner_start, inner_end))
                for record_start, record_end in self._members(_GROUP_MEMBERS, inner_start, inner_end):
                    self._take(origin, self._data[record_start:record_end])

    def _members(self, number: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        for field in fields(self._data, self._steps, start, end):
            if field.number == number and field.wire_type == DELIMITED:
                self._budget.spend_container()
                yield field.start, field.end

    def _common(self, start: int, end: int) -> memoryview:
        """What the members of a group have in common: the last field of its number counts."""
        found = memoryview(b"")
        for field in fields(self._data, self._steps, start, end):
            if field.number == _GROUP_COMMON and field.wire_type == DELIMITED:
                found = self._data[field.start : field.end]
        return found

    def _resource(self, start: int, end: int) -> dict[str, Value]:
        common = self._common(start, end)
        try:
            resource = self._parsed(Resource, common, RESOURCE_SHAPE)
            return self._pairs(resource.attributes, 1)
        except BadRecord as fault:
            raise Invalid(f"A resource cannot be read. {fault.message}") from None

    def _scope(self, start: int, end: int) -> dict[str, Value]:
        common = self._common(start, end)
        try:
            scope = self._parsed(InstrumentationScope, common, SCOPE_SHAPE)
            attributes = self._pairs(scope.attributes, 1)
        except BadRecord as fault:
            raise Invalid(f"A scope cannot be read. {fault.message}") from None
        return Scope(name=scope.name, version=scope.version, attributes=attributes).fields()

    def _take(self, origin: Origin, data: memoryview) -> None:
        try:
            record = self._record(self._parsed(logs_pb2.LogRecord, data, RECORD_SHAPE))
        except BadRecord as fault:
            self._gathering.reject(fault.message)
        else:
            self._gathering.add(origin, record)

    def _parsed(self, kind: type[M], data: memoryview, shape: Shape) -> M:
        if len(data) > EVENT_BYTES:
            raise BadRecord(f"It has {len(data)} bytes; the limit is {EVENT_BYTES}.")
        try:
            return kind.FromString(bytes(data))
        except DecodeError:
            pass
        try:
            return kind.FromString(mended(data, shape, self._mending))
        except (DecodeError, Damaged):
            raise BadRecord("It is damaged, or nests too deep.") from None

    def _record(self, record: logs_pb2.LogRecord) -> LogRecord:
        return LogRecord(
            body=self._value(record.body, 1),
            attributes=self._pairs(record.attributes, 1),
            time=record.time_unix_nano,
            observed=record.observed_time_unix_nano,
            severity_number=record.severity_number,
            severity_text=record.severity_text,
            trace_id=record.trace_id.hex(),
            span_id=record.span_id.hex(),
            event_name=record.event_name,
        )

    def _value(self, value: AnyValue, depth: int) -> Value:
        kind = value.WhichOneof("value")
        if kind == "string_value":
            return value.string_value
        if kind == "kvlist_value":
            return self._pairs(value.kvlist_value.values, depth + 1)
        if kind == "array_value":
            check_depth(depth + 1)
            self._budget.spend_values(len(value.array_value.values))
            return [self._value(member, depth + 1) for member in value.array_value.values]
        return _scalar(value, kind)

    def _pairs(self, pairs: Collection[KeyValue], depth: int) -> dict[str, Value]:
        check_depth(depth)
        if len(pairs) > EVENT_KEYS:
            raise BadRecord(f"It has more than {EVENT_KEYS} keys.")
        self._budget.spend_values(len(pairs))
        return named_values((pair.key, self._value(pair.value, depth)) for pair in pairs)


def _scalar(value: AnyValue, kind: str | None) -> Value:
    if kind == "int_value":
        return value.int_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "double_value":
        return finite(value.double_value)
    return base64.b64encode(value.bytes_value).decode() if kind == "bytes_value" else None
