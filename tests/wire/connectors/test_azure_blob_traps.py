"""What others got wrong with Azure's append blobs, and what its storage says when something is wrong."""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Eventually
from tests.wire.connectors.azure_blob_vendor import (
    ACCOUNT,
    CONNECTOR,
    AzureBlobVendor,
    activity,
    activity_blob,
    sign_in,
    sign_in_blob,
)
from tests.wire.connectors.driving import Drive
from tests.wire.connectors.microsoft_login import FOREIGN, TENANT
from watchfloor.feeds.connectors.azure_blob.client import AzureBlob
from watchfloor.feeds.connectors.connector import Denied, Expired, Malformed, Throttled
from watchfloor.kernel.errors import Unavailable, WatchfloorError

NOW = datetime.now(UTC).replace(minute=20, second=0, microsecond=0)


@pytest.fixture
async def vendor() -> AsyncGenerator[AzureBlobVendor]:
    async with AzureBlobVendor() as vendor:
        yield vendor


@pytest.fixture
def drive(vendor: AzureBlobVendor) -> Drive:
    return Drive(CONNECTOR, "logs", given=vendor.given(), stand_ins=vendor.stand_ins(), now=NOW)


def lines(*records: dict[str, object]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\r\n" for record in records)


async def put(vendor: AzureBlobVendor, name: str, content: bytes, *, container: str | None = None) -> None:
    """Appends as one block."""
    client = vendor.service.get_blob_client(container or vendor.sign_ins, name)
    if not await asyncio.to_thread(client.exists):
        await asyncio.to_thread(client.create_append_blob)
    await asyncio.to_thread(client.append_block, content)


def names(drive: Drive) -> list[str]:
    return sorted(json.loads(body)["correlationId"] for body in drive.records.values())


async def test_half_a_line_waits_for_its_other_half(vendor: AzureBlobVendor, drive: Drive) -> None:
    whole = lines(sign_in("one", NOW), sign_in("two", NOW))
    await put(vendor, sign_in_blob(NOW), whole[:-60])
    await drive.turn()
    assert names(drive) == ["one"]
    await put(vendor, sign_in_blob(NOW), whole[-60:])
    await drive.turn()
    assert names(drive) == ["one", "two"]
    assert drive.repeats == 0


async def test_of_a_blob_that_has_grown_only_what_is_new_is_read(vendor: AzureBlobVendor, drive: Drive) -> None:
    blob, at = activity_blob(NOW - timedelta(hours=2)), NOW - timedelta(hours=2)
    first = lines(*(activity(f"a{number}", at) for number in range(20)))
    await put(vendor, blob, first, container=vendor.activity)
    await drive.turn()
    asked = vendor.requests
    await put(vendor, blob, lines(activity("late", at)), container=vendor.activity)
    drive.clock.at += timedelta(minutes=2)
    await drive.turn()
    ranges = [one.headers["x-ms-range"] for one in vendor.server.requests[asked:] if "x-ms-range" in one.headers]
    assert ranges == [f"bytes={len(first)}-{len(first) + 2_999}"]
    assert len(drive.records) == 21
    assert drive.repeats == 0


async def test_a_busy_container_neither_holds_up_a_quiet_one_nor_moves_its_place(
    vendor: AzureBlobVendor, drive: Drive
) -> None:
    # wazuh 37391: one bookmark for the account doubled one container and starved the other.
    await put(vendor, sign_in_blob(NOW), lines(*(sign_in(f"busy{number}", NOW) for number in range(400))))
    await put(vendor, activity_blob(NOW), lines(activity("quiet", NOW)), container=vendor.activity)
    await drive.turn(most_pages=4)
    assert "quiet" in names(drive)
    assert len(drive.records) < 100
    while len(drive.records) < 401:
        assert await drive.turn(most_pages=10)
    await put(vendor, activity_blob(NOW), lines(activity("quiet too", NOW)), container=vendor.activity)
    await drive.turn()
    assert len(drive.records) == 402
    assert drive.repeats == 0


async def test_a_finished_blob_that_grows_after_all_is_found_by_the_sweep(
    vendor: AzureBlobVendor, drive: Drive
) -> None:
    blob, at = activity_blob(NOW), NOW
    await put(vendor, blob, lines(activity("in time", at)), container=vendor.activity)
    await drive.turn()
    for _ in range(5):
        drive.clock.at += timedelta(hours=1)
        await drive.turn()
    await put(vendor, blob, lines(activity("hours late", at)), container=vendor.activity)
    drive.clock.at += timedelta(hours=1)
    await drive.turn()
    assert names(drive) == ["hours late", "in time"]
    asked = vendor.requests
    drive.clock.at += timedelta(hours=1)
    await drive.turn()
    assert not any("x-ms-range" in one.headers for one in vendor.server.requests[asked:]), "finished is finished"


async def test_a_blob_that_appears_half_a_day_late_is_found_by_the_sweep(vendor: AzureBlobVendor, drive: Drive) -> None:
    await put(vendor, sign_in_blob(NOW), lines(sign_in("now", NOW)))
    await drive.turn()
    drive.clock.at += timedelta(hours=12)
    await drive.turn()
    await put(vendor, sign_in_blob(NOW + timedelta(hours=1)), lines(sign_in("late", NOW)))
    drive.clock.at += timedelta(hours=1)
    await drive.turn()
    assert names(drive) == ["late", "now"]


async def test_after_days_without_a_turn_nothing_is_missing(vendor: AzureBlobVendor, drive: Drive) -> None:
    await put(vendor, sign_in_blob(NOW), lines(sign_in("h0", NOW)))
    await drive.turn()
    for hours in range(1, 72, 5):
        at = NOW + timedelta(hours=hours)
        await put(vendor, sign_in_blob(at), lines(sign_in(f"h{hours}", at)))
    drive.clock.at += timedelta(days=3)
    await drive.turn()
    assert len(drive.records) == 16


async def test_a_last_line_without_an_end_is_taken_when_the_hour_is_over(vendor: AzureBlobVendor, drive: Drive) -> None:
    await put(vendor, sign_in_blob(NOW), lines(sign_in("one", NOW), sign_in("last", NOW)).rstrip())
    await drive.turn()
    assert names(drive) == ["one"]
    drive.clock.at += timedelta(hours=4)
    for _ in range(2):
        await drive.turn()
    assert names(drive) == ["last", "one"]


async def test_a_blob_that_was_made_anew_is_read_from_its_beginning(
    vendor: AzureBlobVendor, drive: Drive, eventually: Eventually
) -> None:
    blob = activity_blob(NOW)
    await put(vendor, blob, lines(activity("before", NOW), activity("before too", NOW)), container=vendor.activity)
    await drive.turn()
    client = vendor.service.get_blob_client(vendor.activity, blob)
    before = (await asyncio.to_thread(client.get_blob_properties)).creation_time
    content = lines(activity("after", NOW), activity("after too", NOW), activity("after 3", NOW))

    async def is_made_later() -> bool:  # when a blob was made is told to the second
        await asyncio.to_thread(client.delete_blob)
        await put(vendor, blob, content, container=vendor.activity)
        return (await asyncio.to_thread(client.get_blob_properties)).creation_time != before

    await eventually(is_made_later)
    await drive.turn()
    assert names(drive) == ["after", "after 3", "after too", "before", "before too"]


async def test_a_line_that_is_too_long_is_cut_and_holds_nothing_up(vendor: AzureBlobVendor, drive: Drive) -> None:
    long = sign_in("long", NOW) | {"padding": "x" * 9_000}
    await put(vendor, sign_in_blob(NOW), lines(long, sign_in("behind it", NOW)))
    await drive.turn()
    assert any(b"behind it" in body for body in drive.records.values())
    assert all(len(body) <= 3_000 for body in drive.records.values())


async def test_what_is_no_json_is_kept_for_the_quarantine(vendor: AzureBlobVendor, drive: Drive) -> None:
    await put(vendor, sign_in_blob(NOW), b"}{ nonsense\n" + lines(sign_in("good", NOW)))
    await drive.turn()
    assert b"}{ nonsense" in drive.records.values()
    assert len(drive.records) == 2


async def test_containers_that_are_not_there_yet_hold_up_no_other(vendor: AzureBlobVendor, drive: Drive) -> None:
    drive.given["containers"] = f"insights-logs-not-yet,{vendor.sign_ins}"
    await put(vendor, sign_in_blob(NOW), lines(sign_in("one", NOW)))
    await drive.turn()
    assert names(drive) == ["one"]


async def test_only_the_part_of_a_container_that_was_named_is_read(vendor: AzureBlobVendor, drive: Drive) -> None:
    drive.given["containers"] = f"{vendor.sign_ins}/tenantId={TENANT}"
    await put(vendor, sign_in_blob(NOW), lines(sign_in("ours", NOW)))
    await put(vendor, sign_in_blob(NOW, FOREIGN), lines(sign_in("theirs", NOW, is_foreign=True)))
    await put(vendor, "notes/readme.json", b"{}\n")
    await drive.turn()
    assert names(drive) == ["ours"]
    assert not drive.strangers


async def test_others_in_a_shared_container_are_counted_and_never_stored(vendor: AzureBlobVendor, drive: Drive) -> None:
    foreign = [sign_in(f"t{number}", NOW, is_foreign=True) for number in range(3)]
    await put(vendor, sign_in_blob(NOW), lines(sign_in("ours", NOW), *foreign))
    unnamed: dict[str, object] = {"time": NOW.isoformat(), "category": "AuditLogs", "correlationId": "by its blob"}
    await put(vendor, sign_in_blob(NOW, FOREIGN), lines(unnamed))
    await put(vendor, sign_in_blob(NOW - timedelta(hours=1)), lines(unnamed))
    await drive.turn()
    assert names(drive) == ["by its blob", "ours"]
    assert drive.strangers == {FOREIGN: 4}


async def test_the_names_of_resources_may_be_anything(vendor: AzureBlobVendor, drive: Drive) -> None:
    root = "resourceId=/SUBSCRIPTIONS/7D0C6F3E-9A54-4E2B-8F10-2B9C55E0A7D1/RESOURCEGROUPS/A B+C&D%20É/PROVIDERS"
    blob = f"{root}/y={NOW:%Y}/m={NOW:%m}/d={NOW:%d}/h={NOW:%H}/m=00/PT1H.json"
    await put(vendor, blob, lines(activity("odd", NOW)), container=vendor.activity)
    await drive.turn()
    assert names(drive) == ["odd"]


async def test_a_shared_access_signature_is_enough(vendor: AzureBlobVendor, drive: Drive) -> None:
    drive.given = {
        "account": ACCOUNT,
        "containers": vendor.sign_ins,
        "accounts": TENANT,
        "sas": f"?{vendor.signature(hours=400)}",
    }
    await put(vendor, sign_in_blob(NOW), lines(sign_in("one", NOW)))
    await drive.turn()
    assert names(drive) == ["one"]
    assert vendor.login.given == 0
    findings = await AzureBlob().check(drive.remote)
    assert [finding.is_good for finding in findings] == [True, True]
    assert "good until" in findings[0].what


async def test_a_signature_that_has_run_out_is_told(vendor: AzureBlobVendor, drive: Drive) -> None:
    signature = vendor.signature(hours=-1)
    drive.clock.at = datetime.now(UTC)
    drive.given = {"account": ACCOUNT, "containers": vendor.sign_ins, "accounts": TENANT, "sas": signature}
    with pytest.raises(Expired, match="run out") as expired:
        await drive.turn()
    assert vendor.requests == 0
    assert "sig=" not in f"{expired.value} {expired.value.remedy}"


async def test_without_signature_and_application_nobody_is_asked(vendor: AzureBlobVendor, drive: Drive) -> None:
    drive.given = {"account": ACCOUNT, "containers": vendor.sign_ins, "accounts": TENANT}
    with pytest.raises(Expired, match="neither"):
        await drive.turn()
    assert vendor.requests == 0


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (403, "AuthorizationPermissionMismatch", Denied, "Storage Blob Data Reader"),
        (403, "AuthorizationFailure", Denied, "firewall"),
        (403, "AuthenticationFailed", Expired, "token"),
        (503, "ServerBusy", Throttled, "wait"),
        (500, "InternalError", Unavailable, "fault of its own"),
        (409, "SomethingElse", Malformed, "409"),
    ],
)
async def test_each_of_the_vendors_errors_says_what_is_to_be_done(
    vendor: AzureBlobVendor, drive: Drive, *, status: int, code: str, kind: type[WatchfloorError], words: str
) -> None:
    vendor.error = (status, code)
    with pytest.raises(WatchfloorError, match=words) as raised:
        await drive.turn()
    assert type(raised.value) is kind
    if kind in (Denied, Expired):
        assert raised.value.remedy


