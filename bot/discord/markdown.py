"""Values as Discord's Markdown. Whatever came from outside is neutralised here, by its kind, and nowhere later (O1).

Owns how each typed value looks in a chat. People are named by their own account, which tells the chat nothing new; a
mention in a card wakes nobody, because no message of the bot's may ping but a page.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, assert_never

from watchfloor.alerts.alert import Severity
from watchfloor.desk.card import Deadline, EntityValue, Foreign, Link, Moment, Person, Row, Rule, Text, Value
from watchfloor.incidents.incident import State
from watchfloor.kernel.ids import PersonId
from watchfloor.kernel.neutralise import Untrusted, for_chat, for_chat_code

Accounts = Mapping[PersonId, str]
"""The linked accounts of people."""

SEVERITIES: Final[dict[Severity, str]] = {
    "critical": "▰▰▰▰ CRITICAL",
    "high": "▰▰▰▱ HIGH",
    "medium": "▰▰▱▱ MEDIUM",
    "low": "▰▱▱▱ LOW",
    "informational": "▱▱▱▱ INFO",
}
COLOURS: Final[dict[Severity, int]] = {
    "critical": 0xB3261E,
    "high": 0xFF8A65,
    "medium": 0xFFD166,
    "low": 0x7FB8E6,
    "informational": 0x9AA5B1,
}
STATES: Final[dict[State, str]] = {
    "new": "● new",
    "acknowledged": "◐ acknowledged",
    "contained": "◑ contained",
    "resolved": "✓ resolved",
    "closed": "○ closed",
}

_VALUE: Final = 160
_WORDS: Final = 400


def plain(text: str, *, limit: int = _WORDS) -> str:
    """Words without any effect of their own, ours or others'."""
    return for_chat(Untrusted(text), limit=limit)


def moment(at: datetime, style: str = "f") -> str:
    """An instant that each reader's own client shows in their own time zone; style `R` counts down by itself."""
    return f"<t:{int(at.timestamp())}:{style}>"


def value_of(value: Value, accounts: Accounts, *, public_url: str) -> str:
    """One value."""
    match value:
        case Moment():
            shown = moment(value.at)
        case Deadline():
            shown = moment(value.at, "R") if value.met_at is None else f"done {moment(value.met_at)}"
        case Person():
            shown = f"<@{accounts[value.id]}>" if value.id in accounts else "a colleague"
        case Rule():
            shown = f"{for_chat(value.title, limit=_VALUE)} ({value.events:,})"
        case Link():
            shown = f"[{plain(value.text, limit=80)}]({public_url}{value.path})"
        case EntityValue():
            shown = for_chat_code(value.value, limit=_VALUE)
        case Foreign():
            shown = for_chat(value.text, limit=_WORDS)
        case Text():
            shown = plain(value.text)
        case _:
            assert_never(value)
    return shown


def row_of(row: Row, accounts: Accounts, *, public_url: str) -> str:
    """A labelled line."""
    values = ", ".join(value_of(value, accounts, public_url=public_url) for value in row.values)
    return f"**{plain(row.label, limit=60)}** {values}{f' and {row.more:,} more' if row.more else ''}"
