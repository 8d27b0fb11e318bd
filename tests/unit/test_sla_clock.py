"""The clocks of an incident: worked out from its log, the same by two ways, through pauses, days off, clock changes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from tests.unit.sla_oracle import MINUTE, ODD, WEEK, World, agreed, start
from watchfloor.alerts.alert import Severity
from watchfloor.incidents.sla import agreement
from watchfloor.incidents.sla.agreement import TARGETS, Agreement, TargetName, agree
from watchfloor.incidents.sla.clock import Clock, Course, Instant, Step, follow

HISTORIES: Final = range(10_000)
BEGIN: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""

WORLDS: Final = (
    ("Europe/Berlin", WEEK, (date(2026, 4, 3), date(2026, 4, 6)), start(2026, 3, 16), False),
    ("America/New_York", WEEK, (date(2026, 11, 11),), start(2026, 10, 19), True),
    ("Australia/Lord_Howe", ODD, (), start(2026, 3, 25), True),
    ("Europe/Berlin", ODD, (date(2026, 10, 27),), start(2026, 10, 12), False),
)


@cache
def world(number: int) -> World:
    zone, hours, closed, begin, snooze = WORLDS[number]
    return World.of(agreed(zone, hours, closed, snooze=snooze), begin)


def minutes(world: World, clock: Clock) -> dict[str, int | None]:
    """A clock in the words of the oracle."""
    assert not clock.elapsed % MINUTE
    return {
        "elapsed": clock.elapsed // MINUTE,
        "paused": clock.paused // MINUTE,
        "missed": None if clock.breached_at is None else world.number(clock.breached_at),
        "deadline": None if clock.deadline is None else world.number(clock.deadline),
    }


def course_of(log: Sequence[Instant], agreed: Agreement) -> Course:
    course = follow(log, agreed)
    assert course is not None
    return course


def test_two_ways_of_working_out_the_clocks_agree() -> None:
    missed = met = paused = 0
    for seed in HISTORIES:
        place = world(seed % len(WORLDS))
        log = place.history(seed)
        course = course_of(log, place.agreement)
        for clock in course.clocks:
            assert minutes(place, clock) == place.clock(clock.target, log), (seed, clock.target)
            missed += clock.breached_at is not None
            met += clock.met_at is not None
            paused += bool(clock.paused)
    assert min(missed, met, paused) > len(HISTORIES) / 10


def test_what_is_kept_line_by_line_is_what_the_whole_log_gives_and_a_missed_deadline_stays() -> None:
    for seed in HISTORIES:
        place = world(seed % len(WORLDS))
        log = place.history(seed)
        kept: dict[TargetName, Clock] = {}
        for length in range(1, len(log) + 1):
            for clock in course_of(log[:length], agreement.decode(place.agreement.encoded().decode())).clocks:
                before = kept.get(clock.target, clock)
                assert before.breached_at in (None, clock.breached_at)
                assert before.elapsed <= clock.elapsed
                assert before.paused <= clock.paused
                kept[clock.target] = clock
        assert tuple(kept.values()) == course_of(log, place.agreement).clocks


def line(step: Step, minute: float, *, severity: Severity | None = None, until: float | None = None) -> Instant:
    end = None if until is None else BEGIN + until * MINUTE
    return Instant(step=step, at=BEGIN + minute * MINUTE, severity=severity, until=end)


def clock(target: TargetName, *lines: Instant, sla: str | None = None, severity: Severity = "critical") -> Clock:
    course = course_of([line("opened", 0, severity=severity), *lines], agree(sla, time_zone="Europe/Berlin", year=2026))
    return course.clocks[TARGETS.index(target)]


def at(minute: float) -> datetime:
    return BEGIN + minute * MINUTE


def test_a_critical_incident_has_fifteen_minutes_and_four_hours_around_the_clock() -> None:
    assert clock("acknowledge").deadline == at(15)
    assert clock("resolve").deadline == at(240)
    assert clock("resolve").warns_at == at(180)


def test_the_last_instant_of_a_target_is_in_time_and_the_next_one_late() -> None:
    assert clock("acknowledge", line("acknowledged", 15)).breached_at is None
    late = clock("acknowledge", Instant(step="acknowledged", at=at(15) + timedelta(microseconds=1)))
    assert late.breached_at == late.deadline == at(15)


def test_waiting_on_the_customer_moves_the_deadline_by_as_long_as_it_took() -> None:
    asked = line("asked", 60)
    waiting = clock("resolve", asked)
    assert (waiting.deadline, waiting.warns_at, waiting.paused_since) == (None, None, at(60))
    answered = clock("resolve", asked, line("answered", 160))
    assert (answered.deadline, answered.paused, answered.paused_since) == (at(340), 100 * MINUTE, None)


def test_a_second_question_does_not_make_the_wait_begin_anew() -> None:
    asked = (line("asked", 60), line("asked", 90))
    assert clock("resolve", *asked, line("answered", 160)).paused == 100 * MINUTE
    course = course_of([line("opened", 0, severity="low"), *asked], agree(None, time_zone="UTC", year=2026))
    assert course.stages.waiting_since == at(60)


def test_to_resolve_ends_the_wait_and_to_reopen_goes_on_with_what_was_left() -> None:
    done = (line("asked", 60), line("resolved", 100))
    assert clock("resolve", *done).met_at == at(100)
    again = clock("resolve", *done, line("reopened", 1_000))
    assert (again.met_at, again.deadline, again.elapsed) == (None, at(1_180), 60 * MINUTE)


def test_a_reopened_incident_that_was_late_stays_late() -> None:
    again = clock("resolve", line("resolved", 300), line("reopened", 400), line("resolved", 410))
    assert (again.breached_at, again.met_at) == (at(240), at(410))


def test_a_raised_severity_leaves_no_more_than_its_own_target_from_then_on() -> None:
    raised = line("severity_changed", 100, severity="critical")
    assert clock("acknowledge", raised, severity="low").deadline == at(115)
    late = line("severity_changed", 1_435, severity="critical")
    assert clock("acknowledge", late, severity="low").deadline == at(1_440)


def test_a_lowered_severity_gives_the_rest_of_its_own_target() -> None:
    lowered = line("severity_changed", 10, severity="high")
    assert clock("acknowledge", lowered).deadline == at(30)
    there_and_back = (line("severity_changed", 10, severity="critical"), line("severity_changed", 20, severity="high"))
    assert clock("acknowledge", *there_and_back, severity="high").deadline == at(30)


def test_laying_aside_stops_no_clock_unless_it_was_agreed() -> None:
    aside = line("snoozed", 30, until=90)
    assert clock("resolve", aside).deadline == at(240)
    stopping = '{"snooze_stops_clock": true}'
    assert clock("resolve", aside, sla=stopping).deadline == at(300)
    assert clock("resolve", aside, line("unsnoozed", 50), sla=stopping).deadline == at(260)
    assert clock("resolve", aside, line("unsnoozed", 500), sla=stopping).paused == 60 * MINUTE


def test_an_incident_that_became_part_of_another_has_no_deadline_any_more() -> None:
    merged = clock("resolve", line("merged", 30), line("severity_changed", 60, severity="low"))
    assert (merged.deadline, merged.ended_at, merged.elapsed) == (None, at(30), 30 * MINUTE)
    assert clock("resolve", line("merged", 300)).breached_at == at(240)


HOURS: Final = """{"business_hours_for": ["low"], "business_hours": {
  "days": ["mon", "tue", "wed", "thu", "fri"], "begin": "08:00", "end": "18:00",
  "on": {"fri": {"begin": "08:00", "end": "14:00"}}, "holidays": {"country": "DE", "subdivision": "HH"},
  "closed": ["2026-12-24"]}}"""


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-03-02T09:00", "2026-03-03T09:00", 10),  # a working day
        ("2026-03-06T12:00", "2026-03-09T08:00", 2),  # one hour of a short Friday, the weekend, one of Monday
        ("2026-04-02T16:00", "2026-04-07T06:00", 0),  # over Easter: Good Friday and Easter Monday are off
        ("2026-10-31T00:00", "2026-10-31T23:00", 0),  # Reformation Day is one in Hamburg, and a Saturday anyway
        ("2026-12-24T00:00", "2026-12-28T00:00", 0),  # the own day off, and Christmas
    ],
)
def test_business_hours_know_the_customers_days(begin: str, end: str, hours: int) -> None:
    calendar = agree(HOURS, time_zone="Europe/Berlin", year=2026).calendar("low")
    span = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (begin, end))
    counted = calendar.between(*span)
    assert counted == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "day", "opening", "minutes"),
    [
        ("Europe/Berlin", (2026, 3, 29), (0, 1440), 23 * 60),
        ("Europe/Berlin", (2026, 10, 25), (0, 1440), 25 * 60),
        ("Europe/Berlin", (2026, 3, 29), (90, 150), 30),
        ("Europe/Berlin", (2026, 3, 29), (120, 180), 0),
        ("Europe/Berlin", (2026, 10, 25), (120, 180), 120),
        ("Europe/Berlin", (2026, 10, 25), (150, 180), 60),
        ("Australia/Lord_Howe", (2026, 4, 5), (0, 1440), 24 * 60 + 30),
    ],
)
def test_a_clock_change_takes_away_or_repeats_what_the_wall_shows(
    zone: str, day: tuple[int, int, int], opening: tuple[int, int], minutes: int
) -> None:
    calendar = agreed(zone, (opening,) * 7, (), snooze=False).calendar("low")
    begin = datetime(*day, tzinfo=ZoneInfo(zone))
    counted = calendar.between(begin.astimezone(UTC), (begin + timedelta(days=1)).astimezone(UTC))
    assert counted == timedelta(minutes=minutes)
    assert calendar.between(begin.astimezone(UTC), calendar.after(begin.astimezone(UTC), counted)) == counted


def test_what_was_agreed_is_named_by_its_content_and_frozen_with_its_days_off() -> None:
    first = agree(HOURS, time_zone="Europe/Berlin", year=2026)
    assert agreement.decode(first.encoded().decode()) == first
    assert first.hours is not None
    assert date(2026, 12, 25) in first.hours.closed
    assert first.version() == agree(HOURS, time_zone="Europe/Berlin", year=2026).version()
    assert first.version() != agree(HOURS.replace("18:00", "17:00"), time_zone="Europe/Berlin", year=2026).version()
    assert first.version() != agree(HOURS, time_zone="Europe/Berlin", year=2027).version()
    assert agree(None, time_zone="Europe/Berlin", year=2026).version() == agree("{}", time_zone="UTC", year=1).version()
