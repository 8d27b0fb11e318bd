"""The DORA report in German."""

from typing import Final

from reports.documents.dora.language.phrases import DoraWords
from reports.language.phrases import Plural

GERMAN: Final = DoraWords(
    kind="DORA-Meldung eines IKT-bezogenen Vorfalls",
    stage={
        "initial_notification": "Erstmeldung",
        "intermediate_report": "Zwischenmeldung",
        "intermediate_update": "Aktualisierte Zwischenmeldung",
        "final_report": "Abschlussmeldung",
        "major_incident_reclassified_as_non-major": "Umstufung: kein schwerwiegender Vorfall mehr",
    },
    decision={
        "yes": "Entschieden: es ist ein schwerwiegender IKT-bezogener Vorfall.",
        "no": "Entschieden: es ist kein schwerwiegender IKT-bezogener Vorfall.",
        "open": "Noch hat niemand entschieden, ob es ein schwerwiegender IKT-bezogener Vorfall ist.",
    },
    rules={
        "yes": "Nach den Regeln ist es ein schwerwiegender IKT-bezogener Vorfall.",
        "no": "Nach den Regeln ist es kein schwerwiegender IKT-bezogener Vorfall.",
        "open": (
            "Nach dem, was angegeben wurde, lassen die Regeln noch offen, ob es ein schwerwiegender "
            "IKT-bezogener Vorfall ist."
        ),
    },
    how="Verordnung (EU) 2024/1772, Art. 8: kritische Dienste sind betroffen, und entweder gab es einen "
    "böswilligen Zugriff, der zu Datenverlusten führen kann, oder mindestens {n} der anderen Kriterien "
    "sind erfüllt.",
    differs_from_stated="In Feld 2.5 angegeben: {stated}. Nach den Regeln erfüllt: {found}.",
    criteria={
        "critical_services": "Kritische Dienste sind betroffen",
        "malicious_access": "Erfolgreicher, böswilliger und unbefugter Zugriff, der zu Datenverlusten führen kann",
        "clients_counterparts_transactions": (
            "Mehr als {clients_percent} % oder {clients} der Kunden des Dienstes, mehr als "
            "{counterparts_percent} % der Gegenparteien im Finanzbereich, mehr als {transactions_percent} %"
            " der täglichen Zahl oder des täglichen Werts der Transaktionen, oder ein relevanter Kunde oder"
            " eine relevante Gegenpartei"
        ),
        "reputation": (
            "Medien, wiederholte Beschwerden, nicht erfüllte regulatorische Anforderungen oder verlorene Kunden"
        ),
        "duration_downtime": "Länger als {duration}, oder kritische Dienste länger als {downtime} ausgefallen",
        "geographical_spread": "Auswirkungen in mindestens {states} Mitgliedstaaten",
        "data_losses": (
            "Verlust der Verfügbarkeit, Authentizität, Integrität oder Vertraulichkeit von Daten mit "
            "nachteiligen Auswirkungen"
        ),
        "economic_impact": "Kosten und Verluste über {cost} EUR",
    },
    submission="Art der Meldung",
    reference="Referenznummer des Finanzunternehmens",
    data_title="Die Meldung als Daten für die Aufsicht",
    data_whole="Das beigefügte JSON enthält alles, was das Schema der Aufsichtsbehörden auf dieser Stufe verlangt.",
    data_open=Plural(
        "Das beigefügte JSON kann noch nicht eingereicht werden: eine Angabe des Schemas ist offen.",
        "Das beigefügte JSON kann noch nicht eingereicht werden: {n} Angaben des Schemas sind offen.",
    ),
    data_lead="Beigefügt als {name}, nach dem JSON-Schema 1.2.1 von EBA, EIOPA und ESMA. Es enthält dieselben "
    "Fakten wie diese Meldung und sonst nichts; was nicht angegeben ist, ist weggelassen.",
    data_description="Vorfallmeldung für die Finanzaufsicht, JSON-Schema 1.2.1",
    why="Warum es nicht in den Daten steht",
    faults={
        "lei": "Kein gültiger LEI: Form oder Prüfziffern sind falsch.",
        "email": "Keine E-Mail-Adresse der Form, die das Schema annimmt.",
        "phone": "Keine Telefonnummer der Form, die das Schema annimmt.",
        "too_long": "Länger, als das Schema annimmt.",
        "too_many_days": "Länger als 999 Tage.",
        "share": "Der Teil ist größer als das Ganze; die Zahl wird ohne ihren Anteil gemeldet.",
        "currency": "Der Fall führt Euro; die Meldung ist in einer anderen Währung.",
        "country": "Kein Staat des Europäischen Wirtschaftsraums nach seinem Code.",
        "incomplete": "Angegeben, aber ohne einen Teil, den das Schema verlangt.",
        "schema": "An dieser Stelle der Daten nicht so, wie das Schema es verlangt.",
    },
    attached="Alle Fakten dieser Meldung sind als {json} beigefügt, die Meldung für die Aufsicht als {report}.",
)
