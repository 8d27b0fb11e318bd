"""ENISA's severity: every cell of its tables, its arithmetic and levels, and the reasons that it asks for."""

from itertools import product
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.breach.rules.enisa import (
    AVAILABILITY,
    BASIC,
    CATEGORIES,
    CONFIDENTIALITY,
    IDENTIFIERS,
    INTEGRITY,
    Category,
    Circumstances,
    Identification,
    Identifier,
    Level,
    Override,
    Processing,
    assess,
    level_of,
)
from watchfloor.kernel.errors import Invalid

SURE: Final = Identification(identifier="full_name", score=1.0)
QUIET: Final = Circumstances()

DPC: Final[tuple[tuple[Category, str, int], ...]] = (
    ("simple", "contact data of subscribers", 1),
    ("simple", "a volume that shows social and financial standing", 2),
    ("simple", "a list from which an illness may be guessed", 3),
    ("simple", "addresses of threatened children", 4),
    ("behavioural", "a visit that everybody could see", 1),
    ("behavioural", "traffic and location of a day", 2),
    ("behavioural", "a year of movements", 3),
    ("behavioural", "movements that show a faith", 4),
    ("financial", "that somebody is a client", 1),
    ("financial", "one bill", 2),
    ("financial", "income and transactions", 3),
    ("financial", "card numbers with everything that pays", 4),
    ("sensitive", "a condition that everybody knows of", 1),
    ("sensitive", "that somebody saw a doctor", 2),
    ("sensitive", "a ward from which an illness may be guessed", 3),
    ("sensitive", "diagnoses", 4),
    ("credentials", "of a music shop", 1),
    ("credentials", "of shopping lists", 2),
    ("credentials", "of a social network", 3),
    ("credentials", "of a tax account", 3),
    ("credentials", "of a bank with payments", 4),
    ("credentials", "of a sensitive community", 4),
)
EI: Final[dict[Identifier, tuple[float, ...]]] = {
    "full_name": (0.25, 0.5, 0.75, 1.0),
    "id_number": (0.25, 0.75, 1.0),
    "phone_or_address": (0.25, 0.5, 1.0),
    "email": (0.25, 0.75, 1.0),
    "picture": (0.25, 0.5, 0.75, 1.0),
    "code": (0.25, 0.75, 1.0),
}


@pytest.mark.parametrize(("category", "example", "score"), DPC)
def test_each_category_scores_one_to_four(category: Category, example: str, score: int) -> None:
    severity = assess([Processing(category=category, score=score, reason=example)], [SURE], QUIET)
    assert (severity.dpc, severity.se) == (score, score)
    assert example in severity.reasons[0]


@pytest.mark.parametrize(
    ("category", "basic"),
    [("simple", 1), ("behavioural", 2), ("financial", 3), ("sensitive", 4), ("credentials", None)],
)
def test_only_the_basic_score_needs_no_reason_and_credentials_always_say_what_they_open(
    category: Category, basic: int | None
) -> None:
    for score in range(1, 5):
        bare = Processing(category=category, score=score)
        if score == basic:
            assert assess([bare], [SURE], QUIET).dpc == basic
        else:
            with pytest.raises(Invalid, match="needs a written reason"):
                assess([bare], [SURE], QUIET)
            with pytest.raises(Invalid, match="needs a written reason"):
                assess([Processing(category=category, score=score, reason="  ")], [SURE], QUIET)


@pytest.mark.parametrize(("identifier", "score"), list(product(EI, (0.25, 0.5, 0.75, 1.0))))
def test_each_identifier_has_the_steps_of_the_method_and_no_others(identifier: Identifier, score: float) -> None:
    sign = Identification(identifier=identifier, score=score)
    if score in EI[identifier]:
        severity = assess([Processing(category="sensitive", score=4)], [sign], QUIET)
        assert (severity.ei, severity.se) == (score, 4 * score)
    else:
        with pytest.raises(Invalid, match="no score of this identifier"):
            assess([Processing(category="sensitive", score=4)], [sign], QUIET)


@pytest.mark.parametrize(
    ("c", "i", "a", "meant"), list(product((0.0, 0.25, 0.5), (0.0, 0.25, 0.5), (0.0, 0.25, 0.5), (False, True)))
)
def test_the_four_circumstances_add_up(c: float, i: float, a: float, *, meant: bool) -> None:
    given_ = Circumstances(confidentiality=c, integrity=i, availability=a, malicious=meant)
    severity = assess([Processing(category="simple", score=1)], [SURE], given_)
    assert severity.cb == c + i + a + (0.5 if meant else 0.0)
    assert severity.se == 1 + severity.cb


@pytest.mark.parametrize("part", ["confidentiality", "integrity", "availability"])
def test_a_part_has_three_steps(part: str) -> None:
    wrong = {
        "confidentiality": Circumstances(confidentiality=0.3),
        "integrity": Circumstances(integrity=1.0),
        "availability": Circumstances(availability=-0.25),
    }
    with pytest.raises(Invalid, match="no score of this part"):
        assess([Processing(category="simple", score=1)], [SURE], wrong[part])


