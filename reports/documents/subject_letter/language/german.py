"""The letter to the persons concerned in German."""

from typing import Final

from reports.documents.subject_letter.language.phrases import LetterWords
from reports.language.phrases import Plural

GERMAN: Final = LetterWords(
    kind="Schreiben an die betroffenen Personen",
    subject="Verletzung des Schutzes Ihrer personenbezogenen Daten",
    recipient="Name und Anschrift der empfangenden Person",
    date="Datum",
    greeting="Guten Tag,",
    intro=(
        "wir schreiben Ihnen, weil ein Vorfall in unserem Verantwortungsbereich Ihre "
        "personenbezogenen Daten betreffen kann."
    ),
    happened="Was geschehen ist",
    period="Es geschah am oder nach dem {time}.",
    data="Welche Daten betroffen sind",
    means="Was das für Sie bedeuten kann",
    done="Was wir getan haben",
    advice="Was Sie tun sollten",
    ask="Wen Sie fragen können",
    sign="Mit freundlichen Grüßen",
    officer="Deckblatt für den Datenschutzbeauftragten: nicht versenden",
    letter="Das Schreiben beginnt auf der nächsten Seite.",
    ready="Jeder Teil des Schreibens ist da. Bitte lesen Sie es, bevor es hinausgeht.",
    lacks=Plural(
        "Ein Teil des Schreibens fehlt. Er wurde weggelassen und nicht erfunden.",
        "{n} Teile des Schreibens fehlen. Sie wurden weggelassen und nicht erfunden.",
    ),
    where="Eintrag im Fall",
    public="Öffentliche Bekanntmachung (Art. 34 Abs. 3 Buchst. c)",
    public_lead="Für eine öffentliche Bekanntmachung anstelle von Schreiben. Sie nennt keine Person.",
    sender="Absender des Schreibens",
    no_decision=(
        "Niemand hat entschieden, die Personen zu benachrichtigen. Ohne diese Entscheidung "
        "darf das Schreiben nicht hinausgehen."
    ),
    due="Unverzüglich fällig, sobald ein hohes Risiko wahrscheinlich ist.",
)
