"""The words of a thing in the languages of documents, kept with the thing itself because content files carry both."""

from typing import Final, Literal

import msgspec

Language = Literal["en", "de", "fr", "es", "it", "nl", "pl"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "de", "fr", "es", "it", "nl", "pl")


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One text in seven languages. None of them may be missing."""

    en: str
    de: str
    fr: str
    es: str
    it: str
    nl: str
    pl: str

    def of(self, language: Language) -> str:
        """The text in this language."""
        texts: dict[Language, str] = {
            "en": self.en,
            "de": self.de,
            "fr": self.fr,
            "es": self.es,
            "it": self.it,
            "nl": self.nl,
            "pl": self.pl,
        }
        return texts[language]
