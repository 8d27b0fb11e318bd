"""Firewalls with a form of their own: WatchGuard, Check Point, pfSense, Juniper; and all that name both ends in pairs.

Native names stay where there are any; both ends of a connection and the action get Sigma's names. Never raises.
"""

import re
from typing import Final

from watchfloor.normalise.entities import parse_ip
from watchfloor.normalise.event import FieldValue, LogSource
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.linux.entities import add_account
from watchfloor.normalise.network.addresses import add_connection, describe, find_ends
from watchfloor.normalise.pairs import read_pairs
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time

PARSER: Final = "firewalls/1"

SOURCES: Final[dict[str, tuple[LogSource, ...]]] = {
    **{
        f"{product}.firewall": (LogSource(product=product), LogSource(product=product, category="firewall"))
        for product in ("watchguard", "checkpoint", "pfsense", "juniper")
    },
    "firewall": (LogSource(category="firewall"),),
}
"""What the lines of each firewall can belong to, by `Event.source`."""

_WATCHGUARD: Final = re.compile(
    r"(?:firewall: )?msg_id=\"(?P<msg_id>[\w\-]{1,32})\" (?P<action>Allow|Deny) (?P<src_zone>\S{1,64})"
    r" (?P<dst_zone>\S{1,64}) (?:(?P<length>\d{1,6}) )?(?P<proto>[\w/.\-]{1,24}) (?:\d{1,6} \d{1,6} )?"
    r"(?P<src_ip>[0-9A-Fa-f.:]{3,45}) (?P<dst_ip>[0-9A-Fa-f.:]{3,45})"
    r"(?: (?P<src_port>\d{1,5}) (?P<dst_port>\d{1,5}))?"
)
_CHECKPOINT: Final = re.compile(r'([A-Za-z_][\w ]{0,63}):"((?:[^"\\]|\\.){0,4096})"')
_PFSENSE: Final = (
    "rulenr", "subrulenr", "anchor", "tracker", "interface", "reason", "action", "direction", "ipversion",
)  # fmt: skip
_V4: Final = ("tos", "ecn", "ttl", "id", "offset", "ipflags", "protonum", "proto", "length")
_V6: Final = ("class", "flowlabel", "hoplimit", "proto", "protonum", "length")
_JUNIPER: Final = re.compile(r"RT_(?:FLOW|IDP|UTM|SCREEN)")
_JUNIPER_TAG: Final = re.compile(r"(RT_[A-Z]{2,8}_[A-Z_]{2,40})\b")
_NAMED: Final = re.compile(r"(?:^|[\s,;])(?:src|srcip|src_ip|source|sourceip|saddr)=", re.IGNORECASE)
_ENDS: Final = {
    "source": ("src", "srcip", "src_ip", "source", "sourceip", "saddr", "source-address"),
    "source_port": ("sport", "srcport", "src_port", "spt", "sourceport", "source-port"),
    "target": ("dst", "dstip", "dst_ip", "dest", "destination", "destip", "dest_ip", "daddr", "destination-address"),
    "target_port": ("dport", "dstport", "dst_port", "dpt", "destport", "service", "destination-port"),
}
_USERS: Final = ("user", "username", "src_user_name", "usr", "source-user")
_PORTED: Final = re.compile(r"(.{2,45}):(\d{1,5})")


def parse_firewall(line: Line) -> Parsed | None:
    """A line of one of the firewalls named above; None if it is none."""
    message = line.message
    if 'msg_id="' in message[:256]:
        return _watchguard(line)
    if line.program == "filterlog" or message.startswith("filterlog"):
        return _pfsense(line)
    if '[action:"' in message[:512] or (line.program == "CheckPoint" and ':"' in message[:512]):
        return _checkpoint(line)
    if _JUNIPER.search(line.text, 0, 512):
        return _juniper(line)
    return None


def parse_any_firewall(line: Line) -> Parsed | None:
    """A line of pairs that name two addresses of a connection; None if it is none."""
    if _NAMED.search(line.message, 0, 2_048) is None:
        return None
    pairs = {name.lower(): value for name, value in read_pairs(line.message).items()}
    fields: dict[str, FieldValue] = {**pairs}
    _connect(fields, pairs)
    if not all(parse_ip(as_text(fields.get(name))) is not None for name in ("src_ip", "dst_ip")):
        return None
    for theirs in ("act", "disposition", "status"):
        if "action" not in fields and pairs.get(theirs):
            fields["action"] = pairs[theirs]
    return _parsed(line, fields, "firewall", SOURCES["firewall"])


