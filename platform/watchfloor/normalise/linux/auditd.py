"""Linux audit records: raw lines of audit.log, as a syslog program sends them on, and auoms' joined form.

Each line is an event: the records of one audit event (SYSCALL, EXECVE, PATH, ...) come as separate lines, so what one
record says is all that the event says. An EXECVE record knows the command line, the SYSCALL record of the same serial
the program's path; `audit_join` makes one more event of those that came in one batch. Where a sender joins the records,
in one body or as auoms does, the event has both. Never raises.
"""

import re
from itertools import takewhile
from typing import Final

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.linux.audit_values import MAX_ARGUMENTS, arguments_of, decode_hex, socket_address
from watchfloor.normalise.linux.entities import UNSET, add_account, add_path
from watchfloor.normalise.linux.syscalls import syscall_name
from watchfloor.normalise.pairs import read_bare_pairs
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "linux.auditd"
PARSER: Final = "linux.auditd/1"
MAX_RECORDS: Final = 64

_HEAD: Final = re.compile(
    r"(?:\A|\s)(?:node=(?P<node>[^\s=]{1,255}) )?type=(?P<type>[A-Z0-9_]{1,40}|UNKNOWN\[\d{1,6}\]) (?:msg=)?"
    r"audit\((?P<time>\d{1,12}(?:\.\d{1,9})?):(?P<serial>\d{1,12})\):[ ]?"
)
_KERNEL_TYPES: Final = {
    "1300": "SYSCALL", "1302": "PATH", "1305": "CONFIG_CHANGE", "1306": "SOCKADDR", "1307": "CWD", "1309": "EXECVE",
    "1325": "NETFILTER_CFG", "1326": "SECCOMP", "1327": "PROCTITLE", "1334": "BPF", "1400": "AVC",
}  # fmt: skip
_HEXED: Final = ("proctitle", "name", "cwd", "exe", "comm", "cmd", "data", "acct", "key", "id", "ocomm")
_AUDITD: Final = LogSource(product="linux", service="auditd")
_EXECUTION: Final = LogSource(product="linux", category="process_creation", service="auditd")
_CREATION: Final = LogSource(product="linux", category="file_event", service="auditd")
RECORD: Final = _AUDITD
"""The log source of a record by itself."""

JOINED: Final = LogSource(product="linux", category="process_creation")
"""That of an execution put together from its records."""

LOGSOURCES: Final = (_AUDITD, _EXECUTION, _CREATION, JOINED)
_LISTED: Final = ("type", "name", "nametype", "item")


def parse_auditd(line: Line) -> Parsed | None:
    """One audit record, or several of one audit event in one body; None if the line is none."""
    if "audit(" not in line.text[:1_024]:
        return None
    heads = [head for head, _ in zip(_HEAD.finditer(line.text), range(MAX_RECORDS), strict=False)]
    if not heads:
        return None
    first = heads[0]
    host = first["node"] or line.host
    fields: dict[str, FieldValue] = {}
    ends = [head.start() for head in heads[1:]] + [len(line.text)]
    for head, end in zip(heads, ends, strict=True):
        _add_record(fields, head, line.text[head.end() : end])
    _alias(fields)
    for name, value in header_fields(line).items():
        fields.setdefault(name, value)
    return Parsed(
        source=SOURCE,
        logsources=(_logsource(fields),),
        time=parse_time(float(first["time"])),
        identity=_identity(first, host, line),
        fields=fields,
        entities=_entities(fields, host),
        summary=_summary(fields, host),
        parser=PARSER,
    )


def _add_record(fields: dict[str, FieldValue], head: re.Match[str], text: str) -> None:
    """The record's own fields, added to those of the records before it."""
    kind = _KERNEL_TYPES.get(head["type"], head["type"])
    record = _read_record(kind, text)
    if kind == "EXECVE":
        # In a joined event these are the program's arguments; the SYSCALL record's registers give way to them.
        for name in ("a0", "a1", "a2", "a3"):
            fields.pop(name, None)
    for name, value in record.items():
        if name in _LISTED and name in fields:
            _append(fields, name, value)
        else:
            fields.setdefault(name, value)
    if head["node"]:
        fields.setdefault("node", head["node"])
    fields.setdefault("audit_serial", head["serial"])
    if kind.startswith("AUOMS_"):
        _add_auoms(fields, kind, text)


def _read_record(kind: str, text: str) -> dict[str, str]:
    """The record's fields, with what `msg='...'` holds, decoded."""
    pairs, bare = read_bare_pairs(text)
    inner = pairs.get("msg", "")
    if "=" in inner and "msg" not in bare:
        for name, value in read_bare_pairs(inner)[0].items():
            pairs.setdefault(name, value)
    record: dict[str, str] = {"type": kind, **pairs}
    for name in _HEXED:
        if name in bare:
            record[name] = decode_hex(pairs[name])
    if kind == "EXECVE":
        record.update(arguments_of(pairs, bare))
    return record


def _append(fields: dict[str, FieldValue], name: str, value: str) -> None:
    known = fields[name]
    if isinstance(known, list):
        known.append(value)
    else:
        fields[name] = [known, value]


