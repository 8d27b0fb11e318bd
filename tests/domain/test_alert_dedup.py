"""Which alert takes an event: decided over spans of time, whatever the order of arrival."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from watchfloor.alerts.dedup import MAX_SPAN, Hit, Placement, Span, place
from watchfloor.kernel.ids import AlertId, new_uuid

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def hit(minutes: float, number: int = 0) -> Hit:
    return Hit(at(minutes), (number or int(minutes * 60) + 10**9).to_bytes(16, "big"), 0)


def span(first: float, last: float, *, sealed: float | None = None) -> Span:
    return Span(
        alert_id=AlertId(new_uuid()),
        first_seen=at(first),
        last_seen=at(last),
        sealed_at=None if sealed is None else at(sealed),
    )


def placed(*hits: Hit, spans: tuple[Span, ...] = (), window: timedelta = HOUR) -> list[Placement]:
    return place(hits, spans, window=window, known=frozenset())


def test_matches_within_the_window_are_one_alert() -> None:
    [alert] = placed(hit(0), hit(50), hit(110))
    assert (alert.first_seen, alert.last_seen, len(alert.hits)) == (at(0), at(110), 3)


def test_a_match_beyond_the_window_is_another_alert() -> None:
    assert [len(alert.hits) for alert in placed(hit(0), hit(61))] == [1, 1]


def test_the_window_reaches_exactly_as_far_as_it_says() -> None:
    assert len(placed(hit(0), hit(60))) == 1
    assert len(placed(hit(0), hit(60.001))) == 2


def test_a_late_match_joins_the_alert_that_it_belongs_to() -> None:
    alert = span(0, 10)
    [gain] = placed(hit(-30), spans=(alert,))
    assert (gain.alert_id, gain.first_seen, gain.last_seen) == (alert.alert_id, at(-30), at(10))


def test_a_match_that_bridges_two_alerts_joins_the_earlier_and_merges_nothing() -> None:
    earlier, later = span(0, 0), span(110, 110)
    [gain] = placed(hit(55), spans=(later, earlier))
    assert gain.alert_id == earlier.alert_id


def test_reordered_matches_of_one_batch_are_taken_in_the_order_of_time() -> None:
    [alert] = placed(hit(110), hit(0), hit(55))
    assert len(alert.hits) == 3


def test_an_event_that_is_counted_already_changes_nothing() -> None:
    again = hit(0)
    assert place([again], [span(0, 10)], window=HOUR, known=frozenset([again.key])) == []


def test_an_event_twice_in_a_batch_counts_once() -> None:
    [alert] = placed(hit(0, 7), hit(1, 7))
    assert len(alert.hits) == 1


def test_what_happens_after_the_incident_was_worked_out_is_news() -> None:
    sealed = span(0, 10, sealed=30)
    [late] = placed(hit(20), spans=(sealed,))
    assert late.alert_id == sealed.alert_id
    [news] = placed(hit(40), spans=(sealed,))
    assert news.alert_id is None


def test_what_goes_on_for_days_raises_an_alert_each_day() -> None:
    alerts = placed(*(hit(minutes, minutes + 1) for minutes in range(0, 3 * 24 * 60, 30)))
    assert len(alerts) == 3
    assert all(alert.last_seen - alert.first_seen <= MAX_SPAN for alert in alerts)


def test_a_window_longer_than_a_day_is_kept() -> None:
    assert len(placed(hit(0), hit(60 * 40), window=timedelta(hours=48))) == 1


deliveries = st.lists(st.lists(st.tuples(st.integers(0, 2_000), st.integers(1, 60)), max_size=8), max_size=8)


@given(batches=deliveries, window=st.integers(0, 300))
def test_whatever_the_order_each_event_counts_once_and_no_two_alerts_begin_together(
    batches: list[list[tuple[int, int]]], window: int
) -> None:
    length = timedelta(minutes=window)
    time_of = {number: at(minutes) for batch in batches for minutes, number in batch}
    alerts: dict[AlertId, tuple[Span, set[bytes]]] = {}
    for batch in batches:
        hits = [Hit(time_of[number], number.to_bytes(16, "big"), 0) for _, number in batch]
        known = frozenset(key for _, keys in alerts.values() for key in keys)
        for gain in place(hits, [kept for kept, _ in alerts.values()], window=length, known=known):
            alert_id = gain.alert_id or AlertId(new_uuid())
            before = alerts.get(alert_id, (None, set[bytes]()))[1]
            grown = Span(alert_id=alert_id, first_seen=gain.first_seen, last_seen=gain.last_seen)
            alerts[alert_id] = (grown, before | {hit.key for hit in gain.hits})
    counted = [key for _, keys in alerts.values() for key in keys]
    assert len(counted) == len(set(counted))
    assert set(counted) == {number.to_bytes(16, "big") for number in time_of}
    assert len({kept.first_seen for kept, _ in alerts.values()}) == len(alerts)
    for kept, keys in alerts.values():
        times = sorted(time_of[int.from_bytes(key, "big")] for key in keys)
        assert (kept.first_seen, kept.last_seen) == (times[0], times[-1])
        assert all(later - earlier <= length for earlier, later in pairwise(times))
