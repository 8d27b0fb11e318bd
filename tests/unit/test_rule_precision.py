"""A rule's precision: the share, what to reckon with, and between what it lies; and the score that is made of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.alerts.alert import Severity
from watchfloor.alerts.precision.estimate import Verdicts
from watchfloor.assets.weights import WEIGHTS, Weight, heaviest
from watchfloor.detect.rule import LEVELS
from watchfloor.incidents.scoring.score import Known, score_of

counts = st.integers(0, 10_000)
known = st.builds(
    Known,
    severity=st.sampled_from(LEVELS),
    rules=st.integers(0, 1_000),
    tactics=st.integers(0, 20),
    hosts=st.integers(0, 100_000),
    worth=st.sampled_from(WEIGHTS),
    precision=st.floats(0, 1),
    intel=st.integers(0, 10),
)


def some(
    *, severity: Severity = "medium", hosts: int = 1, worth: Weight = "normal", precision: float = 0.5, rules: int = 1
) -> Known:
    return Known(severity=severity, rules=rules, tactics=1, hosts=hosts, worth=worth, precision=precision, intel=0)


@given(true=counts, benign=counts, false=counts)
def test_the_share_lies_within_its_bounds_and_they_narrow(true: int, benign: int, false: int) -> None:
    verdicts = Verdicts(true_positive=true, benign=benign, false_positive=false)
    low, high = verdicts.bounds
    assert 0 <= low <= high <= 1
    assert 0 < verdicts.estimate < 1
    if verdicts.precision is not None:
        assert low - 1e-9 <= verdicts.precision <= high + 1e-9
        twice_low, twice_high = verdicts.plus(verdicts).bounds
        assert twice_high - twice_low < high - low


@pytest.mark.parametrize(
    ("true", "false", "low", "high"),
    [(0, 0, 0.0, 1.0), (1, 0, 0.2065, 1.0), (5, 5, 0.2366, 0.7634), (90, 10, 0.8256, 0.9448), (0, 10, 0.0, 0.2775)],
)
def test_the_bounds_are_wilsons(true: int, false: int, low: float, high: float) -> None:
    assert Verdicts(true_positive=true, false_positive=false).bounds == pytest.approx((low, high), abs=5e-5)


def test_one_verdict_moves_the_estimate_and_decides_nothing() -> None:
    assert Verdicts().estimate == 0.5
    assert Verdicts(true_positive=1).estimate == pytest.approx(2 / 3)
    assert Verdicts(false_positive=1).estimate == pytest.approx(1 / 3)
    assert Verdicts(inconclusive=9).estimate == 0.5


@given(known)
def test_a_score_is_what_its_reasons_add_up_to_within_its_limits(one: Known) -> None:
    score = score_of(one)
    assert score.points == min(max(sum(reason.points for reason in score.reasons), 0), 100)
    assert [abs(reason.points) for reason in score.reasons] == sorted(
        (abs(reason.points) for reason in score.reasons), reverse=True
    )
    assert all(reason.points and reason.detail for reason in score.reasons)
    assert len(score.strongest) <= 2


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (some(severity="medium"), some(severity="high")),
        (some(), some(rules=2)),
        (some(), some(hosts=2)),
        (some(worth="low"), some(worth="normal")),
        (some(worth="high"), some(worth="critical")),
        (some(precision=0.1), some(precision=0.9)),
    ],
)
def test_what_is_worse_scores_higher(less: Known, more: Known) -> None:
    assert score_of(less).points < score_of(more).points


def test_a_rule_that_is_always_wrong_never_hides_an_incident() -> None:
    assert score_of(some(severity="critical", precision=0.0, worth="low")).points > 0


def test_the_heaviest_thing_counts_and_a_light_one_among_others_is_none() -> None:
    assert heaviest(()) == "normal"
    assert heaviest(("low",)) == "low"
    assert heaviest(("low", "critical", "high")) == "critical"
