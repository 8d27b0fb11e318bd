"""Deadlines by two ways of reckoning: through clock changes, leap days, weekends, holidays and late classifications."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.breach_oracle import (
    germany,
    hours_later,
    month_later,
    noon_of_the_next_working_day,
    united_states,
    working_days_later,
)
from watchfloor.breach.rules.clock import Deadline, deadlines
from watchfloor.breach.rules.library import shipped
from watchfloor.breach.rules.regime import Facts, Filing, Moment

ZONES: Final = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/Havana",
    "Asia/Kolkata",
    "Pacific/Apia",
    "UTC",
)
SECOND: Final = timedelta(seconds=1)
HOUR: Final = timedelta(hours=1)

zones = st.sampled_from(ZONES)


def instant(year: int, month: int, day: int, seconds: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC) + SECOND * seconds


changes = st.builds(
    instant,
    st.integers(2026, 2035),
    st.sampled_from([2, 3, 4, 10, 11, 12]),
    st.integers(20, 28),
    st.integers(0, 86_399),
)
"""Near the changes of clocks, leap days, Easter and Christmas."""
instants = st.one_of(
    changes,
    st.builds(instant, st.integers(2026, 2035), st.integers(1, 12), st.integers(1, 28), st.integers(0, 400_000)),
)


def found(regime: str, stage: str, facts: Facts, now: datetime) -> Deadline:
    [one] = [one for one in deadlines([shipped().find(regime)], facts, now) if one.stage == stage]
    return one


def entered(zone: str, country: str = "DE", *filings: Filing, **moments: datetime) -> Facts:
    known: dict[Moment, datetime] = {}
    names: tuple[Moment, ...] = (
        "controller_aware", "entity_aware", "classified_major", "materiality_determined", "discovered",
    )  # fmt: skip
    for name in names:
        if name in moments:
            known[name] = moments[name]
    return Facts(zone=zone, country=country, moments=known, filings=filings)


@given(aware=instants, zone=zones)
def test_72_hours_are_72_hours_in_every_zone(aware: datetime, zone: str) -> None:
    here = aware.astimezone(ZoneInfo(zone))
    for start in (aware, here):
        one = found("gdpr-authority", "initial", entered(zone, controller_aware=start), aware)
        assert one.due_at == hours_later(aware, 72)
        assert one.warn_at == tuple(hours_later(aware, hours) for hours in (24, 48, 60, 66, 70, 72))


@given(sent=instants, zone=zones)
def test_a_month_ends_at_the_same_local_time_or_at_the_earlier_of_its_two_readings(sent: datetime, zone: str) -> None:
    told = Filing(regime="nis2", stage="notification", submitted_at=sent)
    one = found("nis2", "final", entered(zone, "DE", told, entity_aware=sent - HOUR), sent)
    assert one.due_at == min(month_later(sent, zone))


@given(aware=instants, minutes=st.integers(0, 72 * 60), is_bank=st.booleans())
def test_dora_with_late_classifications_weekends_and_holidays(aware: datetime, *, minutes: int, is_bank: bool) -> None:
    classified = hours_later(aware, 0) + timedelta(minutes=minutes)
    after = minutes + 240
    strict = aware + timedelta(minutes=after if minutes > 1440 else min(after, 1440))
    facts = Facts(
        zone="Europe/Berlin",
        country="DE",
        moments={"entity_aware": aware, "classified_major": classified},
        statements={"no_weekend_relief": is_bank},
    )
    one = found("dora", "initial_notification", facts, aware)
    assert one.strict_due_at == strict
    free = germany(2025, 2037)
    assert one.due_at == (strict if is_bank else noon_of_the_next_working_day(strict, "Europe/Berlin", free))


@given(determined=instants)
def test_four_business_days_in_new_york(determined: datetime) -> None:
    york = ZoneInfo("America/New_York")
    one = found("sec-8k", "filing", entered("Asia/Kolkata", "IN", materiality_determined=determined), determined)
    day = working_days_later(determined.astimezone(york).date(), 4, united_states(2025, 2037))
    assert one.due_at is not None
    assert one.due_at.astimezone(york).replace(tzinfo=None) == datetime(day.year, day.month, day.day, 17, 30)  # noqa: DTZ001


@given(start=instants, zone=zones)
def test_sixty_days_end_with_the_last_second_of_the_local_day(start: datetime, zone: str) -> None:
    one = found("hipaa", "individuals", entered(zone, "US", discovered=start), start)
    here = ZoneInfo(zone)
    assert one.due_at is not None
    last = start.astimezone(here).date() + timedelta(days=60)
    assert one.due_at.astimezone(here).date() == last
    assert (one.due_at + SECOND).astimezone(here).date() == last + timedelta(days=1)


@given(aware=instants, offset=st.integers(-10 * 3600, 200 * 3600), received=st.one_of(st.none(), st.integers(0, 3600)))
def test_a_late_notice_owes_reasons_exactly_when_it_is_late(aware: datetime, offset: int, received: int | None) -> None:
    submitted = aware + SECOND * offset
    receipt = None if received is None else submitted + SECOND * received
    filing = Filing(regime="gdpr-authority", stage="initial", submitted_at=submitted, received_at=receipt)
    one = found("gdpr-authority", "initial", entered("UTC", "DE", filing, controller_aware=aware), aware)
    assert one.needs_reasons == ((receipt or submitted).timestamp() > aware.timestamp() + 72 * 3600)
    assert (one.state == "sent") == (receipt is None)


@pytest.mark.parametrize("zone", ZONES)
def test_warnings_are_in_order_and_lie_between_start_and_end(zone: str) -> None:
    now = datetime(2026, 11, 20, 10, tzinfo=UTC)
    facts = Facts(
        zone=zone, country="DE", moments=dict.fromkeys(("controller_aware", "entity_aware", "discovered"), now)
    )
    for one in deadlines(shipped().regimes, facts, now):
        assert list(one.warn_at) == sorted(set(one.warn_at))
        assert one.due_at is None or not one.warn_at or (one.warn_at[0] > now and one.warn_at[-1] == one.due_at)
