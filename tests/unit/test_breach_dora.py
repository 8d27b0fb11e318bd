"""DORA's classification: every threshold on both its sides, what is not known, and incidents that come again."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import pytest

from watchfloor.breach.rules.dora import DoraImpact, PastIncident, classify, recurring, together
from watchfloor.breach.rules.library import shipped

[RULE] = shipped().dora
HOUR: Final = timedelta(hours=1)
SHORT: Final = timedelta(minutes=90)
OVER_A_DAY: Final = timedelta(days=1, seconds=1)
TWO_HOURS: Final = timedelta(hours=2)
OVER_TWO_HOURS: Final = timedelta(hours=2, seconds=1)
TWO_STATES: Final = frozenset({"DE", "AT"})
NO_HARM: Final[frozenset[str]] = frozenset()
CLIENTS: Final = "clients_counterparts_transactions"

NOTHING: Final = DoraImpact(
    critical_services=True,
    malicious_access=False,
    clients=0,
    clients_all=1_000,
    counterparts=0,
    counterparts_all=100,
    transactions=0,
    transactions_daily=1_000,
    transactions_eur=0,
    transactions_daily_eur=1_000,
    relevant_client=False,
    reputation=frozenset(),
    duration=HOUR,
    downtime_critical=HOUR,
    member_states=frozenset({"DE"}),
    data_loss=False,
    cost_eur=0,
)
"""An incident of critical services about which everything is known and nothing is over a threshold."""

THRESHOLDS: Final[tuple[tuple[str, str, object, object], ...]] = (
    ("over 10 % of clients", CLIENTS, {"clients": 101}, {"clients": 100}),
    (
        "over 100 000 clients",
        CLIENTS,
        {"clients": 100_001, "clients_all": 10_000_000},
        {"clients": 100_000, "clients_all": 10_000_000},
    ),
    ("over 30 % of counterparts", CLIENTS, {"counterparts": 31}, {"counterparts": 30}),
    ("over 10 % of transactions", CLIENTS, {"transactions": 101}, {"transactions": 100}),
    ("over 10 % of their value", CLIENTS, {"transactions_eur": 101}, {"transactions_eur": 100}),
    ("a relevant client", CLIENTS, {"relevant_client": True}, {"relevant_client": False}),
    ("in the media", "reputation", {"reputation": {"media"}}, {"reputation": NO_HARM}),
    ("complaints again and again", "reputation", {"reputation": {"repeated_complaints"}}, {"reputation": NO_HARM}),
    ("rules missed", "reputation", {"reputation": {"rules_missed"}}, {"reputation": NO_HARM}),
    ("clients lost", "reputation", {"reputation": {"clients_lost"}}, {"reputation": NO_HARM}),
    ("longer than a day", "duration_downtime", {"duration": OVER_A_DAY}, {"duration": 24 * HOUR}),
    ("down for long", "duration_downtime", {"downtime_critical": OVER_TWO_HOURS}, {"downtime_critical": TWO_HOURS}),
    ("two member states", "geographical_spread", {"member_states": TWO_STATES}, {"member_states": {"AT"}}),
    ("losses of data", "data_losses", {"data_loss": True}, {"data_loss": False}),
    ("over EUR 100 000", "economic_impact", {"cost_eur": 100_001}, {"cost_eur": 100_000}),
)  # fmt: skip


def changed(impact: DoraImpact, values: object) -> DoraImpact:
    """An impact with other values; they are checked as they would be from outside."""
    return msgspec.convert({**msgspec.structs.asdict(impact), **msgspec.convert(values, dict[str, object])}, DoraImpact)


@pytest.mark.parametrize(
    ("criterion", "over", "under"), [row[1:] for row in THRESHOLDS], ids=[row[0] for row in THRESHOLDS]
)
def test_a_threshold_is_met_when_it_is_exceeded(criterion: str, over: object, under: object) -> None:
    for values, met in ((over, True), (under, False)):
        [judged] = [one for one in classify(changed(NOTHING, values), RULE).criteria if one.criterion == criterion]
        assert judged.met is met
        assert bool(judged.reasons) is met


def test_one_criterion_is_not_enough_and_two_are() -> None:
    one = changed(NOTHING, {"cost_eur": 200_000})
    two = changed(one, {"data_loss": True})
    same = changed(
        NOTHING, {"clients": 500, "relevant_client": True, "transactions": 900}
    )  # three ways to one criterion
    assert classify(one, RULE).major is False
    assert classify(two, RULE).major is True
    assert classify(same, RULE).major is False


def test_malicious_access_is_enough_by_itself_but_only_to_critical_services() -> None:
    access = changed(NOTHING, {"malicious_access": True})
    assert classify(access, RULE).major is True
    assert classify(changed(access, {"critical_services": False}), RULE).major is False
    lots = changed(access, {"critical_services": False, "cost_eur": 10**9, "data_loss": True, "clients": 1_000})
    assert classify(lots, RULE).major is False


def test_what_nobody_knows_is_named_and_is_no_no() -> None:
    blank = classify(DoraImpact(), RULE)
    assert blank.major is None
    assert {"critical_services", "malicious_access", "data_loss", "cost_eur"} <= set(blank.missing)
    early = classify(DoraImpact(critical_services=True, data_loss=True), RULE)
    assert early.major is None
    assert "data_loss" not in early.missing
    decided = classify(DoraImpact(critical_services=True, malicious_access=True), RULE)
    assert (decided.major, decided.missing) == (True, ())
    refuted = classify(DoraImpact(critical_services=False), RULE)
    assert (refuted.major, refuted.missing) == (False, ())


def test_one_open_question_that_cannot_make_two_leaves_a_no() -> None:
    almost = msgspec.structs.replace(NOTHING, cost_eur=None)
    assert classify(almost, RULE).major is False
    assert classify(msgspec.structs.replace(almost, data_loss=True), RULE).major is None


def past(day: int, cause: str, month: int = 1, *, cost_eur: int, downtime: timedelta = HOUR) -> PastIncident:
    return PastIncident(
        reference=f"{cause}-{month}-{day}",
        occurred_at=datetime(2026, month, day, 12, tzinfo=UTC),
        root_cause=cause,
        impact=msgspec.structs.replace(NOTHING, cost_eur=cost_eur, downtime_critical=downtime),
    )


def test_incidents_of_one_cause_within_six_months_are_major_together() -> None:
    first = past(10, "patch", cost_eur=60_000, downtime=SHORT)
    second = past(20, "patch", 5, cost_eur=60_000, downtime=SHORT)
    assert classify(first.impact, RULE).major is False
    assert recurring([second, first], RULE) == (first, second)


def test_they_are_not_when_the_cause_differs_or_half_a_year_has_passed_or_the_sum_is_small() -> None:
    def big(day: int, cause: str, month: int = 1) -> PastIncident:
        return past(day, cause, month, cost_eur=60_000, downtime=SHORT)

    assert recurring([big(10, "patch"), big(20, "disk", 5)], RULE) == ()
    assert recurring([big(10, "patch"), big(11, "patch", 7)], RULE) == ()
    assert len(recurring([big(10, "patch"), big(10, "patch", 7)], RULE)) == 2
    assert recurring([past(10, "patch", cost_eur=40_000), past(20, "patch", 5, cost_eur=40_000)], RULE) == ()
    assert recurring([big(10, "patch")], RULE) == ()


def test_together_keeps_unknown_what_nobody_knows() -> None:
    one, other = DoraImpact(clients=5, data_loss=False), DoraImpact(clients=None, data_loss=None)
    both = together([one, other])
    assert (both.clients, both.data_loss, both.cost_eur, both.member_states) == (5, None, None, None)
