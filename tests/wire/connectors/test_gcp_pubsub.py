"""Pulling from Pub/Sub: what is held, given back and acknowledged, whose entries are taken, and what errors mean."""

import json
import shlex
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from tests.conftest import Eventually
from tests.wire.connectors.gcp_pubsub_vendor import PROJECT, SUBSCRIPTION, GcpPubsubVendor, Subscription, entry
from tests.wire.connectors.google_vendor import failure, key_file
from tests.wire.connectors.loopback import Answer
from tests.wire.connectors.pulling import Reader, Turning, remote_for
from watchfloor.feeds.connectors.connector import Denied, Expired, Malformed, Page, Throttled
from watchfloor.feeds.connectors.gcp_pubsub.client import CONNECTOR, GcpPubsub
from watchfloor.feeds.connectors.gcp_pubsub.subscriptions import Pace
from watchfloor.feeds.connectors.instances.registry import check_given
from watchfloor.kernel.errors import Invalid, Unavailable, WatchfloorError

SECOND: Final = "projects/acme-security/subscriptions/second"


@pytest.fixture
async def vendor() -> AsyncGenerator[GcpPubsubVendor]:
    async with GcpPubsubVendor() as server:
        yield server


def reader(vendor: GcpPubsubVendor, connector: GcpPubsub = CONNECTOR) -> Reader:
    return Reader(connector, remote_for(vendor, connector), "messages")


async def only_page(vendor: GcpPubsubVendor) -> Page:
    (page,) = await reader(vendor).take()
    return page


async def test_messages_are_acknowledged_only_when_they_are_stored(vendor: GcpPubsubVendor) -> None:
    await vendor.happen(3)
    pages = reader(vendor).open()
    page = await anext(pages)
    assert len(page.records) == len(page.receipts) == await vendor.unsettled() == 3
    await CONNECTOR.settle(remote_for(vendor, CONNECTOR), "messages", page.receipts)
    assert await vendor.unsettled() == 0
    await pages.aclose()


async def test_what_was_taken_and_not_stored_is_given_back_at_once() -> None:
    async with GcpPubsubVendor(deadline_seconds=600) as vendor:
        names = await vendor.happen(4)
        pages = reader(vendor).open()
        await anext(pages)
        await pages.aclose()
        assert (vendor.asked[-1][1], vendor.asked[-1][2]["ackDeadlineSeconds"]) == ("modifyAckDeadline", 0)
        again = reader(vendor)
        await again.take()
        assert [vendor.name_of(one.body) for one in again.records.values()] == names


async def test_messages_are_held_for_as_long_as_storing_them_takes(eventually: Eventually) -> None:
    connector = GcpPubsub(Pace(first_seconds=0.05, every_seconds=0.05, held_seconds=1))
    async with GcpPubsubVendor(deadline_seconds=0.3) as vendor:
        await vendor.happen(2)
        pages = reader(vendor, connector).open()
        page = await anext(pages)
        began = datetime.now(UTC)
        await eventually(lambda: datetime.now(UTC) - began > timedelta(seconds=0.8))
        other = reader(vendor)
        assert await other.take() == [], "nobody else is handed them meanwhile"
        await connector.settle(remote_for(vendor, connector), "messages", page.receipts)
        assert await vendor.unsettled() == 0, "what the first answer gave is good still"
        await pages.aclose()
        holds = [body for _, action, body in vendor.asked if action == "modifyAckDeadline"]
        assert len(holds) >= 3


async def test_a_message_that_was_not_held_comes_again_and_is_known_by_its_key(eventually: Eventually) -> None:
    async with GcpPubsubVendor(deadline_seconds=0.05) as vendor:
        await vendor.happen(2)
        both = reader(vendor)
        await both.take(pages=1)
        pages = both.open()
        vendor.repeat()
        await vendor.happen(2)
        first = await anext(pages)
        began = datetime.now(UTC)
        await eventually(lambda: datetime.now(UTC) - began > timedelta(seconds=0.1))
        second = await anext(pages)
        assert {one.key for one in first.records} == {one.key for one in second.records}
        assert not set(first.receipts) & set(second.receipts)
        await pages.aclose()


