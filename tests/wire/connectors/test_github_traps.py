"""Reading GitHub's audit log: a cursor without an end of its own, entries that come late, and 403 for everything."""

import json
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import pytest

from tests.wire.connectors.github_vendor import (
    CONNECTOR,
    ENTERPRISE,
    FOREIGN,
    ORGANIZATION,
    PAGE,
    TOKEN,
    GitHubVendor,
    entry,
    said,
)
from tests.wire.connectors.loopback import Answer, Asked
from tests.wire.connectors.pulling import Reader, Turning, remote_for
from watchfloor.feeds.connectors.connector import Cursor, Denied, Expired, Malformed, Throttled
from watchfloor.feeds.connectors.github.client import CONNECTOR as REAL
from watchfloor.feeds.connectors.github.client import SWEEP_PAGES, GitHub
from watchfloor.feeds.connectors.instances.registry import check_given
from watchfloor.kernel.errors import Invalid, Unavailable, WatchfloorError

NOW: Final = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)

NO_PAGE: Final[tuple[tuple[Answer, type[WatchfloorError], str], ...]] = (
    (said("You have exceeded a secondary rate limit.", 403, {"retry-after": "77"}), Throttled, "rate limit"),
    (said("You have exceeded a secondary rate limit.", 403), Throttled, "rate limit"),
    (said("You have triggered an abuse detection mechanism.", 403, {"retry-after": "9"}), Throttled, "rate limit"),
    (said("API rate limit exceeded.", 403, {"x-ratelimit-remaining": "0"}), Throttled, "rate limit"),
    (said("API rate limit exceeded.", 429), Throttled, "rate limit"),
    (said("Resource not accessible by integration", 403), Denied, "organization_administration:read"),
    (said("Must be an owner of this organization.", 403), Denied, "organization_administration:read"),
    (said("Not Found", 404), Denied, "organization_administration:read"),
    (said("This installation has been suspended", 403), Denied, "installation"),
    (
        said("Although you appear to have the correct authorization, the org has an IP allow list enabled.", 403),
        Denied,
        "IP allow list",
    ),
    (
        said("SAML enforcement.", 403, {"x-github-sso": "required; url=https://github.com/x"}),
        Denied,
        "x-github-sso",
    ),
    (said("Server Error", 502), Unavailable, "audit-log"),
    (Answer(b"<html>", 200), Malformed, "audit-log"),
    (Answer({"message": "no list"}, 200), Malformed, "audit-log"),
)

NO_TOKEN: Final[tuple[tuple[Answer, type[WatchfloorError], str], ...]] = (
    (said("A JSON web token could not be decoded", 401), Expired, "private_key"),
    (said("'Expiration time' claim ('exp') is too far in the future", 401), Unavailable, "sign-in"),
    (said("Not Found", 404), Denied, "installation"),
    (said("This installation has been suspended", 403), Denied, "installation"),
    (said("The permissions requested are not granted.", 422), Denied, "organization_administration:read"),
    (said("You have exceeded a secondary rate limit.", 403), Throttled, "rate limit"),
    (Answer({"id": "none"}), Malformed, "installation"),
)


@pytest.fixture
async def vendor() -> AsyncGenerator[GitHubVendor]:
    async with GitHubVendor() as vendor:
        yield vendor


@pytest.fixture
def clock() -> Turning:
    return Turning(NOW)


def reader(
    vendor: GitHubVendor,
    cursor: Cursor | None = None,
    *,
    github: GitHub = CONNECTOR,
    clock: Turning | None = None,
    given: Mapping[str, str] | None = None,
) -> Reader:
    """Another process: all that it knows is a cursor that was stored. With a clock it shows a token."""
    stored = None if cursor is None else json.loads(msgspec.json.encode(cursor))
    told = {} if clock is None else {"token": TOKEN}
    return Reader(github, remote_for(vendor, github, clock=clock, given={**told, **(given or {})}), "audit-log", stored)


def minutes(*ago: float, of: datetime = NOW) -> list[datetime]:
    """Times so many minutes ago."""
    return [of - timedelta(minutes=one) for one in ago]


