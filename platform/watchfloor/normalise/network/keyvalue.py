"""Firewalls that write `key=value`: FortiGate, Sophos, SonicWall, and the Linux kernel's packet filter.

Native keys stay; both ends of a connection and the action get Sigma's names.
"""

import re
from datetime import datetime
from typing import Final

from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.linux.entities import add_account
from watchfloor.normalise.network.addresses import add_connection, describe, find_ends
from watchfloor.normalise.pairs import read_pairs
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time

PARSER: Final = "keyvalue/1"

_SOURCE: Final = ("srcip", "src_ip", "SRC", "src", "remip")
_SOURCE_PORT: Final = ("srcport", "src_port", "SPT")
_TARGET: Final = ("dstip", "dst_ip", "DST", "dst")
_TARGET_PORT: Final = ("dstport", "dst_port", "DPT")
_FORTIGATE_TYPES: Final = ("traffic", "event", "utm", "anomaly", "dns", "gtp", "ssh", "voip")
_FORTIGATE: Final = (LogSource(product="fortigate"), LogSource(product="fortigate", category="firewall"))
SOURCES: Final[dict[str, tuple[LogSource, ...]]] = {
    "fortigate.firewall": _FORTIGATE,
    **{f"fortigate.{name}": (LogSource(product="fortigate", service=name), *_FORTIGATE) for name in _FORTIGATE_TYPES},
    "linux.firewall": (
        LogSource(product="linux", service="syslog"),
        LogSource(product="linux", category="firewall"),
    ),
    **{
        f"{product}.firewall": (LogSource(product=product), LogSource(product=product, category="firewall"))
        for product in ("sophos", "sonicwall")
    },
}
"""What the lines of each firewall can belong to, by `Event.source`."""

_KERNEL_STAMP: Final = re.compile(r"\[ {0,8}\d{1,12}\.\d{1,9}\] ")
_EPOCH_DIGITS: Final = {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}


def parse_keyvalue(line: Line) -> Parsed | None:
    """A line of a known firewall; None if it is none."""
    message = line.message
    if "logid=" in message[:512] and ("devid=" in message[:512] or "devname=" in message[:512]):
        return _fortigate(line)
    if "log_type=" in message[:1_024] and "device" in message[:512]:
        return _sophos(line)
    if message.startswith("id=") and " sn=" in message[:256] and " fw=" in message[:512]:
        return _sonicwall(line)
    if " SRC=" in message[:1_024] and " DST=" in message[:1_024] and "IN=" in message[:512]:
        return _packet_filter(line)
    return None


def _fortigate(line: Line) -> Parsed:
    pairs = read_pairs(line.message)
    kind = pairs.get("type", "").lower()
    host = pairs.get("devname") if kind == "event" else None
    time = _epoch(pairs.get("eventtime", "")) or _written(pairs.get("date", ""), pairs.get("time", ""), pairs.get("tz"))
    service = kind if kind in _FORTIGATE_TYPES else None
    return _parsed(line, pairs, product="fortigate", service=service, host=host, time=time)


def _sophos(line: Line) -> Parsed:
    pairs = read_pairs(line.message)
    time = parse_time(pairs.get("timestamp")) or _written(pairs.get("date", ""), pairs.get("time", ""), None)
    return _parsed(line, pairs, product="sophos", service=None, host=None, time=time)


def _sonicwall(line: Line) -> Parsed:
    """`src=10.0.0.1:1234:X0`: address, port and interface in one."""
    pairs = read_pairs(line.message)
    for name, port in (("src", "src_port"), ("dst", "dst_port")):
        address, _, rest = pairs.get(name, "").partition(":")
        if rest:
            pairs[name] = address
            pairs[port] = rest.partition(":")[0]
    return _parsed(line, pairs, product="sonicwall", service=None, host=None, time=None)


def _packet_filter(line: Line) -> Parsed:
    """`[UFW BLOCK] IN=eth0 OUT= ... SRC=.. DST=.. PROTO=TCP SPT=.. DPT=..`; the prefix says what was done."""
    prefix, _, _ = line.message.partition("IN=")
    stamp = _KERNEL_STAMP.match(prefix)
    pairs = read_pairs(line.message[len(prefix) :])
    said = prefix.upper()
    if any(word in said for word in ("BLOCK", "DROP", "DENY", "REJECT")):
        pairs["action"] = "deny"
    elif any(word in said for word in ("ALLOW", "ACCEPT", "PASS")):
        pairs["action"] = "accept"
    pairs["prefix"] = prefix[stamp.end() if stamp is not None else 0 :].strip("[] ")
    return _parsed(line, pairs, product="linux", service="syslog", host=line.host, time=None)


def _parsed(
    line: Line,
    pairs: dict[str, str],
    *,
    product: str,
    service: str | None,
    host: str | None,
    time: datetime | None,
) -> Parsed:
    fields: dict[str, FieldValue] = {**pairs}
    add_connection(
        fields,
        source=_first(pairs, _SOURCE),
        source_port=_first(pairs, _SOURCE_PORT),
        target=_first(pairs, _TARGET),
        target_port=_first(pairs, _TARGET_PORT),
    )
    for name, value in header_fields(line).items():
        fields.setdefault(name, value)
    logsources = [LogSource(product=product, service=service)]
    if "dst_ip" in fields:
        logsources.append(LogSource(product=product, category="firewall"))
    source = f"{product}.{service}"
    action = as_text(fields.get("action")) or as_text(fields.get("log_subtype"))
    told = describe(fields) if "src_ip" in fields else as_text(fields.get("msg")) or as_text(fields.get("logdesc"))
    return Parsed(
        source=source if source in SOURCES else f"{product}.firewall",
        logsources=tuple(logsources),
        time=time or line.time,
        identity=None,
        fields=fields,
        entities=_entities(fields, host),
        summary=f"{product} {action} {told}",
        parser=PARSER,
    )


def _first(pairs: dict[str, str], names: tuple[str, ...]) -> FieldValue:
    return next((pairs[name] for name in names if pairs.get(name)), None)


def _entities(fields: dict[str, FieldValue], host: str | None) -> tuple[Entity, ...]:
    found = find_ends(fields)
    found.host(host)
    for name in ("srcname", "dstname"):
        found.host(fields.get(name))
    for name in ("user", "user_name", "usr", "unauthuser"):
        add_account(found, fields.get(name), host=host)
    for name in ("hostname", "domain", "qname"):
        found.domain(fields.get(name) if name != "hostname" or host is None else None)
    found.hash(fields.get("filehash"))
    return found.found()


def _epoch(text: str) -> datetime | None:
    """Seconds, milli-, micro- or nanoseconds since 1970, told apart by their length."""
    divisor = _EPOCH_DIGITS.get(len(text)) if text.isdecimal() else None
    return parse_time(int(text) / divisor) if divisor is not None else None


def _written(day: str, clock: str, zone: str | None) -> datetime | None:
    offset = (zone or "").strip('"')
    return parse_time(f"{day}T{clock}{offset}") if day and clock else None
