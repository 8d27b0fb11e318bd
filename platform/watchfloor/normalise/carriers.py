"""Objects that only carry a line: what syslog servers, journald and file shippers make of a line of text.

Owns the names under which they put the line, its program and its host. Never interprets the line.
"""

from datetime import datetime
from typing import Final

from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.lines import Line, read_line
from watchfloor.normalise.parsed import as_object, as_text
from watchfloor.normalise.timestamps import parse_time

_LINE: Final = ("SyslogMessage", "MESSAGE", "message", "log", "msg")
_PROGRAM: Final = (
    "ProcessName", "SYSLOG_IDENTIFIER", "PROGRAM", "programname", "appname", "app_name", "ident", "program",
)  # fmt: skip
_HOST: Final = ("HostName", "_HOSTNAME", "HOST", "hostname", "host", "Computer")
_PID: Final = ("ProcessID", "_PID", "PID", "procid", "pid")
_TIME: Final = ("EventTime", "@timestamp", "timestamp", "timereported", "TimeGenerated", "time", "date")


def read_carrier(fields: dict[str, FieldValue], *, received_at: datetime) -> Line | None:
    """The line in an object; None if the object carries none.

    A program's name in the object makes it a syslog line, whatever the line looks like.
    """
    text = as_text(as_object(fields.get("event")).get("original")) or _first(fields, _LINE)
    if not text:
        return None
    host = _first(fields, _HOST) or as_text(as_object(fields.get("host")).get("name")) or None
    time = _time(fields)
    line = read_line(text, host=host, time=time, received_at=received_at)
    program = _first(fields, _PROGRAM)
    if line.syslog or not program or len(program) > 128:
        return line
    return Line(
        text=text,
        message=line.message,
        syslog=True,
        host=host,
        program=program.rsplit("/", 1)[-1],
        pid=_first(fields, _PID) or None,
        time=time,
    )


def _first(fields: dict[str, FieldValue], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := as_text(fields.get(name)))), "")


def _time(fields: dict[str, FieldValue]) -> datetime | None:
    journal = as_text(fields.get("__REALTIME_TIMESTAMP"))
    if journal.isdecimal() and len(journal) <= 16:
        return parse_time(int(journal) / 1_000_000)
    return next((time for name in _TIME if (time := parse_time(fields.get(name))) is not None), None)
