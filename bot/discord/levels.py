"""How much of an incident may leave for a third-party chat: each tenant's level, applied before anything is drawn.

Pure. At `ref`, the default, no personal data leaves: a reference, the rule's title, severity, state, deadlines, who of
us has it. At `masked` the entities go as pseudonyms that only the record resolves, at `full` as they are. What is left
out here never reaches a renderer. It decides nothing about who may see what; the desk has done that.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.desk.card import Card, Deadline, EntityValue, Foreign, Moment, Person, Row, Rule, Text, Value
from watchfloor.desk.reply import Reply
from watchfloor.incidents.timeline import TimelineEntry
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.normalise.event import EntityKind

Level = Literal["ref", "masked", "full"]
"""From least to most."""

Mask: TypeAlias = Callable[[EntityKind, str], str]
"""Gives an entity's value a pseudonym."""

LEVELS: Final[tuple[Level, ...]] = ("ref", "masked", "full")

_OPEN_KINDS: Final[frozenset[EntityKind]] = frozenset({"domain", "hash"})
"""What names no natural person and goes as it is when entities are masked."""

_PLAIN_ROWS: Final = frozenset({"Evidence", "Verdict"})
"""Rows whose own words are counts and choices of ours."""

_NAMED_ROWS: Final = frozenset({"ATT&CK"})
"""Rows whose foreign words come with the rule."""

_CODE: Final = "[A-Z][A-Z0-9]{1,7}"

_OWN_ROWS: Final = {
    "handover": re.compile(rf"{_CODE}(?:-[0-9]{{1,18}}| approvals| kept as)?"),
    "ioc": re.compile(_CODE),
}
"""Rows of a verb's answer whose words are counts, references, states and rules' titles; what an indicator is called is
an entity still."""

_PLAIN_FACTS: Final = frozenset({"verdict", "severity", "before", "after", "number", "action", "language"})
"""Facts of a timeline that are choices of ours."""


def masked_by(cipher: TenantCipher) -> Mask:
    """Pseudonyms by the tenant's key: the same value has the same one everywhere, and another one at others."""

    def mask(kind: EntityKind, value: str) -> str:
        return f"{kind}-{cipher.index(f'chat/{kind}', value).hex()[:5]}"

    return mask


def lowest(levels: Iterable[Level]) -> Level:
    """The most cautious of them, `ref` when there is none."""
    found = set(levels)
    for level in LEVELS:
        if level in found:
            return level
    return "ref"


def reply_at(reply: Reply, level: Level, mask: Mask, *, verb: str = "") -> Reply:
    """The reply to this verb as it may leave."""
    return msgspec.structs.replace(
        reply,
        card=None if reply.card is None else card_at(reply.card, level, mask),
        rows=rows_at(reply.rows, level, mask, verb=verb),
        timeline=tuple(entry_at(entry, level) for entry in reply.timeline),
    )


def card_at(card: Card, level: Level, mask: Mask) -> Card:
    """The card as it may leave."""
    if level == "full":
        return card
    return msgspec.structs.replace(card, customer=Untrusted(card.tenant), rows=rows_at(card.rows, level, mask))


def rows_at(rows: Iterable[Row], level: Level, mask: Mask, *, verb: str = "") -> tuple[Row, ...]:
    """The rows as they may leave; a row that nothing is left of goes with it."""
    if level == "full":
        return tuple(rows)
    own = _OWN_ROWS.get(verb)
    kept = [
        (row, tuple(_values(row, level, mask, is_own=own is not None and own.fullmatch(row.label) is not None)))
        for row in rows
    ]
    return tuple(
        Row(row.label, values, more=row.more if len(values) == len(row.values) else 0) for row, values in kept if values
    )


def entry_at(entry: TimelineEntry, level: Level) -> TimelineEntry:
    """An entry of the timeline as it may leave: what happened, and below `full` none of anybody's words."""
    if level == "full":
        return entry
    facts = {name: value for name, value in entry.facts.items() if name in _PLAIN_FACTS or name == "person"}
    return msgspec.structs.replace(entry, facts=facts)


def _values(row: Row, level: Level, mask: Mask, *, is_own: bool) -> Iterator[Value]:
    for value in row.values:
        match value:
            case Deadline() | Person():
                yield value
            case Text() | Moment() | Foreign() if is_own:
                yield value
            case Text() if row.label in _PLAIN_ROWS or level == "masked" or value.text == "nobody":
                yield value
            case Moment() | Rule() if level == "masked":
                yield value
            case Foreign() if level == "masked" and row.label in _NAMED_ROWS:
                yield value
            case EntityValue(kind=kind, value=named) if level == "masked":
                yield value if kind in _OPEN_KINDS else Text(mask(kind, named.for_computing()))
            case _:
                pass
