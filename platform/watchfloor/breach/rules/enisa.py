"""The severity of a personal data breach by ENISA's method (working document 1.0, December 2013).

Owns the tables, the arithmetic `SE = DPC x EI + CB` and the reasons. Never decides about a notice (`advice`), and
never lowers a level because data were encrypted or few people are concerned: those are flags beside it. A score that
departs from a category's basic one needs a written reason, and so does another level than the computed one.
"""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.kernel.errors import Invalid

METHOD: Final = "ENISA 1.0 (2013)"
MANY_PERSONS: Final = 100

Category: TypeAlias = Literal["simple", "behavioural", "financial", "sensitive", "credentials"]
Identifier: TypeAlias = Literal["full_name", "id_number", "phone_or_address", "email", "picture", "code"]
Level: TypeAlias = Literal["low", "medium", "high", "very_high"]
Flag: TypeAlias = Literal["more_than_100_persons", "unintelligible"]

CATEGORIES: Final[dict[Category, dict[int, str]]] = {
    "simple": {
        1: "contact, biography, education, work",
        2: "volume or controller allows a profile, or assumptions on social or financial status",
        3: "assumptions on health, sex life, politics or belief are possible",
        4: "a trait of the person makes it critical for safety or health, as with minors",
    },
    "behavioural": {
        1: "little insight, or easily found in public",
        2: "location, traffic, habits",
        3: "a detailed profile of daily life",
        4: "a profile built on sensitive data",
    },
    "financial": {
        1: "no real insight, such as being a client",
        2: "some information, no insight into status",
        3: "income, transactions, cards",
        4: "full data that enable fraud, or a detailed profile",
    },
    "sensitive": {
        1: "no real insight by its nature, or public",
        2: "general assumptions",
        3: "assumptions on sensitive data",
        4: "health, politics, sex life",
    },
    "credentials": {
        1: "opens simple data, such as a music shop",
        2: "opens data on habits, such as shopping lists",
        3: "opens detailed or financial data, such as a social network or a tax account",
        4: "opens payments or sensitive data, such as a bank account or a sensitive community",
    },
}
"""What each score of a category means. The basic score is in `BASIC`; every other one is an adjustment."""

BASIC: Final[dict[Category, int | None]] = {
    "simple": 1,
    "behavioural": 2,
    "financial": 3,
    "sensitive": 4,
    "credentials": None,
}
"""The score before adjustment. Credentials have none: they score as what they open."""

IDENTIFIERS: Final[dict[Identifier, dict[float, str]]] = {
    "full_name": {
        0.25: "common in the country",
        0.5: "rare in the country",
        0.75: "few share it in a small town",
        1.0: "with country, birth date and e-mail",
    },
    "id_number": {
        0.25: "alone",
        0.75: "reveals more about the person and is linked, as to an address",
        1.0: "with reference data, such as name or photo",
    },
    "phone_or_address": {
        0.25: "unlisted, in a country",
        0.5: "unlisted, in a small town",
        1.0: "in a public register",
    },
    "email": {
        0.25: "shows no name, not the main address",
        0.75: "shows no name, the main public address",
        1.0: "shows the name, the main public address",
    },
    "picture": {
        0.25: "unclear",
        0.5: "unclear, with a clue to the place",
        0.75: "clear, linked to nothing",
        1.0: "clear, with more data",
    },
    "code": {
        0.25: "no link without reference data",
        0.75: "shows a part, such as the first name, and is linked",
        1.0: "full name or reference data with it",
    },
}
"""How easily each identifier leads to a person. Steps that the method leaves open are not there."""

CONFIDENTIALITY: Final[dict[float, str]] = {
    0.0: "exposed, no sign of processing",
    0.25: "known recipients",
    0.5: "an unknown number of recipients",
}
INTEGRITY: Final[dict[float, str]] = {
    0.0: "altered at most, no wrong use",
    0.25: "altered, perhaps used, recoverable",
    0.5: "altered, perhaps used, not recoverable",
}
AVAILABILITY: Final[dict[float, str]] = {
    0.0: "easily recovered",
    0.25: "temporarily not available",
    0.5: "lost for good",
}
MALICE: Final = 0.5


class Processing(msgspec.Struct, frozen=True, kw_only=True):
    """How one category of the breached data scores (DPC). Any score but the basic one needs a reason."""

    category: Category
    score: int
    reason: str | None = None


class Identification(msgspec.Struct, frozen=True, kw_only=True):
    """How easily one identifier in the data leads to a person (EI)."""

    identifier: Identifier
    score: float
    reason: str | None = None


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """How the breach happened (CB): three parts of 0, 0.25 or 0.5, and whether somebody meant harm."""

    confidentiality: float = 0.0
    integrity: float = 0.0
    availability: float = 0.0
    malicious: bool = False
    confidentiality_reason: str | None = None
    integrity_reason: str | None = None
    availability_reason: str | None = None
    malicious_reason: str | None = None


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """Another level than the computed one, by a person."""

    level: Level
    reason: str
    by: str


