"""Every language says everything, with the same facts in the same places, in characters that our fonts have."""

import string
from collections.abc import Iterator, Mapping
from typing import Literal, cast, get_args, get_origin, get_type_hints

import msgspec
import pytest

from reports.language.locale import LANGUAGES
from reports.language.phrases import Phrases, Plural
from reports.printed import coverage


def texts(group: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Each phrase below `group` with its path."""
    if isinstance(group, str):
        yield path, group
    elif isinstance(group, Mapping):
        for key, value in cast("Mapping[str, object]", group).items():
            yield from texts(value, f"{path}.{key}")
    elif isinstance(group, tuple):
        for number, value in enumerate(cast("tuple[object, ...]", group)):
            yield from texts(value, f"{path}.{number}")
    elif isinstance(group, msgspec.Struct):
        for field in msgspec.structs.fields(group):
            yield from texts(getattr(group, field.name), f"{path}.{field.name}")


def plurals(group: object) -> Iterator[Plural]:
    if isinstance(group, Plural):
        yield group
    elif isinstance(group, msgspec.Struct):
        for field in msgspec.structs.fields(group):
            yield from plurals(getattr(group, field.name))


def places(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}


LANGUAGE = pytest.mark.parametrize("phrases", list(LANGUAGES.values()), ids=list(LANGUAGES))


@LANGUAGE
def test_every_phrase_has_the_places_of_the_english_one(phrases: Phrases) -> None:
    english = dict(texts(LANGUAGES["en"]))
    found = dict(texts(phrases))
    assert found.keys() == english.keys()
    different = {
        path
        for path, phrase in found.items()
        if not path.endswith((".one", ".other")) and places(phrase) != places(english[path])
    }
    assert different == set()


@LANGUAGE
def test_a_plural_that_holds_a_number_holds_it_for_many(phrases: Phrases) -> None:
    english = [places(plural.other) for plural in plurals(LANGUAGES["en"])]
    assert [places(plural.other) for plural in plurals(phrases)] == english
    assert all(places(plural.one) <= {"n"} for plural in plurals(phrases))


@LANGUAGE
def test_no_phrase_is_empty_or_holds_markup(phrases: Phrases) -> None:
    wrong = [
        path for path, phrase in texts(phrases) if not phrase or phrase != phrase.strip() or set("<>") & set(phrase)
    ]
    assert wrong == []


@LANGUAGE
def test_every_phrase_can_be_printed(phrases: Phrases) -> None:
    missing = {character for _, phrase in texts(phrases) for character in phrase if ord(character) not in coverage()}
    assert missing == set()


@LANGUAGE
def test_every_value_that_a_fact_can_have_has_a_word(phrases: Phrases) -> None:
    for group in (phrases.words, phrases.figures):
        for name, hint in get_type_hints(type(group)).items():
            if get_origin(hint) is not None and get_origin(get_args(hint)[0]) is Literal:
                assert set(getattr(group, name)) == set(get_args(get_args(hint)[0])), name


@LANGUAGE
def test_every_number_is_defined(phrases: Phrases) -> None:
    assert set(phrases.figures.definitions) == {
        "events",
        "alerts",
        "rules",
        "hosts",
        "accounts",
        "indicators",
        "service_levels",
        "activity",
    }


@LANGUAGE
def test_no_report_claims_compliance(phrases: Phrases) -> None:
    claims = ("compliant", "compliance", "konform")
    assert [path for path, phrase in texts(phrases) if any(claim in phrase.lower() for claim in claims)] == []
