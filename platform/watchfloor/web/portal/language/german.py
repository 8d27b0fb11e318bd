"""The portal's words in German, by page."""

from typing import Final

PLACES: Final[dict[str, str]] = {
    "overview.label": "Überblick",
}

GERMAN: Final[dict[str, str]] = {
    **PLACES,
    "overview.needed.one": "Eine Entscheidung wartet auf Sie.",
    "overview.needed.other": "{n} Entscheidungen warten auf Sie.",
    "overview.nothing": "Nichts braucht Sie.",
}
