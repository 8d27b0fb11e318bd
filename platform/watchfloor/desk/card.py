"""The card: what every surface shows of an incident, as typed values that each surface renders its own way.

Owns the shapes. A value says what it is (a moment, a deadline, a person, an entity, foreign text), never how it
looks: a chat counts a deadline down, a terminal prints it, a page links it. Whatever came from outside is
`Untrusted` and cannot reach a sink without being neutralised for it (O1).
"""

from datetime import datetime
from typing import TypeAlias

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.incidents.incident import State
from watchfloor.incidents.lifecycle import Action
from watchfloor.kernel.ids import IncidentId, PersonId
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.normalise.event import EntityKind


class Text(msgspec.Struct, frozen=True):
    """Our own words. They hold nothing from outside."""

    text: str


class Foreign(msgspec.Struct, frozen=True):
    """Words from outside: a rule's title, an analyst's reason."""

    text: Untrusted


class Moment(msgspec.Struct, frozen=True):
    """An instant."""

    at: datetime


class Deadline(msgspec.Struct, frozen=True):
    """An instant by which something must have happened. `met_at` is when it did."""

    at: datetime
    met_at: datetime | None = None


class Person(msgspec.Struct, frozen=True):
    """A person of the directory; surfaces look the name up there."""

    id: PersonId


class EntityValue(msgspec.Struct, frozen=True):
    """A thing that events name. Surfaces decide by `kind` whether it is defanged, masked or left out."""

    kind: EntityKind
    value: Untrusted


class Rule(msgspec.Struct, frozen=True):
    """A detection rule that fired, with the number of events."""

    title: Untrusted
    severity: Severity
    events: int


class Link(msgspec.Struct, frozen=True):
    """A place in the portal, as a path below the installation's public address."""

    text: str
    path: str


Value: TypeAlias = Text | Foreign | Moment | Deadline | Person | EntityValue | Rule | Link


class Row(msgspec.Struct, frozen=True):
    """A labelled line of a card. `more` counts the values that are left out."""

    label: str
    values: tuple[Value, ...]
    more: int = 0


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as surfaces show it. Of two cards of one incident the higher revision is the truth.

    `tenant` is the tenant's code. `actions` are what the reader may do now, the next step first.
    """

    id: IncidentId
    ref: str
    tenant: str
    customer: Untrusted
    title: Untrusted
    severity: Severity
    state: State
    rows: tuple[Row, ...]
    actions: tuple[Action, ...]
    revision: int
    link: Link
