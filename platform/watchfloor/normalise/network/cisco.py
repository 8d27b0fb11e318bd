"""Cisco's system messages (`%ASA-6-302013: ...`, `%SYS-5-CONFIG_I: ...`), kept whole, with facility and mnemonic.

What ASA, FTD and IOS say of connections and log-ons also stands in fields; see `cisco_messages`.
"""

import re
from typing import Final

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import LogSource
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.linux.entities import add_account
from watchfloor.normalise.network.cisco_messages import read_message
from watchfloor.normalise.parsed import Parsed

SOURCE: Final = "cisco.syslog"
PARSER: Final = "cisco/1"

_MESSAGE: Final = re.compile(
    r"%(?P<facility>[A-Z][A-Z0-9_]{1,31})-(?:[A-Za-z0-9_]{1,32}-)?(?P<level>[0-7])-(?P<mnemonic>[A-Z0-9_]{2,64}):"
)
_USER: Final = re.compile(r"(?:[Uu]ser[: =]{1,2}['\"]?|by )([A-Za-z][\w.\-]{0,63})")
_ADDRESS: Final = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])")
_SERVICES: Final = {
    "PARSER": "aaa", "AAA": "aaa", "AAAA": "aaa", "SEC_LOGIN": "aaa", "SYS": "aaa", "TACACS": "aaa",
    "BGP": "bgp", "LDP": "ldp",
}  # fmt: skip
_GENERAL: Final = LogSource(product="cisco", service="syslog")
_FIREWALL: Final = LogSource(product="cisco", category="firewall")
LOGSOURCES: Final = (
    _GENERAL, _FIREWALL, *(LogSource(product="cisco", service=name) for name in ("aaa", "bgp", "ldp"))
)  # fmt: skip


def parse_cisco(line: Line) -> Parsed | None:
    """A system message; None if the line is none."""
    matched = _MESSAGE.search(line.text, 0, 512)
    if matched is None:
        return None
    fields = header_fields(line)
    fields["cisco_facility"], fields["mnemonic"] = matched["facility"], matched["mnemonic"]
    service = _SERVICES.get(matched["facility"])
    logsources = [_GENERAL]
    if service is not None:
        logsources.append(LogSource(product="cisco", service=service))
    text = line.text[matched.end() : matched.end() + 1_024]
    for name, value in read_message(text.lstrip()).items():
        fields.setdefault(name, value)
    if "dst_ip" in fields and "action" in fields:
        logsources.append(_FIREWALL)
    found = EntityList()
    found.host(line.host)
    user = _USER.search(text)
    if "user" in fields:
        add_account(found, fields["user"], host=line.host)
    elif user is not None and "action" not in fields:
        add_account(found, user[1], host=line.host)
    for address in _ADDRESS.findall(text)[:4]:
        found.ip(address)
    return Parsed(
        source=SOURCE,
        logsources=tuple(logsources),
        time=line.time,
        identity=None,
        fields=fields,
        entities=found.found(),
        summary=f"{line.host or 'Cisco'}: {line.text[matched.start() :]}",
        parser=PARSER,
    )
