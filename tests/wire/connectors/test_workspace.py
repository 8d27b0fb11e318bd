"""Reading a Workspace's reports: newest first, late, and through windows that must end.

Several of these are mistakes that public connectors made with this very vendor; the name of each test says which.
"""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from tests.wire.connectors.google_vendor import failure, key_file
from tests.wire.connectors.loopback import Answer
from tests.wire.connectors.pulling import Reader, Turning, remote_for
from tests.wire.connectors.workspace_vendor import ADMIN, CUSTOMER, PAGE, SCOPE, WorkspaceVendor, activity
from watchfloor.feeds.connectors.connector import Cursor, Denied, Expired, Malformed, Throttled
from watchfloor.feeds.connectors.instances.registry import check_given
from watchfloor.feeds.connectors.workspace.client import CONNECTOR, SWEEP_PAGES, Workspace
from watchfloor.feeds.connectors.workspace.manifest import APPLICATIONS
from watchfloor.feeds.connectors.workspace.walk import KEPT, STEP_SECONDS, Standing
from watchfloor.kernel.errors import Invalid, Unavailable, WatchfloorError
from watchfloor.normalise.cloud.workspace import LOGSOURCES

NOW: Final = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


class Account:
    """A Workspace, a clock that both sides look at, and a reader of one application."""

    def __init__(self, stream: str) -> None:
        self.clock = Turning(NOW)
        self.vendor = WorkspaceVendor(now=self.clock.now)
        self.stream = stream

    def reader(self, cursor: Cursor | None = None) -> Reader:
        return Reader(CONNECTOR, remote_for(self.vendor, CONNECTOR, clock=self.clock), self.stream, cursor)

    def add(self, count: int, *, ago: timedelta = timedelta()) -> set[str]:
        return set(self.vendor.add(count, self.clock.at - ago, application=self.stream))

    def names(self, reader: Reader) -> set[str]:
        return {self.vendor.name_of(one.body) for one in reader.records.values()}


@pytest.fixture
async def account(request: pytest.FixtureRequest) -> AsyncGenerator[Account]:
    found = Account(getattr(request, "param", "drive"))
    async with found.vendor:
        yield found


def stood(done: datetime, *, swept: datetime) -> Cursor:
    """A cursor that was stored."""
    return Standing(done=done, swept=(swept, swept)).cursor()


async def read_to_now(account: Account) -> Reader:
    """A reader that has read all there was an hour ago."""
    account.clock.at = NOW - timedelta(hours=1)
    found = account.reader()
    await found.take()
    account.clock.at = NOW
    account.vendor.asked.clear()
    return found


async def test_a_cursor_of_the_newest_time_would_lose_what_comes_first_and_late(account: Account) -> None:
    # elastic/integrations 13081: newest first, so the first page has the largest time of all.
    found = await read_to_now(account)
    early = account.add(PAGE * 3, ago=timedelta(minutes=50))
    late = account.add(PAGE, ago=timedelta(minutes=1))
    await found.take(pages=1)
    assert account.names(found) == late
    went_on = account.reader(found.cursor)  # another runner
    await went_on.take()
    assert account.names(went_on) | late == early | late
    assert len({one["endTime"] for one in account.vendor.asked}) == 1


async def test_what_was_read_counts_only_when_the_last_page_is_in(account: Account) -> None:
    found = await read_to_now(account)
    account.add(PAGE * 3, ago=timedelta(minutes=5))
    done: list[datetime] = []
    for _ in range(3):
        await found.take(pages=1)
        assert found.cursor is not None
        done.append(datetime.fromisoformat(str(found.cursor["done"])))
    assert done == [NOW - timedelta(hours=1), NOW - timedelta(hours=1), NOW]


async def test_a_walk_that_was_broken_off_is_not_all_that_there_is(account: Account) -> None:
    found = await read_to_now(account)
    before = account.add(PAGE * 3, ago=timedelta(minutes=5))
    await found.take(pages=1)
    account.clock.at += timedelta(hours=5)
    since = account.add(PAGE)
    pages = await found.take()
    assert account.names(found) == before | since
    assert [bool(page.behind) for page in pages][-1] is False
    assert pages[0].behind == timedelta(hours=6)


