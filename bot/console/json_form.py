"""Answers as JSON, one object a line, for programs. Exact values: nothing is defanged or shortened.

The line is pure ASCII, every other character escaped, so that it harms no terminal that shows it.
"""

import json
from datetime import datetime

import msgspec

from bot.console.command import MANUAL
from watchfloor.access.principal import Principal
from watchfloor.desk.card import (
    Card,
    Deadline,
    EntityValue,
    Foreign,
    Link,
    Moment,
    Person,
    Row,
    Rule,
    Text,
    Value,
)
from watchfloor.desk.display.listing import QueueLine
from watchfloor.desk.front import Answer, customers
from watchfloor.desk.table import OFFERED
from watchfloor.incidents.timeline import TimelineEntry
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import show

Fields = dict[str, object]


def of_answer(answer: Answer) -> str:
    """The answer as one line."""
    reply = answer.reply
    fields: Fields = {"ok": reply.ok, "text": reply.text}
    if answer.is_queue:
        fields["queue"] = [_queue_line(line) for line in reply.queue]
    if reply.card is not None:
        fields["card"] = _card(reply.card)
    if reply.rows:
        fields["rows"] = [_row(row) for row in reply.rows]
    if reply.timeline:
        fields["timeline"] = [_entry(entry) for entry in reply.timeline]
    if reply.offers:
        fields["offers"] = [msgspec.to_builtins(offer) for offer in reply.offers]
    if answer.principal is not None:
        fields["person"] = _principal(answer.principal)
    if answer.names:
        fields["names"] = dict(answer.names)
    return _line(fields)


def of_error(error: WatchfloorError) -> str:
    """An error as one line."""
    return _line(
        {"ok": False, "error": error.code, "text": error.message, "where": error.where, "remedy": error.remedy}
    )


def of_manual(about: str = "") -> str:
    """How everything that can be typed is used, or one thing, as one line."""
    entries = [msgspec.to_builtins(entry) for entry in MANUAL if about in ("", entry.name)]
    return _line({"ok": True, "help": entries})


def _line(fields: Fields) -> str:
    # DEL is the one control character that JSON leaves as it is.
    return json.dumps(fields, ensure_ascii=True, separators=(",", ":")).replace("\x7f", "\\u007f")


def _queue_line(line: QueueLine) -> Fields:
    return {
        "id": show("inc", line.id),
        "ref": line.ref,
        "title": line.title.for_computing(),
        "severity": line.severity,
        "score": line.score,
        "state": line.state,
        "assignee": None if line.assignee_id is None else show("per", line.assignee_id),
        "verdict": line.verdict,
        "opened_at": line.opened_at.isoformat(),
        "acknowledge_by": _moment(line.acknowledge_by),
        "resolve_by": _moment(line.resolve_by),
        "last_event_at": line.last_event_at.isoformat(),
        "alerts": line.alerts,
        "revision": line.revision,
    }


def _card(card: Card) -> Fields:
    return {
        "id": show("inc", card.id),
        "ref": card.ref,
        "tenant": card.tenant,
        "customer": card.customer.for_computing(),
        "title": card.title.for_computing(),
        "severity": card.severity,
        "state": card.state,
        "rows": [_row(row) for row in card.rows],
        "actions": [OFFERED[action].name for action in card.actions],
        "revision": card.revision,
        "link": card.link.path,
    }


def _row(row: Row) -> Fields:
    return {"label": row.label, "values": [_value(value) for value in row.values], "more": row.more}


def _value(value: Value) -> Fields:
    fields: Fields
    match value:
        case Text():
            fields = {"type": "text", "text": value.text}
        case Foreign():
            fields = {"type": "foreign", "text": value.text.for_computing()}
        case Moment():
            fields = {"type": "moment", "at": value.at.isoformat()}
        case Deadline():
            fields = {"type": "deadline", "at": value.at.isoformat(), "met_at": _moment(value.met_at)}
        case Person():
            fields = {"type": "person", "id": show("per", value.id)}
        case EntityValue():
            fields = {"type": "entity", "kind": value.kind, "value": value.value.for_computing()}
        case Rule():
            fields = {
                "type": "rule",
                "title": value.title.for_computing(),
                "severity": value.severity,
                "events": value.events,
            }
        case Link():
            fields = {"type": "link", "text": value.text, "path": value.path}
    return fields


def _entry(entry: TimelineEntry) -> Fields:
    return {
        "at": entry.at.isoformat(),
        "kind": entry.kind,
        "actor": {"kind": entry.actor_kind, "id": entry.actor_id},
        "facts": dict(entry.facts),
    }


def _principal(principal: Principal) -> Fields:
    return {
        "id": principal.id,
        "kind": principal.kind,
        "name": principal.name,
        "email": principal.email,
        "customers": [
            {
                "code": membership.tenant_code,
                "name": membership.tenant_name,
                "roles": list(principal.roles_in(membership.tenant_id)),
                "permissions": sorted(principal.permissions_in(membership.tenant_id)),
            }
            for membership in customers(principal)
        ],
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
