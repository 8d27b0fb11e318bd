"""Okta's System Log: one event, as the API, a log stream or EventBridge writes it.

Keeps Okta's nesting: Sigma's rules name `eventType`, `outcome.result`, `target.displayName`. Never judges an event.
"""

from typing import Final

from watchfloor.normalise.cloud.reading import objects
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "okta"
PARSER: Final = "okta/1"

LOGSOURCES: Final = (LogSource(product="okta", service="okta"),)
"""What its events belong to."""


def unwrap_okta(fields: dict[str, FieldValue]) -> dict[str, FieldValue] | None:
    """The event, alone or in EventBridge's envelope; None if this is none."""
    detail = fields.get("detail")
    record = detail if isinstance(detail, dict) and "detail-type" in fields else fields
    named = isinstance(record.get("eventType"), str) and "published" in record
    return record if named and ("uuid" in record or "legacyEventType" in record) else None


def parse_okta(fields: dict[str, FieldValue]) -> Parsed:
    """One event."""
    uuid = as_text(fields.get("uuid"))
    return Parsed(
        source=SOURCE,
        logsources=LOGSOURCES,
        time=parse_time(fields.get("published")),
        identity=("okta", uuid) if uuid else None,
        fields=fields,
        entities=_entities(fields),
        summary=_summary(fields),
        parser=PARSER,
    )


def _entities(fields: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    for party in (as_object(fields.get("actor")), *objects(fields.get("target"))):
        if as_text(party.get("type")) in {"User", "AppUser", "SystemPrincipal", "PublicClientApp"}:
            name = as_text(party.get("alternateId"))
            if name not in {"system@okta.com", "unknown"}:
                found.user(name)
                found.email(name)
    client = as_object(fields.get("client"))
    found.ip(client.get("ipAddress"))
    for hop in objects(as_object(fields.get("request")).get("ipChain")):
        found.ip(hop.get("ip"))
    return found.found()


def _summary(fields: dict[str, FieldValue]) -> str:
    actor, client = as_object(fields.get("actor")), as_object(fields.get("client"))
    outcome = as_object(fields.get("outcome"))
    who = as_text(actor.get("alternateId")) or as_text(actor.get("displayName")) or "Someone"
    what = as_text(fields.get("displayMessage")) or as_text(fields.get("eventType"))
    targets = [as_text(target.get("alternateId")) for target in objects(fields.get("target"))]
    named = ", ".join(target for target in targets[:3] if target and target not in {who, "unknown"})
    result, where = as_text(outcome.get("result")), as_text(client.get("ipAddress"))
    ends = f"{f' from {where}' if where else ''}{f', {result}' if result else ''}"
    return f"{who}: {what}{f' ({named})' if named else ''}{ends}"
