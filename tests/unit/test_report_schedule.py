"""When reports are due: months and quarters of the tenant's own calendar, over clock changes, leap days and outages."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from watchfloor.reporting.timetable.schedule import Every, Schedule, due_periods, next_due

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def schedule(every: Every = "month", *, day: int = 1, at: str = "07:00") -> Schedule:
    return Schedule(name="service", kind="service", every=every, day=day, at=at)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("made", "at", "zone", "period", "due_at"),
    [
        (schedule(), "2026-11-23T09:00", BERLIN, ("2026-11-01", "2026-12-01"), "2026-12-01T06:00"),
        (schedule(), "2026-07-23T09:00", BERLIN, ("2026-07-01", "2026-08-01"), "2026-08-01T05:00"),
        (schedule(day=28), "2028-02-28T05:59", BERLIN, ("2028-01-01", "2028-02-01"), "2028-02-28T06:00"),
        (schedule(), "2028-02-29T12:00", KOLKATA, ("2028-02-01", "2028-03-01"), "2028-03-01T01:30"),
        (schedule("quarter"), "2026-11-23T09:00", BERLIN, ("2026-10-01", "2027-01-01"), "2027-01-01T06:00"),
        (schedule("quarter", day=15), "2026-10-02T09:00", BERLIN, ("2026-07-01", "2026-10-01"), "2026-10-15T05:00"),
        (schedule(), "2026-12-31T23:30", BERLIN, ("2026-12-01", "2027-01-01"), "2027-01-01T06:00"),
    ],
)
def test_a_report_tells_of_the_period_before_and_is_due_by_the_tenants_clocks(
    made: Schedule, at: str, zone: ZoneInfo, period: tuple[str, str], due_at: str
) -> None:
    due = next_due(made, at=utc(at), zone=zone)
    assert (due.period_from, due.period_to) == (date.fromisoformat(period[0]), date.fromisoformat(period[1]))
    assert due.due_at == utc(due_at)


def test_a_time_that_a_clock_change_leaves_out_is_the_moment_of_the_change() -> None:
    spring = next_due(schedule(day=28, at="02:30"), at=utc("2027-03-20T00:00"), zone=BERLIN)
    assert spring.due_at == utc("2027-03-28T01:00")
    half_hour = next_due(schedule(day=4, at="02:15"), at=utc("2026-10-02T00:00"), zone=LORD_HOWE)
    assert half_hour.due_at == utc("2026-10-03T15:30")


def test_a_time_that_a_clock_change_repeats_is_the_first_of_the_two() -> None:
    autumn = next_due(schedule(day=25, at="02:30"), at=utc("2026-10-20T00:00"), zone=BERLIN)
    assert autumn.due_at == utc("2026-10-25T00:30")


def test_what_was_due_during_an_outage_is_made_up_for_in_order() -> None:
    due = due_periods(schedule(), since=utc("2026-05-15T00:00"), at=utc("2026-09-10T00:00"), zone=BERLIN)
    assert [one.period_from.month for one in due] == [5, 6, 7, 8]


def test_what_was_due_before_a_schedule_began_is_not_made_up_for() -> None:
    began = utc("2026-09-01T05:00")
    assert due_periods(schedule(), since=began, at=began + timedelta(days=20), zone=BERLIN) == []


def test_after_years_of_outage_the_newest_twelve_are_made_up_for() -> None:
    due = due_periods(schedule(), since=utc("2020-01-01T00:00"), at=utc("2026-09-10T00:00"), zone=BERLIN)
    assert len(due) == 12
    assert due[-1].period_from == date(2026, 8, 1)


@pytest.mark.parametrize("zone", [BERLIN, KOLKATA, LORD_HOWE, ZoneInfo("UTC"), ZoneInfo("Pacific/Apia")])
@pytest.mark.parametrize("every", ["month", "quarter"])
def test_over_ten_years_each_period_is_due_once_and_none_is_left_out(every: Every, zone: ZoneInfo) -> None:
    made, at, last = schedule(every, day=28, at="02:30"), utc("2026-01-01T00:00"), None
    for _ in range(40 if every == "quarter" else 120):
        due = next_due(made, at=at, zone=zone)
        assert last is None or due.period_from == last
        local = due.due_at.astimezone(zone)
        assert (local.day, local.hour) in {(28, 2), (28, 3)}
        at, last = due.due_at, due.period_to
