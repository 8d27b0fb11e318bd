"""The words of the portal by language."""

from typing import Final

from watchfloor.web.pages.words import Catalogue, Language
from watchfloor.web.portal.language.english import ENGLISH
from watchfloor.web.portal.language.german import GERMAN

PORTAL_WORDS: Final[dict[Language, Catalogue]] = {"en": ENGLISH, "de": GERMAN}
