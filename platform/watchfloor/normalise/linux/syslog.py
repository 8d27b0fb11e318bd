"""Every other line with a syslog header: kept with its header as fields, under the log source of its program."""

import re
from typing import Final

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.linux.entities import add_account
from watchfloor.normalise.parsed import Parsed, as_text

SOURCE: Final = "linux.syslog"
PARSER: Final = "linux.syslog/1"

_AUTH: Final = (
    "login", "systemd-logind", "polkitd", "pkexec", "useradd", "userdel", "usermod", "groupadd", "groupdel", "groupmod",
    "gpasswd", "passwd", "chpasswd", "chage", "gdm-password", "lightdm", "runuser", "doas",
)  # fmt: skip
_SERVICES: Final = {
    **dict.fromkeys(_AUTH, "auth"),
    "vsftpd": "vsftpd",
    "clamd": "clamav",
    "clamscan": "clamav",
    "freshclam": "clamav",
    "guacd": "guacamole",
    "auditd": "auditd",
    "nginx": "nginx",
    "apache2": "apache",
    "httpd": "apache",
    "apache": "apache",
}
_GENERAL: Final = LogSource(product="linux", service="syslog")
LOGSOURCES: Final = (_GENERAL, *(LogSource(product="linux", service=name) for name in sorted({*_SERVICES.values()})))
_USER: Final = re.compile(r"(?:new user: name=|delete user ['\"]|user=|for user |for ['\"]?)([A-Za-z_][\w.\-$]{0,63})")
_ADDRESS: Final = re.compile(r"(?:rhost=|from |client[ =:]{1,2}|SRC=|src=)\[?([0-9A-Fa-f][0-9A-Fa-f.:]{2,44})")


def parse_syslog(line: Line) -> Parsed | None:
    """A line with a syslog header; None for one without."""
    if not line.syslog or (line.program is None and line.host is None):
        return None
    fields = header_fields(line)
    return Parsed(
        source=SOURCE,
        logsources=_logsources(line),
        time=line.time,
        identity=None,
        fields=fields,
        entities=_entities(fields, line),
        summary=f"{line.program or 'syslog'}{f' on {line.host}' if line.host else ''}: {line.message}",
        parser=PARSER,
    )


def _logsources(line: Line) -> tuple[LogSource, ...]:
    service = _SERVICES.get((line.program or "").lower())
    return (LogSource(product="linux", service=service), _GENERAL) if service is not None else (_GENERAL,)


def _entities(fields: dict[str, FieldValue], line: Line) -> tuple[Entity, ...]:
    found = EntityList()
    found.host(line.host)
    text = line.message[:1_024]
    user = _USER.search(text)
    if user is not None and _SERVICES.get(as_text(fields.get("program")).lower()) == "auth":
        add_account(found, user[1], host=line.host)
    address = _ADDRESS.search(text)
    if address is not None:
        found.ip(address[1].rstrip(".:"))
    return found.found()
