"""Draws answers for a terminal: the queue, a card, a timeline, help. Output of rich; input of people stays text.

Everything that came from outside goes through `for_terminal` and is put into plain `Text`, never into markup, so
that no event, file name or note can move the cursor, colour the screen or pretend to be a line of ours (O1).
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, assert_never

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Line

from bot.console.command import MANUAL
from bot.console.words import SEVERITIES, STATES, VERDICTS, Sign, deadline
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
from watchfloor.desk.display.wording import ROLES, STEPS, SYSTEM, circumstances, clock, regrouped, span
from watchfloor.desk.front import Answer, customers
from watchfloor.desk.reply import Offer
from watchfloor.desk.table import OFFERED
from watchfloor.incidents.timeline import TimelineEntry
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import PersonId, show
from watchfloor.kernel.neutralise import Untrusted, for_terminal

DIM: Final = "#9aa5b1"
ACCENT: Final = "#7fb8e6"
GOOD: Final = "#8fd694"
BAD: Final = "#ff8a65"

NARROW: Final = 104
"""Below this width the queue leaves out marks and names."""

Names = Mapping[str, str]


class Pen:
    """Draws at one moment for one installation."""

    def __init__(self, *, now: datetime, public_url: str, width: int) -> None:
        self._now = now
        self._public_url = public_url.rstrip("/")
        self._is_narrow = width < NARROW

    def answer(self, answer: Answer) -> Iterator[RenderableType]:
        """All that an answer shows, the sentence last: there the eye is."""
        reply = answer.reply
        if answer.is_queue:
            yield self.queue(reply.queue, names=answer.names)
        if reply.card is not None:
            yield self.card(reply.card, names=answer.names)
        if reply.rows:
            yield self.sheet(reply.rows, names=answer.names)
        if reply.timeline:
            yield self.timeline(reply.timeline, names=answer.names)
        if answer.principal is not None:
            yield self.person(answer.principal)
        if reply.offers:
            yield Group(*(_offer(offer) for offer in reply.offers), "")
        yield Line(_plain(Untrusted(reply.text), 2_000), style=GOOD if reply.ok else BAD)

    def queue(
        self, lines: Sequence[QueueLine], *, names: Names, current: str | None = None, room: int | None = None
    ) -> RenderableType:
        """The queue as a table; at most `room` lines of it."""
        table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1), header_style=DIM, show_edge=False)
        table.add_column("severity", no_wrap=True)
        table.add_column("incident", no_wrap=True)
        table.add_column("what", ratio=1, no_wrap=True, overflow="ellipsis")
        table.add_column("state", no_wrap=True)
        table.add_column("due", no_wrap=True)
        if not self._is_narrow:
            table.add_column("with", no_wrap=True, max_width=22, overflow="ellipsis")
        shown = lines if room is None or len(lines) <= room else lines[: max(room - 1, 0)]
        for line in shown:
            cells = [
                self._brief(SEVERITIES[line.severity]),
                Line(line.ref, style="bold reverse" if line.ref == current else "bold"),
                Line(f"{_plain(line.title, 200)}  ")
                + Line(f"{line.alerts} alert{'s' * (line.alerts != 1)}", style=DIM),
                self._brief(STATES[line.state]),
                self._due(line),
            ]
            table.add_row(*cells, *([] if self._is_narrow else [_person(line.assignee_id, names)]))
        if len(shown) < len(lines):
            table.add_row("", "", Line(f"and {len(lines) - len(shown)} more: type queue", style=DIM))
        return table

    def _brief(self, sign: Sign) -> Line:
        """A sign, as its word alone where there is little room."""
        return Line(sign.word, style=sign.style) if self._is_narrow else _signed(sign)

    def card(self, card: Card, *, names: Names) -> RenderableType:
        """An incident's card."""
        severity, state = SEVERITIES[card.severity], STATES[card.state]
        head = Line.assemble(
            _signed(severity),
            "  ",
            (_plain(card.title, 300), "bold"),
        )
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style=DIM, no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_row("Customer", Line(_plain(card.customer, 200)))
        grid.add_row("State", _signed(state))
        for row in card.rows:
            grid.add_row(row.label, self._row(row, names))
        parts: list[RenderableType] = [head, "", grid]
        if card.actions:
            parts += [
                "",
                Line("Now: ", style=DIM)
                + Line(", ".join(OFFERED[action].name for action in card.actions), style=ACCENT),
            ]
        return Panel(
            Group(*parts),
            title=Line(f" {card.ref} ", style="bold"),
            title_align="left",
            subtitle=Line(f" revision {card.revision} ", style=DIM),
            subtitle_align="right",
            border_style=severity.style.removeprefix("bold ").replace("white on ", ""),
            box=box.ROUNDED,
            padding=(0, 2),
        )

    def sheet(self, rows: Iterable[Row], *, names: Names) -> RenderableType:
        """Lines with labels, as a verb answers them."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style=DIM, no_wrap=True)
        grid.add_column(ratio=1)
        for row in rows:
            grid.add_row(row.label, self._row(row, names))
        return Group(grid, "")

    def timeline(self, entries: Iterable[TimelineEntry], *, names: Names) -> RenderableType:
        """What happened, in order."""
        table = Table.grid(padding=(0, 2))
        table.add_column(style=DIM, no_wrap=True)
        table.add_column(no_wrap=True, max_width=24, overflow="ellipsis")
        table.add_column(ratio=1)
        for entry in entries:
            table.add_row(clock(entry.at, now=self._now), _actor(entry, names), _happened(entry, names))
        return Group(Line("Timeline", style="bold"), table, "")

    def person(self, principal: Principal) -> RenderableType:
        """Who somebody is, and for whom they work."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style=DIM, no_wrap=True)
        grid.add_column()
        grid.add_row("Name", Line(_plain(Untrusted(principal.name), 200)))
        grid.add_row("Address", Line(_plain(Untrusted(principal.email), 320)))
        grid.add_row("Signed in by", "a personal key" if principal.kind == "api_key" else "the demo")
        for membership in customers(principal):
            roles = ", ".join(ROLES[role] for role in principal.roles_in(membership.tenant_id))
            name = _plain(Untrusted(membership.tenant_name), 200)
            grid.add_row(membership.tenant_code, Line(f"{name}: ") + Line(roles, style=ACCENT))
        return grid

    def _due(self, line: QueueLine) -> Line:
        if line.acknowledge_by is not None:
            return Line("ack ") + _signed(deadline(Deadline(line.acknowledge_by), now=self._now))
        if line.resolve_by is not None:
            return Line("resolve ") + _signed(deadline(Deadline(line.resolve_by), now=self._now))
        return Line(f"done {span(self._now - line.updated_at)} ago", style=DIM)

    def _row(self, row: Row, names: Names) -> Line:
        separator = "\n" if any(isinstance(value, Rule) for value in row.values) else ", "
        match row.values:
            case (Text(), what) if not isinstance(what, Text):
                separator = ": "
            case _:
                pass
        shown = Line(separator).join(self._value(value, names) for value in row.values)
        return shown + Line(f"{separator}and {row.more} more", style=DIM) if row.more else shown

    def _value(self, value: Value, names: Names) -> Line:
        match value:
            case Text():
                shown = Line(value.text)
            case Foreign():
                shown = Line(_plain(value.text, 600))
            case Moment():
                shown = Line(f"{clock(value.at, now=self._now)}, {span(self._now - value.at)} ago")
            case Deadline():
                shown = Line(f"{clock(value.at, now=self._now)}  ") + _signed(deadline(value, now=self._now))
            case Person():
                shown = _person(value.id, names)
            case EntityValue():
                shown = Line(_plain(value.value, 200), style=ACCENT)
            case Rule():
                events = Line(f"  {value.events:,} event{'s' * (value.events != 1)}", style=DIM)
                shown = Line.assemble(_signed(SEVERITIES[value.severity]), f" {_plain(value.title, 200)}", events)
            case Link():
                shown = Line(f"{value.text}: {self._public_url}{value.path}")
            case _:
                assert_never(value)
        return shown


