"""The frame's words in English."""

from typing import Final

ENGLISH: Final[dict[str, str]] = {
    "frame.skip": "Skip to the content",
    "frame.pages": "Pages",
    "frame.sign_out": "Sign out",
    "frame.language": "Language",
    "frame.reader": "Signed in as {name}",
    "frame.customers": "Other customers",
    "frame.live": "live",
    "frame.away": "not connected; this page may be out of date",
    "frame.checked": "As of {at}",
    "frame.waiting": "{n} waiting",
    "table.none": "There is nothing here.",
    "table.more": "More",
    "table.first": "Back to the first",
    "chart.table": "The figures as a table",
    "refused.title": "This cannot be shown",
    "refused.missing": "There is no such page, or it is not yours to see.",
    "refused.ours": "Something went wrong on our side. It was logged.",
    "refused.back": "Back to the start",
    "severity.critical": "Critical",
    "severity.high": "High",
    "severity.medium": "Medium",
    "severity.low": "Low",
    "severity.informational": "Info",
}