async def test_one_empty_answer_is_not_the_end(vendor: GcpPubsubVendor) -> None:
    await vendor.happen(25)
    vendor.empty_answers = 1
    found = reader(vendor)
    await found.take()
    assert len(found.records) == 25


async def test_a_runner_is_not_made_to_wait_where_there_is_nothing(vendor: GcpPubsubVendor) -> None:
    assert await reader(vendor).take() == []
    assert [(action, body["returnImmediately"]) for _, action, body in vendor.asked] == [("pull", True)] * 2


async def test_a_request_that_settles_many_messages_is_not_too_large(vendor: GcpPubsubVendor) -> None:
    await vendor.happen(1)
    held = vendor.subscriptions[SUBSCRIPTION].messages[0]
    pages = reader(vendor).open()
    page = await anext(pages)
    many = [f"{SUBSCRIPTION} {'x' * 500}{number}" for number in range(2_000)]
    await CONNECTOR.settle(remote_for(vendor, CONNECTOR), "messages", [*many, *page.receipts])
    assert held.acks_left == 0
    assert [action for _, action, _ in vendor.asked].count("acknowledge") == 3
    await pages.aclose()


async def test_an_entry_is_known_by_its_log_time_and_insert_id_whichever_way_it_came(vendor: GcpPubsubVendor) -> None:
    vendor.subscriptions[SECOND] = Subscription()
    same, at = entry(7), datetime.now(UTC)
    vendor.publish(same)
    vendor.publish({**same, "receiveTimestamp": f"{at + timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}"})
    vendor.publish(same, subscription=SECOND)
    vendor.publish({**same, "insertId": "i8"})
    found = reader(vendor)
    await found.take()
    assert (len(found.records), found.repeats) == (2, 2)


async def test_the_parts_of_an_entry_that_was_too_large_are_all_stored(vendor: GcpPubsubVendor) -> None:
    whole = entry(1)
    for index in range(3):
        vendor.publish({**whole, "split": {"uid": "u1", "index": index, "totalSplits": 3}})
    page = await only_page(vendor)
    assert len({one.key for one in page.records}) == 3


async def test_other_content_is_known_by_the_number_of_its_message(vendor: GcpPubsubVendor) -> None:
    bodies: list[object] = [
        {"a": 1},
        {"a": 1},
        b"a line of text",
        b"\xff\xfe",
        [1, 2],
        {"data": {"x": 1}},
        {"data": "x"},
    ]
    for body in bodies:
        vendor.publish(body)
    page = await only_page(vendor)
    assert len({one.key for one in page.records}) == len(bodies)
    assert page.records[2].body == b"a line of text"
    assert all(one.at is not None for one in page.records), "the time at which it was published"


async def test_a_message_without_content_is_stored_as_it_is(vendor: GcpPubsubVendor) -> None:
    vendor.publish(b"", attributes={"eventType": "OBJECT_FINALIZE"})
    vendor.put({"messageId": "m9", "data": "%%%", "publishTime": "never"})
    page = await only_page(vendor)
    assert json.loads(page.records[0].body)["attributes"] == {"eventType": "OBJECT_FINALIZE"}
    assert json.loads(page.records[1].body)["data"] == "%%%"
    assert page.records[1].at is None


@pytest.mark.parametrize(
    ("log_name", "account"),
    [
        ("projects/acme-production/logs/x", "projects/acme-production"),
        ("projects/somebody-else/logs/x", "projects/somebody-else"),
        ("organizations/999/logs/x", "organizations/999"),
        ("projects/acme-prod/logs", "unreadable"),
        ("projects//logs/x", "unreadable"),
        ("projects/acme-prod/x/logs/y", "unreadable"),
        ("acme-prod", "unreadable"),
        ("", "unreadable"),
    ],
)
async def test_entries_of_others_are_counted_and_not_stored(
    vendor: GcpPubsubVendor, log_name: str, account: str
) -> None:
    vendor.publish({**entry(1), "logName": log_name})
    vendor.publish({"data": {**entry(2), "logName": log_name}})
    vendor.publish([entry(3), {**entry(4), "logName": log_name}])
    page = await only_page(vendor)
    assert page.records == ()
    assert [(one.account, one.records, one.place) for one in page.strangers] == [(account, 3, SUBSCRIPTION)]
    assert len(page.receipts) == 3, "they are not asked for again"


