"""One event's envelope: a fixed set of typed fields over all sources, made only when somebody asks for it.

Owns the fields and their meaning. They are read from the source's own fields by the tables of `paths`, so nothing is
stored twice and matching pays nothing for them. A field that the source does not say is None. Never raises.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final, Literal

import msgspec

from watchfloor.normalise.entities import parse_ip
from watchfloor.normalise.envelope.outcomes import Outcome, outcome_of, severity_of
from watchfloor.normalise.envelope.paths import Paths, paths_of
from watchfloor.normalise.event import UNPARSED, Event, FieldValue, TimeQuality
from watchfloor.normalise.parsed import as_text

LATE: Final = timedelta(hours=2)
"""An event that came so long after it happened is late."""

LONGEST: Final = 8_192
"""No text of an envelope is longer; the field has all of it."""

ParseStatus = Literal["ok", "partial", "raw"]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What an event says, in the same words for all sources.

    `parse_status`: ok; partial (a parser knew it, but found no time); raw (no parser knows it). `severity` is OCSF's
    scale, 0 unknown, 1 informational to 6 fatal. `src_ip` and `dst_ip` are addresses in canonical form.
    """

    time: datetime
    time_quality: TimeQuality
    received_at: datetime
    late: bool
    dedup_key: bytes
    parser: str
    parser_version: str
    parse_status: ParseStatus
    severity: int
    outcome: Outcome
    action: str | None = None
    host: str | None = None
    host_id: str | None = None
    user: str | None = None
    user_realm: str | None = None
    user_id: str | None = None
    src_ip: str | None = None
    src_port: int | None = None
    dst_ip: str | None = None
    dst_port: int | None = None
    domain: str | None = None
    url: str | None = None
    process_name: str | None = None
    process_path: str | None = None
    process_pid: int | None = None
    command_line: str | None = None
    parent_path: str | None = None
    parent_pid: int | None = None
    file_path: str | None = None
    sha256: str | None = None
    sha1: str | None = None
    md5: str | None = None
    cloud_account: str | None = None


def envelope_of(event: Event) -> Envelope:
    """The envelope of an event."""
    paths = paths_of(event.source)
    name, _, version = event.parser.rpartition("/")
    realm, user = _user(event, paths)
    program = _text(event, paths.process_path)
    return Envelope(
        time=event.time,
        time_quality=event.time_quality,
        received_at=event.received_at,
        late=event.received_at - event.time > LATE,
        dedup_key=event.key,
        parser=name or event.parser,
        parser_version=version if name else "",
        parse_status=_status(event),
        severity=severity_of(event),
        outcome=outcome_of(event),
        action=_text(event, paths.action),
        host=next((entity.value for entity in event.entities if entity.kind == "host"), None),
        host_id=_text(event, paths.host_id),
        user=user,
        user_realm=realm,
        user_id=_text(event, paths.user_id),
        src_ip=_address(event, paths.src_ip),
        src_port=_number(event, paths.src_port, most=65_535),
        dst_ip=_address(event, paths.dst_ip),
        dst_port=_number(event, paths.dst_port, most=65_535),
        domain=_text(event, paths.domain),
        url=_text(event, paths.url),
        process_name=program.replace("\\", "/").rpartition("/")[2] or None if program else None,
        process_path=program,
        process_pid=_number(event, paths.process_pid, most=2**32 - 1),
        command_line=_text(event, paths.command_line),
        parent_path=_text(event, paths.parent_path),
        parent_pid=_number(event, paths.parent_pid, most=2**32 - 1),
        file_path=_text(event, paths.file_path),
        sha256=_digest(event, 64),
        sha1=_digest(event, 40),
        md5=_digest(event, 32),
        cloud_account=next((entity.value for entity in event.entities if entity.kind == "account"), None),
    )


def value_at(fields: dict[str, FieldValue], path: str) -> FieldValue:
    """The value at a path: a field of that very name, else each part by its name; of a list, the first."""
    if path in fields:
        return _first(fields[path])
    node: FieldValue = fields
    for part in path.split("."):
        if not isinstance(node, dict) or part not in node:
            return None
        node = _first(node[part])
    return node


def _first(value: FieldValue) -> FieldValue:
    return value[0] if isinstance(value, list) and value else value


def _status(event: Event) -> ParseStatus:
    if event.source == UNPARSED:
        return "raw"
    return "partial" if event.time_quality == "received" else "ok"


def _text(event: Event, paths: tuple[str, ...]) -> str | None:
    for path in paths:
        text = as_text(value_at(event.fields, path)).strip()
        if text and text != "-":
            return text[:LONGEST]
    return None


def _number(event: Event, paths: tuple[str, ...], *, most: int) -> int | None:
    for path in paths:
        text = as_text(value_at(event.fields, path))
        if text.isascii() and text.isdigit() and len(text) <= 12 and int(text) <= most:
            return int(text)
        if text[:2].lower() == "0x" and 2 < len(text) <= 18:
            try:
                number = int(text, 16)
            except ValueError:
                continue
            return number if number <= most else None
    return None


def _address(event: Event, paths: tuple[str, ...]) -> str | None:
    for path in paths:
        found = parse_ip(as_text(value_at(event.fields, path)).strip())
        if found is not None:
            return str(ip_address(found))
    return None


def _user(event: Event, paths: Paths) -> tuple[str | None, str | None]:
    name = _text(event, paths.user)
    if name is None:
        return None, None
    realm = _text(event, paths.user_realm)
    if "\\" in name:
        realm, _, name = name.partition("\\")
    return realm or None, name or None


def _digest(event: Event, length: int) -> str | None:
    found = (entity.value for entity in event.entities if entity.kind == "hash")
    return next((value for value in found if len(value) == length), None)
