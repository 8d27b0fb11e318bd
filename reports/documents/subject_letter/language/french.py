"""The letter to the persons concerned in French."""

from typing import Final

from reports.documents.subject_letter.language.phrases import LetterWords
from reports.language.plurals import PluralFromTwo

FRENCH: Final = LetterWords(
    kind="Lettre aux personnes concernées",
    subject="Violation de vos données à caractère personnel",
    recipient="Nom et adresse du destinataire",
    date="Date",
    greeting="Madame, Monsieur,",
    intro=("Nous vous écrivons parce qu'un incident chez nous peut concerner vos données à caractère personnel."),
    happened="Ce qui s'est passé",
    period="Cela s'est passé le {time} ou après.",
    data="Quelles données sont concernées",
    means="Ce que cela peut signifier pour vous",
    done="Ce que nous avons fait",
    advice="Ce que vous devriez faire",
    ask="À qui vous adresser",
    sign="Veuillez agréer nos salutations distinguées.",
    officer="Page de garde pour le délégué à la protection des données : ne pas envoyer",
    letter="La lettre commence à la page suivante.",
    ready="Toutes les parties de la lettre sont là. Veuillez la lire avant l'envoi.",
    lacks=PluralFromTwo(
        "Une partie de la lettre manque. Elle a été laissée de côté et non inventée.",
        "{n} parties de la lettre manquent. Elles ont été laissées de côté et non inventées.",
    ),
    where="Champ du cas",
    public="Communication publique (art. 34, par. 3, point c)",
    public_lead="Pour une communication publique au lieu de lettres. Elle ne nomme personne.",
    sender="Expéditeur de la lettre",
    no_decision=("Personne n'a décidé d'informer les personnes. Sans cette décision, la lettre ne doit pas partir."),
    due="À envoyer dans les meilleurs délais dès qu'un risque élevé est probable.",
)