class Severity(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome. `computed` is the method's level, `level` the one that counts."""

    method: str
    dpc: int
    ei: float
    cb: float
    se: float
    computed: Level
    level: Level
    flags: tuple[Flag, ...]
    reasons: tuple[str, ...]
    """One line for each number, in the method's order."""
    override: Override | None = None


def assess(
    processing: Sequence[Processing],
    identification: Sequence[Identification],
    circumstances: Circumstances,
    *,
    persons: int | None = None,
    is_unintelligible: bool = False,
    override: Override | None = None,
) -> Severity:
    """The severity with its reasoning; the highest category and the highest identifier count.

    `persons` is the upper end of an estimate. Raises Invalid at a score that the method does not have, and at a
    missing reason.
    """
    if not processing or not identification:
        raise Invalid("A severity needs at least one category of data and one identifier.", where="severity")
    for part in processing:
        _check_processing(part)
    for sign in identification:
        _check_identification(sign)
    if override is not None and not override.reason.strip():
        raise Invalid("Another level than the computed one needs a reason.", where="override.reason")
    dpc = max(part.score for part in processing)
    ei = max(sign.score for sign in identification)
    cb, reasons = _circumstances(circumstances)
    se = dpc * ei + cb
    computed = level_of(se)
    return Severity(
        method=METHOD,
        dpc=dpc,
        ei=ei,
        cb=cb,
        se=se,
        computed=computed,
        level=computed if override is None else override.level,
        flags=_flags(persons, is_unintelligible=is_unintelligible),
        reasons=(
            *(_processing_line(part) for part in processing),
            *(_identification_line(sign) for sign in identification),
            *reasons,
        ),
        override=override,
    )


def level_of(se: float) -> Level:
    """The level of a score: each begins at its number."""
    if se >= 4:
        return "very_high"
    if se >= 3:
        return "high"
    return "medium" if se >= 2 else "low"


def _check_processing(part: Processing) -> None:
    where = f"dpc.{part.category}"
    if part.score not in CATEGORIES[part.category]:
        raise Invalid(f"{part.score} is no score of this category: 1 to 4.", where=where)
    if part.score != BASIC[part.category] and not (part.reason or "").strip():
        basic = BASIC[part.category]
        words = "Credentials score as what they open: say what." if basic is None else f"The basic score is {basic}."
        raise Invalid(f"This score needs a written reason. {words}", where=where)


def _check_identification(sign: Identification) -> None:
    steps = IDENTIFIERS[sign.identifier]
    if sign.score not in steps:
        offered = ", ".join(f"{step:g}" for step in steps)
        raise Invalid(f"{sign.score:g} is no score of this identifier: {offered}.", where=f"ei.{sign.identifier}")


def _circumstances(given: Circumstances) -> tuple[float, list[str]]:
    parts = (
        ("confidentiality", given.confidentiality, CONFIDENTIALITY, given.confidentiality_reason),
        ("integrity", given.integrity, INTEGRITY, given.integrity_reason),
        ("availability", given.availability, AVAILABILITY, given.availability_reason),
    )
    lines: list[str] = []
    for name, score, words, reason in parts:
        if score not in words:
            raise Invalid(f"{score:g} is no score of this part: 0, 0.25 or 0.5.", where=f"cb.{name}")
        lines.append(_line(f"CB {name} {score:g}", words[score], reason))
    malice = MALICE if given.malicious else 0.0
    meant = "somebody meant it" if given.malicious else "nobody meant it"
    lines.append(_line(f"CB malice {malice:g}", meant, given.malicious_reason))
    return given.confidentiality + given.integrity + given.availability + malice, lines


def _flags(persons: int | None, *, is_unintelligible: bool) -> tuple[Flag, ...]:
    flags: list[Flag] = []
    if persons is not None and persons > MANY_PERSONS:
        flags.append("more_than_100_persons")
    if is_unintelligible:
        flags.append("unintelligible")
    return tuple(flags)


def _processing_line(part: Processing) -> str:
    basic = BASIC[part.category]
    changed = "" if basic in (None, part.score) else f" (basic {basic})"
    return _line(f"DPC {part.category} {part.score}{changed}", CATEGORIES[part.category][part.score], part.reason)


def _identification_line(sign: Identification) -> str:
    return _line(f"EI {sign.identifier} {sign.score:g}", IDENTIFIERS[sign.identifier][sign.score], sign.reason)


def _line(head: str, words: str, reason: str | None) -> str:
    return f"{head}: {words}; {reason}" if reason else f"{head}: {words}"
