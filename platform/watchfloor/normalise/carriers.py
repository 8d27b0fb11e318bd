"""Objects that only carry a line: what syslog servers, journald, file shippers and OTLP make of a line of text.

Owns the names under which they put the line, its program and its host. Never interprets the line.
"""

import re
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.lines import Line, read_line
from watchfloor.normalise.parsed import as_object, as_text
from watchfloor.normalise.timestamps import parse_time

_LINE: Final = ("SyslogMessage", "MESSAGE", "message", "log", "msg", "body")
_PROGRAM: Final = (
    "ProcessName", "SYSLOG_IDENTIFIER", "PROGRAM", "programname", "appname", "app_name", "ident", "program",
)  # fmt: skip
# Filebeat's inputs for journald (of version 8, of version 7) and for syslog, part by part.
_NESTED_PROGRAM: Final = (("log", "syslog", "appname"), ("syslog", "identifier"), ("process", "program"))
_NESTED_PID: Final = (("log", "syslog", "procid"), ("process", "pid"), ("journald", "pid"))
_NESTED_HOST: Final = (("host", "name"), ("host", "hostname"))
_OFFSET: Final = re.compile(r"([+-])(\d{2}):?(\d{2})")
_HOST: Final = ("HostName", "_HOSTNAME", "HOST", "hostname", "host", "Computer", "host.name")
_PID: Final = ("ProcessID", "_PID", "PID", "procid", "proc_id", "pid")
_TIME: Final = ("EventTime", "@timestamp", "timestamp", "timereported", "TimeGenerated", "time", "date")


def read_carrier(fields: dict[str, FieldValue], *, received_at: datetime) -> Line | None:
    """The line in an object; None if the object carries none.

    A program's name in the object makes it a syslog line, whatever the line looks like.
    """
    text = _text(fields)
    if not text:
        return None
    host = _first(fields, _HOST) or _nested(fields, _NESTED_HOST) or None
    time = _time(fields)
    line = read_line(text, host=host, time=time, received_at=received_at)
    if line.time is not None and line.time == time:
        line = msgspec.structs.replace(line, time=_local_time(fields, text, received_at) or time)
    program = _first(fields, _PROGRAM) or _nested(fields, _NESTED_PROGRAM)
    if line.syslog or not program or len(program) > 128:
        return line
    return Line(
        text=text,
        message=line.message,
        syslog=True,
        host=host,
        program=program.rsplit("/", 1)[-1],
        pid=_first(fields, _PID) or _nested(fields, _NESTED_PID) or None,
        time=time,
    )


def _text(fields: dict[str, FieldValue]) -> str:
    """The line, or an object that a shipper has decoded already, as the line that it was (Filebeat's `json`)."""
    text = as_text(as_object(fields.get("event")).get("original")) or _first(fields, _LINE)
    decoded = fields.get("json")
    return text or (msgspec.json.encode(decoded).decode() if decoded and isinstance(decoded, dict) else "")


def _local_time(fields: dict[str, FieldValue], text: str, received_at: datetime) -> datetime | None:
    """The time in a line whose header names no zone, where the shipper does; its own time is only that of reading."""
    offset = _OFFSET.fullmatch(as_text(as_object(fields.get("event")).get("timezone")))
    written = read_line(text, host=None, time=None, received_at=received_at).time if offset is not None else None
    if offset is None or written is None:
        return None
    ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    try:
        return written - ahead if offset[1] == "+" else written + ahead
    except OverflowError:
        return None


def _nested(fields: dict[str, FieldValue], paths: tuple[tuple[str, ...], ...]) -> str:
    for *parts, name in paths:
        place = fields
        for part in parts:
            place = as_object(place.get(part))
        if text := as_text(place.get(name)):
            return text
    return ""


def _first(fields: dict[str, FieldValue], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := as_text(fields.get(name)))), "")


def _time(fields: dict[str, FieldValue]) -> datetime | None:
    journal = as_text(fields.get("__REALTIME_TIMESTAMP"))
    if journal.isdecimal() and len(journal) <= 16:
        return parse_time(int(journal) / 1_000_000)
    ours = as_text(fields.get("timeUnixNano"))
    if ours.isdecimal() and len(ours) <= 19:
        return parse_time(int(ours) / 1_000_000_000)
    return next((time for name in _TIME if (time := parse_time(fields.get(name))) is not None), None)
