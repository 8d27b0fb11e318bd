"""Reads requests for logs in OTLP's JSON form (OTLP 1.9, section JSON Protobuf Encoding).

Owns the way from JSON to records. The lists of resources, scopes and records are gone through without being built, and
each record is decoded by itself, so that one that is wrong costs no other. Names are lowerCamelCase, 64-bit integers
are numbers or text, ids are hexadecimal; names that are not known are passed over. Never raises but for a request
whose outer objects are wrong, or beyond a limit.
"""

from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec

from watchfloor.feeds.documents import NotJson, elements, first_byte, without_lone_surrogates
from watchfloor.feeds.doors.otlp_records import (
    BadRecord,
    Budget,
    Gathering,
    LogRecord,
    Origin,
    Scope,
    Value,
    check_depth,
    finite,
    integer,
    named_values,
)
from watchfloor.feeds.limits import EVENT_BYTES, EVENT_KEYS
from watchfloor.kernel.errors import Invalid

T = TypeVar("T")

_RECORD_BYTES: Final = 2 * EVENT_BYTES
"""A record is about twice as long in this form as the event that it becomes."""

_LONGEST_NUMBER: Final = 20
_FAULTS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NOTHING: Final = msgspec.Raw(b"null")


class _Any(msgspec.Struct, rename="camel"):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | float | str | None = None
    double_value: float | str | None = None
    array_value: "_List | None" = None
    kvlist_value: "_Map | None" = None
    bytes_value: str | None = None


class _List(msgspec.Struct):
    values: list[_Any | None] | None = None


class _Pair(msgspec.Struct):
    key: str = ""
    value: _Any | None = None


class _Map(msgspec.Struct):
    values: list[_Pair] | None = None


class _Record(msgspec.Struct, rename="camel"):
    time_unix_nano: int | str | None = None
    observed_time_unix_nano: int | str | None = None
    severity_number: int | str | None = None
    severity_text: str | None = None
    body: _Any | None = None
    attributes: list[_Pair] | None = None
    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None


class _Resource(msgspec.Struct):
    attributes: list[_Pair] | None = None


class _Scope(msgspec.Struct):
    name: str | None = None
    version: str | None = None
    attributes: list[_Pair] | None = None


class _ScopeLogs(msgspec.Struct, rename="camel"):
    scope: msgspec.Raw = _NOTHING
    log_records: msgspec.Raw = _NOTHING


class _ResourceLogs(msgspec.Struct, rename="camel"):
    resource: msgspec.Raw = _NOTHING
    scope_logs: msgspec.Raw = _NOTHING


class _Request(msgspec.Struct, rename="camel"):
    resource_logs: msgspec.Raw = _NOTHING


_REQUESTS: Final = msgspec.json.Decoder(_Request)
_RESOURCE_LOGS: Final = msgspec.json.Decoder(_ResourceLogs)
_SCOPE_LOGS: Final = msgspec.json.Decoder(_ScopeLogs)
_RESOURCES: Final = msgspec.json.Decoder(_Resource | None)
_SCOPES: Final = msgspec.json.Decoder(_Scope | None)
_RECORDS: Final = msgspec.json.Decoder(_Record)


def read_json(body: bytes | bytearray, gathering: Gathering) -> None:
    """Gathers the records of a request. Raises Invalid and TooLarge."""
    whole = without_lone_surrogates(body)
    try:
        _Reader(gathering).read(whole)
    except (NotJson, *_FAULTS) as fault:
        raise Invalid(f"The body is no request for logs in JSON. {_explained(fault)}") from None


