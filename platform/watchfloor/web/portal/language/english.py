"""The portal's words in English, by page."""

from typing import Final

PLACES: Final[dict[str, str]] = {
    "overview.label": "Overview",
}

ENGLISH: Final[dict[str, str]] = {
    **PLACES,
    "overview.needed.one": "One decision is waiting for you.",
    "overview.needed.other": "{n} decisions are waiting for you.",
    "overview.nothing": "Nothing needs you.",
}
