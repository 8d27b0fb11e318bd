"""ArcSight's CEF and QRadar's LEEF, behind any syslog header: the extension's own keys, and the header's by name."""

import re
from datetime import datetime
from typing import Final

from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.linux.entities import add_account
from watchfloor.normalise.network.addresses import add_connection, describe, find_ends
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time, read_written_time
from watchfloor.normalise.web.request import add_request

PARSER_CEF: Final = "cef/1"
PARSER_LEEF: Final = "leef/1"
MAX_KEYS: Final = 256

_KEY: Final = re.compile(r"(?:\A|(?<=\s))([A-Za-z0-9_.\-\[\]]{1,64})=")
_UNESCAPE: Final = re.compile(r"\\([\\=|nr])")
_PRODUCTS: Final = {
    "fortinet": "fortigate",
    "palo alto networks": "paloalto",
    "check point": "checkpoint",
    "cisco": "cisco",
    "juniper": "juniper",
    "trend micro": "trendmicro",
    "mcafee": "mcafee",
    "trellix": "trellix",
    "symantec": "symantec",
    "sophos": "sophos",
    "sonicwall": "sonicwall",
    "barracuda": "barracuda",
    "f5": "f5",
    "imperva inc.": "imperva",
    "incapsula": "imperva",
    "zscaler": "zscaler",
    "crowdstrike": "crowdstrike",
    "sentinelone": "sentinelone",
    "cyberark": "cyberark",
    "forcepoint": "forcepoint",
    "infoblox": "infoblox",
    "aruba networks": "aruba",
    "citrix": "citrix",
    "darktrace": "darktrace",
    "vectra networks": "vectra",
    "kaspersky": "kaspersky",
    "kasperskylab": "kaspersky",
    "eset": "eset",
    "microsoft": "microsoft",
    "stormshield": "stormshield",
    "watchguard": "watchguard",
}
_FORTIGATE_SERVICES: Final = ("traffic", "event", "utm", "anomaly", "dns")
SOURCES: Final[dict[str, tuple[LogSource, ...]]] = {
    f"cef.{product}": (
        LogSource(product=product),
        LogSource(product=product, category="firewall"),
        LogSource(product=product, category="proxy"),
        *(LogSource(product=product, service=name) for name in _FORTIGATE_SERVICES if product == "fortigate"),
    )
    for product in ("cef", *dict.fromkeys(_PRODUCTS.values()))
}
"""What messages of each known maker can belong to, by `Event.source`; those of others are `cef.cef`."""

_HEADER: Final = ("DeviceVendor", "DeviceProduct", "DeviceVersion", "DeviceEventClassID", "Name", "Severity")
_LEEF_HEADER: Final = ("DeviceVendor", "DeviceProduct", "DeviceVersion", "EventID")
_FORTINET: Final = "FTNTFGT"


def parse_cef(line: Line) -> Parsed | None:
    """A CEF message; None if the line has none."""
    start = line.message.find("CEF:", 0, 256)
    if start < 0:
        return None
    parts = _split(line.message[start + 4 :], 7)
    if len(parts) != 8:
        return None
    fields: dict[str, FieldValue] = dict(zip(_HEADER, parts[1:7], strict=True))
    for name, value in _extension(parts[7]).items():
        fields.setdefault(name, value)
    _add_labels(fields)
    return _parsed(line, fields, vendor=parts[1], name=parts[5], parser=PARSER_CEF)


def parse_leef(line: Line) -> Parsed | None:
    """A LEEF message, version 1 or 2; None if the line has none."""
    start = line.message.find("LEEF:", 0, 256)
    if start < 0:
        return None
    modern = line.message.startswith("2", start + 5)
    parts = line.message[start + 5 :].split("|", 6 if modern else 5)
    if len(parts) != (7 if modern else 6):
        return None
    fields: dict[str, FieldValue] = dict(zip(_LEEF_HEADER, parts[1:5], strict=True))
    for pair in parts[-1].split(_delimiter(parts[5] if modern else ""), MAX_KEYS):
        name, found, value = pair.partition("=")
        if found and 0 < len(name.strip()) <= 64:
            fields.setdefault(name.strip(), value.strip())
    return _parsed(line, fields, vendor=parts[1], name=parts[4], parser=PARSER_LEEF)


