"""The frame of a page: whose it is, who reads it, in which language, and where one can go from here."""

from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from watchfloor.access.sessions import csrf_token
from watchfloor.web.calls import IdentifiedCall
from watchfloor.web.pages.words import LANGUAGES, NAMES, Words


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A page that the navigation leads to. `count` is what waits there, if something does."""

    href: str
    label: str
    is_here: bool = False
    count: int = 0


class LanguageChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A language that one may choose."""

    code: str
    name: str
    is_here: bool


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds a page. `changes` is the stream that says when to look again, if there is one.

    `look` is a style sheet of the tenant's own, `logo` its picture.
    """

    title: str
    owner: str
    home: str
    reader: str
    csrf: str
    path: str
    places: Sequence[Place]
    languages: Sequence[LanguageChoice]
    changes: str = ""
    look: str = ""
    logo: str = ""
    others: Sequence[Place] = ()


def languages_of(words: Words) -> tuple[LanguageChoice, ...]:
    """The languages to choose from."""
    return tuple(LanguageChoice(code=one, name=NAMES[one], is_here=one == words.language) for one in LANGUAGES)


def token_of(call: IdentifiedCall) -> str:
    """What forms of this session carry."""
    return "" if call.session is None else csrf_token(call.session.id).reveal()


def href(path: str, **query: str | int | None) -> str:
    """An address of ours, with what is said of the query."""
    said = {name: str(value) for name, value in query.items() if value not in ("", None)}
    return f"{path}?{urlencode(said)}" if said else path
