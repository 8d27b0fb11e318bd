"""What others got wrong with Microsoft 365, and what its API says when something is wrong."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from tests.wire.connectors.driving import NOW, Drive
from tests.wire.connectors.loopback import Answer, Asked
from tests.wire.connectors.m365_vendor import M365Vendor, fault, record
from tests.wire.connectors.microsoft_login import FOREIGN, TENANT
from watchfloor.feeds.connectors.connector import Denied, Malformed, Throttled
from watchfloor.feeds.connectors.m365.client import M365
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.errors import Invalid, Unavailable, WatchfloorError


@pytest.fixture
async def vendor() -> AsyncGenerator[M365Vendor]:
    async with M365Vendor() as vendor:
        vendor.subscriptions["Audit.Exchange"] = "enabled"
        yield vendor


@pytest.fixture
def drive(vendor: M365Vendor) -> Drive:
    connector = M365(clock=FixedClock(NOW))
    drive = Drive(connector, "exchange", given=vendor.given(), stand_ins=vendor.stand_ins())
    vendor.clock = drive.clock.now
    return drive


def answering(vendor: M365Vendor, path: str, answer: Answer) -> None:
    """The next request for this path, and all after it, get this answer."""
    usual = vendor.server.handler

    async def handle(asked: Asked) -> Answer:
        return answer if path in asked.path else await usual(asked)

    vendor.server.handler = handle


async def test_after_a_long_time_away_no_window_is_refused_and_what_is_kept_still_comes(
    vendor: M365Vendor, drive: Drive
) -> None:
    # counteractive/o365beat 47: exactly seven days and exactly a day are too much when the request arrives.
    await drive.turn()
    drive.clock.at += timedelta(days=12)
    kept = drive.clock.at - timedelta(days=6, hours=20)
    vendor.offer([record("kept", kept)], created=kept)
    await drive.turn()
    assert set(drive.records) == {"record:kept"}
    assert len(vendor.windows) > 7
    for start, end in vendor.windows:
        assert end - start < timedelta(hours=24)


async def test_a_blob_that_is_sent_again_after_days_under_another_name_is_stored_once(
    vendor: M365Vendor, drive: Drive
) -> None:
    # Azure/api-management-developer-portal 1063: blobs five days old came again.
    old = [record(f"old{number}", NOW) for number in range(4)]
    vendor.offer(old, created=NOW - timedelta(minutes=1))
    assert len(await drive.turn()) == 4
    drive.clock.at += timedelta(days=5)
    vendor.offer(old, created=drive.clock.at - timedelta(minutes=1))
    assert await drive.turn() == []
    assert drive.repeats == 4


async def test_a_blob_that_shows_up_days_late_is_found_by_the_sweep(vendor: M365Vendor, drive: Drive) -> None:
    await drive.turn()
    drive.clock.at += timedelta(days=4)
    await drive.turn()
    vendor.offer([record("late", NOW)], created=NOW + timedelta(hours=1))
    drive.clock.at += timedelta(minutes=3)
    await drive.turn()
    assert drive.records == {}
    drive.clock.at += timedelta(hours=6)
    await drive.turn()
    assert set(drive.records) == {"record:late"}


async def test_a_sweep_that_is_cut_short_goes_on_where_it_was(vendor: M365Vendor, drive: Drive) -> None:
    await drive.turn()
    drive.clock.at += timedelta(days=6)
    await drive.turn()
    drive.clock.at += timedelta(hours=7)
    vendor.windows.clear()
    while await drive.turn(most_pages=5) or len(vendor.windows) < 40:
        if len(drive.pages) > 400:
            break
    starts = [start for start, _ in vendor.windows]
    assert min(starts) <= NOW + timedelta(hours=1)
    assert any(start > drive.clock.at - timedelta(hours=16) for start in starts), "it came to its end"


async def test_a_subscription_is_begun_once_and_begun_again_when_it_was_switched_off(
    vendor: M365Vendor, drive: Drive
) -> None:
    vendor.subscriptions.clear()
    await vendor.happen(3)
    assert len(await drive.turn()) == 3
    await drive.turn()
    assert vendor.starts == 1
    vendor.subscriptions["Audit.Exchange"] = "disabled"
    await vendor.happen(2)
    assert len(await drive.turn()) == 2
    assert vendor.starts == 2


async def test_that_somebody_else_subscribed_meanwhile_is_no_error(vendor: M365Vendor, drive: Drive) -> None:
    vendor.subscriptions.clear()
    await vendor.happen(3)
    usual = vendor.server.handler

    async def handle(asked: Asked) -> Answer:
        if "subscriptions/start" in asked.path:
            vendor.subscriptions["Audit.Exchange"] = "enabled"
        return await usual(asked)

    vendor.server.handler = handle
    assert len(await drive.turn()) == 3
    assert vendor.starts == 1


async def test_a_subscription_that_takes_its_time_is_no_reason_to_hammer(vendor: M365Vendor, drive: Drive) -> None:
    vendor.subscriptions.clear()
    vendor.is_starting_slowly = True
    with pytest.raises(Unavailable, match="has not begun") as waiting:
        await drive.turn()
    assert "12 hours" in (waiting.value.remedy or "")
    assert vendor.starts == 1


async def test_a_quota_that_is_used_up_is_a_403_and_yet_no_missing_permission(vendor: M365Vendor, drive: Drive) -> None:
    vendor.throttle(1)
    with pytest.raises(Throttled) as throttled:
        await drive.turn()
    assert throttled.value.retry_after_seconds == 60


async def test_what_was_fetched_before_a_fault_is_not_fetched_again(vendor: M365Vendor, drive: Drive) -> None:
    await vendor.happen(40)
    fetched: list[str] = []
    usual = vendor.server.handler

    async def handle(asked: Asked) -> Answer:
        if "/audit/" not in asked.path:
            return await usual(asked)
        fetched.append(asked.path)
        return await usual(asked) if len(fetched) != 6 else fault("AF50000", "An internal error occurred.", 500)

    vendor.server.handler = handle
    with pytest.raises(Unavailable):
        await drive.turn()
    await drive.turn()
    assert len(drive.records) == 40
    assert len(fetched) == 8 + 1, "each blob once, and the one that failed twice"


async def test_a_blob_that_is_not_kept_any_more_is_passed_over(vendor: M365Vendor, drive: Drive) -> None:
    await vendor.happen(15)
    vendor.gone = {vendor.blobs[1].listed_as[0]}
    assert len(await drive.turn()) == 10
    asked = vendor.requests
    await drive.turn()
    assert not any("/audit/" in one.path for one in vendor.server.requests[asked:])


async def test_a_blob_that_cannot_be_read_holds_nothing_up(vendor: M365Vendor, drive: Drive) -> None:
    await vendor.happen(5)
    vendor.blobs[0].body = b"<html>proxy error</html>"
    await vendor.happen(5)
    assert len(await drive.turn()) == 6
    assert b"<html>proxy error</html>" in drive.records.values()


@pytest.mark.parametrize(
    "link",
    [
        "https://manage.office.com.evil.example",
        "http://manage.office.com",
        "https://manage.office.com:8443",
        "https://manage.office.com@evil.example",
        "https://169.254.169.254",
        f"https://manage.office.com/api/v1.0/{FOREIGN}",
        "https://manage.office.com/../..",
    ],
)
@pytest.mark.parametrize("kind", ["content", "next"])
async def test_links_that_lead_elsewhere_are_not_followed(
    vendor: M365Vendor, drive: Drive, link: str, kind: str
) -> None:
    await vendor.happen(30)
    if kind == "content":
        vendor.link_origin = link
    else:
        vendor.next_origin = link
    with pytest.raises(Malformed, match="leads elsewhere"):
        await drive.turn()
    assert all(asked.path.startswith((f"/api/v1.0/{TENANT}/", f"/{TENANT}/")) for asked in vendor.server.requests)


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (403, "AF10001", Denied, "ActivityFeed.Read"),
        (403, "AF20010", Denied, "tenant_id"),
        (400, "AF20011", Denied, "audit log"),
        (400, "AF20012", Denied, "audit log"),
        (403, "", Denied, "ActivityFeed.Read"),
        (403, "AF429", Throttled, "ActivityFeed.Read"),
        (429, "", Throttled, "ActivityFeed.Read"),
        (400, "AF20030", Malformed, "ActivityFeed.Read"),
        (400, "AF20055", Malformed, "ActivityFeed.Read"),
        (400, "AF20031", Malformed, "ActivityFeed.Read"),
        (400, "AF50000", Unavailable, "ActivityFeed.Read"),
        (503, "", Unavailable, "ActivityFeed.Read"),
    ],
)
async def test_each_of_the_vendors_errors_says_what_is_to_be_done(
    vendor: M365Vendor, drive: Drive, *, status: int, code: str, kind: type[WatchfloorError], words: str
) -> None:
    answering(vendor, "subscriptions/content", fault(code, "Made up.", status))
    with pytest.raises(WatchfloorError) as raised:
        await drive.turn()
    assert type(raised.value) is kind
    assert raised.value.where == words
    if kind is Denied:
        assert raised.value.remedy


async def test_a_backfill_fetches_what_was_a_strangers_when_it_was_first_seen(vendor: M365Vendor, drive: Drive) -> None:
    vendor.offer([record("mine", NOW), record("theirs", NOW, is_foreign=True)], created=NOW - timedelta(hours=1))
    await drive.turn()
    assert set(drive.records) == {"record:mine"}
    assert drive.strangers == {FOREIGN: 1}
    vendor.blobs[0].body = vendor.blobs[0].body.replace(FOREIGN.encode(), TENANT.encode())
    start = NOW - timedelta(hours=8)
    drive.cursor = M365(clock=FixedClock(NOW)).window("exchange", start=start, end=NOW)
    await drive.turn()
    assert set(drive.records) == {"record:mine", "record:theirs"}
    asked = vendor.requests
    assert await drive.turn() == []
    assert vendor.requests == asked, "it is done"


async def test_a_backfill_that_is_cut_short_goes_on_and_ends(vendor: M365Vendor, drive: Drive) -> None:
    for hours in range(100):
        happened = NOW - timedelta(hours=hours + 2)
        vendor.offer([record(f"h{hours}", happened)], created=happened)
    drive.cursor = M365(clock=FixedClock(NOW)).window("exchange", start=NOW - timedelta(days=5), end=NOW)
    for _ in range(60):
        await drive.turn(most_pages=4)
    assert len(drive.records) == 100


def test_a_backfill_of_more_than_the_vendor_keeps_is_refused() -> None:
    with pytest.raises(Invalid, match="seven days"):
        M365(clock=FixedClock(NOW)).window("exchange", start=NOW - timedelta(days=7), end=NOW)


async def test_the_test_of_the_connector_names_what_is_missing_and_subscribes_to_nothing(
    vendor: M365Vendor, drive: Drive
) -> None:
    connector = M365(clock=FixedClock(NOW))
    findings = await connector.check(drive.remote)
    assert all(finding.is_good for finding in findings)
    assert vendor.starts == 0
    vendor.forbid()
    findings = await connector.check(drive.remote)
    missing = [finding for finding in findings if not finding.is_good]
    assert [finding.what.partition(" ")[0] for finding in missing] == ["ActivityFeed.Read"] * 4
    vendor.revoke()
    findings = await M365(clock=FixedClock(NOW)).check(drive.remote)
    assert len(findings) == 1
    assert "AADSTS7000215" in findings[0].what


def test_the_policies_ask_for_no_more_than_is_needed(vendor: M365Vendor) -> None:
    policies = M365().policies(vendor.given())
    assert "594c1fb6-4f81-4475-ae41-0c394909246c" in policies[0].text
    assert "4807a72c-ad38-4250-94c9-4eabfe26cd55" not in policies[0].text
    assert f"https://login.microsoftonline.com/{TENANT}/adminconsent?client_id=" in policies[1].text
    assert any("4807a72c-ad38-4250-94c9-4eabfe26cd55" in policy.text for policy in policies)