async def test_an_entry_whose_log_has_no_name_to_read_is_nobodys(vendor: GcpPubsubVendor) -> None:
    vendor.publish({**entry(1), "logName": 7})
    vendor.publish([{**entry(2), "logName": {"a": 1}}])
    page = await only_page(vendor)
    assert (page.records, page.strangers[0].records) == ((), 2)


@pytest.mark.parametrize(
    ("resources", "log_name", "is_taken"),
    [
        ("projects/acme-*", "projects/acme-web/logs/x", True),
        ("projects/acme-*", "projects/acme/logs/x", False),
        ("projects/acme-*", "projects/not-acme-web/logs/x", False),
        ("folders/1234, organizations/5678", "organizations/5678/logs/x", True),
        ("billingAccounts/0A1B2C-3D4E5F-6A7B8C", "billingAccounts/0A1B2C-3D4E5F-6A7B8C/logs/x", True),
        ("projects/12345678", "projects/12345678/logs/x", True),
    ],
)
async def test_resources_are_named_whole_or_by_how_they_begin(
    vendor: GcpPubsubVendor, resources: str, log_name: str, *, is_taken: bool
) -> None:
    vendor.publish({**entry(1), "logName": log_name})
    remote = remote_for(vendor, CONNECTOR, given={"resources": resources})
    (page,) = await Reader(CONNECTOR, remote, "messages").take()
    assert bool(page.records) is is_taken


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("resources", "*"),
        ("resources", "projects/*"),
        ("resources", "projects/a*"),
        ("resources", "projects/acme-prod projects/other"),
        ("subscriptions", "watchfloor"),
        ("subscriptions", "projects/acme-security/topics/watchfloor"),
        ("subscriptions", "projects/acme-security/subscriptions/x:pull?y="),
        ("subscriptions", "projects/../subscriptions/watchfloor"),
        ("subscriptions", "projects/acme-security/subscriptions/$(id)"),
        ("service_account_key", "AIza-no-key-file"),
    ],
)
def test_settings_that_could_mean_more_than_they_say_are_not_taken(name: str, value: str) -> None:
    given = dict(GcpPubsubVendor().given())
    assert check_given(CONNECTOR.manifest, given).settings["resources"]
    with pytest.raises(Invalid):
        check_given(CONNECTOR.manifest, {**given, name: value})


async def test_a_subscription_that_cannot_be_read_does_not_starve_the_others(vendor: GcpPubsubVendor) -> None:
    vendor.subscriptions = {SECOND: Subscription(is_push=True), **vendor.subscriptions}
    await vendor.happen(15)
    found = reader(vendor)
    with pytest.raises(Denied, match="not supported for this subscription type"):
        await found.take()
    assert len(found.records) == 15
    assert [name for name, action, _ in vendor.asked if action == "pull"].count(SECOND) == 1


