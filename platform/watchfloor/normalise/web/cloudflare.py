"""Cloudflare's Logpush documents: `http_requests` and `firewall_events`.

`blocked` is ours: whether the edge stopped the request. Everything else keeps Cloudflare's names, with Sigma's beside.
"""

from datetime import datetime
from typing import Final

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time
from watchfloor.normalise.web.request import add_request

PARSER: Final = "cloudflare/1"

_BLOCKING: Final = frozenset({"block", "drop", "challenge", "jschallenge", "managedchallenge", "connectionclose"})
SOURCES: Final[dict[str, tuple[LogSource, ...]]] = {
    f"cloudflare.{kind}": (
        LogSource(product="cloudflare", category="webserver", service=kind),
        LogSource(product="cloudflare", category="waf", service=kind),
    )
    for kind in ("http_requests", "firewall_events")
}
"""The log sources of each kind of document, by `Event.source`."""

_NANOSECONDS: Final = 1e17


def parse_cloudflare(fields: dict[str, FieldValue]) -> Parsed | None:
    """One document; None if the object is none."""
    if "RayID" not in fields or "ClientIP" not in fields:
        return None
    firewall = "Action" in fields and ("RuleID" in fields or "Source" in fields)
    kind = "firewall_events" if firewall else "http_requests"
    action = as_text(fields.get("Action" if firewall else "SecurityAction")) or as_text(fields.get("WAFAction"))
    address = fields.get("ClientIP")
    fields["blocked"] = action.lower().replace("_", "") in _BLOCKING
    for name in ("c-ip", "src_ip"):
        fields.setdefault(name, address)
    host = fields.get("ClientRequestHost")
    path = as_text(fields.get("ClientRequestURI")) or as_text(fields.get("ClientRequestPath"))
    query = as_text(fields.get("ClientRequestQuery"))
    add_request(
        fields,
        target=path if "?" in path else f"{path}{query if query.startswith('?') or not query else f'?{query}'}",
        method=fields.get("ClientRequestMethod"),
        status=fields.get("EdgeResponseStatus"),
        host=host,
        agent=fields.get("ClientRequestUserAgent"),
        referrer=fields.get("ClientRequestReferer") or fields.get("ClientRefererHost"),
        scheme=as_text(fields.get("ClientRequestScheme")) or "https",
    )
    when = fields.get("Datetime") if firewall else fields.get("EdgeStartTimestamp")
    rule = as_text(fields.get("RuleID")) if firewall else ""
    return Parsed(
        source=f"cloudflare.{kind}",
        logsources=SOURCES[f"cloudflare.{kind}"],
        time=_time(when),
        identity=("cloudflare", kind, as_text(fields.get("RayID")), as_text(when), action, rule),
        fields=fields,
        entities=_entities(fields),
        summary=_summary(fields, action),
        parser=PARSER,
    )


def _time(value: FieldValue) -> datetime | None:
    """RFC 3339, seconds or nanoseconds, as the job is set."""
    if isinstance(value, int) and not isinstance(value, bool) and value > _NANOSECONDS:
        return parse_time(value / 1_000_000_000)
    return parse_time(value)


def _entities(fields: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    found.ip(fields.get("ClientIP"))
    found.domain(fields.get("ClientRequestHost"))
    return found.found()


def _summary(fields: dict[str, FieldValue], action: str) -> str:
    request = f"{as_text(fields.get('ClientRequestMethod'))} {as_text(fields.get('ClientRequestHost'))}"
    told = f" ({action})" if action else ""
    return f"Cloudflare{told}: {request}{as_text(fields.get('cs-uri'))} from {as_text(fields.get('ClientIP'))}"
