"""The frame's words in German."""

from typing import Final

GERMAN: Final[dict[str, str]] = {
    "frame.skip": "Zum Inhalt springen",
    "frame.pages": "Seiten",
    "frame.sign_out": "Abmelden",
    "frame.language": "Sprache",
    "frame.reader": "Angemeldet als {name}",
    "frame.customers": "Andere Kunden",
    "frame.live": "live",
    "frame.away": "nicht verbunden; diese Seite kann veraltet sein",
    "frame.checked": "Stand {at}",
    "frame.waiting": "{n} warten",
    "table.none": "Hier ist nichts.",
    "table.more": "Weitere",
    "table.first": "Zurück zum Anfang",
    "chart.table": "Die Zahlen als Tabelle",
    "refused.title": "Das kann nicht gezeigt werden",
    "refused.missing": "Diese Seite gibt es nicht, oder Sie dürfen sie nicht sehen.",
    "refused.ours": "Auf unserer Seite ist etwas schiefgegangen. Es wurde festgehalten.",
    "refused.back": "Zurück zum Anfang",
    "severity.critical": "Kritisch",
    "severity.high": "Hoch",
    "severity.medium": "Mittel",
    "severity.low": "Niedrig",
    "severity.informational": "Hinweis",
}
