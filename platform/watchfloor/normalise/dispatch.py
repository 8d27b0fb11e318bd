"""Finds the parser of a raw event and makes the `Event`. The one way in to this package.

A feed's `source_hint` and HEC's `sourcetype` say what should come; the content decides. A JSON object goes to the
parsers of objects, text to those of lines; an object that only carries a line, and a line that carries an object, go on
to the others. Text or JSON that no parser knows is kept as "unparsed"; only poison is refused (`ParseFailed`): too big,
too deep, too many keys, empty, or no JSON where JSON is promised.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.body import check_size, clean_text, looks_like_object, read_object, read_text
from watchfloor.normalise.carriers import read_carrier
from watchfloor.normalise.cloud.load_balancer import parse_load_balancer_line
from watchfloor.normalise.cloud.sources import parse_cloud
from watchfloor.normalise.cloud.vpc_flow import parse_flow_line
from watchfloor.normalise.cloudtrail import is_cloudtrail, parse_cloudtrail, unwrap
from watchfloor.normalise.columns import Columns
from watchfloor.normalise.event import Event, FieldValue
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.identity import key_by_place, key_by_sender, key_by_vendor
from watchfloor.normalise.lines import Line, read_line
from watchfloor.normalise.linux.auditd import parse_auditd
from watchfloor.normalise.linux.cron import parse_cron
from watchfloor.normalise.linux.osquery import parse_osquery
from watchfloor.normalise.linux.sshd import parse_sshd
from watchfloor.normalise.linux.sudo import parse_sudo
from watchfloor.normalise.linux.syslog import parse_syslog
from watchfloor.normalise.linux.sysmon import is_linux_sysmon, parse_sysmon, parse_sysmon_line
from watchfloor.normalise.network.cef import parse_cef, parse_leef
from watchfloor.normalise.network.cisco import parse_cisco
from watchfloor.normalise.network.firewalls import parse_any_firewall, parse_firewall
from watchfloor.normalise.network.keyvalue import parse_keyvalue
from watchfloor.normalise.network.paloalto import parse_paloalto
from watchfloor.normalise.network.suricata import parse_suricata
from watchfloor.normalise.network.zeek import parse_zeek
from watchfloor.normalise.parsed import Parsed, one_line
from watchfloor.normalise.raw import RawEvent
from watchfloor.normalise.rows import parse_header, parse_row
from watchfloor.normalise.timestamps import choose_time
from watchfloor.normalise.unparsed import parse_object, parse_text
from watchfloor.normalise.web.access_log import parse_access_log
from watchfloor.normalise.web.cloudflare import parse_cloudflare
from watchfloor.normalise.web.modsecurity import parse_modsecurity
from watchfloor.normalise.web.w3c import parse_iis
from watchfloor.normalise.windows.parser import parse_windows
from watchfloor.normalise.windows.shapes import flatten
from watchfloor.normalise.windows.xml import parse_windows_xml

SOURCE_HINTS: Final = frozenset({"windows", "aws.cloudtrail", "json", "text"})
"""What a feed may say of its content. Another word is as good as none."""

_JSON_HINTS: Final = frozenset({"windows", "aws.cloudtrail", "json"})
_JSON_SOURCETYPES: Final = frozenset({"_json", "json", "json_no_timestamp", "aws:cloudtrail"})
_CEE: Final = "@cee:"

Parser = Callable[[dict[str, FieldValue]], Parsed | None]
LineParser = Callable[[Line], Parsed | None]


def normalise(
    raw: RawEvent,
    *,
    feed_id: FeedId,
    batch_id: BatchId,
    index: int,
    source_hint: str | None,
    received_at: datetime,
    part: int | None = None,
    columns: Columns | None = None,
) -> Event:
    """One raw event as an `Event`.

    `index` is the event's place in its batch (0-based), `part` its place in a body that carried several; `received_at`
    is the time of the batch's receipt with a zone; `columns` are those that a header above a line of text named.
    Raises ParseFailed for poison.
    """
    received = received_at.astimezone(UTC)
    parsed = _parse(raw, source_hint, received, columns)
    return finish(parsed, raw, feed_id=feed_id, batch_id=batch_id, index=index, received_at=received, part=part)


def finish(
    parsed: Parsed,
    raw: RawEvent,
    *,
    feed_id: FeedId,
    batch_id: BatchId,
    index: int,
    received_at: datetime,
    part: int | None = None,
) -> Event:
    """The event of what a parser understood, with its time, its key and the door's fields. `received_at` is in UTC."""
    own = parsed.time if parsed.time is not None else _zoned(raw.time)
    time, quality = choose_time(own, received_at=received_at)
    if parsed.identity is not None:
        key = key_by_vendor(feed_id, parsed.identity)
    elif raw.identity:
        key = key_by_sender(feed_id, raw.identity, part)
    else:
        key = key_by_place(batch_id, index, part)
    return Event(
        key=key,
        source=parsed.source,
        logsources=parsed.logsources,
        time=time,
        time_quality=quality,
        received_at=received_at,
        fields=_with_metadata(parsed.fields, raw),
        entities=parsed.entities,
        summary=one_line(parsed.summary),
        raw=raw.body,
        parser=parsed.parser,
    )


