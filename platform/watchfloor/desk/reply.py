"""What a command of the desk answers, as data that every surface renders its own way."""

from collections.abc import Set as AbstractSet

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.desk.card import Card, Row
from watchfloor.desk.display.listing import QueueLine
from watchfloor.incidents.timeline import TimelineEntry
from watchfloor.kernel.errors import Refused
from watchfloor.kernel.ids import PersonId, ReportId


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A verb that suggests itself next, with values already filled in. `label` is our own words."""

    label: str
    verb: str
    incident: str
    arguments: dict[str, str] = msgspec.field(default_factory=dict)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a command answers.

    `text` is one sentence of our own words, safe for every surface. `ok` is False when the actor may not do this;
    `changed` is False when there was nothing to do. `card` shows the incident as it stands after the command, `rows`
    what else there is to show. `offers` are what the person may want to do next. `hints` are the outbox topics, besides
    that of changed incidents, that have something new.
    """

    text: str
    ok: bool = True
    changed: bool = False
    card: Card | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    queue: tuple[QueueLine, ...] = ()
    rows: tuple[Row, ...] = ()
    offers: tuple[Offer, ...] = ()
    hints: tuple[str, ...] = ()
    report_id: ReportId | None = None

    def require(self) -> "Reply":
        """The reply itself. Raises Refused when it is a refusal: for after the transaction's commit."""
        if not self.ok:
            raise Refused(self.text)
        return self


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """A person to put in charge, with what that one may do in this tenant, read from the directory just now."""

    person_id: PersonId
    permissions: AbstractSet[Permission]
