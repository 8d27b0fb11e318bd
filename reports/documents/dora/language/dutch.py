"""The DORA report in Dutch."""

from typing import Final

from reports.documents.dora.language.phrases import DoraWords
from reports.language.phrases import Plural

DUTCH: Final = DoraWords(
    kind="DORA-incidentverslag",
    stage={
        "initial_notification": "Eerste melding",
        "intermediate_report": "Tussentijds verslag",
        "intermediate_update": "Bijgewerkt tussentijds verslag",
        "final_report": "Eindverslag",
        "major_incident_reclassified_as_non-major": "Ernstig incident heringedeeld als niet-ernstig",
    },
    decision={
        "yes": "Beslist: het is een ernstig ICT-gerelateerd incident.",
        "no": "Beslist: het is geen ernstig ICT-gerelateerd incident.",
        "open": "Nog niemand heeft beslist of het een ernstig ICT-gerelateerd incident is.",
    },
    rules={
        "yes": "Volgens de regels is het een ernstig ICT-gerelateerd incident.",
        "no": "Volgens de regels is het geen ernstig ICT-gerelateerd incident.",
        "open": "Met wat is opgegeven, laten de regels nog open of het een ernstig ICT-gerelateerd incident is.",
    },
    how="Verordening (EU) 2024/1772, art. 8: kritieke diensten zijn getroffen, en daarbij was er "
    "kwaadwillige toegang die tot gegevensverlies kan leiden, of is aan ten minste {n} van de andere "
    "criteria voldaan.",
    differs_from_stated="Opgegeven in veld 2.5: {stated}. Vervuld volgens de regels: {found}.",
    criteria={
        "critical_services": "Kritieke diensten zijn getroffen",
        "malicious_access": "Geslaagde, kwaadwillige en ongeoorloofde toegang die tot gegevensverlies kan leiden",
        "clients_counterparts_transactions": (
            "Meer dan {clients_percent} % of {clients} van de cliënten van de dienst, meer dan "
            "{counterparts_percent} % van de financiële tegenpartijen, meer dan {transactions_percent} % "
            "van het dagelijkse aantal of de dagelijkse waarde van de transacties, of een relevante cliënt "
            "of tegenpartij"
        ),
        "reputation": "Media, herhaalde klachten, niet-nageleefde wettelijke vereisten of verloren cliënten",
        "duration_downtime": "Langer dan {duration}, of kritieke diensten langer dan {downtime} uitgevallen",
        "geographical_spread": "Gevolgen in {states} lidstaten of meer",
        "data_losses": (
            "Verlies van beschikbaarheid, authenticiteit, integriteit of vertrouwelijkheid van gegevens met"
            " nadelige gevolgen"
        ),
        "economic_impact": "Kosten en verliezen boven {cost} EUR",
    },
    submission="Soort verslag",
    reference="Referentie van het incident van de financiële entiteit",
    data_title="Het verslag als gegevens voor de toezichthouder",
    data_whole="De bijgevoegde JSON bevat alles wat het schema van de toezichthoudende autoriteiten in deze fase "
    "verlangt.",
    data_open=Plural(
        "De bijgevoegde JSON kan nog niet worden ingediend: één gegeven van het schema staat open.",
        "De bijgevoegde JSON kan nog niet worden ingediend: {n} gegevens van het schema staan open.",
    ),
    data_lead="Bijgevoegd als {name}, volgens het JSON-schema 1.2.1 van EBA, EIOPA en ESMA. Het bevat dezelfde "
    "feiten als dit verslag en niets anders; wat niet is opgegeven, is weggelaten.",
    data_description="Incidentverslag voor de financiële toezichthouder, JSON-schema 1.2.1",
    why="Waarom het niet in de gegevens staat",
    faults={
        "lei": "Geen geldige LEI: vorm of controlecijfers zijn onjuist.",
        "email": "Geen e-mailadres in de vorm die het schema aanneemt.",
        "phone": "Geen telefoonnummer in de vorm die het schema aanneemt.",
        "too_long": "Langer dan het schema aanneemt.",
        "too_many_days": "Langer dan 999 dagen.",
        "share": "Het deel is groter dan het geheel; het aantal wordt zonder aandeel gemeld.",
        "currency": "De zaak houdt euro aan; het verslag is in een andere valuta.",
        "country": "Geen staat van de Europese Economische Ruimte volgens zijn code.",
        "incomplete": "Opgegeven, maar zonder een deel dat het schema verlangt.",
        "schema": "Op deze plaats in de gegevens anders dan het schema verlangt.",
    },
    attached="Alle feiten van dit verslag zijn bijgevoegd als {json}, het verslag voor de toezichthouder als {report}.",
)
