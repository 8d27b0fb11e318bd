"""Every language says everything, with the same facts in the same places, in characters that our fonts have."""

import string
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal, cast, get_args, get_origin, get_type_hints

import msgspec
import pytest

from reports.breach.sector.table import SECTOR_WORDS
from reports.breach.staged.language.table import STAGED_WORDS
from reports.documents.assurance.language.table import WORDS as ASSURANCE_WORDS
from reports.documents.breach_decisions.language.table import WORDS as DECISION_WORDS
from reports.documents.breach_register.language.table import WORDS as REGISTER_WORDS
from reports.documents.dora.language.table import WORDS as DORA_WORDS
from reports.documents.incident.language.phrases import IncidentWords
from reports.documents.incident.language.table import WORDS as INCIDENT_WORDS
from reports.documents.incident.language.table import words_of
from reports.documents.nis2.language.table import WORDS as NIS2_WORDS
from reports.documents.subject_letter.language.table import WORDS as LETTER_WORDS
from reports.language.locale import LANGUAGES, locale_for
from reports.language.phrases import PhraseGroup, Plural
from reports.language.plurals import PluralOfThree
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


def groups(group: PhraseGroup) -> Iterator[PhraseGroup]:
    """The group and all below it."""
    yield group
    for field in msgspec.structs.fields(group):
        if isinstance(below := getattr(group, field.name), PhraseGroup):
            yield from groups(below)


def places(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}


BOOKS: Mapping[str, Mapping[str, PhraseGroup]] = {
    "all": LANGUAGES,
    "incident": INCIDENT_WORDS,
    "breach_decisions": DECISION_WORDS,
    "subject_letter": LETTER_WORDS,
    "breach_register": REGISTER_WORDS,
    "staged": STAGED_WORDS,
    "nis2": NIS2_WORDS,
    "dora": DORA_WORDS,
    "sector": SECTOR_WORDS,
    "assurance": ASSURANCE_WORDS,
}
"""What all documents say, and what each says beside that."""

PHRASES = pytest.mark.parametrize(
    ("phrases", "english"),
    [(phrases, book["en"]) for book in BOOKS.values() for phrases in book.values()],
    ids=[f"{name}-{code}" for name, book in BOOKS.items() for code in book],
)


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
def test_every_document_speaks_every_language(book: Mapping[str, PhraseGroup]) -> None:
    assert list(book) == list(LANGUAGES)


@PHRASES
def test_every_phrase_has_the_places_of_the_english_one(phrases: PhraseGroup, english: PhraseGroup) -> None:
    wanted = dict(texts(english))
    found = dict(texts(phrases))
    assert {path for path in found if not path.endswith(".few")} == wanted.keys()
    different = {
        path
        for path, phrase in found.items()
        if not path.endswith((".one", ".other", ".few")) and places(phrase) != places(wanted[path])
    }
    assert different == set()


@PHRASES
def test_a_plural_that_holds_a_number_holds_it_for_many(phrases: PhraseGroup, english: PhraseGroup) -> None:
    wanted = [places(plural.other) for plural in plurals(english)]
    assert [places(plural.other) for plural in plurals(phrases)] == wanted
    assert all(places(plural.one) <= {"n"} for plural in plurals(phrases))


@PHRASES
def test_no_phrase_is_empty_or_holds_markup(phrases: PhraseGroup, english: PhraseGroup) -> None:
    del english
    wrong = [
        path
        for path, phrase in texts(phrases)
        if not phrase or set("<>") & set(phrase) or (phrase != phrase.strip() and not path.startswith(".writing."))
    ]
    assert wrong == []


@PHRASES
def test_every_phrase_can_be_printed(phrases: PhraseGroup, english: PhraseGroup) -> None:
    del english
    missing = {character for _, phrase in texts(phrases) for character in phrase if ord(character) not in coverage()}
    assert missing == set()


@PHRASES
def test_every_value_that_a_fact_can_have_has_a_word(phrases: PhraseGroup, english: PhraseGroup) -> None:
    del english
    for group in groups(phrases):
        for name, hint in get_type_hints(type(group)).items():
            if get_origin(hint) is not None and get_origin(get_args(hint)[0]) is Literal:
                assert set(getattr(group, name)) == set(get_args(get_args(hint)[0])), name


@pytest.mark.parametrize("words", INCIDENT_WORDS.values(), ids=INCIDENT_WORDS)
def test_every_number_is_defined(words: IncidentWords) -> None:
    assert set(words.figures.definitions) == {
        "events",
        "alerts",
        "rules",
        "hosts",
        "accounts",
        "indicators",
        "service_levels",
        "activity",
    }


@PHRASES
def test_no_report_claims_compliance(phrases: PhraseGroup, english: PhraseGroup) -> None:
    del english
    claims = ("compliant", "compliance", "konform")
    assert [path for path, phrase in texts(phrases) if any(claim in phrase.lower() for claim in claims)] == []


@pytest.mark.parametrize(
    ("code", "forms"),
    [
        ("en", ["0 events", "1 event", "2 events", "5 events", "12 events", "22 events", "1,000 events"]),
        ("fr", ["0 événement", "1 événement", "2 événements", "5 événements", "12 événements", "22 événements"]),
        ("nl", ["0 gebeurtenissen", "1 gebeurtenis", "2 gebeurtenissen", "5 gebeurtenissen"]),
        (
            "pl",
            [
                "0 wykrytych zdarzeń",
                "1 wykryte zdarzenie",
                "2 wykryte zdarzenia",
                "5 wykrytych zdarzeń",
                "12 wykrytych zdarzeń",
                "22 wykryte zdarzenia",
                "1 000 wykrytych zdarzeń",
            ],
        ),
    ],
)
def test_each_language_counts_in_its_own_way(code: str, forms: list[str]) -> None:
    locale = locale_for(code, "UTC")
    words = words_of(locale).summary.events
    counted = [str(locale.counted(words, number)) for number in (0, 1, 2, 5, 12, 22, 1_000)]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in counted][: len(forms)] == forms


def test_a_polish_plural_has_three_forms() -> None:
    assert all(isinstance(plural, PluralOfThree) for plural in plurals(LANGUAGES["pl"]))
    few = {2, 3, 4, 22, 33, 104, 1_002}
    form = PluralOfThree("one", "other", "few")
    assert {number for number in (*range(25), 33, 104, 112, 1_002) if form.of(number) == "few"} == few | {23, 24}


@pytest.mark.parametrize(
    ("code", "first", "twelfth"),
    [
        ("en", "1 November 2026", "12 November 2026"),
        ("de", "1. November 2026", "12. November 2026"),
        ("fr", "1er novembre 2026", "12 novembre 2026"),
        ("es", "1 de noviembre de 2026", "12 de noviembre de 2026"),
        ("it", "1º novembre 2026", "12 novembre 2026"),
        ("nl", "1 november 2026", "12 november 2026"),
        ("pl", "1 listopada 2026 r.", "12 listopada 2026 r."),
    ],
)
def test_a_day_is_written_as_the_language_writes_it(code: str, first: str, twelfth: str) -> None:
    locale = locale_for(code, "UTC")
    days = [str(locale.date(datetime(2026, 11, day, tzinfo=UTC))) for day in (1, 12)]
    assert [day.replace("\N{NO-BREAK SPACE}", " ") for day in days] == [first, twelfth]
