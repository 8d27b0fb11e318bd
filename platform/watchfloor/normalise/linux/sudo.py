"""sudo and su: who became whom, and what was run. Fields have sudo's own names (`USER`, `PWD`, `TTY`, `COMMAND`)."""

import re
from typing import Final

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import FieldValue, LogSource
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.linux.entities import add_account
from watchfloor.normalise.parsed import Parsed, as_text

SOURCE: Final = "linux.sudo"
PARSER: Final = "linux.sudo/1"

LOGSOURCES: Final = (
    LogSource(product="linux", service="sudo"),
    LogSource(product="linux", service="auth"),
    LogSource(product="linux", service="syslog"),
)
_SU: Final = LOGSOURCES[1:]
_SUDO_LINE: Final = re.compile(r"\s{0,8}(?P<user>[^\s:]{1,256}) : (?P<rest>.{0,65536})", re.DOTALL)
_PARTS: Final = frozenset({"HOST", "TTY", "CHROOT", "PWD", "USER", "GROUP", "TSID", "ENV"})
_SU_LINE: Final = re.compile(
    r"(?P<failed>FAILED (?:SU|su) |FAILED )?(?:\(?to (?P<target>[^\s)]{1,256})\)?) (?P<user>\S{1,256})"
    r" on (?P<tty>\S{1,64})"
)
_SU_SESSION: Final = re.compile(
    r"pam_unix\(su(?:-l)?:session\): session opened for user (?P<target>[^\s(]{1,256})(?:\(uid=\d{1,10}\))?"
    r" by (?P<user>[^\s(]{0,256})\(uid=\d{1,10}\)"
)


def parse_sudo(line: Line) -> Parsed | None:
    """A line of sudo or su; None if it is another program's."""
    if line.program == "sudo":
        return _parsed(line, _sudo_fields(line), LOGSOURCES)
    if line.program in {"su", "su-l"}:
        return _parsed(line, _su_fields(line), _SU)
    return None


def _sudo_fields(line: Line) -> dict[str, FieldValue]:
    """`alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls`, with a complaint before the parts if it failed."""
    fields = header_fields(line)
    matched = _SUDO_LINE.match(line.message)
    if matched is None:
        return fields
    rest, found, command = matched["rest"].partition("COMMAND=")
    parts = {name: value.rstrip() for name, _, value in _pairs(rest) if name in _PARTS}
    if not parts and not found:
        return fields
    fields["user"] = matched["user"]
    fields.update(parts)
    if found:
        fields["COMMAND"] = command.strip()
    complaint = rest.partition(" ; ")[0]
    refused = "=" not in complaint
    if refused:
        fields["reason"] = complaint.strip()
    fields["action"] = "refused" if refused else "run"
    return fields


def _pairs(text: str) -> list[tuple[str, str, str]]:
    return [part.partition("=") for part in text.split(" ; ", 32)]


def _su_fields(line: Line) -> dict[str, FieldValue]:
    fields = header_fields(line)
    matched = _SU_LINE.match(line.message) or _SU_SESSION.match(line.message)
    if matched is not None:
        named = matched.groupdict()
        fields["action"] = "refused" if named.get("failed") else "run"
        fields["USER"] = named["target"]
        if named["user"]:
            fields["user"] = named["user"]
        if named.get("tty"):
            fields["TTY"] = named["tty"]
    return fields


def _parsed(line: Line, fields: dict[str, FieldValue], logsources: tuple[LogSource, ...]) -> Parsed:
    found = EntityList()
    found.host(line.host)
    for name in ("user", "USER"):
        add_account(found, fields.get(name), host=line.host)
    command = as_text(fields.get("COMMAND"))
    where = f" on {line.host}" if line.host else ""
    verb = "was refused" if fields.get("action") == "refused" else "ran"
    told = f"{as_text(fields.get('user'))} {verb}{where} as {as_text(fields.get('USER')) or 'root'}: {command}"
    return Parsed(
        source=SOURCE,
        logsources=logsources,
        time=line.time,
        identity=None,
        fields=fields,
        entities=found.found(),
        summary=told if command else f"{line.program}{where}: {line.message}",
        parser=PARSER,
    )
