"""Zeek's logs as JSON. The log's name comes from `_path` or `@stream`, or from the fields that only it has.

Keys such as `id.orig_h` are literal, as Zeek writes them; senders that write `id_orig_h` get the dotted names beside.
"""

from typing import Final

import msgspec

from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.network.addresses import add_connection, describe, find_ends
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time
from watchfloor.normalise.web.request import add_request

PARSER: Final = "zeek/1"

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_ENDS: Final = ("orig_h", "orig_p", "resp_h", "resp_p")
_SIGNS: Final = (
    ("conn_state", "conn"),
    ("qtype_name", "dns"),
    ("trans_id", "dns"),
    ("trans_depth", "http"),
    ("status_code", "http"),
    ("certificate.serial", "x509"),
    ("certificate_serial", "x509"),
    ("cipher", "ssl"),
    ("share_type", "smb_mapping"),
    ("named_pipe", "dce_rpc"),
    ("request_type", "kerberos"),
    ("hassh", "ssh"),
    ("auth_success", "ssh"),
    ("mailfrom", "smtp"),
    ("failure_reason", "dpd"),
    ("note", "notice"),
    ("notice", "weird"),
    ("mime_type", "files"),
)
_LOGS: Final = (
    "analyzer", "barnyard2", "bgp", "capture_loss", "cip", "conn", "conn_long", "dce_rpc", "dhcp", "dnp3", "dns",
    "dpd", "enip", "files", "ftp", "http", "intel", "irc", "kerberos", "known_certs", "known_hosts",
    "known_services", "ldap", "ldap_search", "loaded_scripts", "modbus", "mqtt_connect", "mqtt_publish",
    "mqtt_subscribe", "mysql", "netcontrol", "notice", "notice_alarm", "ntlm", "ntp", "ocsp", "openflow",
    "packet_filter", "pe", "postgresql", "quic", "radius", "rdp", "reporter", "rfb", "s7comm", "signatures", "sip",
    "smb_cmd", "smb_files", "smb_mapping", "smtp", "snmp", "socks", "software", "ssh", "ssl", "stats", "stun",
    "suricata_corelight", "syslog", "tds", "telemetry", "traceroute", "tunnel", "unknown_protocols", "vpn",
    "websocket", "weird", "wireguard", "x509",
)  # fmt: skip
_CATEGORIES: Final[dict[str, tuple[str | None, ...]]] = {
    "dns": ("dns",),
    "http": ("webserver", "proxy"),
    "conn": ("firewall",),
}
SOURCES: Final[dict[str, tuple[LogSource, ...]]] = {
    "zeek": (LogSource(product="zeek"),),
    **{
        f"zeek.{log}": tuple(
            LogSource(product="zeek", category=category, service=log) for category in _CATEGORIES.get(log, (None,))
        )
        for log in _LOGS
    },
}
"""The log sources of each log, by `Event.source`."""


def parse_zeek(fields: dict[str, FieldValue]) -> Parsed | None:
    """One record; None if the object is none."""
    if "ts" not in fields and "@stream" not in fields:
        return None
    path = _path(fields)
    if path is None:
        return None
    uid = as_text(fields.get("uid")) or as_text(fields.get("fuid"))
    identity = ("zeek", path, uid, _ENCODER.encode(fields).decode()) if uid else None
    _add_names(fields, path)
    source = f"zeek.{path}" if f"zeek.{path}" in SOURCES else "zeek"
    return Parsed(
        source=source,
        logsources=SOURCES[source],
        time=parse_time(fields.get("ts")),
        identity=identity,
        fields=fields,
        entities=_entities(fields),
        summary=_summary(fields, path),
        parser=PARSER,
    )


def _path(fields: dict[str, FieldValue]) -> str | None:
    named = fields.get("_path") or fields.get("@stream")
    if isinstance(named, str):
        name = named.lower().removesuffix("_red")
        return name if len(name) <= 32 and name.isidentifier() else None
    if "uid" not in fields and "fuid" not in fields and "id.orig_h" not in fields:
        return None
    if not ("id.orig_h" in fields or "id_orig_h" in fields or isinstance(fields.get("id"), dict) or "fuid" in fields):
        return None
    return next((name for sign, name in _SIGNS if sign in fields), None)


def _add_names(fields: dict[str, FieldValue], path: str) -> None:
    nested = as_object(fields.get("id"))
    for end in _ENDS:
        value = fields.get(f"id_{end}", nested.get(end))
        if value is not None:
            fields.setdefault(f"id.{end}", value)
    add_connection(
        fields,
        source=fields.get("id.orig_h"),
        source_port=fields.get("id.orig_p"),
        target=fields.get("id.resp_h"),
        target_port=fields.get("id.resp_p"),
    )
    if path == "http":
        add_request(
            fields,
            target=as_text(fields.get("uri")),
            method=fields.get("method"),
            status=fields.get("status_code"),
            host=fields.get("host"),
            agent=fields.get("user_agent"),
            referrer=fields.get("referrer"),
        )
    elif path == "dns":
        fields.setdefault("record_type", fields.get("qtype_name"))
        if "answers" in fields:
            fields.setdefault("answer", fields["answers"])
    elif path == "x509":
        for name in [name for name in fields if name.startswith("certificate_")]:
            fields.setdefault(f"certificate.{name.removeprefix('certificate_')}", fields[name])


def _entities(fields: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = find_ends(fields)
    for name in ("tx_hosts", "rx_hosts"):
        hosts = fields.get(name)
        for host in hosts[:16] if isinstance(hosts, list) else ():
            found.ip(host)
    for name in ("src", "dst"):
        found.ip(fields.get(name))
    for name in ("query", "host", "server_name"):
        found.domain(fields.get(name))
    for name in ("sha256", "sha1", "md5"):
        found.hash(fields.get(name))
    return found.found()


def _summary(fields: dict[str, FieldValue], path: str) -> str:
    told = {
        "conn": f"{as_text(fields.get('proto'))} {as_text(fields.get('service'))} {as_text(fields.get('conn_state'))}",
        "dns": f"{as_text(fields.get('qtype_name'))} {as_text(fields.get('query'))}",
        "http": f"{as_text(fields.get('method'))} {as_text(fields.get('host'))}{as_text(fields.get('uri'))}",
        "ssl": as_text(fields.get("server_name")),
        "files": f"{as_text(fields.get('mime_type'))} {as_text(fields.get('filename'))}",
        "notice": f"{as_text(fields.get('note'))} {as_text(fields.get('msg'))}",
        "smb_files": f"{as_text(fields.get('action'))} {as_text(fields.get('path'))}\\{as_text(fields.get('name'))}",
        "dce_rpc": f"{as_text(fields.get('endpoint'))} {as_text(fields.get('operation'))}",
    }.get(path, as_text(fields.get("name")))
    ends = f", {describe(fields)}" if "src_ip" in fields else ""
    return f"Zeek {path} {told}".rstrip() + ends
