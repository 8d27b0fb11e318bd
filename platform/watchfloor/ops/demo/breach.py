"""The demo's breach: freight papers with personal data were taken, so a case is opened, filled and decided.

Everything goes the way that people go: the analyst and the lead of the MSSP and the customer's privacy officer speak to
the API, each as themselves. What they say is invented; what the records say, the case takes from the records.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

TITLE: Final = "Frachtpapiere aus der Freigabe kopiert"
ASKED: Final = "Aus der Freigabe kamen Frachtpapiere mit Namen und Anschriften von Empfängern und Fahrern."

STATED: Final[tuple[Mapping[str, object], ...]] = (
    {
        "path": "nature.description",
        "value": "Ein Makro in einem Mail-Anhang startete PowerShell auf NK-WS-017. Kennwörter wurden aus dem Speicher "
        "gelesen, danach wurde die Freigabe „freight“ mit rclone in einen fremden Cloud-Speicher kopiert.",
    },
    {"path": "nature.types", "value": "confidentiality"},
    {"path": "nature.cause", "value": "malicious_external"},
    {"path": "nature.vector", "value": "Makro in einem Mail-Anhang"},
    {"path": "nature.is_cyber", "value": "yes"},
    {"path": "nature.still_exposed", "value": "no", "basis": "Der gestohlene Schlüssel ist gesperrt."},
    {"path": "nature.confidentiality_effect", "value": "Frachtpapiere sind in fremder Hand."},
    {"path": "nature.integrity_effect", "value": "Keine Änderung an Daten gefunden."},
    {"path": "nature.availability_effect", "value": "Schattenkopien wurden gelöscht; die Sicherung ist vollständig."},
    {"path": "clock.occurred_to", "value": "{now}", "status": "estimated", "basis": "Letzter Transfer im Protokoll."},
    {"path": "clock.ongoing", "value": "no"},
    {
        "path": "data.categories",
        "value": '[{"code": "basic_id"}, {"code": "contact"}, {"code": "official_documents", "note": "Zollpapiere"}]',
    },
    {"path": "data.description", "value": "Frachtpapiere der letzten zwölf Monate, teils mit Unterschrift."},
    {
        "path": "data.records",
        "value": "4000-6500",
        "status": "estimated",
        "basis": "Zahl der Dateien in der Freigabe, ein bis zwei Sendungen je Datei.",
    },
    {
        "path": "data.unintelligible",
        "value": '{"applied": false}',
        "basis": "Die Freigabe war nicht verschlüsselt.",
    },
    {"path": "data.backups", "value": "complete"},
    {"path": "subjects.categories", "value": '[{"code": "customers"}, {"code": "employees", "note": "Fahrer"}]'},
    {
        "path": "subjects.count",
        "value": "1800-2600",
        "status": "estimated",
        "basis": "Empfänger und Fahrer in den Frachtpapieren, Doppelte geschätzt.",
    },
    {"path": "subjects.by_country", "value": '[{"cc": "DE", "min": 1700, "max": 2400}, {"cc": "DK", "min": 100}]'},
    {"path": "risk.likelihood", "value": "likely"},
    {"path": "risk.consequences", "value": "loss_of_control, identity_theft, fraud"},
    {
        "path": "risk.consequences_text",
        "value": "Namen, Anschriften und Unterschriften können für Betrug mit Lieferungen missbraucht werden.",
    },
    {"path": "risk.effects_seen", "status": "not_applicable", "basis": "Bisher ist kein Missbrauch bekannt."},
    {
        "path": "measures.before",
        "value": '[{"text": "Zweiter Faktor für den Fernzugang", "state": "in_place"},'
        ' {"text": "Überwachung rund um die Uhr", "state": "in_place"}]',
    },
    {
        "path": "measures.taken",
        "value": '[{"text": "NK-WS-017 vom Netz getrennt", "owner": "SOC", "state": "done"},'
        ' {"text": "Kennwörter der betroffenen Konten neu gesetzt", "owner": "Nordkai IT", "state": "done"},'
        ' {"text": "Fremden AWS-Schlüssel gesperrt", "owner": "SOC", "state": "done"}]',
    },
    {
        "path": "measures.proposed",
        "value": '[{"text": "Makros aus dem Internet sperren", "owner": "Nordkai IT", "state": "planned"},'
        ' {"text": "Empfänger und Fahrer anschreiben", "owner": "Nordkai Datenschutz", "state": "planned"}]',
    },
    {"path": "measures.staff_trained", "value": "yes"},
    {"path": "parties.controller.address", "value": "Am Sande 4, 21680 Stade"},
    {"path": "parties.controller.reg_no", "value": "HRB 205550 Tostedt"},
    {"path": "parties.controller.sector", "value": "Spedition und Lagerei"},
    {
        "path": "parties.processor.contact",
        "value": '{"name": "Leitstelle Tidewatch", "email": "soc@tidewatch.example", "phone": "+49 40 5550200"}',
    },
    {"path": "parties.reporter.name", "value": "Dr. Jonas Adler"},
    {"path": "parties.reporter.role", "value": "Datenschutzbeauftragter"},
    {"path": "parties.reporter.on_behalf", "value": "controller"},
    {"path": "cross_border.cross_border", "value": "yes", "basis": "Empfänger in Dänemark."},
    {"path": "cross_border.authority", "value": "DE-NI"},
    {"path": "cross_border.lead_authority", "value": "DE-NI"},
    {"path": "cross_border.competence_basis", "value": "Hauptniederlassung in Stade."},
    {"path": "others.police_report", "value": "Anzeige bei der Zentralen Ansprechstelle Cybercrime Niedersachsen."},
    {"path": "others.more_to_come_at", "value": "{later}"},
    {"path": "subject_comm.told", "value": "no"},
    {
        "path": "subject_comm.not_told_reason",
        "value": "Das Schreiben wird vorbereitet; die Anschriften werden aus den Frachtpapieren ermittelt.",
    },
    {"path": "subject_comm.planned_at", "value": "{later}", "status": "estimated", "basis": "Sobald die Liste steht."},
)
"""What the analyst states, by path. `{now}` and `{later}` stand for instants."""

SCORES: Final[Mapping[str, object]] = {
    "dpc": [
        {"category": "simple", "score": 2, "reason": "Umfang der Frachtpapiere lässt Gewohnheiten erkennen"},
        {"category": "financial", "score": 1, "reason": "Rechnungen ohne Kontodaten"},
    ],
    "ei": [{"identifier": "full_name", "score": 1.0, "reason": "mit Anschrift und Mail-Adresse"}],
    "cb": {"confidentiality": 0.5, "confidentiality_reason": "unbekannter Empfänger", "malicious": True},
}

RULINGS: Final[tuple[Mapping[str, object], ...]] = (
    {"path": "is_breach", "value": "yes", "reason": "Namen und Anschriften wurden ohne Befugnis kopiert."},
    {
        "path": "clock.controller_aware_at",
        "value": "{now}",
        "reason": "Mit der Meldung des SOC war klar, dass Personendaten betroffen sind.",
    },
    {
        "path": "risk.risk",
        "value": "risk",
        "reason": "Missbrauch bei Lieferungen ist wahrscheinlich, schwere Folgen nicht.",
    },
    {
        "path": "risk.art33_decision",
        "value": "yes",
        "reason": "Ein Risiko für die Personen ist nicht unwahrscheinlich.",
    },
    {
        "path": "risk.art34_decision",
        "value": "no",
        "reason": "Kein hohes Risiko; die Personen werden dennoch angeschrieben.",
    },
)
"""What the privacy officer decides, in this order."""


def filled(said: Mapping[str, object], now: datetime) -> dict[str, object]:
    """A statement or ruling with its instants in it."""
    instants = {"{now}": now.isoformat(), "{later}": (now + timedelta(days=14)).isoformat()}
    return {name: instants.get(value, value) if isinstance(value, str) else value for name, value in said.items()}
