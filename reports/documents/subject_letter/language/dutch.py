"""The letter to the persons concerned in Dutch."""

from typing import Final

from reports.documents.subject_letter.language.phrases import LetterWords
from reports.language.phrases import Plural

DUTCH: Final = LetterWords(
    kind="Brief aan de betrokkenen",
    subject="Inbreuk in verband met uw persoonsgegevens",
    recipient="Naam en adres van de ontvanger",
    date="Datum",
    greeting="Geachte heer, mevrouw,",
    intro="Wij schrijven u omdat een incident bij ons uw persoonsgegevens kan raken.",
    happened="Wat er is gebeurd",
    period="Het gebeurde op of na {time}.",
    data="Om welke gegevens het gaat",
    means="Wat dit voor u kan betekenen",
    done="Wat wij hebben gedaan",
    advice="Wat u het beste kunt doen",
    ask="Bij wie u terechtkunt",
    sign="Met vriendelijke groet,",
    officer="Voorblad voor de functionaris voor gegevensbescherming: niet versturen",
    letter="De brief begint op de volgende pagina.",
    ready="Alle delen van de brief zijn er. Lees hem voordat hij uitgaat.",
    lacks=Plural(
        "Eén deel van de brief ontbreekt. Het is weggelaten en niet verzonnen.",
        "{n} delen van de brief ontbreken. Ze zijn weggelaten en niet verzonnen.",
    ),
    where="Veld van de zaak",
    public="Openbare mededeling (art. 34, lid 3, onder c)",
    public_lead="Voor een openbare mededeling in plaats van brieven. Ze noemt niemand.",
    sender="Afzender van de brief",
    no_decision=("Niemand heeft besloten de personen in te lichten. Zonder dat besluit mag de brief niet uitgaan."),
    due="Zonder onredelijke vertraging, zodra een hoog risico waarschijnlijk is.",
)