async def test_a_clock_that_was_ahead_does_not_stop_the_stream(account: Account) -> None:
    ahead = stood(NOW + timedelta(days=2), swept=NOW + timedelta(days=2))
    expected = account.add(3, ago=timedelta(minutes=30))
    found = account.reader(ahead)
    await found.take()
    assert account.names(found) == expected


@pytest.mark.parametrize("hours", [0.9, 5.5, 40])
async def test_a_lag_that_is_longer_than_the_usual_leaves_no_gap(account: Account, hours: float) -> None:
    # elastic/integrations 20964, hashicorp-forge/grove 17, Azure-Sentinel 7097: a gap at the edge of each poll.
    expected = account.add(3)
    found = account.reader()
    await found.take()
    happened = account.clock.at
    edge: set[str] = set()
    for _ in range(int(hours * 12) + 60 * 5):
        account.clock.at += timedelta(minutes=5)
        if account.clock.at - happened >= timedelta(hours=hours) and not edge:
            edge = account.add(2, ago=account.clock.at - happened)
        await found.take()
        if edge and edge <= account.names(found):
            break
    else:
        raise AssertionError("never seen")
    assert account.names(found) == expected | edge


async def test_a_missed_run_is_no_hole(account: Account) -> None:
    # chronicle/ingestion-scripts: start = now - interval, so that what happened while nobody asked is gone for good.
    found = account.reader()
    await found.take()
    expected: set[str] = set()
    for _ in range(24):
        account.clock.at += timedelta(hours=5)
        expected |= account.add(3)
    await found.take()
    assert account.names(found) == expected


async def test_steps_between_windows_share_their_edge(account: Account) -> None:
    found = account.reader()
    await found.take()
    expected: set[str] = set()
    began = account.clock.at - APPLICATIONS[3].again[0]
    account.clock.at += timedelta(hours=30)
    for step in range(1, 5):
        edge = began + timedelta(seconds=STEP_SECONDS * step)
        for off in (-1, 0, 1):
            names = account.vendor.add(1, edge + timedelta(milliseconds=off), application="drive")
            expected |= set(names)
    await found.take()
    assert account.names(found) == expected


async def test_a_window_that_cannot_be_finished_is_made_shorter_and_moves_on(account: Account) -> None:
    # Azure-Sentinel 14984: a burst did not fit into the time there was, and the same window was begun for six days.
    expected: set[str] = set()
    for minute in range(0, 55, 5):
        expected |= account.add(PAGE * 2, ago=timedelta(minutes=minute))
    found = account.reader()
    spans: list[str] = []
    for _ in range(60):
        await found.take(pages=2)  # the time is over
        account.vendor.forget_tokens()  # and what led on is too old when the next turn comes
        assert found.cursor is not None
        spans.append(json.dumps(found.cursor.get("tail")))
        if found.cursor["done"] == NOW.isoformat().replace("+00:00", "Z"):
            break
    else:
        raise AssertionError(f"no end: {spans[-1]}")
    assert account.names(found) == expected
    ends = [one["endTime"] for one in account.vendor.asked]
    assert len(set(ends)) > 5, "windows of several lengths"


async def test_what_is_read_again_has_the_same_key_and_the_same_bytes(account: Account) -> None:
    account.add(5)
    found = account.reader()
    await found.take()
    first = dict(found.records)
    for _ in range(15):
        account.clock.at += timedelta(minutes=10)
        await found.take()
    assert found.records == first
    assert found.repeats > 0


async def test_activities_of_one_millisecond_are_told_apart(account: Account) -> None:
    expected = account.add(7)
    found = account.reader()
    await found.take()
    assert account.names(found) == expected
    assert len({one.at for one in found.records.values()}) == 1
    other = activity("1", account.clock.at, application="login")
    account.vendor.activities["drive"].append(other)
    await found.take()
    assert len(found.records) == 8, "a qualifier is unique within its application only"


