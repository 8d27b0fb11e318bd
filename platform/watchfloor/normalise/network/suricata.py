"""Suricata's EVE JSON, versions 5 to 8: alerts, protocol records, flows, files.

Protocol records of HTTP and DNS get Sigma's names too, so that rules for web servers, proxies and DNS apply.
"""

from typing import Final

import msgspec

from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.network.addresses import add_connection, describe, find_ends
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time
from watchfloor.normalise.web.request import add_request

PARSER: Final = "suricata/1"
MAX_ANSWERS: Final = 64

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_KINDS: Final = (
    "alert", "anomaly", "arp", "bittorrent_dht", "dcerpc", "dhcp", "dnp3", "dns", "doh2", "drop", "engine", "enip",
    "fileinfo", "flow", "frame", "ftp", "ftp_data", "http", "http2", "ike", "krb5", "ldap", "mdns", "metadata",
    "modbus", "mqtt", "netflow", "nfs", "packetinfo", "pgsql", "pop3", "quic", "rdp", "rfb", "sip", "smb", "smtp",
    "snmp", "ssh", "stats", "telnet", "tftp", "tls", "traffic_id", "websocket",
)  # fmt: skip
_CATEGORIES: Final[dict[str, tuple[str | None, ...]]] = {
    "dns": ("dns",),
    "http": ("webserver", "proxy"),
    "flow": ("firewall",),
    "netflow": ("firewall",),
    "drop": ("firewall",),
}
SOURCES: Final[dict[str, tuple[LogSource, ...]]] = {
    "suricata": (LogSource(product="suricata"),),
    **{
        f"suricata.{kind}": tuple(
            LogSource(product="suricata", category=category, service=kind)
            for category in _CATEGORIES.get(kind, (None,))
        )
        for kind in _KINDS
    },
}
"""The log sources of each kind of record, by `Event.source`."""


def parse_suricata(fields: dict[str, FieldValue]) -> Parsed | None:
    """One EVE record; None if the object is none."""
    kind = fields.get("event_type")
    if not isinstance(kind, str) or "timestamp" not in fields:
        return None
    if "src_ip" not in fields and kind not in {"stats", "engine"}:
        return None
    identity = _identity(fields)
    kind = kind.lower()
    add_connection(
        fields,
        source=fields.get("src_ip"),
        source_port=fields.get("src_port"),
        target=fields.get("dest_ip"),
        target_port=fields.get("dest_port"),
    )
    if isinstance(fields.get("http"), dict):
        _add_http(fields, as_object(fields["http"]))
    if isinstance(fields.get("dns"), dict):
        _add_dns(fields, as_object(fields["dns"]))
    source = f"suricata.{kind}" if f"suricata.{kind}" in SOURCES else "suricata"
    return Parsed(
        source=source,
        logsources=SOURCES[source],
        time=parse_time(fields.get("timestamp")),
        identity=identity,
        fields=fields,
        entities=_entities(fields),
        summary=_summary(fields, kind),
        parser=PARSER,
    )


def _identity(fields: dict[str, FieldValue]) -> tuple[str, ...] | None:
    """A flow's number and a time to the microsecond; the record itself tells the records of one moment apart."""
    flow = as_text(fields.get("flow_id"))
    return ("suricata", flow, as_text(fields.get("timestamp")), _ENCODER.encode(fields).decode()) if flow else None


def _add_http(fields: dict[str, FieldValue], http: dict[str, FieldValue]) -> None:
    add_request(
        fields,
        target=as_text(http.get("url")),
        method=http.get("http_method"),
        status=http.get("status"),
        host=http.get("hostname"),
        agent=http.get("http_user_agent"),
        referrer=http.get("http_refer"),
    )


def _add_dns(fields: dict[str, FieldValue], dns: dict[str, FieldValue]) -> None:
    """One shape for the three that versions write: `query`, `record_type`, `answer`, `rcode`."""
    asked = dns.get("queries") or dns.get("query")
    first = as_object(asked[0]) if isinstance(asked, list) and asked else {}
    answers = dns.get("answers")
    rows = [as_object(row) for row in answers[:MAX_ANSWERS]] if isinstance(answers, list) else []
    data: list[FieldValue] = [row["rdata"] for row in rows if as_text(row.get("rdata"))]
    if as_text(dns.get("rdata")):
        data.append(dns["rdata"])
    named: dict[str, FieldValue] = {
        "query": dns.get("rrname") or first.get("rrname"),
        "record_type": dns.get("rrtype") or first.get("rrtype"),
        "answer": data or None,
        "rcode": dns.get("rcode"),
        "dns_type": dns.get("type"),
    }
    for name, value in named.items():
        if value is not None:
            fields.setdefault(name, value)


def _entities(fields: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = find_ends(fields)
    tls, http, file = (as_object(fields.get(name)) for name in ("tls", "http", "fileinfo"))
    for name in (fields.get("query"), tls.get("sni"), http.get("hostname")):
        found.domain(name)
    for name in ("sha256", "sha1", "md5"):
        found.hash(file.get(name))
    return found.found()


def _summary(fields: dict[str, FieldValue], kind: str) -> str:
    ends = describe(fields)
    alert = as_object(fields.get("alert"))
    if alert:
        verb = "blocked" if alert.get("action") == "blocked" else "alerted"
        return f"Suricata {verb}: {as_text(alert.get('signature'))}, {ends}"
    http = as_object(fields.get("http"))
    if kind == "http":
        what = f"{as_text(http.get('http_method'))} {as_text(http.get('hostname'))}{as_text(http.get('url'))}"
        return f"HTTP {what} ({as_text(http.get('status'))}), {ends}"
    if kind == "dns":
        return f"DNS {as_text(fields.get('record_type'))} {as_text(fields.get('query'))}, {ends}"
    name = as_text(as_object(fields.get("tls")).get("sni")) or as_text(
        as_object(fields.get("fileinfo")).get("filename")
    )
    return f"Suricata {kind}{f' {name}' if name else ''}, {ends}"
