"""The console's words and colours: each severity and state has one word, one mark and one colour everywhere.

No meaning hangs on colour alone: a mark and a word say the same.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.access.roles import Role
from watchfloor.alerts.alert import Severity
from watchfloor.desk.card import Deadline
from watchfloor.incidents.incident import State, VerdictKind
from watchfloor.incidents.timeline import Kind


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

STEPS: Final[dict[Kind, str]] = {
    "opened": "opened by",
    "alert": "also detected:",
    "severity_changed": "severity raised",
    "acknowledged": "acknowledged",
    "assigned": "assigned to",
    "verdict": "verdict:",
    "contained": "contained",
    "resolved": "resolved",
    "closed": "closed",
    "reopened": "reopened",
    "note": "note:",
    "report_requested": "report requested",
}

ROLES: Final[dict[Role, str]] = {
    Role.VIEWER: "viewer",
    Role.APPROVER: "approver",
    Role.ADMIN: "administrator",
    Role.PRIVACY_OFFICER: "privacy officer",
    Role.ANALYST: "analyst",
    Role.LEAD: "lead",
    Role.CONTENT_ENGINEER: "content engineer",
    Role.PLATFORM_ADMIN: "platform administrator",
}

SYSTEM: Final = "Watchfloor"


def span(length: timedelta) -> str:
    """A length of time in its two largest units: `2 d 4 h`, `3 h 5 min`, `40 s`."""
    seconds = max(int(length.total_seconds()), 0)
    for unit, size, smaller, part in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60)):
        if seconds >= size:
            rest = seconds % size // part
            return f"{seconds // size} {unit} {rest} {smaller}" if rest else f"{seconds // size} {unit}"
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


def clock(at: datetime, *, now: datetime) -> str:
    """An instant in UTC, without the date when it is today's."""
    return f"{at:%H:%M:%S} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"


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
