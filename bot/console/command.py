"""What an analyst types: the desk's verbs, and the console's own few words."""

from enum import StrEnum
from typing import Final

import msgspec

from watchfloor.desk.line import find_verb, read_line, split, usage
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Intent
from watchfloor.kernel.errors import Invalid


class Word(StrEnum):
    """What the console itself understands."""

    WHOAMI = "whoami"
    HELP = "help"
    QUIT = "quit"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """How something is typed and what it does."""

    name: str
    usage: str
    does: str


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A line, understood: an intent for the desk, or one of the console's own words. `about` is what help is on."""

    intent: Intent | None = None
    word: Word | None = None
    about: str = ""


SYNONYMS: Final[dict[str, Word]] = {"who": Word.WHOAMI, "?": Word.HELP, "exit": Word.QUIT}

_OWN: Final = (
    Entry(name=Word.WHOAMI, usage="whoami", does="see who you are here, and what you may do for whom"),
    Entry(name=Word.HELP, usage="help [VERB]", does="see this"),
    Entry(name=Word.QUIT, usage="quit", does="leave; Ctrl-D does too"),
)

MANUAL: Final[tuple[Entry, ...]] = (
    *(Entry(name=verb.name, usage=usage(verb), does=verb.does) for verb in TABLE.values()),
    *_OWN,
)
"""Everything that can be typed."""


def read(line: str, *, current: str | None) -> Request | None:
    """What a line asks for, or None when it is empty. `current` is the incident in front of the reader.

    Raises Invalid, with the usage, for what cannot be understood.
    """
    first, rest = split(line)
    word = _word(first)
    if word is None:
        intent = read_line(line, current=current)
        return None if intent is None else Request(intent=intent)
    about, more = split(rest)
    if more or (about and word is not Word.HELP):
        raise Invalid("There is more on the line than I understand.", remedy=f"Usage: {word}")
    return Request(word=word, about=_name_of(about) if about else "")


def _word(text: str) -> Word | None:
    name = text.lower()
    return SYNONYMS.get(name) or (Word(name) if name in {str(word) for word in Word} else None)


def _name_of(text: str) -> str:
    return _word(text) or find_verb(text).name
