"""2024/2690: what makes an incident significant for the providers it names, the MSSP among them."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import pytest

from watchfloor.breach.rules.library import shipped
from watchfloor.breach.rules.nis2 import Nis2Impact, PastLoss, judge, recurring

[RULE] = shipped().nis2
MINUTE: Final = timedelta(minutes=1)
SECOND: Final = timedelta(seconds=1)

NOTHING: Final = Nis2Impact(
    loss_eur=0,
    turnover_eur=100_000_000,
    trade_secrets_taken=False,
    death=False,
    health_harm=False,
    disruptive_access=False,
    service_down=timedelta(),
    service_limited=timedelta(),
    users_limited=0,
    users_data=0,
    users_all=1_000,
    data_hit_by_malice=False,
)

LOW: Final = 2 * 10**6
CRITERIA: Final[tuple[tuple[str, object, object], ...]] = (
    ("Art. 3(1)(a)", {"loss_eur": 500_001}, {"loss_eur": 500_000}),
    ("Art. 3(1)(a)", {"loss_eur": 100_001, "turnover_eur": LOW}, {"loss_eur": 100_000, "turnover_eur": LOW}),
    ("Art. 3(1)(b)", {"trade_secrets_taken": True}, {}),
    ("Art. 3(1)(c)", {"death": True}, {}),
    ("Art. 3(1)(d)", {"health_harm": True}, {}),
    ("Art. 3(1)(e)", {"disruptive_access": True}, {}),
    ("Art. 10(a)", {"service_down": 30 * MINUTE + SECOND}, {"service_down": 30 * MINUTE}),
    (
        "Art. 10(b)",
        {"service_limited": 60 * MINUTE + SECOND, "users_limited": 51},
        {"service_limited": 60 * MINUTE + SECOND, "users_limited": 50},
    ),
    (
        "Art. 10(b)",
        {"service_limited": 61 * MINUTE, "users_limited": 1_000_001, "users_all": 10**8},
        {"service_limited": 60 * MINUTE, "users_limited": 1_000_001, "users_all": 10**8},
    ),
    ("Art. 10(c)", {"data_hit_by_malice": True}, {}),
    ("Art. 10(d)", {"users_data": 51}, {"users_data": 50}),
)  # fmt: skip


def changed(values: object) -> Nis2Impact:
    return msgspec.convert(
        {**msgspec.structs.asdict(NOTHING), **msgspec.convert(values, dict[str, object])}, Nis2Impact
    )


@pytest.mark.parametrize(("article", "over", "under"), CRITERIA)
def test_one_criterion_makes_an_incident_significant(article: str, over: object, under: object) -> None:
    found = judge(changed(over), RULE, is_managed_provider=True)
    assert found.significant is True
    assert [reason.partition(":")[0] for reason in found.reasons] == [article]
    assert judge(changed(under), RULE, is_managed_provider=True).significant is False


def test_article_10_is_for_managed_providers_only() -> None:
    down = changed({"service_down": 120 * MINUTE})
    assert judge(down, RULE, is_managed_provider=True).significant is True
    assert judge(down, RULE, is_managed_provider=False).significant is False


def test_planned_maintenance_is_never_significant() -> None:
    planned = changed({"service_down": 600 * MINUTE, "planned_maintenance": True})
    assert judge(planned, RULE, is_managed_provider=True).significant is False


def test_what_nobody_knows_is_named_and_is_no_no() -> None:
    found = judge(Nis2Impact(), RULE, is_managed_provider=True)
    assert (found.significant, len(found.missing)) == (None, 9)
    found = judge(msgspec.structs.replace(NOTHING, users_all=None, users_data=10), RULE, is_managed_provider=True)
    assert (found.significant, found.missing) == (None, ("users_data and users_all",))
    found = judge(
        Nis2Impact(loss_eur=600_000), RULE, is_managed_provider=False
    )  # over the fixed limit: no turnover needed
    assert (found.significant, found.missing) == (True, ())


def past(month: int, day: int, loss: int, cause: str = "certificate") -> PastLoss:
    moment = datetime(2026, month, day, 12, tzinfo=UTC)
    return PastLoss(reference=f"{month}-{day}", occurred_at=moment, root_cause=cause, loss_eur=loss)


def test_incidents_of_one_cause_within_six_months_are_significant_together_by_their_loss() -> None:
    one, two, three = past(1, 31, 200_000), past(4, 1, 200_000), past(7, 30, 200_000)
    turnover = 100_000_000
    assert recurring([three, one, two], RULE, turnover_eur=turnover) == (one, two, three)
    assert recurring([one, two], RULE, turnover_eur=turnover) == ()  # together EUR 400 000
    assert recurring([one, two], RULE, turnover_eur=5_000_000) == (one, two)  # over 5 % of turnover
    assert recurring([one, past(8, 1, 400_000)], RULE, turnover_eur=turnover) == ()
    assert recurring([one, past(2, 1, 400_000, "disk")], RULE, turnover_eur=turnover) == ()
    assert recurring([past(1, 31, 600_000)], RULE, turnover_eur=turnover) == ()


def test_six_months_after_the_end_of_august_end_with_february() -> None:
    first = PastLoss(reference="a", occurred_at=datetime(2026, 8, 31, 12, tzinfo=UTC), root_cause="x", loss_eur=300_000)
    last = msgspec.structs.replace(first, reference="b", occurred_at=datetime(2027, 2, 28, 12, tzinfo=UTC))
    late = msgspec.structs.replace(last, occurred_at=last.occurred_at + SECOND)
    assert recurring([first, last], RULE, turnover_eur=10**9) == (first, last)
    assert recurring([first, late], RULE, turnover_eur=10**9) == ()