def manual(about: str = "") -> RenderableType:
    """How everything that can be typed is used, or one thing."""
    table = Table.grid(padding=(0, 3))
    table.add_column(style=ACCENT)
    table.add_column(ratio=1)
    for entry in MANUAL:
        if about in ("", entry.name):
            table.add_row(entry.usage, entry.does)
    hint = Line("Tab completes. An incident that is open in front of you need not be named again.", style=DIM)
    return table if about else Group(table, "", hint)


def fault(error: WatchfloorError) -> RenderableType:
    """An error as a sentence. It may quote what was typed."""
    return Line(_plain(Untrusted(str(error)), 1_000), style=BAD)


def render(parts: Iterable[RenderableType], *, width: int, colour: bool) -> str:
    """The parts as text for a terminal of this width, with ANSI colours or without any."""
    sheet = io.StringIO()
    console = Console(
        file=sheet,
        width=width,
        force_terminal=colour,
        no_color=not colour,
        color_system="truecolor" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in parts:
        console.print(part)
    return sheet.getvalue()


def _offer(offer: Offer) -> Line:
    typed = " ".join(["Next:", offer.verb, offer.incident, *offer.arguments.values()])
    return Line.assemble((f"{offer.label}  ", DIM), (_plain(Untrusted(typed), 300), ACCENT))


def _plain(text: Untrusted, limit: int) -> str:
    return for_terminal(text, limit=limit)


def _signed(sign: Sign) -> Line:
    return Line(f"{sign.mark} {sign.word}".strip(), style=sign.style)


def _person(person_id: PersonId | None, names: Names) -> Line:
    return Line("nobody", style=DIM) if person_id is None else _named(show("per", person_id), names)


def _named(known_as: str, names: Names) -> Line:
    return Line(_plain(Untrusted(names.get(known_as, known_as)), 100))


def _actor(entry: TimelineEntry, names: Names) -> Line:
    return Line(SYSTEM, style=DIM) if entry.actor_kind == "system" else _named(entry.actor_id, names)


def _happened(entry: TimelineEntry, names: Names) -> Line:
    facts = {name: _plain(Untrusted(text), 2_000) for name, text in entry.facts.items()}
    shown = Line(STEPS[entry.kind])
    match entry.kind:
        case "opened" | "alert":
            more = facts.get("more")
            shown += Line(f" {more} more detections" if more else f" {facts.get('rule', '')}", style="bold")
            shown += Line(f" {circumstances(facts)}".rstrip())
        case "severity_changed":
            shown += Line(
                f" from {facts.get('before', '')} to {facts.get('after', '')}. {facts.get('text', '')}".rstrip()
            )
        case "assigned" | "restricted" | "unnamed":
            shown += Line(" ") + _named(entry.facts.get("person", ""), names)
        case "verdict":
            shown += Line(f" {_verdict(facts.get('verdict', ''))}. ", style="bold") + Line(facts.get("text", ""))
        case "note" | "asked" | "answered" | "exception_declined":
            shown += Line(f" {facts.get('text', '')}")
        case "approval_requested" | "approved" | "declined" | "action":
            shown += _acted(facts)
        case "exception_asked" | "exception_made" | "exception_ending":
            shown += Line(f" {facts.get('text', '')} (until {facts.get('until', '')[:10]})")
        case "message":
            shown += Line(f" {facts.get('author', '')}: ", style="bold") + Line(facts.get("text", ""))
        case "snoozed":
            shown += Line(f" {facts.get('until', '')[:16].replace('T', ' ')} UTC. {facts.get('text', '')}")
        case _:
            shown += Line(f" {regrouped(entry.kind, facts)}".rstrip())
    return shown


def _acted(facts: dict[str, str]) -> Line:
    """What a step of a response action says: which one, what it is about, what came of it, somebody's words."""
    told = f" {facts.get('number', '')} {facts.get('action', '').replace('_', ' ')} "
    result = f" {facts['result']}." if "result" in facts else ""
    return Line(told) + Line(facts.get("target", ""), style="bold") + Line(f"{result} {facts.get('text', '')}".rstrip())


def _verdict(kind: str) -> str:
    return next((words for name, words in VERDICTS.items() if name == kind), kind)
