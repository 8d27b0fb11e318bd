"""osquery: results of scheduled queries, one row a document, and the agent's own status lines.

Rows of the evented tables get Sigma's names too.
"""

from datetime import datetime
from typing import Final

import msgspec

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.linux.entities import add_account, add_path
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "osquery.result"
STATUS: Final = "osquery.status"
PARSER: Final = "osquery/1"

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_PROCESS: Final = {
    "path": "Image",
    "cmdline": "CommandLine",
    "cwd": "CurrentDirectory",
    "pid": "ProcessId",
    "parent": "ParentProcessId",
    "username": "User",
}
_SOCKET: Final = {
    "path": "Image",
    "local_address": "SourceIp",
    "local_port": "SourcePort",
    "remote_address": "DestinationIp",
    "remote_port": "DestinationPort",
}
_FILE: Final = {"target_path": "TargetFilename"}
_OWN: Final = LogSource(product="osquery")
LOGSOURCES: Final = (
    _OWN,
    *(
        LogSource(product=product, category=category)
        for product in ("linux", "macos", "windows")
        for category in ("process_creation", "network_connection", "file_event")
    ),
)
STATUS_LOGSOURCES: Final = (LogSource(product="osquery", service="status"),)
_STATUS_MARKS: Final = frozenset({"severity", "filename", "line", "message", "hostIdentifier"})
# The second line is what the journal of NTFS says.
_WRITTEN: Final = frozenset({"CREATED", "UPDATED", "MOVED_TO"}) | {
    *("FILECREATION", "FILEWRITE", "FILEOVERWRITE", "FILERENAME_NEWNAME")
}


def parse_osquery(fields: dict[str, FieldValue]) -> Parsed | None:
    """A result line (`columns` or `snapshot`); None if the object is none."""
    host = fields.get("hostIdentifier")
    if isinstance(host, str) and fields.keys() >= _STATUS_MARKS:
        return _status(fields, host)
    if not isinstance(host, str) or not isinstance(fields.get("name"), str):
        return None
    if "columns" not in fields and "snapshot" not in fields:
        return None
    columns = as_object(fields.get("columns"))
    identity = _identity(fields, host)
    # A row that went away is the end of something, not its beginning.
    category = None if fields.get("action") == "removed" else _add_names(fields, columns)
    return Parsed(
        source=SOURCE,
        logsources=_logsources(fields, columns, category),
        time=_time(columns.get("time")) or _time(fields.get("unixTime")),
        identity=identity,
        fields=fields,
        entities=_entities(fields, columns, host),
        summary=_summary(fields, columns, host),
        parser=PARSER,
    )


def _status(fields: dict[str, FieldValue], host: str) -> Parsed:
    """What the agent says of itself. Severity: 0 information, 1 warning, 2 error, 3 fatal."""
    found = EntityList()
    found.host(as_text(as_object(fields.get("decorations")).get("hostname")) or host)
    return Parsed(
        source=STATUS,
        logsources=STATUS_LOGSOURCES,
        time=_time(fields.get("unixTime")),
        identity=None,
        fields=fields,
        entities=found.found(),
        summary=f"osquery on {host}: {as_text(fields.get('message'))}",
        parser=PARSER,
    )


def _add_names(fields: dict[str, FieldValue], columns: dict[str, FieldValue]) -> str | None:
    """Sigma's names beside the row's, and the category of the row's table."""
    if "cmdline" in columns and "path" in columns:
        category, names = "process_creation", _PROCESS
    elif "remote_address" in columns and "remote_port" in columns:
        category, names = "network_connection", _SOCKET
    elif "target_path" in columns and as_text(columns.get("action")).upper() in _WRITTEN:
        category, names = "file_event", _FILE
    else:
        return None
    for theirs, ours in names.items():
        if as_text(columns.get(theirs)):
            fields.setdefault(ours, columns[theirs])
    if category == "process_creation":
        fields["CommandLine"] = as_text(columns.get("cmdline")).replace('" "', " ").strip('"')
        if "User" not in fields and as_text(columns.get("uid")) == "0":
            fields["User"] = "root"
    return category


def _logsources(
    fields: dict[str, FieldValue], columns: dict[str, FieldValue], category: str | None
) -> tuple[LogSource, ...]:
    """An agent runs everywhere: a Windows path means Windows; macOS says so in the decorations."""
    if category is None:
        return (_OWN,)
    platform = as_text(as_object(fields.get("decorations")).get("platform")).lower()
    path = as_text(columns.get("path")) or as_text(columns.get("target_path"))
    if platform == "windows" or path[1:3] == ":\\":
        product = "windows"
    else:
        product = "macos" if platform in {"darwin", "macos"} else "linux"
    return (_OWN, LogSource(product=product, category=category))


def _time(unix: FieldValue) -> datetime | None:
    """Seconds since 1970, as number or as text."""
    return parse_time(int(unix) if isinstance(unix, str) and unix.isdecimal() and len(unix) < 14 else unix)


def _identity(fields: dict[str, FieldValue], host: str) -> tuple[str, ...] | None:
    """A row of one run of one query; a snapshot's rows come once, all together or part by part."""
    if "counter" not in fields or "unixTime" not in fields:
        return None
    parts = (as_text(fields.get(name)) for name in ("name", "unixTime", "epoch", "counter", "action"))
    rows = fields["columns"] if "columns" in fields else fields.get("snapshot")
    return ("osquery", host, *parts, _ENCODER.encode(rows).decode())


def _entities(fields: dict[str, FieldValue], columns: dict[str, FieldValue], host: str) -> tuple[Entity, ...]:
    found = EntityList()
    found.host(as_text(as_object(fields.get("decorations")).get("hostname")) or host)
    for name in ("username", "user"):
        add_account(found, columns.get(name), host=host)
    for name in ("remote_address", "local_address"):
        found.ip(columns.get(name))
    for name in ("sha256", "sha1", "md5"):
        found.hash(columns.get(name))
    add_path(found, columns.get("target_path"))
    return found.found()


def _summary(fields: dict[str, FieldValue], columns: dict[str, FieldValue], host: str) -> str:
    name, action = as_text(fields.get("name")), as_text(fields.get("action")) or "result"
    told = as_text(fields.get("CommandLine")) or ", ".join(
        f"{column}={as_text(value)}" for column, value in list(columns.items())[:6]
    )
    return f"osquery {name} ({action}) on {host}: {told}"
