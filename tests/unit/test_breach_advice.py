"""What is suggested to the person who decides on Art. 33 and 34: held against the EDPB's eighteen cases."""

from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.breach_edpb_cases import CASES, Case, Outcome
from watchfloor.breach.rules.advice import Breach, Suggestion, advise
from watchfloor.breach.rules.enisa import (
    Circumstances,
    Identification,
    Override,
    Processing,
    Severity,
    assess,
)
from watchfloor.breach.rules.library import shipped

[RULE] = shipped().advice
SURE: Final = Identification(identifier="full_name", score=1.0)


def severity_of(breach: Breach, sign: Identification = SURE, override: Override | None = None) -> Severity:
    return assess(
        breach.processing,
        [sign],
        breach.circumstances,
        persons=breach.persons,
        is_unintelligible=breach.is_unintelligible,
        override=override,
    )


def outcome(suggestion: Suggestion) -> Outcome:
    assert suggestion.register
    if suggestion.tell_subjects:
        assert suggestion.notify_authority
        return "RAS"
    return "RA" if suggestion.notify_authority else "R"


@pytest.mark.parametrize("case", CASES, ids=[f"case {number}" for number in range(1, 19)])
def test_the_suggestion_is_the_edpbs_conclusion_or_the_difference_is_declared(case: Case) -> None:
    suggestion = advise(case.breach, severity_of(case.breach, case.identification), RULE)
    assert outcome(suggestion) == case.ours
    assert (case.ours != case.outcome) == bool(case.why_ours_differs)
    if case.why_ours_differs:
        assert suggestion.weigh  # where we are known to suggest less, something is named for a person to weigh


def test_of_eighteen_cases_the_rule_differs_in_one_and_it_is_the_stolen_notebook() -> None:
    assert [number for number, case in enumerate(CASES, 1) if case.why_ours_differs] == [11]
    assert len(CASES) == 18


def test_it_is_the_facts_of_a_case_that_decide_and_not_its_number() -> None:
    """Each case turns when the fact turns on which the EDPB rests its conclusion."""
    encrypted = CASES[9].breach
    plain = msgspec.structs.replace(encrypted, is_unintelligible=False)
    assert outcome(advise(plain, severity_of(plain), RULE)) == "RAS"
    backed_up = CASES[0].breach
    gone = msgspec.structs.replace(
        backed_up,
        has_copy=False,
        circumstances=msgspec.structs.replace(backed_up.circumstances, availability=0.25),
    )
    assert outcome(advise(gone, severity_of(gone), RULE)) == "RA"
    trusted = CASES[8].breach
    stranger = msgspec.structs.replace(trusted, trusted_recipient=False)
    assert outcome(advise(stranger, severity_of(stranger), RULE)) == "RA"
    office = CASES[13].breach
    few = msgspec.structs.replace(office, persons=60)
    assert outcome(advise(few, severity_of(few, CASES[13].identification), RULE)) == "RA"


def test_every_suggestion_says_why() -> None:
    for case in CASES:
        suggestion = advise(case.breach, severity_of(case.breach, case.identification), RULE)
        assert bool(suggestion.for_notice) != bool(suggestion.against)
        assert bool(suggestion.for_telling) == suggestion.tell_subjects
        assert suggestion.rule == RULE.id


def test_a_level_that_a_person_set_counts_and_is_named() -> None:
    breach = Breach(processing=(Processing(category="simple", score=1),), circumstances=Circumstances())
    low = advise(breach, severity_of(breach), RULE)
    assert (outcome(low), low.against) == ("R", ("low_severity",))
    higher = Override(level="high", reason="One of them is in hiding.", by="A. Person")
    raised = advise(breach, severity_of(breach, override=higher), RULE)
    assert (outcome(raised), raised.for_notice, raised.for_telling) == (
        "RAS",
        ("level_set_by_person",),
        ("level_set_by_person",),
    )


def test_encryption_settles_nothing_when_the_data_are_gone() -> None:
    breach = Breach(
        processing=(Processing(category="sensitive", score=4),),
        circumstances=Circumstances(availability=0.5),
        is_unintelligible=True,
        has_copy=False,
    )
    assert outcome(advise(breach, severity_of(breach), RULE)) == "RAS"


def worsened(before: Breach, how: str) -> Breach:
    match how:
        case "persons":
            return msgspec.structs.replace(before, persons=(before.persons or 0) + 50_000)
        case "malice":
            given_ = msgspec.structs.replace(before.circumstances, malicious=True)
            return msgspec.structs.replace(before, circumstances=given_)
        case "readable":
            return msgspec.structs.replace(before, is_unintelligible=False)
        case "stranger":
            return msgspec.structs.replace(before, trusted_recipient=False)
        case "lost":
            return msgspec.structs.replace(before, has_copy=False)
        case _:
            return msgspec.structs.replace(before, processing=(Processing(category="sensitive", score=4),))


scores = st.sampled_from([0.0, 0.25, 0.5])


@given(
    dpc=st.integers(1, 4),
    parts=st.tuples(scores, scores, scores),
    meant=st.booleans(),
    persons=st.one_of(st.none(), st.integers(1, 200_000)),
    more=st.sampled_from(["persons", "malice", "readable", "stranger", "lost", "worse"]),
    shields=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_what_is_worse_is_never_suggested_less_for(
    dpc: int,
    parts: tuple[float, float, float],
    *,
    meant: bool,
    persons: int | None,
    more: str,
    shields: tuple[bool, bool, bool],
) -> None:
    unreadable, has_copy, trusted = shields
    before = Breach(
        processing=(Processing(category="financial", score=dpc, reason="because"),),
        circumstances=Circumstances(
            confidentiality=parts[0], integrity=parts[1], availability=parts[2], malicious=meant
        ),
        persons=persons,
        is_unintelligible=unreadable,
        has_copy=has_copy,
        trusted_recipient=trusted,
    )
    after = worsened(before, more)
    order = ("R", "RA", "RAS")
    one = order.index(outcome(advise(before, severity_of(before), RULE)))
    other = order.index(outcome(advise(after, severity_of(after), RULE)))
    assert one <= other
