"""What a feed usually does is learned robustly, and silence is told from quiet hours."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from watchfloor.feeds.alarms.judgement import hourly, is_blind, silence
from watchfloor.feeds.alarms.queries import WatchedRow
from watchfloor.feeds.trust.histogram import AHEAD, BUCKETS, add, quantile, same, tally
from watchfloor.feeds.trust.past import PastHour
from watchfloor.feeds.trust.profile import KEPT, Profile, hour_of_week, learn, overdue
from watchfloor.feeds.trust.queries import Hour
from watchfloor.kernel.ids import FeedId, new_uuid

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LONG_AGO = MONDAY - timedelta(days=400)

Sends = Callable[[datetime], int]
"""How many events a feed brings in a minute."""


def past_of(sends: Sends, *, days: float = 28, until: datetime = MONDAY) -> list[PastHour]:
    hours: list[PastHour] = []
    hour = until - timedelta(days=days)
    while hour < until:
        counts = [sends(hour + minute * MINUTE) for minute in range(60)]
        bits = sum(1 << minute for minute, count in enumerate(counts) if count)
        if bits:
            hours.append(PastHour(hour=hour, minutes=bits, events=sum(counts)))
        hour += HOUR
    return hours


def learned(sends: Sends, *, days: float = 28) -> Profile:
    profile = learn(past_of(sends, days=days), until=MONDAY)
    assert profile is not None
    return profile


def first_alarm(profile: Profile, last: datetime, *, within: timedelta = timedelta(days=10)) -> timedelta | None:
    """After how long the watch, which looks every minute, says that a feed is silent."""
    feed = watched(last)
    now = last
    while now - last < within:
        now += MINUTE
        if silence(feed, profile, at=now) is not None:
            return now - last
    return None


def watched(last: datetime | None, *, options: str = "{}") -> WatchedRow:
    return WatchedRow(
        id=FeedId(new_uuid()),
        name="f",
        state="active",
        options=options,
        state_since=LONG_AGO,
        profile=None,
        judged_until=None,
        last_received_at=last,
        is_waiting=False,
    )


def every(minutes: int) -> Sends:
    return lambda at: 10 if (at - LONG_AGO) // MINUTE % minutes == 0 else 0


def at_work(at: datetime) -> int:
    return 5 if at.weekday() < 5 and 8 <= at.hour < 18 else 0


@pytest.mark.parametrize("minutes", [10, 15, 30, 60, 180, 720])
def test_silence_of_a_regular_feed_is_found_before_twice_its_interval_is_over_and_not_before_it(minutes: int) -> None:
    found = first_alarm(learned(every(minutes)), MONDAY)
    assert found is not None
    assert minutes * MINUTE < found <= 2 * minutes * MINUTE


@pytest.mark.parametrize("minutes", [1, 2, 3])
def test_five_minutes_of_silence_are_nobodys_trouble(minutes: int) -> None:
    found = first_alarm(learned(every(minutes)), MONDAY)
    assert found is not None
    assert 5 * MINUTE <= found <= max(6, 2 * minutes) * MINUTE


def test_a_feed_that_is_quiet_at_night_and_on_weekends_is_not_missed_then_but_at_once_in_the_morning() -> None:
    profile = learned(at_work)
    friday_evening = MONDAY - timedelta(days=3) + timedelta(hours=17, minutes=59)
    monday_morning = MONDAY + timedelta(hours=8)
    found = first_alarm(profile, friday_evening)
    assert found is not None
    assert monday_morning + 4 * MINUTE <= friday_evening + found <= monday_morning + 10 * MINUTE
    found = first_alarm(profile, MONDAY + timedelta(hours=11))
    assert found is not None
    assert found <= 7 * MINUTE


def test_fewer_events_at_night_allow_more_silence_then() -> None:
    profile = learned(lambda at: 10 if 7 <= at.hour < 19 or at.minute % 30 == 0 else 0)
    by_day, by_night = (first_alarm(profile, MONDAY + timedelta(hours=hours)) for hours in (12, 1))
    assert by_day is not None
    assert by_night is not None
    assert by_day <= 7 * MINUTE
    assert 30 * MINUTE < by_night <= 60 * MINUTE


def test_a_feed_that_keeps_no_hours_is_watched_all_the_same() -> None:
    rng = random.Random(7)
    profile = learned(lambda _at: rng.random() < 8 / 1440)
    assert all(profile.interval)
    found = first_alarm(profile, MONDAY)
    assert found is not None
    assert timedelta(hours=4) < found < timedelta(days=3)


def test_random_arrivals_raise_next_to_no_false_alarms() -> None:
    rng = random.Random(11)

    def busy(_at: datetime) -> int:
        return int(rng.random() < 0.6)

    profile = learned(busy)
    alarms = 0
    last = MONDAY
    for minute in range(7 * 1440):
        now = MONDAY + minute * MINUTE
        if silence(watched(last), profile, at=now) is not None:
            alarms += 1
            last = now
        if busy(now):
            last = now
    assert alarms <= 1


def test_one_bad_day_teaches_nothing() -> None:
    bad = MONDAY - timedelta(days=9)
    profile = learned(lambda at: 0 if bad <= at < bad + timedelta(days=1) else 10)
    assert profile == learned(lambda _: 10)


@pytest.mark.parametrize(("days", "sends"), [(2.5, every(1)), (28, every(28 * 1440))])
def test_a_past_that_is_too_short_teaches_nothing(days: float, sends: Sends) -> None:
    assert learn(past_of(sends, days=days), until=MONDAY) is None
    assert silence(watched(MONDAY), None, at=MONDAY + timedelta(days=300)) is None


def test_what_is_older_than_four_weeks_is_forgotten() -> None:
    old = [PastHour(hour=MONDAY - KEPT - n * HOUR, minutes=1, events=1) for n in range(1, 500)]
    assert learn(old, until=MONDAY) is None


def test_in_its_first_week_a_feed_that_works_by_day_is_not_missed_on_a_day_that_it_has_not_seen() -> None:
    friday = MONDAY + timedelta(days=4)
    profile = learn(past_of(at_work, days=4, until=friday), until=friday)
    assert profile is not None
    by_day = [profile.interval[day * 24 + 12] > 0 for day in range(7)]
    assert by_day == [True] * 5 + [False] * 2
    around = learn(past_of(every(1), days=3, until=friday), until=friday)
    assert around is not None
    assert all(around.interval)


def test_what_somebody_said_of_a_feed_holds_instead_of_what_was_learned() -> None:
    feed = watched(MONDAY, options='{"expected_seconds":900}')
    assert silence(feed, None, at=MONDAY + 14 * MINUTE) is None
    assert silence(feed, learned(every(60)), at=MONDAY + 15 * MINUTE) is not None
    impatient = watched(MONDAY, options='{"expected_seconds":1}')
    assert silence(impatient, None, at=MONDAY + 4 * MINUTE) is None


def hour_with(events: int, *, unparsed: int = 0, lag: tuple[int, ...] | None = None, at: datetime = MONDAY) -> Hour:
    return Hour(
        feed_id=FeedId(new_uuid()),
        hour=at,
        batches=1,
        events=events,
        raw_bytes=0,
        unparsed=unparsed,
        quarantined=0,
        matches=0,
        duplicates=0,
        repeats=0,
        minutes=1,
        first_event_at=None,
        last_event_at=None,
        last_received_at=at,
        event_lag=None if lag is None else list(lag),
        work_lag=None,
    )


def test_a_volume_is_missed_below_a_robust_bound_only() -> None:
    rng = random.Random(3)
    profile = learned(lambda _at: rng.randint(5, 15))
    place = hour_of_week(MONDAY)
    assert 550 <= profile.events[place] <= 650
    assert "volume" not in hourly(profile, hour_with(450))
    assert hourly(profile, hour_with(150))["volume"].figures.expected_events == profile.events[place]
    wild = learned(lambda _at: rng.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, 300)))
    assert hourly(wild, hour_with(1)).get("volume") is None or wild.least[place] > 1


def test_few_events_have_no_lower_bound() -> None:
    assert set(learned(every(60)).least) == {0}


def test_lag_clock_and_form_are_judged_against_what_is_usual() -> None:
    profile = learned(lambda _: 10)
    assert hourly(profile, hour_with(600, lag=same(2, count=600))) == {}
    assert set(hourly(profile, hour_with(600, lag=same(3000, count=600)))) == {"lag"}
    ahead = add(same(-7200, count=200), same(1, count=400))
    assert hourly(profile, hour_with(600, lag=ahead))["clock"].figures.share == pytest.approx(1 / 3)
    assert set(hourly(profile, hour_with(600, unparsed=300))) == {"unparsed"}
    assert hourly(profile, hour_with(600, unparsed=60)) == {}


def test_an_hour_is_blind_only_where_the_feed_usually_sends() -> None:
    profile = learned(at_work)
    assert is_blind(profile, MONDAY + timedelta(hours=9))
    assert not is_blind(profile, MONDAY + timedelta(hours=3))
    assert not is_blind(profile, MONDAY - timedelta(days=1) + timedelta(hours=9))


def test_quiet_hours_count_for_nothing() -> None:
    profile = learned(at_work)
    evening, morning = MONDAY + timedelta(hours=18), MONDAY + timedelta(days=1, hours=8)
    assert overdue(profile, last=evening, now=morning) == (0.0, 0.0)


def test_a_histogram_tells_lags_to_a_factor_of_two() -> None:
    lags = [0.01] * 50 + [3.0] * 49 + [5000.0]
    counts = tally(lags)
    assert len(counts) == BUCKETS
    assert sum(counts) == 100
    middle, late = quantile(counts, 0.5), quantile(counts, 0.995)
    assert middle is not None
    assert late is not None
    assert middle <= 0.0625
    assert 2500 <= late <= 10000
    assert tally([-3600.0])[AHEAD] == 1
    assert tally([-5.0])[AHEAD] == 0
    assert tally([1e9])[-1] == 1
    assert quantile(tally([]), 0.5) is None
    assert quantile(tally([1e9]), 0.5) is not None