class _Reader:
    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._budget = Budget()

    def read(self, body: bytes | bytearray) -> None:
        for group in self._members(_REQUESTS.decode(body).resource_logs):
            found = _RESOURCE_LOGS.decode(group)
            resource = self._resource(found.resource)
            for inner in self._members(found.scope_logs):
                scoped = _SCOPE_LOGS.decode(inner)
                origin = Origin(resource=resource, scope=self._scope(scoped.scope))
                for record in self._members(scoped.log_records):
                    self._take(origin, record)

    def _members(self, raw: msgspec.Raw) -> Iterator[memoryview]:
        """The elements of a list that was not decoded. Raises NotJson, Invalid when it is no list, and TooLarge."""
        text = memoryview(raw)
        begins = first_byte(text)
        opening = bytes(text[begins : begins + 5])
        if opening == b"null":
            return
        if opening[:1] != b"[":
            raise Invalid("Where a list is expected, there is something else.")
        for element in elements(text, begins):
            self._budget.spend_container()
            yield element

    def _resource(self, raw: msgspec.Raw) -> dict[str, Value]:
        try:
            resource = _decoded(_RESOURCES, memoryview(raw))
            return self._pairs(resource.attributes if resource else None, 1)
        except BadRecord as fault:
            raise Invalid(f"A resource cannot be read. {fault.message}") from None

    def _scope(self, raw: msgspec.Raw) -> dict[str, Value]:
        try:
            scope = _decoded(_SCOPES, memoryview(raw)) or _Scope()
            attributes = self._pairs(scope.attributes, 1)
        except BadRecord as fault:
            raise Invalid(f"A scope cannot be read. {fault.message}") from None
        return Scope(name=scope.name or "", version=scope.version or "", attributes=attributes).fields()

    def _take(self, origin: Origin, text: memoryview) -> None:
        try:
            record = self._record(_decoded(_RECORDS, text))
        except BadRecord as fault:
            self._gathering.reject(fault.message)
        else:
            self._gathering.add(origin, record)

    def _record(self, record: _Record) -> LogRecord:
        return LogRecord(
            body=self._value(record.body, 1),
            attributes=self._pairs(record.attributes, 1),
            time=_number(record.time_unix_nano),
            observed=_number(record.observed_time_unix_nano),
            severity_number=_number(record.severity_number),
            severity_text=record.severity_text or "",
            trace_id=record.trace_id or "",
            span_id=record.span_id or "",
            event_name=record.event_name or "",
        )

    def _value(self, value: _Any | None, depth: int) -> Value:
        if value is None:
            return None
        if value.string_value is not None:
            return value.string_value
        if value.kvlist_value is not None:
            return self._pairs(value.kvlist_value.values, depth + 1)
        if value.array_value is not None:
            check_depth(depth + 1)
            members = value.array_value.values or []
            self._budget.spend_values(len(members))
            return [self._value(member, depth + 1) for member in members]
        return _scalar(value)

    def _pairs(self, pairs: list[_Pair] | None, depth: int) -> dict[str, Value]:
        check_depth(depth)
        pairs = pairs or []
        if len(pairs) > EVENT_KEYS:
            raise BadRecord(f"It has more than {EVENT_KEYS} keys.")
        self._budget.spend_values(len(pairs))
        return named_values((pair.key, self._value(pair.value, depth)) for pair in pairs)


def _scalar(value: _Any) -> Value:
    if value.bool_value is not None:
        return value.bool_value
    if value.int_value is not None:
        return _integer(value.int_value)
    if value.double_value is not None:
        return finite(value.double_value) if isinstance(value.double_value, float) else value.double_value
    return value.bytes_value


def _integer(value: float | str) -> Value:
    """A 64-bit integer, which may come as a number or as text; what is none stays as it is."""
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, str):
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal() and len(digits) < _LONGEST_NUMBER):
            return value
        value = int(value)
    return integer(value)


def _number(value: int | str | None) -> int:
    """A whole number from 0, as a number or as text; 0 for anything else."""
    found = _integer(value) if value is not None else 0
    return found if isinstance(found, int) and found > 0 else 0


def _decoded(decoder: msgspec.json.Decoder[T], text: memoryview) -> T:
    if len(text) > _RECORD_BYTES:
        raise BadRecord(f"It has {len(text)} bytes; the limit is {_RECORD_BYTES}.")
    try:
        return decoder.decode(text)
    except _FAULTS as fault:
        mended = bytes(text).decode("utf-8", "replace").encode()
        if mended == bytes(text):
            raise BadRecord(_explained(fault)) from None
    try:
        return decoder.decode(mended)
    except _FAULTS as fault:
        raise BadRecord(_explained(fault)) from None


def _explained(fault: Exception) -> str:
    """What is wrong. The library's words name types and places, never contents."""
    if isinstance(fault, RecursionError):
        return "It nests too deep."
    return f"{str(fault)[:150].rstrip('.')}."