def _delimiter(written: str) -> str:
    """LEEF 2 names its delimiter, as a character or as `x09`; LEEF 1 always has a tab."""
    if re.fullmatch(r"(?:0?x)[0-9A-Fa-f]{2}", written):
        return chr(int(written[-2:], 16)) if int(written[-2:], 16) else "\t"
    return written[:1] or "\t"


def _split(text: str, bars: int) -> list[str]:
    """`text` at its first `bars` bars that have no backslash before them."""
    parts: list[str] = []
    start = at = 0
    while len(parts) < bars:
        at = text.find("|", at)
        if at < 0:
            break
        if not text.endswith("\\", start, at):
            parts.append(_unescape(text[start:at]))
            start = at + 1
        at += 1
    parts.append(text[start:])
    return parts


def _extension(text: str) -> dict[str, FieldValue]:
    """`key=value key=value`, where a value may hold blanks and goes up to the next key."""
    keys = [key for key, _ in zip(_KEY.finditer(text), range(MAX_KEYS), strict=False)]
    ends = [key.start() for key in keys[1:]] + [len(text)]
    return {key[1]: _unescape(text[key.end() : end].strip()) for key, end in zip(keys, ends, strict=False)}


def _unescape(text: str) -> str:
    return _UNESCAPE.sub(lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), text) if "\\" in text else text


def _add_labels(fields: dict[str, FieldValue]) -> None:
    """`cs1=x cs1Label=Rule` also as `Rule`; Fortinet's own keys also without their prefix."""
    for name in list(fields):
        if name.endswith("Label") and name[:-5] in fields:
            label = as_text(fields[name]).replace(" ", "")
            if 0 < len(label) <= 64:
                fields.setdefault(label, fields[name[:-5]])
        elif name.startswith(_FORTINET):
            fields.setdefault(name.removeprefix(_FORTINET), fields[name])


def _parsed(line: Line, fields: dict[str, FieldValue], *, vendor: str, name: str, parser: str) -> Parsed:
    add_connection(
        fields,
        source=fields.get("src"),
        source_port=fields.get("spt") or fields.get("srcPort"),
        target=fields.get("dst"),
        target_port=fields.get("dpt") or fields.get("dstPort"),
    )
    if "act" in fields:
        fields.setdefault("action", fields["act"])
    url = as_text(fields.get("request")) or as_text(fields.get("url"))
    if url:
        add_request(
            fields,
            target=url,
            method=fields.get("requestMethod"),
            agent=fields.get("requestClientApplication"),
            host=fields.get("dhost"),
        )
    for header, value in header_fields(line).items():
        fields.setdefault(header, value)
    product = _PRODUCTS.get(vendor.strip().lower(), "cef")
    return Parsed(
        source=f"cef.{product}",
        logsources=_logsources(fields, product, url=url),
        time=_time(fields) or line.time,
        identity=None,
        fields=fields,
        entities=_entities(fields, line),
        summary=f"{vendor} {as_text(fields.get('DeviceProduct'))}: {name}, {describe(fields)}",
        parser=parser,
    )


def _logsources(fields: dict[str, FieldValue], product: str, *, url: str) -> tuple[LogSource, ...]:
    kind = as_text(fields.get("type")).lower()
    service = kind if product == "fortigate" and kind in _FORTIGATE_SERVICES else None
    found = [LogSource(product=product, service=service)]
    if "dst_ip" in fields and "action" in fields:
        found.append(LogSource(product=product, category="firewall"))
    if url:
        found.append(LogSource(product=product, category="proxy"))
    return tuple(found)


def _time(fields: dict[str, FieldValue]) -> datetime | None:
    """The event's time: milliseconds since 1970, or text in one of a few forms."""
    for name in ("rt", "end", "start", "devTime"):
        text = as_text(fields.get(name))
        if text.isdecimal() and len(text) <= 13:
            return parse_time(int(text))
        time = parse_time(text) or read_written_time(text)
        if time is not None:
            return time
    return None


def _entities(fields: dict[str, FieldValue], line: Line) -> tuple[Entity, ...]:
    found = find_ends(fields)
    for name in ("shost", "dhost", "dvchost", "identHostName"):
        found.host(fields.get(name))
    for name in ("suser", "duser", "usrName"):
        add_account(found, fields.get(name), host=line.host)
    for name in ("fileHash", "fileHashSha256"):
        found.hash(fields.get(name))
    found.domain(fields.get("destinationDnsDomain"))
    return found.found()
