"""Draws cards and replies as Components V2, within Discord's budgets of 40 components and 4,000 characters.

The library does not count the characters, so they are counted here; what does not fit is cut with a word about the
record. Every text comes neutralised from `markdown`. Views are sent and forgotten: what people press is read from the
raw interaction, so nothing is lost when the bot starts anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import discord
import msgspec
from discord import ui

from bot.discord.custom_ids import MORE, CustomId
from bot.discord.markdown import COLOURS, SEVERITIES, STATES, Accounts, moment, plain, row_of
from bot.discord.secrecy import HIDDEN
from bot.discord.words import line_of
from watchfloor.desk.card import Card, Row
from watchfloor.desk.display.listing import QueueLine
from watchfloor.desk.reply import Offer, Reply
from watchfloor.desk.table import OFFERED, TABLE
from watchfloor.desk.verb import Verb
from watchfloor.incidents.incident import State
from watchfloor.kernel.ids import PersonId
from watchfloor.kernel.neutralise import defang, for_chat

COMPONENTS: Final = 40
CHARACTERS: Final = 4_000
BUTTONS: Final = 5
OPTIONS: Final = 25
LABEL: Final = 80

_ROOM: Final = 3_600
"""What rows may take; the rest is for the head, the sentence and the word about what was cut."""

_SETTLED: Final[tuple[State, ...]] = ("resolved", "closed")
_QUEUE_LINES: Final = 20
_TIMELINE_LINES: Final = 15
_FIRST: Final = ("approve", "decline")

Layout = ui.LayoutView
"""A message of Components V2."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What drawing needs besides what is drawn: whose account is whose, and the portal's address."""

    public_url: str
    accounts: Accounts = msgspec.field(default_factory=dict[PersonId, str])
    tokens: Mapping[int, str] = msgspec.field(default_factory=dict[int, str])
    """The token of each offer, by its place in the reply."""
    hidden: frozenset[str] = frozenset()
    """The references of restricted incidents of which nothing else may be shown."""


def card_layout(card: Card, around: Surroundings) -> Layout:
    """A card, as a post shows it."""
    return _layout([_card(card, around), *_controls(card, around)])


def reply_layout(reply: Reply, around: Surroundings) -> Layout:
    """What a command answers, for the one who asked."""
    parts: list[ui.Item[Layout]] = []
    if reply.card is not None:
        parts.append(_card(reply.card, around))
    lines = [
        *(_queue_lines(reply.queue, limit=_QUEUE_LINES, hidden=around.hidden) if reply.queue else ()),
        *(row_of(row, around.accounts, public_url=around.public_url) for row in reply.rows),
        *_timeline(reply, around),
    ]
    room = CHARACTERS - 700 - _characters(parts)
    if lines:
        parts.append(ui.TextDisplay(_fitted(lines, room)))
    parts.append(ui.TextDisplay(("" if reply.ok else "✗ ") + (plain(reply.text, limit=600) or "Done.")))
    if reply.card is not None:
        parts += _controls(reply.card, around)
    there = _names(parts)
    # What the card offers already is no second button: Discord takes each name once.
    if offers := [each for each in _offers(reply.offers[:BUTTONS], around.tokens) if each.custom_id not in there]:
        parts.append(ui.ActionRow(*offers))
    return _layout(parts)


def text_layout(text: str) -> Layout:
    """Words that are neutralised already, alone."""
    return _layout([ui.TextDisplay(text[:CHARACTERS])])


def queue_layout(
    lines: Sequence[QueueLine],
    *,
    hidden: int,
    ending: Sequence[Row] = (),
    restricted: AbstractSet[str] = frozenset(),
) -> Layout:
    """The live queue: what is open, the most urgent first. `hidden` counts what stands in the record only.

    `ending` says whose exceptions end soon, and when; `restricted` has the references of which nothing else is shown.
    """
    waiting = sum(line.state == "new" for line in lines)
    head = f"### Queue\n{len(lines) + hidden:,} open, {waiting:,} not acknowledged."
    shown = [*_queue_lines(lines, limit=30, hidden=restricted)]
    ends = _fitted([row_of(row, {}, public_url="") for row in ending], 700)
    body = _fitted(shown, _ROOM - len(ends)) or "Nothing is waiting."
    texts: list[ui.Item[Layout]] = [ui.TextDisplay(head), ui.TextDisplay(body)]
    if ends:
        texts.append(ui.TextDisplay(ends))
    return _layout([ui.Container(*texts)])


def post_title(card: Card) -> str:
    """The name of a post: the reference and the rule's title, never an event's words. It never changes."""
    title = card.title.for_computing()
    return f"{card.ref} {plain_title(title)}"[:100]


def plain_title(title: str) -> str:
    """A rule's title as a name in a list of channels: there is no Markdown there, so nothing is escaped for it."""
    kept = "".join(
        character if character.isalnum() or character in " -_.,()/+&" else " " for character in defang(title)
    )
    return " ".join(kept.split())[:80] or "incident"


