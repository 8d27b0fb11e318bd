"""A line of text as a parser gets it: what its syslog header says, and the message behind it.

Owns the header forms: RFC 5424, RFC 3164 (with or without priority, year or fraction), the same with an ISO time as
rsyslog writes files, and a bare priority. Never interprets the message; that is the business of the sources' parsers.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.timestamps import parse_time

MAX_PARAMETERS: Final = 64

_FACILITIES: Final = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "security", "console", "solaris-cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
)  # fmt: skip
_SEVERITIES: Final = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_MONTHS: Final = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12,
}  # fmt: skip

_PRIORITY: Final = re.compile(r"<(\d{1,3})>")
_RFC5424: Final = re.compile(r"1 (\S{1,64}) (\S{1,255}) (\S{1,128}) (\S{1,128}) (\S{1,64}) (?=[-\[])")
_ELEMENT: Final = re.compile(r'\[([^\s=\]"]{1,64})((?: [^\s=\]"]{1,64}="(?:[^"\\]|\\.)*")*)\]')
_PARAMETER: Final = re.compile(r' ([^\s=\]"]{1,64})="((?:[^"\\]|\\.)*)"')
_ESCAPE: Final = re.compile(r'\\(["\\\]])')
_RFC3164: Final = re.compile(
    r"[*.]?(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?:(?P<year>\d{4}) )?"
    r"(?P<clock>\d{2}:\d{2}:\d{2})(?:\.(?P<fraction>\d{1,9}))? (?P<host>[\w.:\-]{1,255}) "
)
_ISO: Final = re.compile(r"(\d{4}-\d{2}-\d{2}T[\d:.]{8,20}(?:Z|[+\-]\d{2}:?\d{2})?) ([\w.:\-]{1,255}) ")
_TAG: Final = re.compile(r"(?!CEF:|LEEF:)(/?[A-Za-z_][\w./@\-]{0,127})(?:\[(\d{1,10})\])?: ?")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `message` is `text` without its header; `syslog` says whether there was one.

    `host` is the header's, else the door's, else None. `time` is the header's own, or None; a time without a zone gives
    way to the door's, else it is read as UTC. `data` is RFC 5424's structured data as `id.name`.
    """

    text: str
    message: str
    syslog: bool = False
    host: str | None = None
    program: str | None = None
    pid: str | None = None
    priority: int | None = None
    time: datetime | None = None
    data: dict[str, str] = msgspec.field(default_factory=dict)


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    end: int
    host: str | None = None
    time: datetime | None = None
    exact: bool = False


def read_line(text: str, *, host: str | None, time: datetime | None, received_at: datetime) -> Line:
    """The line in its parts. `host` and `time` are what the door says; `received_at` tells a missing year."""
    matched = _PRIORITY.match(text)
    priority = int(matched[1]) if matched is not None and int(matched[1]) < 192 else None
    start = matched.end() if matched is not None and priority is not None else 0
    if priority is not None:
        modern = _RFC5424.match(text, start)
        if modern is not None:
            return _modern(text, modern, host=host, priority=priority)
    header = _old_header(text, start, received_at)
    if header is None:
        return Line(text=text, message=text[start:].lstrip(), syslog=priority is not None, host=host, priority=priority)
    tag = _TAG.match(text, header.end)
    return Line(
        text=text,
        message=text[tag.end() if tag is not None else header.end :],
        syslog=True,
        host=header.host or host,
        program=_program(tag[1]) if tag is not None else None,
        pid=tag[2] if tag is not None else None,
        priority=priority,
        time=header.time if header.exact or time is None else time,
    )


def header_fields(line: Line) -> dict[str, FieldValue]:
    """The header as fields, and the whole line in `message`, where rules look for words."""
    fields: dict[str, FieldValue] = {"message": line.text}
    named = {"hostname": line.host, "program": line.program, "pid": line.pid}
    fields.update({name: value for name, value in named.items() if value})
    if line.priority is not None:
        fields["facility"] = _FACILITIES[line.priority >> 3]
        fields["severity"] = _SEVERITIES[line.priority & 7]
    fields.update({f"sd.{name}": value for name, value in line.data.items()})
    return fields


def _modern(text: str, matched: re.Match[str], *, host: str | None, priority: int) -> Line:
    data, end = _structured_data(text, matched.end())
    named, program, pid = (None if part == "-" else part for part in matched.group(2, 3, 4))
    return Line(
        text=text,
        message=text[end:].lstrip(" \ufeff"),
        syslog=True,
        host=named or host,
        program=_program(program) if program is not None else None,
        pid=pid,
        priority=priority,
        time=parse_time(matched[1]),
        data=data,
    )


def _structured_data(text: str, start: int) -> tuple[dict[str, str], int]:
    if text.startswith("-", start):
        return {}, start + 1
    data: dict[str, str] = {}
    for _ in range(MAX_PARAMETERS):
        element = _ELEMENT.match(text, start)
        if element is None:
            break
        for name, value in _PARAMETER.findall(element[2])[:MAX_PARAMETERS]:
            data[f"{element[1]}.{name}"] = _ESCAPE.sub(r"\1", value)
        start = element.end()
    return data, start


def _old_header(text: str, start: int, received_at: datetime) -> _Header | None:
    iso = _ISO.match(text, start)
    if iso is not None:
        time = parse_time(iso[1])
        zoned = iso[1].endswith("Z") or iso[1][-6:-5] in {"+", "-"} or iso[1][-5:-4] in {"+", "-"}
        return _Header(end=iso.end(), host=iso[2], time=time, exact=time is not None and zoned)
    old = _RFC3164.match(text, start)
    if old is None or old["month"].lower() not in _MONTHS:
        return None
    return _Header(end=old.end(), host=old["host"], time=_old_time(old, received_at))


def _old_time(old: re.Match[str], received_at: datetime) -> datetime | None:
    """A time without a zone, read as UTC; without a year, the last such day that is no later than tomorrow."""
    month, day = _MONTHS[old["month"].lower()], int(old["day"])
    hour, minute, second = (int(part) for part in old["clock"].split(":"))
    micro = int((old["fraction"] or "0")[:6].ljust(6, "0"))
    latest = received_at.astimezone(UTC) + timedelta(days=1)
    years = (int(old["year"]),) if old["year"] else (latest.year, latest.year - 1)
    for year in years:
        try:
            time = datetime(year, month, day, hour, minute, min(second, 59), micro, tzinfo=UTC)
        except ValueError:
            continue
        if old["year"] or time <= latest:
            return time
    return None


def _program(tag: str) -> str:
    """A tag without the path that some programs put before their name."""
    return tag.rsplit("/", 1)[-1] if tag.startswith("/") else tag
