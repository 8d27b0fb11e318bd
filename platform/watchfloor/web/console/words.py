"""The page's words and marks: each severity and state has one mark, one word and one class of the style sheet.

No meaning hangs on colour alone: a mark and a word say the same.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.desk.card import Deadline
from watchfloor.desk.display.face import VERDICT_WORDS
from watchfloor.desk.display.wording import STEPS, span
from watchfloor.incidents.incident import State
from watchfloor.incidents.timeline import TimelineEntry


class Sign(msgspec.Struct, frozen=True):
    """How something looks: a mark, a word, a class."""

    mark: str
    word: str
    style: str


SEVERITIES: Final[dict[Severity, Sign]] = {
    "critical": Sign("▰▰▰▰", "Critical", "critical"),
    "high": Sign("▰▰▰▱", "High", "high"),
    "medium": Sign("▰▰▱▱", "Medium", "medium"),
    "low": Sign("▰▱▱▱", "Low", "low"),
    "informational": Sign("▱▱▱▱", "Info", "info"),
}

STATES: Final[dict[State, Sign]] = {
    "new": Sign("●", "new", "new"),
    "acknowledged": Sign("◐", "acknowledged", "acknowledged"),
    "contained": Sign("◑", "contained", "contained"),
    "resolved": Sign("✓", "resolved", "done"),
    "closed": Sign("○", "closed", "closed"),
}

_URGENT: Final = timedelta(minutes=5)


def deadline(value: Deadline, *, now: datetime) -> Sign:
    """A deadline as its distance from now, or how it was met."""
    if value.met_at is not None:
        late = value.met_at - value.at
        if late > timedelta(0):
            return Sign("✗", f"{span(late)} late", "urgent")
        return Sign("✓", f"in time, {span(-late)} to spare", "met")
    left = value.at - now
    if left < timedelta(0):
        return Sign("!", f"overdue by {span(-left)}", "overdue")
    return Sign("", f"in {span(left)}", "urgent" if left < _URGENT else "")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the timeline, worded: our own words, then what people and events said."""

    says: str
    strong: str = ""
    person: str = ""
    text: str = ""


def step_of(entry: TimelineEntry, names: Mapping[str, str]) -> Step:
    """The entry. A kind that has no words of its own here says its facts."""
    facts, says = entry.facts, STEPS[entry.kind]
    text = facts.get("text", "")
    match entry.kind:
        case "opened" | "alert":
            more = facts.get("more")
            return Step(says=says, strong=f"{more} more detections" if more else facts.get("rule", ""))
        case "severity_changed":
            return Step(says=f"{says} from", strong=f"{facts.get('before', '')} to {facts.get('after', '')}", text=text)
        case "verdict":
            kind = facts.get("verdict", "")
            return Step(says=says, strong=next((w for k, w in VERDICT_WORDS.items() if k == kind), kind), text=text)
        case "snoozed":
            return Step(says=says, strong=f"{facts.get('until', '')[:16].replace('T', ' ')} UTC", text=text)
        case "note" | "asked" | "answered" | "escalated":
            return Step(says=says, text=text)
        case _:
            person = facts.get("person", "")
            return Step(says=says, person=names.get(person, person), strong=" ".join(_others(facts)), text=text)


def _others(facts: Mapping[str, str]) -> Iterator[str]:
    """What else an entry says, but for ids and what has its own place."""
    return (value for name, value in facts.items() if name not in ("person", "text", "report", "alert") and value)