QUOTA = failure(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", delay="41.5s")
FAULTS: Final[dict[str, tuple[Answer, type[WatchfloorError], int | None]]] = {
    "429": (QUOTA, Throttled, 42),
    "a quota as 403": (failure(403, "", "x", reason="rateLimitExceeded"), Throttled, 30),
    "a day's quota": (failure(403, "", "x", reason="dailyLimitExceeded"), Throttled, 3_600),
    "the header counts first": (Answer(QUOTA.body, 429, {"retry-after": "7"}), Throttled, 7),
    "a permission": (failure(403, "PERMISSION_DENIED", "x", reason="forbidden"), Denied, None),
    "an API that is off": (failure(403, "PERMISSION_DENIED", "x", reason="SERVICE_DISABLED"), Denied, None),
    "a fault of theirs": (failure(503, "UNAVAILABLE", "x"), Unavailable, 15),
    "no JSON": (Answer(b"<html>", 502), Unavailable, 15),
    "a wrong request": (failure(400, "INVALID_ARGUMENT", "x"), Malformed, None),
    "no answer at all": (Answer(b"[1]"), Malformed, None),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_what_google_says_becomes_what_the_runner_does(vendor: GcpPubsubVendor, name: str) -> None:
    answer, kind, seconds = FAULTS[name]
    vendor.fail(answer)
    with pytest.raises(WatchfloorError) as caught:
        await reader(vendor).take()
    assert type(caught.value) is kind
    if isinstance(caught.value, Unavailable) and seconds is not None:
        assert caught.value.retry_after_seconds == seconds


async def test_a_key_that_is_not_good_any_more_is_tried_twice_and_no_more(vendor: GcpPubsubVendor) -> None:
    vendor.revoke()
    with pytest.raises(Expired, match="key"):
        await reader(vendor).take()
    assert vendor.requests == 2


@pytest.mark.parametrize(
    "changed", [{"type": "authorized_user"}, {"private_key": "none"}, {"client_email": "a b@c\r\nX: y"}]
)
async def test_a_key_file_that_is_none_asks_nobody(vendor: GcpPubsubVendor, changed: dict[str, str]) -> None:
    remote = remote_for(vendor, CONNECTOR, given={"service_account_key": key_file(**changed)})
    with pytest.raises(Expired, match="cannot be used"):
        await Reader(CONNECTOR, remote, "messages").take()
    assert vendor.requests == 0


async def test_a_signature_is_made_anew_before_it_grows_old(vendor: GcpPubsubVendor) -> None:
    clock = Turning(datetime.now(UTC) - timedelta(minutes=40))
    await vendor.happen(15)
    pages = Reader(CONNECTOR, remote_for(vendor, CONNECTOR, clock=clock), "messages").open()
    await anext(pages)
    clock.at += timedelta(minutes=40)
    await anext(pages)
    await pages.aclose()
    shown = {asked.headers["authorization"] for asked in vendor.server.requests}
    assert len(shown) == 2


async def test_the_test_names_the_permission_and_touches_no_message(vendor: GcpPubsubVendor) -> None:
    await vendor.happen(2)
    remote = remote_for(vendor, CONNECTOR, given={"subscriptions": f"{SUBSCRIPTION},{SECOND}"})
    good, bad = await CONNECTOR.check(remote)
    assert (good.is_good, good.what) == (True, f"pubsub.subscriptions.consume on {SUBSCRIPTION}")
    assert (bad.is_good, bool(bad.remedy)) == (False, True)
    assert {action for _, action, _ in vendor.asked} == {"testIamPermissions"}
    vendor.is_permitted = False
    assert [one.is_good for one in await CONNECTOR.check(remote_for(vendor, CONNECTOR))] == [False]
    vendor.revoke()
    (finding,) = await CONNECTOR.check(remote)
    assert (finding.is_good, "rotate" in finding.remedy) == (False, True)


def test_the_commands_for_the_customer_give_no_more_than_is_needed() -> None:
    given = dict(GcpPubsubVendor().given())
    text = "\n".join(policy.text for policy in CONNECTOR.policies(given))
    assert {word for word in shlex.split(text, comments=True) if word.startswith("roles/")} == set()
    roles = {word.removeprefix("--role=") for word in shlex.split(text, comments=True) if word.startswith("--role=")}
    assert roles == {"roles/pubsub.subscriber", "roles/pubsub.publisher"}
    assert "projects add-iam-policy-binding" not in text, "no role on a whole project"
    assert f"--project={PROJECT}" in text
    assert "--organization=424242424242 --include-children" in text
    assert "private_key" not in text
    hostile = CONNECTOR.policies(
        {"subscriptions": "projects/x; rm -rf ~/subscriptions/$(id)", "resources": "projects/`id`"}
    )
    assert all(word not in ("rm", "id") for policy in hostile for word in shlex.split(policy.text, comments=True))


def test_a_past_window_cannot_be_had_and_the_remedy_says_what_can() -> None:
    start = datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    with pytest.raises(Invalid) as caught:
        CONNECTOR.window("messages", start=start, end=start + timedelta(days=1))
    assert "seek SUBSCRIPTION --time=2026-11-01T07:30:00Z" in (caught.value.remedy or "")
