"""The normalised event: what detection matches on, what the lake keeps, what an alert points at.

Owns the shape and the words (log source, entity, time quality). It never parses: the modules named after sources do.
"""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

FieldValue: TypeAlias = "str | int | float | bool | list[FieldValue] | dict[str, FieldValue] | None"
"""A value of an event's field: JSON's values, nested as the source nests them."""

EntityKind = Literal["host", "user", "ip", "hash", "domain", "process", "file", "account", "email"]
TimeQuality = Literal["parsed", "received", "clamped"]

UNPARSED = "unparsed"
"""`Event.source` of an event that no parser knows: kept, counted, matched by no rule."""


class LogSource(msgspec.Struct, frozen=True, order=True):
    """A Sigma log source (specification 2.1, section LogSource). None on an event: the event has no such part."""

    product: str | None = None
    category: str | None = None
    service: str | None = None


class Entity(msgspec.Struct, frozen=True, order=True):
    r"""A thing in an event by which events belong together. `value` is canonical: equal things have equal values.

    host: lower-case name (full name first, short name after it); user: `realm\name` or `name@realm` in lower case, or
    an ARN; ip: RFC 5952 text; hash: lower-case hexadecimal; domain: lower-case, no final dot; process: the sensor's
    process GUID; file: lower-case path; account: a cloud account's id; email: lower-case address.
    """

    kind: EntityKind
    value: str


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One normalised record.

    `key` (16 bytes) is the event's identity within its feed: the same event sent twice has the same key.
    `source` names the kind of log ("windows.sysmon", "aws.cloudtrail", "unparsed"). `logsources` are all Sigma log
    sources that the event belongs to. `time` is the event's own time in UTC if `time_quality` is "parsed"; otherwise
    it is `received_at`, because there was none ("received") or it was out of bounds ("clamped"; the event's own text
    of it stays in `fields`). `fields` has the source's names; Sigma rules match on it. `entities` come most
    significant first within each kind. `summary` is one line for people, of untrusted content. `raw` is the body
    exactly as it came; `parser` names the parser and its version, so that a record can be parsed again.
    """

    key: bytes
    source: str
    logsources: tuple[LogSource, ...]
    time: datetime
    time_quality: TimeQuality
    received_at: datetime
    fields: dict[str, FieldValue]
    entities: tuple[Entity, ...]
    summary: str
    raw: bytes
    parser: str
