"""OpenSSH's server: who logged on, or failed to, from where and how. The message itself stays for keyword rules."""

import re
from typing import Final

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import FieldValue, LogSource
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.linux.entities import add_account
from watchfloor.normalise.parsed import Parsed

SOURCE: Final = "linux.sshd"
PARSER: Final = "linux.sshd/1"

_PROGRAMS: Final = frozenset({"sshd", "sshd-session", "sshd-auth"})
LOGSOURCES: Final = (
    LogSource(product="linux", service="sshd"),
    LogSource(product="linux", service="auth"),
    LogSource(product="linux", service="syslog"),
)
_USER: Final = r"(?P<user>.{0,256}?)"
_FROM: Final = r"(?P<src_ip>[\w.:%\-]{2,64}) port (?P<src_port>\d{1,5})"
_METHOD: Final = r"(?P<method>[\w\-/]{1,64})"
_INVALID: Final = r"(?:(?P<invalid>invalid user ))?"
_PATTERNS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (action, re.compile(pattern))
    for action, pattern in (
        ("accepted", rf"Accepted {_METHOD} for {_USER} from {_FROM}"),
        ("failed", rf"Failed {_METHOD} for {_INVALID}{_USER} from {_FROM}"),
        ("invalid_user", rf"Invalid user {_USER} from {_FROM}"),
        (
            "too_many_failures",
            rf"error: maximum authentication attempts exceeded for {_INVALID}{_USER} from {_FROM}",
        ),
        ("closed", rf"Connection (?:closed|reset) by (?:authenticating |invalid )?user {_USER} {_FROM}"),
        ("closed", rf"Connection (?:closed|reset) by {_FROM}"),
        ("disconnected", rf"Disconnected from (?:(?:authenticating |invalid )?user {_USER} )?{_FROM}"),
        ("refused_user", rf"User {_USER} from (?P<src_ip>\S{{2,255}}) not allowed"),
        ("session_opened", r"pam_unix\(sshd:session\): session opened for user (?P<user>[^\s(]{1,256})"),
        ("session_closed", r"pam_unix\(sshd:session\): session closed for user (?P<user>[^\s(]{1,256})"),
        (
            "failed_pam",
            r"pam_unix\(sshd:auth\): authentication failure;.{0,200} rhost=(?P<src_ip>\S{2,255})"
            r"(?:  ?user=(?P<user>\S{1,256}))?",
        ),
    )
)


def parse_sshd(line: Line) -> Parsed | None:
    """A line of sshd; None if it is another program's."""
    if line.program not in _PROGRAMS:
        return None
    fields = header_fields(line)
    _read(fields, line.message)
    found = EntityList()
    found.host(line.host)
    add_account(found, fields.get("user"), host=line.host)
    found.ip(fields.get("src_ip"))
    return Parsed(
        source=SOURCE,
        logsources=LOGSOURCES,
        time=line.time,
        identity=None,
        fields=fields,
        entities=found.found(),
        summary=f"sshd{f' on {line.host}' if line.host else ''}: {line.message}",
        parser=PARSER,
    )


def _read(fields: dict[str, FieldValue], message: str) -> None:
    text = message[:2_048]
    for action, pattern in _PATTERNS:
        matched = pattern.match(text)
        if matched is None:
            continue
        named = {name: value for name, value in matched.groupdict().items() if value}
        fields["action"] = "failed" if action == "failed_pam" else action
        fields["user_known"] = named.pop("invalid", None) is None and action != "invalid_user"
        fields.update(named)
        return
