"""The portal's words in English, by page."""

from typing import Final

PLACES: Final[dict[str, str]] = {
    "overview.label": "Overview",
    "approvals.label": "Approvals",
    "incidents.label": "Incidents",
    "coverage.label": "Coverage",
    "detections.label": "Detections",
    "measures.label": "Service levels",
    "reports.label": "Reports",
    "privacy.label": "Privacy",
    "access.label": "Access log",
    "people.label": "People and policy",
}

ENGLISH: Final[dict[str, str]] = {
    **PLACES,
    "overview.needed.one": "One decision is waiting for you.",
    "overview.needed.other": "{n} decisions are waiting for you.",
    "overview.nothing": "Nothing needs you.",
}
