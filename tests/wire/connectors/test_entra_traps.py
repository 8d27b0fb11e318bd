"""What others got wrong with Entra ID's logs, and what Graph says when something is wrong."""

import contextlib
import json
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from tests.wire.connectors.driving import NOW, Drive
from tests.wire.connectors.entra_vendor import EntraVendor, sign_in
from tests.wire.connectors.microsoft_login import FOREIGN, TENANT
from watchfloor.feeds.connectors.connector import Denied, Malformed, Throttled
from watchfloor.feeds.connectors.entra.client import RULES, Entra
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.errors import Invalid, WatchfloorError

SIGN_INS = "/v1.0/auditLogs/signIns"


@pytest.fixture
async def vendor() -> AsyncGenerator[EntraVendor]:
    async with EntraVendor() as vendor:
        yield vendor


def driving(vendor: EntraVendor, stream: str) -> Drive:
    drive = Drive(Entra(clock=FixedClock(NOW)), stream, given=vendor.given(), stand_ins=vendor.stand_ins())
    vendor.clock = drive.clock.now
    return drive


@pytest.fixture
def drive(vendor: EntraVendor) -> Drive:
    return driving(vendor, "sign-ins")


async def test_the_place_is_not_the_newest_record_so_what_comes_late_is_not_lost(
    vendor: EntraVendor, drive: Drive
) -> None:
    # elastic/integrations 13081 and 20964: the newest time as the cursor lost what came after it with an earlier one.
    vendor.add(SIGN_INS, [sign_in("newest", NOW - timedelta(minutes=3))])
    await drive.turn()
    vendor.add(SIGN_INS, [sign_in("late", NOW - timedelta(minutes=100))])
    drive.clock.at += timedelta(minutes=3)
    assert [json.loads(body)["id"] for body in await drive.turn()] == ["late"]


async def test_what_is_late_by_most_of_a_day_is_found_by_the_sweep(vendor: EntraVendor, drive: Drive) -> None:
    await drive.turn()
    drive.clock.at += timedelta(hours=23)
    await drive.turn()
    vendor.add(SIGN_INS, [sign_in("very late", NOW + timedelta(hours=5))])
    await drive.turn()
    assert drive.records == {}
    drive.clock.at += RULES.sweep_every
    await drive.turn()
    assert set(drive.records) == {"sign:very late"}


async def test_days_without_a_turn_leave_no_hole(vendor: EntraVendor, drive: Drive) -> None:
    # chronicle/ingestion-scripts: now less the interval is a hole for good when a turn is missed.
    await drive.turn()
    vendor.add(SIGN_INS, [sign_in(f"h{hours}", NOW + timedelta(hours=hours)) for hours in range(70)])
    drive.clock.at += timedelta(days=3)
    await drive.turn()
    assert len(drive.records) == 70


async def test_a_burst_that_no_turn_could_finish_is_halved_until_it_can_and_nothing_comes_twice(
    vendor: EntraVendor, drive: Drive
) -> None:
    # Azure-Sentinel 14984: the window of a burst was tried again and again, and its events were stored each time.
    begin = NOW - timedelta(minutes=40)
    burst = [sign_in(f"b{number}", begin + timedelta(milliseconds=45 * number)) for number in range(1200)]
    vendor.add(SIGN_INS, burst)
    turns = 0
    while len(drive.records) < 1200:
        await drive.turn(most_pages=30)
        turns += 1
        assert turns < 40, "it does not come to an end"
    before = len(drive.pages)
    assert await drive.turn() == []
    assert len(drive.pages) - before < 400
    assert json.loads(drive.records["sign:b7"])["createdDateTime"] == burst[7]["createdDateTime"]


async def test_throttling_within_a_window_halves_it_so_that_the_next_turn_gets_further(
    vendor: EntraVendor, drive: Drive
) -> None:
    begin = NOW - timedelta(minutes=40)
    vendor.add(SIGN_INS, [sign_in(f"t{number}", begin + timedelta(seconds=number)) for number in range(70)])
    vendor.throttle_from = 30
    for _ in range(14):
        with contextlib.suppress(Throttled):
            await drive.turn()
    assert len(drive.records) == 70


async def test_a_link_that_has_expired_is_not_asked_for_ever(vendor: EntraVendor, drive: Drive) -> None:
    begin = NOW - timedelta(minutes=40)
    vendor.add(SIGN_INS, [sign_in(f"e{number}", begin + timedelta(seconds=number)) for number in range(25)])
    vendor.is_link_expired = True
    with pytest.raises(Malformed, match="ExpiredPageToken"):
        await drive.turn()
    for _ in range(14):
        with contextlib.suppress(Malformed):
            await drive.turn()
    assert len(drive.records) == 25


@pytest.mark.parametrize(
    "origin", ["https://graph.microsoft.com.evil.example", "https://evil.example", "http://graph.microsoft.com"]
)
async def test_links_that_lead_elsewhere_are_not_followed(vendor: EntraVendor, drive: Drive, origin: str) -> None:
    vendor.add(SIGN_INS, [sign_in(f"l{number}", NOW - timedelta(minutes=40)) for number in range(25)])
    vendor.link_origin = origin
    with pytest.raises(Malformed, match="leads elsewhere"):
        await drive.turn()


