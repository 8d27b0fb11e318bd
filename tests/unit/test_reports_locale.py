"""Numbers, times and lengths in reports, for each language and over the changes of the clock."""

from datetime import UTC, datetime, timedelta

import pytest
from markupsafe import Markup

from reports.documents.incident.language.table import words_of
from reports.language.locale import LANGUAGES, locale_for
from watchfloor.kernel.errors import Invalid

ENGLISH = locale_for("en", "Europe/Berlin")
GERMAN = locale_for("de", "Europe/Berlin")


def plain(text: Markup) -> str:
    return str(text).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (271, "4 min 31 s"),
        (3_600, "1 h"),
        (3_601, "1 h"),
        (3_660, "1 h 1 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d"),
        (90_000, "1 d 1 h"),
        (86_400 * 1_234, "1,234 d"),
    ],
)
def test_a_length_of_time_has_its_two_largest_units_that_follow_each_other(seconds: int, text: str) -> None:
    assert plain(ENGLISH.duration(seconds)) == text


def test_numbers_are_grouped_as_the_language_does() -> None:
    assert (str(ENGLISH.number(1_234_567)), str(GERMAN.number(1_234_567))) == ("1,234,567", "1.234.567")


def test_a_count_of_one_is_singular() -> None:
    words = words_of(ENGLISH).summary.events
    assert [str(ENGLISH.counted(words, count)) for count in (0, 1, 2, 1_000)] == [
        "0 events",
        "1 event",
        "2 events",
        "1,000 events",
    ]


def test_a_moment_has_the_local_day_and_utc_beside_it() -> None:
    at = datetime(2026, 11, 12, 13, 3, 22, tzinfo=UTC)
    assert plain(ENGLISH.moment_utc(at)) == "12 November 2026, 14:03 CET (13:03 UTC)"
    assert plain(GERMAN.moment_utc(at)) == "12. November 2026, 14:03 CET (13:03 UTC)"


def test_utc_has_its_own_day_where_that_differs() -> None:
    at = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert plain(ENGLISH.moment_utc(at)) == "1 January 2027, 00:30 CET (2026-12-31 23:30 UTC)"
    assert str(ENGLISH.stamp_utc(at)) == "2026-12-31 23:30:00"
    assert str(ENGLISH.stamp_utc(at - timedelta(hours=2))) == "21:30:00"


def test_a_tenant_in_utc_does_not_read_the_same_time_twice() -> None:
    at = datetime(2026, 11, 12, 13, 3, tzinfo=UTC)
    assert plain(locale_for("en", "UTC").moment_utc(at)) == "12 November 2026, 13:03 UTC"


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    assert plain(ENGLISH.moment(first)) == "25 October 2026, 02:30 CEST"
    assert plain(ENGLISH.moment(second)) == "25 October 2026, 02:30 CET"
    assert plain(ENGLISH.between(first, second)) == "1 h"


def test_a_length_over_the_change_of_the_clock_is_the_time_that_passed() -> None:
    before = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    after = datetime(2026, 3, 29, 22, 0, tzinfo=UTC)
    assert plain(ENGLISH.date(before)) != plain(ENGLISH.date(after))
    assert plain(ENGLISH.between(before, after)) == "23 h"


def test_a_time_on_the_day_that_was_named_has_no_day() -> None:
    day = datetime(2026, 11, 12, 8, 0, tzinfo=UTC)
    assert plain(ENGLISH.moment_near(day + timedelta(hours=2), day)) == "11:00 CET"
    assert plain(ENGLISH.moment_near(day + timedelta(hours=15), day)) == "13 November 2026, 00:00 CET"


def test_a_zone_is_named_with_its_offset_at_that_time() -> None:
    assert str(ENGLISH.zone_label(datetime(2026, 7, 1, tzinfo=UTC))) == "Europe/Berlin (UTC+02:00)"
    assert str(locale_for("en", "Asia/Kolkata").zone_label(datetime(2026, 7, 1, tzinfo=UTC))) == (
        "Asia/Kolkata (UTC+05:30)"
    )


def test_time_that_runs_backwards_has_no_length() -> None:
    at = datetime(2026, 7, 1, tzinfo=UTC)
    assert plain(ENGLISH.between(at, at - timedelta(hours=1))) == "0 s"


@pytest.mark.parametrize("language", ["", "EN", "xx", "en-GB", "x" * 300])
def test_an_unknown_language_names_the_known_ones(language: str) -> None:
    with pytest.raises(Invalid) as fault:
        locale_for(language, "UTC")
    assert fault.value.remedy == f"Use one of: {', '.join(sorted(LANGUAGES))}."


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe", "a\0b", "Ünknown/Zöne"]
)
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(Invalid, match="There is no time zone"):
        locale_for("en", zone)


def test_instants_of_one_local_day_have_that_day() -> None:
    evening = datetime(2026, 11, 12, 22, 59, 59, tzinfo=UTC)
    assert plain(ENGLISH.day_of([evening, evening - timedelta(hours=1)]) or Markup("")) == "12 November 2026"
    assert ENGLISH.day_of([evening, evening + timedelta(seconds=1)]) is None
    assert ENGLISH.day_of([]) is None
    assert ENGLISH.second(evening) == "23:59:59"
