"""The letter to the persons concerned in English."""

from typing import Final

from reports.documents.subject_letter.language.phrases import LetterWords
from reports.language.phrases import Plural

ENGLISH: Final = LetterWords(
    kind="Letter to the persons concerned",
    subject="A breach of the protection of your personal data",
    recipient="Name and address of the recipient",
    date="Date",
    greeting="Dear Sir or Madam,",
    intro=("We are writing because personal data of yours may be affected by an incident in our care."),
    happened="What happened",
    period="It happened on or after {time}.",
    data="Which data are concerned",
    means="What it may mean for you",
    done="What we did",
    advice="What you should do",
    ask="Whom you can ask",
    sign="Yours faithfully,",
    officer="Cover page for the data protection officer: do not send",
    letter="The letter begins on the next page.",
    ready="Every part of the letter is there. Please read it before it goes out.",
    lacks=Plural(
        "One part of the letter is missing. It was left out and not invented.",
        "{n} parts of the letter are missing. They were left out and not invented.",
    ),
    where="Entry in the case",
    public="Public notice (Art. 34(3)(c))",
    public_lead="For a public communication in place of letters. It names no person.",
    sender="Sender of the letter",
    no_decision=("Nobody has decided to inform the persons. The letter must not go out without that decision."),
    due="Due without undue delay once a high risk is likely.",
)
