"""Words that every surface for analysts says alike: what happened, what somebody is, how long something took.

Pure, and our own words only. How they look, and what stands beside them, is each surface's own.
"""

from datetime import datetime, timedelta
from typing import Final

from watchfloor.access.roles import Role
from watchfloor.incidents.timeline import Kind

STEPS: Final[dict[Kind, str]] = {
    "opened": "opened by",
    "alert": "also detected:",
    "severity_changed": "severity changed",
    "acknowledged": "acknowledged",
    "assigned": "assigned to",
    "verdict": "verdict:",
    "contained": "contained",
    "resolved": "resolved",
    "closed": "closed",
    "reopened": "reopened",
    "note": "note:",
    "report_requested": "report requested",
    "asked": "asked the customer:",
    "answered": "answered:",
    "snoozed": "laid aside until",
    "unsnoozed": "taken up again",
    "approval_requested": "approval asked for:",
    "approved": "approved:",
    "declined": "declined:",
    "action": "action:",
    "paged": "paged",
    "page_taken": "took the page",
    "escalated": "escalated:",
    "merged": "became part of",
    "absorbed": "took in",
    "unmerged": "merge undone:",
    "split": "split off",
    "storm": "storm:",
    "weighed": "noted what it is worth:",
    "exception_asked": "asked to hide:",
    "exception_made": "hidden from now on:",
    "exception_declined": "not hidden:",
    "exception_ending": "exception ends soon:",
    "message": "message:",
    "restricted": "in the chat only for",
    "unnamed": "in the chat no more for",
    "unrestricted": "in the chat for all again",
}
"""What each entry of a timeline says, before its facts."""

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

_CIRCUMSTANCES: Final = {"earlier": "after {}", "from": "split off {}", "newcomer": "new {}"}


def circumstances(facts: dict[str, str]) -> str:
    """Why an incident was opened although there are others, from its opening's facts; empty where nothing is said."""
    said = (words.format(facts[name]) for name, words in _CIRCUMSTANCES.items() if name in facts)
    told = ", ".join(said)
    return f"({told})" if told else ""


def regrouped(kind: Kind, facts: dict[str, str]) -> str:
    """What an entry says of alerts that moved or were gathered, or of what a thing is worth; empty for all others."""
    match kind:
        case "merged" | "absorbed" | "unmerged" | "split":
            return f"{facts.get('into') or facts.get('from', '')}, {facts.get('alerts', '')} alerts"
        case "storm":
            return f"{facts.get('alerts', '')} alerts so far of {facts.get('rule', '')}"
        case "weighed":
            return f"{facts.get('value', '')} is {facts.get('weight', '')}"
        case _:
            return ""


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
