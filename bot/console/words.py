"""The console's words and colours: each severity and state has one word, one mark and one colour everywhere.

No meaning hangs on colour alone: a mark and a word say the same.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.desk.card import Deadline
from watchfloor.desk.display.wording import span
from watchfloor.incidents.incident import State, VerdictKind


class Sign(msgspec.Struct, frozen=True):
    """How a severity or a state looks: a mark, a word, a style of the terminal."""

    mark: str
    word: str
    style: str


SEVERITIES: Final[dict[Severity, Sign]] = {
    "critical": Sign("▰▰▰▰", "CRITICAL", "bold white on #b3261e"),
    "high": Sign("▰▰▰▱", "HIGH", "bold #ff8a65"),
    "medium": Sign("▰▰▱▱", "MEDIUM", "#ffd166"),
    "low": Sign("▰▱▱▱", "LOW", "#7fb8e6"),
    "informational": Sign("▱▱▱▱", "INFO", "#9aa5b1"),
}

STATES: Final[dict[State, Sign]] = {
    "new": Sign("●", "new", "bold #ff8a65"),
    "acknowledged": Sign("◐", "acknowledged", "#ffd166"),
    "contained": Sign("◑", "contained", "#7fb8e6"),
    "resolved": Sign("✓", "resolved", "#8fd694"),
    "closed": Sign("○", "closed", "#9aa5b1"),
}

VERDICTS: Final[dict[VerdictKind, str]] = {
    "true_positive": "true positive",
    "benign": "benign",
    "false_positive": "false positive",
    "inconclusive": "inconclusive",
}


def deadline(value: Deadline, *, now: datetime) -> Sign:
    """A deadline as its distance from now, or how it was met."""
    if value.met_at is not None:
        late = value.met_at - value.at
        if late > timedelta(0):
            return Sign("✗", f"{span(late)} late", "#ff8a65")
        return Sign("✓", f"in time, {span(-late)} to spare", "#8fd694")
    left = value.at - now
    if left < timedelta(0):
        return Sign("!", f"overdue by {span(-left)}", "bold white on #b3261e")
    urgent = left < timedelta(minutes=5)
    return Sign("", f"in {span(left)}", "bold #ff8a65" if urgent else "#e8eaed")
