"""The words of the frame by language."""

from typing import Final

from watchfloor.web.pages.language.english import ENGLISH
from watchfloor.web.pages.language.german import GERMAN
from watchfloor.web.pages.words import Catalogue, Language

FRAME_WORDS: Final[dict[Language, Catalogue]] = {"en": ENGLISH, "de": GERMAN}