async def test_the_last_page_is_asked_for_again_and_what_is_new_comes_behind_it(
    vendor: GitHubVendor, clock: Turning
) -> None:
    one = reader(vendor, github=REAL, clock=clock)
    first = vendor.add(minutes(*range(250, 0, -1)))
    await one.take()
    clock.at += timedelta(seconds=5)
    second = vendor.add([clock.at] * 3)
    asked = len(vendor.asked)
    await one.take()
    assert set(one.records) == {*first, *second}
    assert len(vendor.asked) == asked + 1, "one request where little is new"
    assert "after" in vendor.asked[-1].query


async def test_entries_that_come_up_to_an_hour_late_are_found_by_reading_that_hour_again(
    vendor: GitHubVendor, clock: Turning
) -> None:
    # elastic/integrations 20964, hashicorp-forge/grove 17, Azure-Sentinel 7097: an overlap shorter than the delay.
    one = reader(vendor, clock=clock)
    vendor.add(minutes(90, 60, 30, 1))
    await one.take()
    late = vendor.add(minutes(73, 45, 2))
    clock.at += timedelta(minutes=1)
    await one.take()
    assert set(late) <= set(one.records)


async def test_entries_that_come_a_day_late_are_found_by_the_daily_reading(
    vendor: GitHubVendor, clock: Turning
) -> None:
    one = reader(vendor, clock=clock)
    vendor.add(minutes(30))
    await one.take()
    clock.at += timedelta(hours=10)
    vendor.add([clock.at])
    await one.take()
    late = vendor.add(minutes(20))
    clock.at += timedelta(hours=10)
    await one.take()
    assert not set(late) & set(one.records)
    clock.at += timedelta(hours=5)
    await one.take()
    assert set(late) <= set(one.records)


async def test_the_daily_reading_takes_a_few_pages_at_a_look_and_comes_to_its_end(
    vendor: GitHubVendor, clock: Turning
) -> None:
    one = reader(vendor, clock=clock)
    await one.take()
    clock.at += timedelta(hours=25)
    names = vendor.add(minutes(*range(1_400, 200, -4), of=clock.at))
    await one.take()
    assert set(one.records) == set(names)
    for _ in range(30):
        before = len(vendor.asked)
        clock.at += timedelta(minutes=1)
        one = reader(vendor, one.cursor, clock=clock)
        taken = await one.take()
        assert len(taken) <= SWEEP_PAGES + 10
        if len(vendor.asked) - before < SWEEP_PAGES:
            break
    assert one.cursor is not None
    assert one.cursor["sweep"] is None
    assert vendor.limit - len(vendor.asked) > 0


async def test_reading_again_costs_no_more_than_its_share_of_the_hourly_limit(
    vendor: GitHubVendor, clock: Turning
) -> None:
    github = GitHub(page_records=PAGE, again_an_hour=900)
    one = reader(vendor, github=github, clock=clock)
    vendor.add(minutes(*[number / 20 for number in range(1_200, 0, -1)]))
    await one.take()
    before = len(vendor.asked)
    for _ in range(60):
        clock.at += timedelta(minutes=1)
        await one.take()
    assert len(vendor.asked) - before < 900 + 120 + 60


async def test_a_process_that_is_cut_off_after_each_page_goes_on_and_reads_nothing_twice(vendor: GitHubVendor) -> None:
    # Vector keeps where it stands in memory; chronicle/ingestion-scripts begins anew at now less an interval.
    names = await vendor.happen(PAGE * 4 + 3)
    found: list[str] = []
    cursor: Cursor | None = None
    for _ in range(5):
        one = reader(vendor, cursor)
        await one.take(pages=1)
        found += list(one.records)
        cursor = one.cursor
    assert sorted(found) == sorted(names)


async def test_a_cursor_that_github_does_not_know_any_more_is_begun_anew(vendor: GitHubVendor) -> None:
    await vendor.happen(PAGE * 2 + 2)
    one = reader(vendor)
    await one.take(pages=1)
    usual = vendor.server.handler

    async def handle(asked: Asked) -> Answer:
        vendor.is_after_lost = len(vendor.asked) == 2
        return await usual(asked)

    vendor.server.handler = handle
    await one.take()
    assert len(one.records) == PAGE * 2 + 2
    assert one.repeats == PAGE