async def test_a_backfill_reads_the_hours_of_its_window_and_ends(vendor: AzureBlobVendor, drive: Drive) -> None:
    for hours in range(0, 60, 3):
        at = NOW - timedelta(hours=hours)
        await put(vendor, sign_in_blob(at), lines(*(sign_in(f"h{hours}n{number}", at) for number in range(12))))
    start, end = NOW - timedelta(hours=40), NOW - timedelta(hours=20)
    for _ in range(2):
        drive.cursor = CONNECTOR.window("logs", start=start, end=end)
        for _ in range(12):
            await drive.turn(most_pages=3)
    hours_read = {name.partition("n")[0] for name in names(drive)}
    assert hours_read == {f"h{hours}" for hours in range(21, 40, 3)}
    assert len(drive.records) == 7 * 12
    await drive.turn()
    asked = vendor.requests
    assert await drive.turn() == []
    assert not any("x-ms-range" in one.headers for one in vendor.server.requests[asked:])


async def test_the_cursor_stays_small_however_long_the_names_are(vendor: AzureBlobVendor, drive: Drive) -> None:
    for number in range(20):
        root = f"resourceId=/SUBSCRIPTIONS/7D0C6F3E-9A54-4E2B-8F10-2B9C55E0A7D1/{'LONG' * 40}{number}"
        blob = f"{root}/y={NOW:%Y}/m={NOW:%m}/d={NOW:%d}/h={NOW:%H}/m=00/PT1H.json"
        await put(vendor, blob, lines(activity(f"r{number}", NOW)), container=vendor.activity)
    await drive.turn()
    assert len(drive.records) == 20
    opened = drive.cursor and drive.cursor["places"]
    assert isinstance(opened, dict)
    assert len(json.dumps(opened[vendor.activity]["open"])) < 20 * 80  # type: ignore[index,call-overload]


async def test_the_test_of_the_connector_names_what_is_missing(vendor: AzureBlobVendor, drive: Drive) -> None:
    await put(vendor, sign_in_blob(NOW), lines(sign_in("one", NOW)))
    assert all(finding.is_good for finding in await AzureBlob().check(drive.remote))
    drive.given["containers"] = f"{vendor.sign_ins},insights-logs-typo"
    missing = [finding.what for finding in await AzureBlob().check(drive.remote) if not finding.is_good]
    assert missing == ["container insights-logs-typo"]


def test_the_policies_are_for_these_containers(vendor: AzureBlobVendor) -> None:
    policies = AzureBlob().policies(vendor.given())
    assert "Storage Blob Data Reader" in policies[1].text
    assert f"containers/{vendor.activity}" in policies[1].text
    assert "--permissions rl" in policies[2].text
