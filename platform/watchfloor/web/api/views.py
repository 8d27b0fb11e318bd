"""How the API shows a card: the same rows as every surface, each value with its kind, text exactly as it is."""

from datetime import datetime
from typing import Literal, assert_never

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.desk.card import Deadline, EntityValue, Foreign, Link, Moment, Person, Row, Rule, Text, Value
from watchfloor.desk.reply import Reply
from watchfloor.incidents.incident import State
from watchfloor.incidents.lifecycle import Action
from watchfloor.incidents.timeline import Kind, TimelineEntry
from watchfloor.kernel import ids
from watchfloor.kernel.errors import NotFound

ValueKind = Literal["text", "foreign", "moment", "deadline", "person", "entity", "rule", "link"]


class CardValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value of a row. Which fields there are depends on `kind`."""

    kind: ValueKind
    text: str = ""
    at: datetime | None = None
    met_at: datetime | None = None
    entity: str = ""
    severity: Severity | None = None
    events: int | None = None


class CardRow(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled line. `more` counts the values that are left out."""

    label: str
    values: list[CardValue]
    more: int


class TimelineView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to an incident."""

    at: datetime
    kind: Kind
    actor_kind: str
    actor: str
    facts: dict[str, str]


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as it stands. `actions` are what the caller may do with it now."""

    id: str
    ref: str
    tenant: str
    title: str
    severity: Severity
    state: State
    revision: int
    rows: list[CardRow]
    actions: list[Action]
    timeline: list[TimelineView]


def incident_view(reply: Reply) -> IncidentView:
    """What the desk showed. Raises NotFound when it showed no incident."""
    card = reply.card
    if card is None:
        raise NotFound("There is no such incident.")
    return IncidentView(
        id=ids.show("inc", card.id),
        ref=card.ref,
        tenant=card.tenant,
        title=card.title.for_computing(),
        severity=card.severity,
        state=card.state,
        revision=card.revision,
        rows=[row_view(row) for row in card.rows],
        actions=list(card.actions),
        timeline=[_entry(entry) for entry in reply.timeline],
    )


def row_view(row: Row) -> CardRow:
    """A labelled line as the API shows it."""
    return CardRow(label=row.label, values=[_value(value) for value in row.values], more=row.more)


def _value(value: Value) -> CardValue:  # noqa: PLR0911  one line a kind
    match value:
        case Text():
            return CardValue(kind="text", text=value.text)
        case Foreign():
            return CardValue(kind="foreign", text=value.text.for_computing())
        case Moment():
            return CardValue(kind="moment", at=value.at)
        case Deadline():
            return CardValue(kind="deadline", at=value.at, met_at=value.met_at)
        case Person():
            return CardValue(kind="person", text=ids.show("per", value.id))
        case EntityValue():
            return CardValue(kind="entity", entity=value.kind, text=value.value.for_computing())
        case Rule():
            title = value.title.for_computing()
            return CardValue(kind="rule", text=title, severity=value.severity, events=value.events)
        case Link():
            return CardValue(kind="link", text=value.path)
        case _:
            assert_never(value)


def _entry(entry: TimelineEntry) -> TimelineView:
    return TimelineView(
        at=entry.at, kind=entry.kind, actor_kind=entry.actor_kind, actor=entry.actor_id, facts=entry.facts
    )
