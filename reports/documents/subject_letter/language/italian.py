"""The letter to the persons concerned in Italian."""

from typing import Final

from reports.documents.subject_letter.language.phrases import LetterWords
from reports.language.phrases import Plural

ITALIAN: Final = LetterWords(
    kind="Lettera agli interessati",
    subject="Violazione dei Suoi dati personali",
    recipient="Nome e indirizzo del destinatario",
    date="Data",
    greeting="Buongiorno,",
    intro="Le scriviamo perché un incidente presso di noi può riguardare i Suoi dati personali.",
    happened="Che cosa è accaduto",
    period="È accaduto il {time} o dopo.",
    data="Quali dati sono interessati",
    means="Che cosa può significare per Lei",
    done="Che cosa abbiamo fatto",
    advice="Che cosa dovrebbe fare",
    ask="A chi può rivolgersi",
    sign="Cordiali saluti",
    officer="Copertina per il responsabile della protezione dei dati: non inviare",
    letter="La lettera comincia alla pagina seguente.",
    ready="Tutte le parti della lettera ci sono. La legga prima dell'invio.",
    lacks=Plural(
        "Manca una parte della lettera. È stata omessa e non inventata.",
        "Mancano {n} parti della lettera. Sono state omesse e non inventate.",
    ),
    where="Campo del caso",
    public="Comunicazione pubblica (art. 34, par. 3, lett. c)",
    public_lead="Per una comunicazione pubblica al posto delle lettere. Non nomina nessuno.",
    sender="Mittente della lettera",
    no_decision=("Nessuno ha deciso di informare le persone. Senza questa decisione la lettera non deve partire."),
    due="Da inviare senza ingiustificato ritardo non appena è probabile un rischio elevato.",
)
