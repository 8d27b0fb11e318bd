"""The phrases of the letter to the persons concerned, as types: a language that lacks one does not type-check."""

from reports.language.phrases import PhraseGroup, Plural


class LetterWords(PhraseGroup, frozen=True):
    """All that the letter and its cover page say in one language, in plain words."""

    kind: str
    subject: str
    recipient: str
    date: str
    greeting: str
    intro: str
    happened: str
    period: str
    data: str
    means: str
    done: str
    advice: str
    ask: str
    sign: str
    officer: str
    letter: str
    ready: str
    lacks: Plural
    where: str
    public: str
    public_lead: str
    sender: str
    no_decision: str
    due: str