@pytest.mark.parametrize(
    ("se", "level"),
    [(0.25, "low"), (1.75, "low"), (2, "medium"), (2.75, "medium"), (3, "high"), (3.75, "high"),
     (4, "very_high"), (6, "very_high")],
)  # fmt: skip
def test_a_level_begins_at_its_number(se: float, level: Level) -> None:
    assert level_of(se) == level


def test_a_known_example_is_very_high_with_its_reasoning() -> None:
    severity = assess(
        [Processing(category="sensitive", score=4)],
        [Identification(identifier="full_name", score=0.75)],
        Circumstances(confidentiality=0.25, availability=0.25, malicious=True),
        persons=101,
    )
    assert (severity.se, severity.level, severity.flags) == (4.0, "very_high", ("more_than_100_persons",))
    assert severity.reasons == (
        "DPC sensitive 4: health, politics, sex life",
        "EI full_name 0.75: few share it in a small town",
        "CB confidentiality 0.25: known recipients",
        "CB integrity 0: altered at most, no wrong use",
        "CB availability 0.25: temporarily not available",
        "CB malice 0.5: somebody meant it",
    )


def test_the_highest_category_and_the_highest_identifier_count() -> None:
    parts = [Processing(category="simple", score=1), Processing(category="financial", score=3)]
    signs = [Identification(identifier="email", score=0.25), Identification(identifier="picture", score=0.75)]
    severity = assess(parts, signs, QUIET)
    assert (severity.dpc, severity.ei, severity.se, severity.level) == (3, 0.75, 2.25, "medium")
    assert len(severity.reasons) == 8


def test_flags_stand_beside_the_score_and_do_not_change_it() -> None:
    parts = [Processing(category="sensitive", score=4)]
    bare = assess(parts, [SURE], QUIET, persons=100)
    flagged = assess(parts, [SURE], QUIET, persons=100_000, is_unintelligible=True)
    assert bare.flags == ()
    assert flagged.flags == ("more_than_100_persons", "unintelligible")
    assert bare.se == flagged.se


def test_a_person_may_set_another_level_with_a_reason_and_the_computed_one_stays_visible() -> None:
    parts = [Processing(category="simple", score=1)]
    severity = assess(parts, [SURE], QUIET, override=Override(level="high", reason="A stalker has it.", by="A. Person"))
    assert (severity.computed, severity.level, severity.se) == ("low", "high", 1.0)
    with pytest.raises(Invalid, match="needs a reason"):
        assess(parts, [SURE], QUIET, override=Override(level="high", reason=" ", by="A. Person"))


def test_nothing_is_scored_out_of_nothing() -> None:
    with pytest.raises(Invalid, match="at least one"):
        assess([], [SURE], QUIET)
    with pytest.raises(Invalid, match="at least one"):
        assess([Processing(category="simple", score=1)], [], QUIET)
    with pytest.raises(Invalid, match="1 to 4"):
        assess([Processing(category="simple", score=5, reason="more")], [SURE], QUIET)


parts = st.sampled_from([(category, score) for category, scores in CATEGORIES.items() for score in scores])
signs = st.sampled_from([(identifier, score) for identifier, scores in IDENTIFIERS.items() for score in scores])


@given(
    given_parts=st.lists(parts, min_size=1),
    given_signs=st.lists(signs, min_size=1),
    c=st.sampled_from(sorted(CONFIDENTIALITY)),
    i=st.sampled_from(sorted(INTEGRITY)),
    a=st.sampled_from(sorted(AVAILABILITY)),
    meant=st.booleans(),
)
def test_the_score_is_an_exact_number_of_quarters(
    given_parts: list[tuple[Category, int]],
    given_signs: list[tuple[Identifier, float]],
    c: float,
    i: float,
    a: float,
    *,
    meant: bool,
) -> None:
    severity = assess(
        [Processing(category=category, score=score, reason="because") for category, score in given_parts],
        [Identification(identifier=identifier, score=score) for identifier, score in given_signs],
        Circumstances(confidentiality=c, integrity=i, availability=a, malicious=meant),
    )
    highest = max(score for _, score in given_parts) * max(round(score * 4) for _, score in given_signs)
    quarters = highest + round(c * 4) + round(i * 4) + round(a * 4) + (2 if meant else 0)
    assert severity.se == quarters / 4
    assert severity.computed == ("low", "medium", "high", "very_high")[min(max(quarters // 4, 1), 4) - 1]


def test_every_category_knows_its_basic_score() -> None:
    assert {category: basic for category, basic in BASIC.items() if basic is not None} == {
        "simple": 1,
        "behavioural": 2,
        "financial": 3,
        "sensitive": 4,
    }
