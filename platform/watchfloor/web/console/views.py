"""What the page shows, as plain values for its template: every text from outside is escaped here, by its kind (O1).

Owns how a typed value of the desk becomes a piece of a page. Pure: it reads nothing and decides nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, assert_never
from urllib.parse import urlencode

import msgspec

from watchfloor.access.principal import Principal
from watchfloor.desk.card import Card, Deadline, EntityValue, Foreign, Link, Moment, Person, Row, Rule, Text, Value
from watchfloor.desk.display.listing import QueueLine
from watchfloor.desk.display.wording import SYSTEM, clock, span
from watchfloor.incidents.timeline import TimelineEntry
from watchfloor.kernel.ids import PersonId, show
from watchfloor.kernel.neutralise import HtmlText, Untrusted, for_html
from watchfloor.web.console.words import SEVERITIES, STATES, Sign, deadline, step_of

HOME: Final = "/console"

Names = Mapping[str, str]

_TITLE: Final = 300
_VALUE: Final = 400
_WORDS: Final = 4_000
_NAME: Final = 200
_SHORT: Final = 60
_NOBODY: Final = "nobody"


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One value on the page. `kind` is its class; `at` an instant (ISO 8601) that the page counts to, if it counts."""

    kind: str
    text: HtmlText
    at: str = ""
    sign: Sign | None = None
    href: str = ""
    note: str = ""


class RowView(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled line. `is_list` puts each value on a line of its own."""

    label: HtmlText
    pieces: tuple[Piece, ...]
    more: int
    is_list: bool


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """An incident in the queue."""

    ref: str
    href: str
    title: HtmlText
    customer: HtmlText
    severity: Sign
    state: Sign
    due: Piece | None
    due_label: str
    person: HtmlText
    alerts: int
    note: str
    is_current: bool


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the timeline."""

    at: str
    clock: str
    who: HtmlText
    says: str
    person: HtmlText
    strong: HtmlText
    text: HtmlText


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """An incident. `version` changes whenever the card does."""

    ref: str
    version: str
    title: HtmlText
    customer: HtmlText
    severity: Sign
    state: Sign
    rows: tuple[RowView, ...]
    steps: tuple[StepView, ...]
    revision: int
    record: str


def href(**parts: str) -> str:
    """The page's address with these parts of its query, those that are empty left out."""
    query = urlencode({name: value for name, value in parts.items() if value})
    return f"{HOME}?{query}" if query else HOME


def plain(text: str, *, limit: int = _NAME) -> HtmlText:
    """A name or a sentence, escaped."""
    return for_html(Untrusted(text), limit=limit)


def card_view(card: Card, timeline: Sequence[TimelineEntry], names: Names, *, now: datetime) -> CardView:
    """The incident with all that happened to it, the newest first."""
    return CardView(
        ref=card.ref,
        version=f"{card.ref}.{card.revision}.{len(card.rows)}.{len(timeline)}",
        title=for_html(card.title, limit=_TITLE),
        customer=for_html(card.customer, limit=_NAME),
        severity=SEVERITIES[card.severity],
        state=STATES[card.state],
        rows=rows_view(card.rows, names, now=now),
        steps=tuple(_step(entry, names, now=now) for entry in reversed(timeline)),
        revision=card.revision,
        record=card.link.path,
    )


def rows_view(rows: Iterable[Row], names: Names, *, now: datetime) -> tuple[RowView, ...]:
    """Labelled lines."""
    return tuple(
        RowView(
            label=plain(row.label),
            pieces=tuple(_piece(value, names, now=now) for value in row.values),
            more=row.more,
            is_list=len(row.values) > 1 and any(_is_long(value) for value in row.values),
        )
        for row in rows
    )


def queue_view(
    lines: Iterable[QueueLine], names: Names, principal: Principal, *, at: str, address: Names, now: datetime
) -> tuple[LineView, ...]:
    """The queue. `at` is the incident that is open beside it, `address` what else their addresses say."""
    customers = {membership.tenant_code: membership.tenant_name for membership in principal.tenants()}
    return tuple(
        LineView(
            ref=line.ref,
            href=href(at=line.ref, **address),
            title=for_html(line.title, limit=_TITLE),
            customer=plain(customers.get(line.ref.partition("-")[0], "")),
            severity=SEVERITIES[line.severity],
            state=STATES[line.state],
            due=_due(line, now=now),
            due_label="acknowledge" if line.acknowledge_by is not None else "resolve",
            person=_name(line.assignee_id, names),
            alerts=line.alerts,
            note=_note(line, now=now),
            is_current=line.ref == at,
        )
        for line in lines
    )


def _is_long(value: Value) -> bool:
    """Whether a value is a sentence, which wants a line of its own; a technique or an address does not."""
    return isinstance(value, Rule | Foreign) or (isinstance(value, Text) and " " in value.text)


def _due(line: QueueLine, *, now: datetime) -> Piece | None:
    at = line.acknowledge_by or line.resolve_by
    return None if at is None else _piece(Deadline(at), {}, now=now)


def _note(line: QueueLine, *, now: datetime) -> str:
    if line.snoozed_until is not None and line.snoozed_until > now:
        return f"laid aside, back in {span(line.snoozed_until - now)}"
    if line.waiting_since is not None:
        return f"waits on the customer for {span(now - line.waiting_since)}"
    if line.acknowledge_by is None and line.resolve_by is None:
        return f"done {span(now - line.updated_at)} ago"
    return ""


def _piece(value: Value, names: Names, *, now: datetime) -> Piece:
    match value:
        case Text():
            piece = Piece(kind="own", text=plain(value.text, limit=_WORDS))
        case Foreign():
            text = for_html(value.text, limit=_WORDS)
            piece = Piece(kind="foreign" if len(text) > _SHORT else "word", text=text)
        case Moment():
            note = f"{span(now - value.at)} ago" if value.at <= now else f"in {span(value.at - now)}"
            piece = Piece(kind="moment", text=plain(clock(value.at, now=now)), at=_iso(value.at), note=note)
        case Deadline():
            counting = "" if value.met_at is not None else _iso(value.at)
            text = plain(clock(value.at, now=now))
            piece = Piece(kind="deadline", text=text, at=counting, sign=deadline(value, now=now))
        case Person():
            piece = Piece(kind="person", text=_name(value.id, names))
        case EntityValue():
            piece = Piece(kind="entity", text=for_html(value.value, limit=_VALUE))
        case Rule():
            events = f"{value.events:,} event{'s' * (value.events != 1)}"
            text = for_html(value.title, limit=_TITLE)
            piece = Piece(kind="rule", text=text, sign=SEVERITIES[value.severity], note=events)
        case Link():
            piece = Piece(kind="link", text=plain(value.text), href=value.path)
        case _:
            assert_never(value)
    return piece


def _step(entry: TimelineEntry, names: Names, *, now: datetime) -> StepView:
    worded = step_of(entry, names)
    who = SYSTEM if entry.actor_kind == "system" else names.get(entry.actor_id, entry.actor_id)
    return StepView(
        at=_iso(entry.at),
        clock=clock(entry.at, now=now),
        who=plain(who),
        says=worded.says,
        person=plain(worded.person),
        strong=plain(worded.strong, limit=_VALUE),
        text=plain(worded.text, limit=_WORDS),
    )


def _name(person_id: PersonId | None, names: Names) -> HtmlText:
    known_as = _NOBODY if person_id is None else show("per", person_id)
    return plain(names.get(known_as, known_as))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