def _card(card: Card, around: Surroundings) -> ui.Container[Layout]:
    head = (
        f"### {SEVERITIES[card.severity]} · {plain(card.ref, limit=40)}\n{for_chat(card.title, limit=240)}\n"
        f"-# {for_chat(card.customer, limit=120)} · {STATES[card.state]}"
    )
    rows = [row_of(row, around.accounts, public_url=around.public_url) for row in _ordered(card.rows)]
    texts: list[ui.Item[Layout]] = [ui.TextDisplay(head)]
    if rows:
        texts.append(ui.TextDisplay(_fitted(rows, 2_400)))
    colour = 0x9AA5B1 if card.state in _SETTLED else COLOURS[card.severity]
    return ui.Container(*texts, accent_colour=colour)


def _ordered(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.values]


def _controls(card: Card, around: Surroundings) -> Iterator[ui.Item[Layout]]:
    verbs = [OFFERED[action] for action in card.actions if action in OFFERED]
    verbs.sort(key=lambda verb: verb.name not in _FIRST)
    if verbs:
        yield ui.ActionRow(*(_button(verb, card, is_next=place == 0) for place, verb in enumerate(verbs[:BUTTONS])))
    named = {verb.name for verb in verbs[:BUTTONS]}
    offered = {verb.name for verb in OFFERED.values()} - {verb.name for verb in verbs}
    rest = [v for v in TABLE.values() if v.reach == "incident" and v.name not in named | offered][:OPTIONS]
    if rest:
        menu = ui.Select[Layout](
            custom_id=str(CustomId(MORE, card.ref)),
            placeholder="More...",
            options=[
                discord.SelectOption(label=label(verb), value=verb.name, description=verb.does[:100]) for verb in rest
            ],
        )
        yield ui.ActionRow(menu)
    link = ui.Button[Layout](label="Open the record"[:LABEL], url=f"{around.public_url}{card.link.path}"[:512])
    yield ui.ActionRow(link)


def label(verb: Verb) -> str:
    """A verb as a button says it; one that asks for more ends with dots."""
    word = verb.name.replace("-", " ").replace("_", " ").capitalize()
    return (word + ("..." if any(field.is_required for field in verb.fields) else ""))[:LABEL]


def _button(verb: Verb, card: Card, *, is_next: bool) -> ui.Button[Layout]:
    style = discord.ButtonStyle.primary if is_next else discord.ButtonStyle.secondary
    return ui.Button(label=label(verb), style=style, custom_id=str(CustomId(verb.name, card.ref)))


def _offers(offers: Sequence[Offer], tokens: Mapping[int, str]) -> Iterator[ui.Button[Layout]]:
    for place, offer in enumerate(offers):
        name = CustomId(offer.verb, offer.incident.upper(), tokens.get(place, ""))
        yield ui.Button(label=offer.label[:LABEL], style=discord.ButtonStyle.secondary, custom_id=str(name))


def _names(parts: Iterable[ui.Item[Layout]]) -> set[str | None]:
    """The names of the buttons that are there."""
    rows = (part.children for part in parts if isinstance(part, ui.ActionRow))
    return {child.custom_id for children in rows for child in children if isinstance(child, ui.Button)}


def _queue_lines(lines: Sequence[QueueLine], *, limit: int, hidden: AbstractSet[str]) -> Iterator[str]:
    for line in lines[:limit]:
        if line.ref in hidden:
            yield f"**{plain(line.ref, limit=40)}** {HIDDEN}"
            continue
        due = line.acknowledge_by or line.resolve_by
        when = f" · due {moment(due, 'R')}" if due is not None else ""
        yield (
            f"`{SEVERITIES[line.severity][:4]}` **{plain(line.ref, limit=40)}** {for_chat(line.title, limit=80)}"
            f" · {STATES[line.state]}{when}"
        )
    if len(lines) > limit:
        yield f"and {len(lines) - limit:,} more"


def _timeline(reply: Reply, around: Surroundings) -> Iterator[str]:
    for entry in reply.timeline[-_TIMELINE_LINES:]:
        yield f"{moment(entry.at, 't')} {line_of(entry, around.accounts)}"


def _fitted(lines: Sequence[str], room: int) -> str:
    """The lines that fit, whole, with a word about the rest."""
    taken: list[str] = []
    left = room - 40
    for line in lines:
        if len(line) + 1 > left:
            return "\n".join([*taken, "... more in the record"])
        taken.append(line)
        left -= len(line) + 1
    return "\n".join(taken)


def _characters(parts: Iterable[ui.Item[Layout]]) -> int:
    total = 0
    for part in parts:
        if isinstance(part, ui.TextDisplay):
            total += len(part.content)
        elif isinstance(part, ui.Container):
            total += sum(len(child.content) for child in part.walk_children() if isinstance(child, ui.TextDisplay))
    return total


def _layout(parts: Iterable[ui.Item[Layout]]) -> Layout:
    """A message of these parts. Raises ValueError for one over the budgets: that would be a fault of ours."""
    layout = ui.LayoutView(timeout=None)
    for part in parts:
        layout.add_item(part)
    if layout.total_children_count > COMPONENTS or layout.content_length() > CHARACTERS:
        raise ValueError("a message must have at most 40 components and 4,000 characters")
    layout.stop()  # the library must not keep it: presses are read from the raw interaction
    return layout
