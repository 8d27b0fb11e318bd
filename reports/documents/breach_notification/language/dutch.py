"""The notification draft in Dutch."""

from typing import Final

from reports.documents.breach_notification.language.phrases import NotificationWords, SheetWords
from reports.language.phrases import Plural

_SHEET: Final = SheetWords(
    title="Kopieerblad",
    lead="Eén veld per regel, met de waarde die wordt geplakt. Op papier zijn adressen zo geschreven dat niemand "
    "erop kan klikken; {text} en {csv} bevatten de waarden ongewijzigd.",
    number="Nr.",
    section="Deel",
    field="Veld",
    value="Waarde",
    state="Stand",
    missing="ONTBREEKT NOG",
    not_stated="(niets opgegeven; vrijwillig)",
    not_asked="(in deze zaak niet gevraagd)",
    pasted="te plakken",
)

DUTCH: Final = NotificationWords(
    kind="Melding van een inbreuk op persoonsgegevens",
    law="Art. 33 AVG: van de verwerkingsverantwoordelijke aan de toezichthoudende autoriteit",
    draft="Concept voor uw functionaris voor gegevensbescherming",
    not_sent="Er wordt niets vanzelf verzonden. Een mens dient de melding in bij de autoriteit.",
    decide="Wat u moet beslissen, en wanneer",
    notify="Besloten: er wordt aan de toezichthoudende autoriteit gemeld.",
    not_notify="Besloten: er wordt niet aan de toezichthoudende autoriteit gemeld. Dit concept is dan voor uw dossier.",
    undecided="Niemand heeft nog besloten of aan de toezichthoudende autoriteit wordt gemeld.",
    clock="De 72 uur eindigen op {due}.",
    clock_over="De 72 uur eindigden op {due}. De melding moet de redenen voor de vertraging geven.",
    clock_waits="De 72 uur hebben geen begin: uw functionaris voor gegevensbescherming vult in wanneer u kennis nam.",
    clock_met="De autoriteit heeft de eerste melding op {time} ontvangen.",
    aware="Zij lopen vanaf {start}, ingevuld door {name}.",
    late_reasons="Redenen voor de vertraging: {text}",
    no_late_reasons="De redenen voor de vertraging ontbreken nog. Zonder die is een late melding niet volledig.",
    where="Waar zij heen gaat",
    channel="Weg",
    languages="Aanvaarde talen",
    site="Website",
    unverified="Niemand heeft website, talen en weg van deze autoriteit onlangs bevestigd. Controleer ze voordat u "
    "indient.",
    form="Formulier",
    form_general="Het eigen formulier van deze autoriteit is hier niet bekend; de volgorde is die van het algemene "
    "formulier.",
    other_language="Het formulier van de autoriteit is in het {language}; dit concept spreekt die taal niet en is in "
    "het Nederlands geschreven.",
    steps="Zo dient u haar vandaag in",
    step_read="Lees de antwoorden op de volgende bladzijden.",
    step_missing="Laat in de zaak invullen wat nog ontbreekt, of vul het zelf in het formulier in.",
    step_paste="Open het kopieerblad en plak elke waarde in het veld met hetzelfde nummer.",
    step_file="Dien het formulier in bij de autoriteit en bewaar het ontvangstbewijs.",
    step_enter="Vul kenmerk, tijd en ontvangstbewijs in de zaak in; dat stopt de termijn.",
    answers="De antwoorden in de volgorde van het formulier",
    answers_lead="De nummers lopen door het formulier; het kopieerblad heeft dezelfde.",
    officer="Wat u nog invult",
    officer_lead="In te vullen als de melding is ingediend, en in de zaak op te nemen.",
    reference="Kenmerk van de autoriteit",
    submitted="Ingediend op (datum, tijd, zone)",
    receipt="Ontvangstbewijs bewaard als",
    filed_by="Ingediend door (naam, functie)",
    figures="Hoe volledig zij is",
    sources="Waarop de antwoorden berusten",
    attached="Bijgevoegd: {json} met alles, {text} en {csv} met het kopieerblad.",
    keep="Geef de autoriteit wat haar formulier vraagt, en niet dit bestand: het bevat ook uw eigen beslissingen.",
    text_sheet="Kopieerblad als tekst",
    csv_sheet="Kopieerblad als tabel",
    sheet=_SHEET,
    filled=Plural("één veld ingevuld", "{n} velden ingevuld"),
    to_investigate=Plural("één in onderzoek", "{n} in onderzoek"),
    lacking=Plural("één ontbreekt", "{n} ontbreken"),
)