async def test_an_empty_page_that_names_a_next_one_is_not_the_last(account: Account) -> None:
    found = await read_to_now(account)
    expected = account.add(PAGE + 4)
    account.vendor.empty_pages = 2
    await found.take()
    assert account.names(found) == expected


async def test_pages_that_go_in_circles_end(account: Account) -> None:
    # elastic/integrations 15212 for another vendor: a link to the next page that never ends.
    found = await read_to_now(account)
    account.add(PAGE * 3)
    account.vendor.circles = True
    asked = account.vendor.requests
    with pytest.raises(Malformed, match="its own next one"):
        await found.take()
    assert account.vendor.requests - asked <= 10
    account.vendor.circles = False
    await found.take()
    assert len(found.records) == PAGE * 3


@pytest.mark.parametrize("account", ["login"], indirect=True)
async def test_a_sweep_does_not_keep_what_is_new_waiting(account: Account) -> None:
    for hour in range(70):
        account.add(PAGE, ago=timedelta(hours=hour))
    found = account.reader(stood(NOW, swept=NOW - timedelta(days=2)))
    await found.take()
    turns = 1
    while found.cursor is not None and found.cursor.get("sweep") is not None:
        account.clock.at += timedelta(minutes=3)
        new = account.add(1)
        pages = await found.take()
        assert new <= {account.vendor.name_of(one.body) for page in pages[:8] for one in page.records}
        assert len(pages) <= SWEEP_PAGES + 8
        turns += 1
    assert turns > 1
    assert len(found.records) == 70 * PAGE + turns - 1


async def test_what_is_asked_for_is_never_older_than_what_google_keeps(account: Account) -> None:
    # counteractive/o365beat 47 for another vendor: exactly the oldest is too old when the request arrives.
    found = account.reader(stood(NOW - timedelta(days=400), swept=NOW))
    expected = account.add(1, ago=KEPT - timedelta(hours=2))
    await found.take(pages=3)
    assert account.names(found) == expected
    with pytest.raises(Invalid, match="180 days"):
        Workspace(account.clock).window("drive", start=NOW - KEPT, end=NOW)
    assert Workspace(account.clock).window("drive", start=NOW - KEPT + timedelta(hours=1), end=NOW)


async def test_a_backfill_reads_its_window_and_ends_however_often_it_is_asked(account: Account) -> None:
    account.add(3, ago=timedelta(days=31))
    expected = account.add(PAGE * 2 + 3, ago=timedelta(days=29))
    account.add(3, ago=timedelta(days=27))
    cursor = Workspace(account.clock).window("drive", start=NOW - timedelta(days=30), end=NOW - timedelta(days=28))
    found = account.reader(json.loads(json.dumps(cursor)))
    await found.take(pages=2)
    await found.take()
    assert account.names(found) == expected
    asked = account.vendor.requests
    assert await found.take() == []
    assert account.vendor.requests == asked
    with pytest.raises(Invalid):
        CONNECTOR.window("drive", start=NOW, end=NOW)


async def test_records_of_another_customer_are_counted_and_not_stored(account: Account) -> None:
    account.vendor.add(3, NOW, application="drive", customer="C0other")
    account.vendor.activities["drive"].append({"kind": "x", "id": {"time": "2026-11-20T11:59:00.000Z"}})
    expected = account.add(2)
    found = account.reader()
    pages = await found.take()
    assert account.names(found) == expected
    strangers = [(one.account, one.records, one.place) for page in pages for one in page.strangers]
    assert sorted(strangers) == [("C0other", 3, "drive"), ("no customer id", 1, "drive")]


@pytest.mark.parametrize(
    "reason", ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"]
)
@pytest.mark.parametrize("status", [403, 503])
async def test_a_quota_is_waited_out_by_whichever_code_it_comes(account: Account, reason: str, status: int) -> None:
    account.vendor.fail(failure(status, "", "Quota exceeded.", reason=reason))
    with pytest.raises(Throttled) as caught:
        await account.reader().take()
    assert caught.value.retry_after_seconds == 30