def _parse(raw: RawEvent, source_hint: str | None, received_at: datetime, columns: Columns | None) -> Parsed:
    check_size(raw.body)
    if columns is not None:
        parsed = parse_row(read_text(raw.body), columns)
        if parsed is not None:
            return parsed
    if source_hint == "text":
        return _parse_text(raw, received_at, objects=False)
    promised = source_hint in _JSON_HINTS or (raw.sourcetype or "").lower() in _JSON_SOURCETYPES
    if not promised and not looks_like_object(raw.body):
        return _parse_text(raw, received_at, objects=True)
    try:
        fields = read_object(raw.body)
    except ParseFailed as failure:
        if promised or failure.reason in {"too_deep", "too_many_keys"}:
            raise
        return _parse_text(raw, received_at, objects=False)
    return _parse_object(fields) or _parse_carried(fields, received_at) or parse_object(fields)


def _parse_object(fields: dict[str, FieldValue]) -> Parsed | None:
    for parser in _PARSERS:
        parsed = parser(fields)
        if parsed is not None:
            return parsed
    return None


def _parse_text(raw: RawEvent, received_at: datetime, *, objects: bool) -> Parsed:
    text = read_text(raw.body)
    host = clean_text(raw.host) if raw.host else None
    line = read_line(text, host=host, time=_zoned(raw.time), received_at=received_at)
    return _parse_line(line, objects=objects) or parse_text(text)


def _parse_line(line: Line, *, objects: bool) -> Parsed | None:
    if objects:
        parsed = _parse_inner(line.message.removeprefix(_CEE).lstrip())
        if parsed is not None:
            return parsed
    for parser in _LINE_PARSERS:
        parsed = parser(line)
        if parsed is not None:
            return parsed
    return None


def _parse_carried(fields: dict[str, FieldValue], received_at: datetime) -> Parsed | None:
    """The line or object that a shipper wrapped in an object; the shipper's own fields are kept beside it."""
    line = read_carrier(fields, received_at=received_at)
    parsed = _parse_line(line, objects=True) if line is not None else None
    if parsed is None:
        return None
    for name, value in fields.items():
        parsed.fields.setdefault(name, value)
    return parsed


def _parse_inner(text: str) -> Parsed | None:
    """The object in a line, if a parser knows it."""
    if not text.startswith("{"):
        return None
    try:
        fields = read_object(text.encode("utf-8", errors="replace"))
    except ParseFailed:
        return None
    return _parse_object(fields)


def _cloudtrail(fields: dict[str, FieldValue]) -> Parsed | None:
    record = unwrap(fields)
    return parse_cloudtrail(record) if is_cloudtrail(record) else None


def _windows(fields: dict[str, FieldValue]) -> Parsed | None:
    flat = flatten(fields)
    if flat is None:
        return None
    if is_linux_sysmon(flat.channel):
        return parse_sysmon(flat.fields, event_id=flat.event_id)
    return parse_windows(flat)


def _header(line: Line) -> Parsed | None:
    return parse_header(line.text)


_PARSERS: Final[tuple[Parser, ...]] = (
    _windows,
    _cloudtrail,
    parse_suricata,
    parse_zeek,
    parse_osquery,
    parse_modsecurity,
    parse_cloudflare,
    parse_cloud,
)
_LINE_PARSERS: Final[tuple[LineParser, ...]] = (
    parse_auditd,
    parse_sysmon_line,
    parse_windows_xml,
    _header,
    parse_cef,
    parse_leef,
    parse_flow_line,
    parse_load_balancer_line,
    parse_keyvalue,
    parse_paloalto,
    parse_firewall,
    parse_cisco,
    parse_access_log,
    parse_iis,
    parse_sshd,
    parse_sudo,
    parse_cron,
    parse_any_firewall,
    parse_syslog,
)


def _zoned(time: datetime | None) -> datetime | None:
    if time is None:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _with_metadata(fields: dict[str, FieldValue], raw: RawEvent) -> dict[str, FieldValue]:
    """The event's fields, and the door's where the event has none of that name."""
    for name, value in raw.fields.items():
        fields.setdefault(clean_text(name), clean_text(value))
    return fields