def _add_auoms(fields: dict[str, FieldValue], kind: str, text: str) -> None:
    """`AUOMS_EXECVE` is all records of an execution; its command line has quotes inside quotes."""
    fields["type"] = [kind, kind.removeprefix("AUOMS_")]
    _, found, rest = text.partition(' cmdline="')
    command, closed, _ = rest.partition(" redactors=")
    if found and closed:
        fields["cmdline"] = command.removesuffix('"')


def _alias(fields: dict[str, FieldValue]) -> None:
    """Adds the names that Sigma's rules use: the call's name, and those of a new file or process."""
    number = as_text(fields.get("syscall"))
    name = syscall_name(as_text(fields.get("arch")), number) if number else None
    if name is not None:
        fields.setdefault("SYSCALL", name)
    address = socket_address(as_text(fields.get("saddr")))
    if address is not None:
        fields["saddr_ip"], fields["saddr_port"] = address
    if _is_creation(fields):
        fields.setdefault("TargetFilename", fields["name"])
    if _is_execution(fields):
        _alias_execution(fields)


def _alias_execution(fields: dict[str, FieldValue]) -> None:
    names = takewhile(fields.__contains__, (f"a{number}" for number in range(MAX_ARGUMENTS)))
    arguments = [as_text(fields[name]) for name in names]
    executed = "EXECVE" in _kinds(fields) and "cmdline" not in fields
    told = as_text(fields.get("cmdline")) or as_text(fields.get("proctitle"))
    command = " ".join(arguments) if executed else told
    if command:
        fields.setdefault("CommandLine", command)
    program = as_text(fields.get("exe")) or (arguments[0] if executed and arguments else "")
    if program.startswith("/"):
        fields.setdefault("Image", program)
    directory = as_text(fields.get("cwd"))
    if directory:
        fields.setdefault("CurrentDirectory", directory)
    user = _user(fields)
    if user:
        fields.setdefault("User", user)
    for theirs, ours in (("pid", "ProcessId"), ("ppid", "ParentProcessId")):
        if as_text(fields.get(theirs)):
            fields.setdefault(ours, fields[theirs])


def _kinds(fields: dict[str, FieldValue]) -> tuple[str, ...]:
    kinds = fields.get("type")
    return tuple(as_text(kind) for kind in kinds) if isinstance(kinds, list) else (as_text(kinds),)


def _is_execution(fields: dict[str, FieldValue]) -> bool:
    kinds = _kinds(fields)
    if "EXECVE" in kinds:
        return as_text(fields.get("success")) != "no"
    called = as_text(fields.get("SYSCALL"))
    return "SYSCALL" in kinds and called in {"execve", "execveat"} and as_text(fields.get("success")) != "no"


def _is_creation(fields: dict[str, FieldValue]) -> bool:
    """A PATH record of a new file, not of a directory (mode 04....)."""
    return (
        _kinds(fields) == ("PATH",)
        and as_text(fields.get("nametype")) == "CREATE"
        and as_text(fields.get("name")).startswith("/")
        and not as_text(fields.get("mode")).startswith("04")
    )


def _logsource(fields: dict[str, FieldValue]) -> LogSource:
    if _is_execution(fields):
        return _EXECUTION
    return _CREATION if _is_creation(fields) else _AUDITD


def _user(fields: dict[str, FieldValue]) -> str:
    for name in ("UID", "user", "AUID", "audit_user", "acct"):
        text = as_text(fields.get(name))
        if text and text not in UNSET:
            return text
    return "root" if as_text(fields.get("uid")) == "0" else ""


def _identity(head: re.Match[str], host: str | None, line: Line) -> tuple[str, ...] | None:
    """The kernel numbers its events; the line itself tells the records of one event apart."""
    if host is None:
        return None
    return ("auditd", host.lower(), head["time"], head["serial"], line.text[head.start() :])


def _entities(fields: dict[str, FieldValue], host: str | None) -> tuple[Entity, ...]:
    found = EntityList()
    found.host(host)
    for name in ("AUID", "audit_user", "UID", "user", "acct", "User"):
        add_account(found, fields.get(name), host=host)
    for name in ("addr", "laddr", "saddr_ip"):
        found.ip(fields.get(name))
    names = fields.get("name")
    for path in names if isinstance(names, list) else (names,):
        add_path(found, path)
    return found.found()


def _summary(fields: dict[str, FieldValue], host: str | None) -> str:
    kinds = ", ".join(_kinds(fields)[:3])
    where = f" on {host}" if host else ""
    command = as_text(fields.get("CommandLine"))
    if command:
        return f"{as_text(fields.get('User')) or 'Someone'} ran {command}{where}"
    what = next((as_text(fields[n]) for n in ("proctitle", "exe", "name", "unit", "op") if as_text(fields.get(n))), "")
    result = as_text(fields.get("res")) or as_text(fields.get("success"))
    return f"Audit {kinds}{where}: {what}{f' ({result})' if result else ''}"