async def test_a_page_is_as_large_as_the_vendor_allows(vendor: EntraVendor, drive: Drive) -> None:
    # Azure-Sentinel 14992: without a page's size the default is small, and the quota is gone.
    await drive.turn()
    asked = [one.query["$top"] for one in vendor.server.requests if one.path == SIGN_INS]
    assert set(asked) == {"1000"}


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        ("sign-ins-non-interactive", "nonInteractiveUser"),
        ("sign-ins-service-principal", "servicePrincipal"),
        ("sign-ins-managed-identity", "managedIdentity"),
    ],
)
async def test_sign_ins_that_version_one_does_not_have_come_from_the_beta(
    vendor: EntraVendor, stream: str, kind: str
) -> None:
    at = NOW - timedelta(minutes=5)
    vendor.add("/beta/auditLogs/signIns", [sign_in("a", at, kind=kind), sign_in("b", at)])
    drive = driving(vendor, stream)
    await drive.turn()
    assert set(drive.records) == {"sign:a"}


async def test_a_risk_that_is_written_again_is_another_record(vendor: EntraVendor) -> None:
    path, at = "/v1.0/identityProtection/riskDetections", NOW - timedelta(minutes=20)
    risk: dict[str, object] = {
        "id": "d1",
        "riskEventType": "unfamiliarFeatures",
        "riskState": "atRisk",
        "activityDateTime": at.isoformat(),
        "lastUpdatedDateTime": at.isoformat(),
    }
    vendor.add(path, [risk])
    drive = driving(vendor, "risks")
    assert len(await drive.turn()) == 1
    drive.clock.at += timedelta(minutes=30)
    vendor.records[path] = [{**risk, "riskState": "remediated", "lastUpdatedDateTime": NOW.isoformat()}]
    assert len(await drive.turn()) == 1
    assert await drive.turn() == []


async def test_changes_in_the_directory_come_by_their_own_time(vendor: EntraVendor) -> None:
    at = (NOW - timedelta(minutes=5)).isoformat()
    change: dict[str, object] = {"id": "c1", "activityDisplayName": "Add member to role", "activityDateTime": at}
    vendor.add("/v1.0/auditLogs/directoryAudits", [change])
    drive = driving(vendor, "audits")
    await drive.turn()
    assert set(drive.records) == {"audits:c1"}


async def test_a_guest_of_ours_elsewhere_is_ours_and_a_sign_in_of_two_others_is_a_strangers(
    vendor: EntraVendor, drive: Drive
) -> None:
    at = NOW - timedelta(minutes=5)
    away = {**sign_in("away", at), "resourceTenantId": FOREIGN}
    visitor = {**sign_in("visitor", at), "homeTenantId": FOREIGN, "resourceTenantId": TENANT.upper()}
    foreign = sign_in("foreign", at, is_foreign=True)
    vendor.add(SIGN_INS, [away, visitor, foreign])
    await drive.turn()
    assert set(drive.records) == {"sign:away", "sign:visitor"}
    assert drive.strangers == {FOREIGN: 1}


async def test_a_tenant_without_the_licence_is_told_so(vendor: EntraVendor, drive: Drive) -> None:
    vendor.has_licence = False
    with pytest.raises(Denied, match="licence") as denied:
        await drive.turn()
    assert "P1" in (denied.value.remedy or "")


async def test_a_missing_permission_is_named(vendor: EntraVendor, drive: Drive) -> None:
    vendor.forbid()
    with pytest.raises(Denied) as denied:
        await drive.turn()
    assert denied.value.where == "AuditLog.Read.All"


async def test_the_test_of_the_connector_names_each_permission(vendor: EntraVendor, drive: Drive) -> None:
    connector = Entra(clock=FixedClock(NOW))
    assert all(finding.is_good for finding in await connector.check(drive.remote))
    vendor.forbid()
    missing = [finding.what for finding in await connector.check(drive.remote) if not finding.is_good]
    assert missing == ["AuditLog.Read.All for sign-ins", "AuditLog.Read.All for audits"]


def test_a_backfill_of_more_than_the_vendor_keeps_is_refused() -> None:
    with pytest.raises(Invalid, match="30 days"):
        Entra(clock=FixedClock(NOW)).window("sign-ins", start=NOW - timedelta(days=31), end=NOW)


async def test_a_backfill_ends_and_may_be_repeated(vendor: EntraVendor, drive: Drive) -> None:
    vendor.add(SIGN_INS, [sign_in(f"w{hours}", NOW - timedelta(hours=hours)) for hours in range(1, 200)])
    for _ in range(2):
        start, end = NOW - timedelta(hours=150), NOW - timedelta(hours=100)
        drive.cursor = Entra(clock=FixedClock(NOW)).window("sign-ins", start=start, end=end)
        for _ in range(6):
            await drive.turn(most_pages=20)
    assert len(drive.records) == 50
    asked = vendor.requests
    assert await drive.turn() == []
    assert vendor.requests == asked


def test_the_policies_ask_for_no_more_than_is_needed(vendor: EntraVendor) -> None:
    policies = Entra().policies(vendor.given())
    assert "b0afded3-3588-46d8-8b3d-9842eff778da" in policies[0].text
    assert "6e472fd1-ad78-48da-a0f0-97ab2c6b769e" not in policies[0].text


@pytest.mark.parametrize("cursor", [{"to": "yesterday"}, {"after": 7}])
async def test_a_cursor_of_another_connector_is_refused(
    drive: Drive, cursor: dict[str, str | int | float | bool | list[object] | dict[str, object] | None]
) -> None:
    drive.cursor = cursor  # type: ignore[assignment]  # what a cursor may be is wider
    with pytest.raises(WatchfloorError, match="cursor"):
        await drive.turn()