@pytest.mark.parametrize("reason", ["forbidden", "insufficientPermissions", "accessNotConfigured", ""])
async def test_a_permission_that_is_missing_is_no_quota(account: Account, reason: str) -> None:
    account.vendor.fail(failure(403, "PERMISSION_DENIED", "Not authorized.", reason=reason))
    with pytest.raises(Denied) as caught:
        await account.reader().take()
    assert caught.value.where == f"{SCOPE} (drive)"
    assert "policy" in (caught.value.remedy or "")


async def test_what_the_token_service_says_is_told_apart(account: Account) -> None:
    tokens = account.vendor.tokens
    tokens.scopes = set()
    with pytest.raises(Denied, match="unauthorized_client") as caught:
        await account.reader().take()
    assert (caught.value.where, ADMIN in caught.value.message) == (SCOPE, True)
    tokens.scopes, tokens.admin = {SCOPE}, "somebody@acme.example"
    with pytest.raises(Denied) as caught:
        await account.reader().take()
    assert caught.value.where == "admin_email"
    tokens.admin, tokens.is_revoked = ADMIN, True
    with pytest.raises(Expired):
        await account.reader().take()


async def test_a_clock_that_goes_wrong_is_not_taken_for_a_wrong_key(account: Account) -> None:
    account.vendor.tokens.is_slow = True
    with pytest.raises(Unavailable) as caught:
        await account.reader().take()
    assert "clock" in (caught.value.remedy or "")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"items": 5}', b"\xff"])
async def test_an_answer_that_is_no_page_is_not_taken_for_an_empty_one(account: Account, body: bytes) -> None:
    account.vendor.fail(Answer(body))
    with pytest.raises(Malformed):
        await account.reader().take()


async def test_the_test_says_which_application_cannot_be_read(account: Account) -> None:
    account.vendor.refused["saml"] = failure(403, "PERMISSION_DENIED", "No.", reason="forbidden")
    findings = await CONNECTOR.check(account.reader().remote)
    on = [one for one in APPLICATIONS if one.is_on]
    assert [one.is_good for one in findings] == [one.name != "saml" for one in on]
    assert all(query["maxResults"] == "1" for query in account.vendor.asked)
    account.vendor.add(1, NOW, application="admin", customer="C0other")
    assert "C0other" in (await CONNECTOR.check(account.reader().remote))[0].remedy
    account.vendor.tokens.scopes = set()
    (finding,) = await CONNECTOR.check(account.reader().remote)
    assert (finding.is_good, "Delegate" in finding.remedy) == (False, True)


def test_the_papers_for_the_customer_name_one_scope_and_one_privilege() -> None:
    text = "\n".join(policy.text for policy in CONNECTOR.policies({"admin_email": ADMIN}))
    assert [word for word in text.split() if word.startswith("https://www.googleapis.com/auth/")] == [SCOPE]
    assert ADMIN in text
    assert "private_key" not in text
    assert "--role" not in text


def test_each_application_has_its_log_source() -> None:
    services = {source.service for source in LOGSOURCES}
    assert {f"google_workspace.{one.name}" for one in APPLICATIONS} <= services
    for one in APPLICATIONS:
        look, hourly, daily = one.again
        assert one.every < look < hourly < daily
        assert one.lag <= hourly


def test_settings_are_what_they_seem() -> None:
    given = {"customer_id": CUSTOMER, "admin_email": ADMIN, "service_account_key": key_file()}
    assert check_given(CONNECTOR.manifest, given).settings["customer_id"] == CUSTOMER
    for name, value in {"customer_id": "my_customer", "admin_email": "a@b", "service_account_key": "{}"}.items():
        with pytest.raises(WatchfloorError):
            check_given(CONNECTOR.manifest, {**given, name: value})
