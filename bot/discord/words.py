"""What happened to an incident, in a line for its post."""

from contextlib import suppress
from typing import Final

from bot.discord.markdown import Accounts, plain
from watchfloor.incidents.timeline import TimelineEntry
from watchfloor.kernel import ids
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import PersonId

_QUIET: Final = frozenset({"opened", "alert", "report_requested"})
"""What the card shows already, or nobody decided."""

_WARNINGS: Final = frozenset({"exception_ending", "exception_declined"})
"""What nobody said, and somebody should hear: an exception ends soon, or a request for one got no answer."""


def is_told(entry: TimelineEntry) -> bool:
    """Whether a post says it: decisions, people's words, and of what machines add the warnings."""
    return entry.kind not in _QUIET and (entry.actor_kind in ("person", "api_key") or entry.kind in _WARNINGS)


def line_of(entry: TimelineEntry, accounts: Accounts) -> str:
    """The entry in one line: what, by whom, and the words that may leave."""
    said = [plain(entry.kind.replace("_", " "))]
    said += [plain(entry.facts[name], limit=80) for name in ("verdict", "action", "after") if entry.facts.get(name)]
    if entry.facts.get("person"):
        said.append(f"to {_mention(entry.facts['person'], accounts)}")
    if entry.actor_kind == "person":
        said.append(f"by {_mention(entry.actor_id, accounts)}")
    if entry.facts.get("text"):
        said.append(f": {plain(entry.facts['text'], limit=600)}")
    return " ".join(said).replace(" : ", ": ")


def _mention(person: str, accounts: Accounts) -> str:
    with suppress(NotFound):
        account = accounts.get(PersonId(ids.parse("per", person)))
        if account is not None:
            return f"<@{account}>"
    return "a colleague"