def _watchguard(line: Line) -> Parsed | None:
    matched = _WATCHGUARD.search(line.message, 0, 2_048)
    if matched is None:
        return None
    fields: dict[str, FieldValue] = {name: value for name, value in matched.groupdict().items() if value}
    for name, value in read_pairs(line.message[matched.end() :]).items():
        fields.setdefault(name, value)
    return _parsed(line, fields, "watchguard.firewall", SOURCES["watchguard.firewall"])


def _checkpoint(line: Line) -> Parsed | None:
    found = _CHECKPOINT.findall(line.message)[:512]
    if not found:
        return None
    pairs: dict[str, str] = {}
    for name, value in found:
        pairs.setdefault(name.strip(), value)
    fields: dict[str, FieldValue] = {**pairs}
    _connect(fields, pairs)
    when = pairs.get("time", "")
    if when.isdecimal() and len(when) <= 13:
        fields["time"] = int(when)
    return _parsed(line, fields, "checkpoint.firewall", SOURCES["checkpoint.firewall"])


def _pfsense(line: Line) -> Parsed | None:
    """Columns by place; those behind the protocol depend on it and on the version of IP."""
    words = line.message.removeprefix("filterlog:").strip().split(",")
    if len(words) < 17 or words[8] not in {"4", "6"}:
        return None
    names = (*_PFSENSE, *(_V4 if words[8] == "4" else _V6), "src_ip", "dst_ip")
    fields: dict[str, FieldValue] = {name: word for name, word in zip(names, words, strict=False) if word}
    rest = words[len(names) :]
    if len(rest) >= 2 and as_text(fields.get("proto")).lower() in {"tcp", "udp"}:
        fields["src_port"], fields["dst_port"] = rest[0], rest[1]
    fields["action"] = {"block": "deny", "reject": "deny", "pass": "accept"}.get(words[6], words[6])
    return _parsed(line, fields, "pfsense.firewall", SOURCES["pfsense.firewall"])


def _juniper(line: Line) -> Parsed | None:
    """`RT_FLOW_SESSION_DENY` with the structured data of RFC 5424, or with `name="value"` behind it."""
    pairs = {name.rpartition(".")[2]: value for name, value in line.data.items()} or read_pairs(line.text)
    tag = _JUNIPER_TAG.search(line.text, 0, 512)
    if tag is None or "source-address" not in pairs:
        return None
    fields: dict[str, FieldValue] = {**pairs, "tag": tag[1]}
    fields["action"] = "deny" if "DENY" in tag[1] else "close" if "CLOSE" in tag[1] else "accept"
    _connect(fields, pairs)
    return _parsed(line, fields, "juniper.firewall", SOURCES["juniper.firewall"])


def _connect(fields: dict[str, FieldValue], pairs: dict[str, str]) -> None:
    """Both ends, taken out of `address:port` where they stand so."""
    ends = {end: next((pairs[name] for name in names if pairs.get(name)), "") for end, names in _ENDS.items()}
    for end in ("source", "target"):
        ported = _PORTED.fullmatch(ends[end]) if ends[end].count(":") == 1 else None
        if ported is not None:
            ends[end] = ported[1]
            ends[f"{end}_port"] = ends[f"{end}_port"] or ported[2]
    ports = {end: ends[end] if ends[end].isdecimal() else "" for end in ("source_port", "target_port")}
    if parse_ip(as_text(fields.get("src_ip"))) is None:
        fields.pop("src_ip", None)
    if parse_ip(as_text(fields.get("dst_ip"))) is None:
        fields.pop("dst_ip", None)
    add_connection(fields, source=ends["source"], target=ends["target"], **ports)


def _parsed(line: Line, fields: dict[str, FieldValue], source: str, listed: tuple[LogSource, ...]) -> Parsed:
    own = fields.get("time") if isinstance(fields.get("time"), int) else None
    for name, value in header_fields(line).items():
        fields.setdefault(name, value)
    found = find_ends(fields)
    for name in _USERS:
        add_account(found, fields.get(name), host=line.host)
    product = source.partition(".")[0].capitalize()
    return Parsed(
        source=source,
        logsources=listed if "dst_ip" in fields else listed[:1],
        time=parse_time(own) or line.time,
        identity=None,
        fields=fields,
        entities=found.found(),
        summary=f"{product} {as_text(fields.get('action'))} {describe(fields)}",
        parser=PARSER,
    )
