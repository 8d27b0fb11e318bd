"""The register's extract in German."""

from typing import Final

from reports.documents.breach_register.language.phrases import RegisterWords
from reports.language.phrases import Plural

GERMAN: Final = RegisterWords(
    kind="Verzeichnis der Datenschutzverletzungen",
    law="Art. 33 Abs. 5 DSGVO",
    period="{first} bis {last}",
    cases=Plural("{n} Fall", "{n} Fälle"),
    counts={
        "cases": "Fälle",
        "breach": "Verletzungen",
        "not_breach": "keine Verletzung",
        "undecided": "nicht entschieden",
        "authority": "Meldung beschlossen",
        "sent": "der Behörde gemeldet",
        "subjects": "Betroffene benachrichtigt",
    },
    open="Was noch offen ist, und bis wann",
    nothing_open="In diesen Fällen ist nichts offen.",
    by="{what}: bis {due}",
    at_once="{what}: unverzüglich",
    overview="Alle Fälle des Zeitraums",
    empty="In diesem Zeitraum wurde kein Fall eröffnet.",
    opened="Fall eröffnet",
    dates="Wann",
    nature="Was geschehen ist",
    data="Daten",
    persons="Personen",
    effects="Auswirkungen",
    remedy="Abhilfe",
    risk="Risiko und Begründung",
    authority="Behörde (Art. 33)",
    subjects="Betroffene Personen (Art. 34)",
    filings="Gesendete Meldungen",
    no_filing="Keine Meldung wurde gesendet.",
    received="erhalten {time}, Zeichen {reference}",
    no_receipt="noch kein Eingangsnachweis",
    delay="Gründe einer Verzögerung",
    lessons="Lehren",
    approved="Freigegeben von",
    told="benachrichtigt {time}",
    data_name="Verzeichnis als Daten",
    csv="Verzeichnis als Tabelle",
    attachment="Die Angaben sind als {name} angehängt, das Verzeichnis als {csv}, eine Zeile je Fall.",
)