async def test_a_cursor_that_is_never_known_ends_in_an_error(vendor: GitHubVendor) -> None:
    await vendor.happen(PAGE * 3)
    vendor.is_after_lost = True
    with pytest.raises(Malformed, match="422"):
        await reader(vendor).take()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://api.github.com", "https://api.github.com.evil.example"]
)
async def test_a_link_to_another_host_is_not_followed(vendor: GitHubVendor, origin: str) -> None:
    await vendor.happen(PAGE * 2)
    vendor.link_origin = origin
    one = reader(vendor)
    with pytest.raises(Malformed, match="leads elsewhere"):
        await one.take()
    assert len(vendor.asked) == 1
    assert one.cursor is None


async def test_of_a_link_the_cursor_alone_is_used(vendor: GitHubVendor) -> None:
    await vendor.happen(PAGE * 2)
    await reader(vendor).take()
    assert {asked.path for asked in vendor.asked} == {f"/orgs/{ORGANIZATION}/audit-log"}
    for asked in vendor.asked:
        assert (asked.query["include"], asked.query["order"], asked.query["per_page"]) == ("all", "asc", str(PAGE))


async def test_why_there_is_no_page_is_told_apart(vendor: GitHubVendor) -> None:
    for answer, kind, where in NO_PAGE:
        vendor.answers = [answer]
        with pytest.raises(kind) as caught:
            await reader(vendor).take()
        assert (type(caught.value), caught.value.where) == (kind, where), answer.body
        assert caught.value.remedy or kind is not Denied


async def test_an_entry_that_cannot_be_read_is_counted(vendor: GitHubVendor) -> None:
    vendor.answers = [Answer(b'["\xff"]')]
    one = reader(vendor)
    await one.take()
    assert [stranger.account for page in one.pages for stranger in page.strangers] == ["unreadable"]


async def test_the_wait_is_the_vendors(vendor: GitHubVendor) -> None:
    vendor.answers = [said("You have exceeded a secondary rate limit.", 403, {"retry-after": "77"})]
    with pytest.raises(Throttled) as caught:
        await reader(vendor).take()
    assert caught.value.retry_after_seconds == 77
    vendor.limit = 0
    with pytest.raises(Throttled, match="used up") as caught:
        await reader(vendor).take()
    assert 1_700 < caught.value.retry_after_seconds <= 1_802


async def test_the_rest_of_the_hourly_limit_is_left_to_others(vendor: GitHubVendor) -> None:
    vendor.limit = 50
    await vendor.happen(PAGE * 80)
    one = reader(vendor)
    with pytest.raises(Throttled, match="left to"):
        await one.take()
    assert len(vendor.asked) == 45
    assert len(one.records) == PAGE * 45


async def test_why_there_is_no_token_is_told_apart(vendor: GitHubVendor) -> None:
    for answer, kind, where in NO_TOKEN:
        vendor.sign_in_answer = answer
        with pytest.raises(kind) as caught:
            await reader(vendor).take()
        assert (type(caught.value), caught.value.where) == (kind, where), answer.body
        assert vendor.asked == []


async def test_an_app_that_lacks_the_permission_is_told_which(vendor: GitHubVendor) -> None:
    vendor.permissions = {"contents": "read"}
    (finding,) = await CONNECTOR.check(remote_for(vendor, CONNECTOR))
    assert not finding.is_good
    assert "Administration (read)" in finding.remedy


async def test_signing_in_is_done_once_an_hour(vendor: GitHubVendor) -> None:
    one = reader(vendor)
    for _ in range(3):
        await one.take()
    assert vendor.signed_in == 1


async def test_a_token_that_may_do_more_than_it_needs_is_noticed(vendor: GitHubVendor) -> None:
    vendor.scopes = "read:audit_log, repo, admin:org"
    await vendor.happen(1)
    found = await CONNECTOR.check(remote_for(vendor, CONNECTOR, given={"token": TOKEN}))
    assert all(finding.is_good for finding in found)
    assert "admin:org, repo" in found[-1].what


