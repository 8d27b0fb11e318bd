"""Restricted incidents for those who are not named: their reference, and nothing else. Pure."""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from watchfloor.desk.card import Card, Foreign, Row, Rule, Text, Value
from watchfloor.desk.reply import Reply
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Intent
from watchfloor.incidents.incident import NO_SUCH_INCIDENT, Reference, read_reference
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import PersonId

HIDDEN: Final = "restricted"
"""What stands in place of everything else."""

_REFERENCE: Final = re.compile(r"[A-Z][A-Z0-9]{1,7}-[0-9]{1,18}")


def hidden_from(person: PersonId, restricted: Mapping[str, AbstractSet[PersonId]]) -> frozenset[str]:
    """The references of the restricted incidents that a person is not named for."""
    return frozenset(reference for reference, named in restricted.items() if person not in named)


def references_in(intent: Intent) -> frozenset[str]:
    """The references that an intent names, as the record writes them. Raises NotFound for what is no reference."""
    verb = TABLE.get(intent.verb)
    fields = () if verb is None else verb.fields
    given = (intent.incident, *(intent.argument(field.name) for field in fields if field.kind == "incident"))
    return frozenset(_read(text) for text in given if text.strip())


def reply_without(reply: Reply, hidden: AbstractSet[str]) -> Reply:
    """The reply with nothing but the references of these incidents. Its queue is cut when it is drawn."""
    if not hidden:
        return reply
    card = None if reply.card is None else card_without(reply.card, hidden)
    return msgspec.structs.replace(reply, card=card, rows=_rows(reply.rows, hidden))


def card_without(card: Card, hidden: AbstractSet[str]) -> Card:
    """The card of another incident, with nothing but the references of these."""
    return msgspec.structs.replace(card, rows=_rows(card.rows, hidden)) if hidden else card


def _rows(rows: Iterable[Row], hidden: AbstractSet[str]) -> tuple[Row, ...]:
    return tuple(
        Row(row.label, (Text(HIDDEN),))
        if _named(row.label, hidden)
        else Row(row.label, tuple(_value(value, hidden) for value in row.values), more=row.more)
        for row in rows
    )


def _value(value: Value, hidden: AbstractSet[str]) -> Value:
    match value:
        case Text(text=text):
            said = text
        case Foreign(text=text):
            said = text.for_computing()
        case Rule(title=text):
            said = text.for_computing()
        case _:
            return value
    named = _named(said, hidden)
    return Text(f"{', '.join(named)} ({HIDDEN})") if named else value


def _named(text: str, hidden: AbstractSet[str]) -> list[str]:
    return [reference for reference in dict.fromkeys(_REFERENCE.findall(text)) if reference in hidden]


def _read(text: str) -> str:
    reference = read_reference(text)
    if not isinstance(reference, Reference):
        raise NotFound(NO_SUCH_INCIDENT)
    return str(reference)
