"""Palo Alto Networks' firewalls as they write syslog themselves: comma-separated columns, known by their place.

Owns the columns of the TRAFFIC, THREAT (with URL, WildFire and data), SYSTEM, CONFIG, GLOBALPROTECT and AUTHENTICATION
logs of PAN-OS 9 to 11, as far as rules and people ask for them; later columns stay in the message. Fields have
PAN-OS's names, and both ends of a connection Sigma's.
"""

import csv
import re
from datetime import datetime
from typing import Final

from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.linux.entities import add_account
from watchfloor.normalise.network.addresses import add_connection, describe, find_ends
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time
from watchfloor.normalise.web.request import add_request

PARSER: Final = "paloalto/1"
MOST_COLUMNS: Final = 256

_HEAD: Final = ("receive_time", "serial", "type", "subtype", "config_version", "time_generated")
_SESSION: Final = (
    "src", "dst", "natsrc", "natdst", "rule", "srcuser", "dstuser", "app", "vsys", "from", "to", "inbound_if",
    "outbound_if", "logset", "", "sessionid", "repeatcnt", "sport", "dport", "natsport", "natdport", "flags", "proto",
    "action",
)  # fmt: skip
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "TRAFFIC": (
        *_SESSION, "bytes", "bytes_sent", "bytes_received", "packets", "start", "elapsed", "category", "", "seqno",
        "actionflags", "srcloc", "dstloc", "", "pkts_sent", "pkts_received", "session_end_reason", "", "", "", "",
        "vsys_name", "device_name", "action_source",
    ),
    "THREAT": (
        *_SESSION, "misc", "threatid", "category", "severity", "direction", "seqno", "actionflags", "srcloc", "dstloc",
        "", "contenttype", "pcap_id", "filedigest", "cloud", "url_idx", "user_agent", "filetype", "xff", "referer",
        "sender", "subject", "recipient", "reportid", "", "", "", "", "vsys_name", "device_name", "", "", "",
        "http_method",
    ),
    "SYSTEM": (
        "vsys", "eventid", "object", "", "", "module", "severity", "opaque", "seqno", "actionflags", "", "", "", "",
        "vsys_name", "device_name",
    ),
    "CONFIG": (
        "host", "vsys", "cmd", "admin", "client", "result", "path", "before_change_detail", "after_change_detail",
        "seqno", "actionflags", "", "", "", "", "vsys_name", "device_name",
    ),
    "GLOBALPROTECT": (
        "vsys", "eventid", "stage", "auth_method", "tunnel_type", "srcuser", "srcregion", "machinename", "public_ip",
        "public_ipv6", "private_ip", "private_ipv6", "hostid", "serialnumber", "client_ver", "client_os",
        "client_os_ver", "repeatcnt", "reason", "error", "opaque", "status",
    ),
    "AUTHENTICATION": (
        "vsys", "ip", "user", "normalize_user", "object", "authpolicy", "repeatcnt", "authid", "vendor", "logset",
        "serverprofile", "desc", "clienttype", "event", "factorno",
    ),
}  # fmt: skip
_KINDS: Final = {name: name.lower() for name in _COLUMNS}
SOURCES: Final[dict[str, tuple[LogSource, ...]]] = {
    f"paloalto.{kind}": (
        LogSource(product="paloalto", service=kind),
        *((LogSource(product="paloalto", category="firewall", service=kind),) if kind in {"traffic", "threat"} else ()),
        *((LogSource(product="paloalto", category="proxy", service=kind),) if kind == "threat" else ()),
    )
    for kind in _KINDS.values()
}
"""What each kind of log can belong to, by `Event.source`."""

_LOOKS: Final = re.compile(
    r"\d{0,3},(\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}),[0-9A-Za-z]{0,32},"
    r"(TRAFFIC|THREAT|SYSTEM|CONFIG|GLOBALPROTECT|AUTHENTICATION),"
)
_ID: Final = re.compile(r"(.{0,512}?)\((\d{1,12})\)", re.DOTALL)