async def test_an_enterprises_log_is_taken_but_for_organisations_that_are_not_named(vendor: GitHubVendor) -> None:
    given = {"organization": "", "enterprise": ENTERPRISE, "token": TOKEN}
    ours = vendor.add(minutes(5, 4, of=datetime.now(UTC)))
    theirs = vendor.add(minutes(3, of=datetime.now(UTC)), organization=FOREIGN)
    own = vendor.add(minutes(2, of=datetime.now(UTC)), organization=None)
    whole = reader(vendor, given=given)
    await whole.take()
    assert set(whole.records) == {*ours, *theirs, *own}
    part = reader(vendor, given={**given, "organizations": f"another, {ORGANIZATION.upper()}"})
    await part.take()
    assert set(part.records) == {*ours, *own}
    assert [(one.account, one.records) for page in part.pages for one in page.strangers][:1] == [(FOREIGN, 1)]


async def test_an_entry_of_another_enterprise_is_a_stranger(vendor: GitHubVendor) -> None:
    vendor.entries.append({**entry("odd", datetime.now(UTC), None), "business": "another-group"})
    one = reader(vendor, given={"organization": "", "enterprise": ENTERPRISE, "token": TOKEN})
    await one.take()
    assert one.records == {}
    assert one.pages[0].strangers[0].account == "another-group"


async def test_an_entry_of_several_organisations_is_the_customers_when_one_is(vendor: GitHubVendor) -> None:
    vendor.entries.append({**entry("both", datetime.now(UTC), None), "org": [FOREIGN, None, ORGANIZATION]})
    one = reader(vendor)
    await one.take()
    assert set(one.records) == {"both"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"enterprise": ENTERPRISE}, "not both"),
        ({"organization": ""}, "organisation or an enterprise"),
        ({"organization": "", "enterprise": ENTERPRISE}, "no App an enterprise"),
    ],
)
async def test_settings_that_do_not_fit_together_are_told(
    vendor: GitHubVendor, given: dict[str, str], message: str
) -> None:
    with pytest.raises(Denied, match=message) as caught:
        await reader(vendor, given=given).take()
    assert caught.value.remedy
    assert vendor.requests == 0


async def test_a_window_of_the_past_ends_and_is_not_read_again(vendor: GitHubVendor) -> None:
    now = datetime.now(UTC)
    inside = vendor.add([now - timedelta(days=3, minutes=number) for number in range(PAGE * 2)])
    vendor.add([now - timedelta(days=9), now - timedelta(minutes=1)])
    window = CONNECTOR.window("audit-log", start=now - timedelta(days=4), end=now - timedelta(days=2))
    one = reader(vendor, window)
    await one.take()
    assert set(one.records) == set(inside)
    assert len(vendor.asked) == 2


def test_a_window_that_github_does_not_keep_is_refused() -> None:
    now = datetime.now(UTC)
    with pytest.raises(Invalid, match="180 days"):
        CONNECTOR.window("audit-log", start=now - timedelta(days=181), end=now)
    with pytest.raises(Invalid, match="ends before"):
        CONNECTOR.window("audit-log", start=now, end=now - timedelta(days=1))


def test_the_steps_name_the_one_permission_or_the_one_scope() -> None:
    app = "\n".join(one.text for one in CONNECTOR.policies({"organization": ORGANIZATION}))
    assert "organization_administration" in app
    assert "read:audit_log" not in app
    token = "\n".join(one.text for one in CONNECTOR.policies({"enterprise": ENTERPRISE}))
    assert "read:audit_log" in token
    assert "GitHub App" not in token


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("organization", "../enterprises/x"),
        ("organization", "-x"),
        ("api_host", "api.evil.example"),
        ("api_host", "api.x.ghe.com.evil.example"),
        ("events", "none"),
    ],
)
def test_what_leads_elsewhere_is_refused(name: str, value: str) -> None:
    with pytest.raises(Invalid):
        check_given(CONNECTOR.manifest, {**GitHubVendor().given(), name: value})