def parse_paloalto(line: Line) -> Parsed | None:
    """One line; None if it is none of PAN-OS's."""
    matched = _LOOKS.search(line.message, 0, 192)
    if matched is None or (matched.start() and line.message[matched.start() - 1] not in " -"):
        return None
    try:
        words = next(csv.reader([line.message[matched.start() :].replace("\n", " ").replace("\r", " ")]))
    except csv.Error:
        return None
    kind = matched[2]
    named = zip((*_HEAD, *_COLUMNS[kind]), words[1:MOST_COLUMNS], strict=False)
    fields: dict[str, FieldValue] = {name: word for name, word in named if name and word}
    _add_names(fields, kind)
    for name, value in header_fields(line).items():
        fields.setdefault(name, value)
    source = f"paloalto.{_KINDS[kind]}"
    return Parsed(
        source=source,
        logsources=_logsources(fields, source),
        time=_time(fields.get("time_generated")) or _time(matched[1]) or line.time,
        identity=_identity(fields, kind),
        fields=fields,
        entities=_entities(fields, line),
        summary=_summary(fields, kind),
        parser=PARSER,
    )


def _add_names(fields: dict[str, FieldValue], kind: str) -> None:
    add_connection(
        fields,
        source=fields.get("src") or fields.get("public_ip") or fields.get("ip") or fields.get("client"),
        source_port=fields.get("sport"),
        target=fields.get("dst"),
        target_port=fields.get("dport"),
    )
    action = as_text(fields.get("action"))
    if action:
        fields["blocked"] = action not in {"allow", "alert", "continue", "wildfire-upload-success"}
    threat = _ID.fullmatch(as_text(fields.get("threatid")))
    if threat is not None:
        fields["threat_name"], fields["threat_number"] = threat[1], threat[2]
    url = as_text(fields.get("misc"))
    if kind == "THREAT" and fields.get("subtype") == "url" and url:
        fields["url"] = url
        host = url.partition("/")[0].partition(":")[0]
        add_request(
            fields,
            target=f"http://{url}" if "://" not in url[:16] else url,
            method=fields.get("http_method"),
            host=host,
            agent=fields.get("user_agent"),
            referrer=fields.get("referer"),
        )
        fields.setdefault("r-dns", host)


def _logsources(fields: dict[str, FieldValue], source: str) -> tuple[LogSource, ...]:
    is_url = fields.get("subtype") == "url"
    return tuple(one for one in SOURCES[source] if one.category != "proxy" or is_url)


def _time(value: FieldValue) -> datetime | None:
    """`2026/11/22 08:00:00`, without a zone."""
    return parse_time(as_text(value).replace("/", "-"))


def _identity(fields: dict[str, FieldValue], kind: str) -> tuple[str, ...] | None:
    """A device numbers its lines of each kind; a new device begins again, so the time is in it."""
    serial, number = as_text(fields.get("serial")), as_text(fields.get("seqno"))
    if not serial or not number:
        return None
    return ("paloalto", serial, kind, number, as_text(fields.get("receive_time")))


def _entities(fields: dict[str, FieldValue], line: Line) -> tuple[Entity, ...]:
    found = find_ends(fields)
    for name in ("srcuser", "dstuser", "user", "admin"):
        add_account(found, fields.get(name), host=line.host)
    found.host(fields.get("machinename"))
    found.domain(fields.get("r-dns"))
    found.hash(fields.get("filedigest"))
    return found.found()


def _summary(fields: dict[str, FieldValue], kind: str) -> str:
    action = as_text(fields.get("action"))
    if kind == "THREAT":
        what = as_text(fields.get("url")) or as_text(fields.get("threat_name")) or as_text(fields.get("threatid"))
        return f"Palo Alto {as_text(fields.get('subtype'))} {action}: {what}, {describe(fields)}"
    if kind == "TRAFFIC":
        return f"Palo Alto {action} {as_text(fields.get('app'))}, {describe(fields)}"
    told = as_text(fields.get("opaque")) or as_text(fields.get("path")) or as_text(fields.get("desc"))
    who = as_text(fields.get("srcuser")) or as_text(fields.get("user")) or as_text(fields.get("admin"))
    what = as_text(fields.get("eventid")) or as_text(fields.get("cmd")) or as_text(fields.get("event"))
    return f"Palo Alto {_KINDS[kind]} {what}{f' by {who}' if who else ''}: {told}"
