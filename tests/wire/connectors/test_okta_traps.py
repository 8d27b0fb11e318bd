"""Reading Okta's System Log: a link that never ends, a limit that all share, and events that come late.

Several of these are mistakes that public connectors made with this very vendor; the comment in each test says which.
"""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import pytest

from tests.wire.connectors.loopback import Answer
from tests.wire.connectors.okta_vendor import CONNECTOR, PAGE, TOKEN, OktaVendor, private_key
from tests.wire.connectors.pulling import Reader, Turning, remote_for
from watchfloor.feeds.connectors.connector import Cursor, Denied, Expired, Malformed, Throttled
from watchfloor.feeds.connectors.instances.registry import check_given
from watchfloor.feeds.connectors.okta.client import CONNECTOR as REAL
from watchfloor.feeds.connectors.okta.client import Okta
from watchfloor.kernel.errors import Invalid, Unavailable, WatchfloorError

NO_TOKEN: Final[tuple[tuple[int, str, type[WatchfloorError], str], ...]] = (
    (400, "invalid_scope", Denied, "okta.logs.read"),
    (401, "invalid_client", Expired, "private_key"),
    (400, "invalid_dpop_proof", Denied, "DPoP"),
    (400, "use_dpop_nonce", Denied, "DPoP"),
    (503, "temporarily_unavailable", Unavailable, "sign-in"),
    (429, "", Throttled, "sign-in"),
    (418, "odd", Malformed, "sign-in"),
)


@pytest.fixture
async def vendor() -> AsyncGenerator[OktaVendor]:
    async with OktaVendor() as vendor:
        yield vendor


def reader(vendor: OktaVendor, cursor: Cursor | None = None, *, okta: Okta = CONNECTOR, **given: str) -> Reader:
    """Another process: all that it knows is a cursor that was stored."""
    stored = None if cursor is None else json.loads(msgspec.json.encode(cursor))
    return Reader(okta, remote_for(vendor, okta, given=given), "system-log", stored)


async def test_a_burst_is_worked_off_page_by_page_whoever_is_cut_off_and_keeps_its_times(vendor: OktaVendor) -> None:
    # Azure-Sentinel 14984: the checkpoint never moved while a burst did not fit into one run, and events came again
    # for days, each time with the time of the run as its own.
    happened = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    names = vendor.store([happened + timedelta(seconds=number) for number in range(45)])
    found: dict[str, datetime | None] = {}
    cursor: Cursor | None = None
    for _ in range(5):
        one = reader(vendor, cursor)
        await one.take(pages=1)
        assert not set(one.records) & set(found), "nothing is fetched again"
        found |= {key: record.at for key, record in one.records.items()}
        cursor = one.cursor
    assert list(found) == names
    assert list(found.values()) == [happened + timedelta(seconds=number) for number in range(45)]


async def test_it_asks_for_a_thousand_at_a_time(vendor: OktaVendor) -> None:
    # Azure-Sentinel 14992: a hundred at a time used the limit up.
    await vendor.happen(2_500)
    one = reader(vendor, okta=REAL)
    await one.take()
    assert len(one.records) == 2_500
    assert [asked.query["limit"] for asked in vendor.asked] == ["1000"] * 3


async def test_a_page_that_is_not_full_is_the_last_one_although_a_link_leads_on(vendor: OktaVendor) -> None:
    # elastic/integrations 15212: one empty request more at each look.
    await vendor.happen(PAGE * 2 + 3)
    one = reader(vendor)
    await one.take()
    assert len(vendor.asked) == 3
    await one.take()
    assert len(vendor.asked) == 4


async def test_events_that_were_stored_late_come_once_and_nothing_is_read_again(vendor: OktaVendor) -> None:
    # NangoHQ/integration-templates 576: a checkpoint by the time of events, where Okta goes by the time of storing.
    await vendor.happen(7)
    one = reader(vendor)
    await one.take()
    late = vendor.store([datetime.now(UTC) - timedelta(days=2)] * 4)
    await one.take()
    assert set(late) <= set(one.records)
    assert (len(one.records), one.repeats) == (11, 0)


async def test_after_a_night_away_the_link_goes_on_where_it_was(vendor: OktaVendor) -> None:
    # Vector keeps the link in memory; chronicle/ingestion-scripts begins anew at now less an interval.
    await vendor.happen(5)
    one = reader(vendor)
    await one.take()
    vendor.store([datetime.now(UTC)] * 12, stored=datetime.now(UTC) - timedelta(hours=9))
    other = reader(vendor, one.cursor)
    await other.take()
    assert len(other.records) == 12
    assert "after" in vendor.asked[-1].query


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://customer.okta.com", "https://customer.okta.com:8443"]
)
async def test_a_link_to_another_host_is_not_followed(vendor: OktaVendor, origin: str) -> None:
    await vendor.happen(PAGE * 2)
    vendor.link_origin = origin
    one = reader(vendor)
    with pytest.raises(Malformed, match="leads elsewhere"):
        await one.take()
    assert len(vendor.asked) == 1
    assert one.cursor is None


async def test_a_link_out_of_the_log_is_not_followed(vendor: OktaVendor) -> None:
    usual = vendor.server.handler

    async def handle(asked: object) -> Answer:
        del asked
        return Answer([], 200, {"link": '<https://customer.okta.com/api/v1/users?after=1>; rel="next"'})

    one = reader(vendor)
    await one.take()
    vendor.server.handler = handle
    with pytest.raises(Malformed, match="out of the System Log"):
        await one.take()
    vendor.server.handler = usual


async def test_a_link_that_okta_does_not_know_any_more_is_begun_anew_without_a_gap(vendor: OktaVendor) -> None:
    await vendor.happen(15)
    one = reader(vendor)
    await one.take()
    vendor.is_after_lost = True
    fresh = await vendor.happen(4)
    await one.take(pages=1)
    vendor.is_after_lost = False
    await one.take()
    assert set(fresh) <= set(one.records)
    assert len(one.records) == 19
    assert one.repeats == 15, "they are known by their keys"


async def test_a_link_that_is_never_known_ends_in_an_error(vendor: OktaVendor) -> None:
    await vendor.happen(15)
    vendor.is_after_lost = True
    with pytest.raises(Malformed, match="E0000031"):
        await reader(vendor).take()


async def test_the_log_of_another_organisation_is_not_read(vendor: OktaVendor) -> None:
    await vendor.happen(5)
    vendor.org = "00oSomebodyElse12345"
    with pytest.raises(Denied, match="not the organisation's") as caught:
        await reader(vendor).take()
    assert caught.value.where == "org_id"
    assert vendor.asked == []
    assert vendor.signed_in == 0, "and nobody signs in there"


async def test_the_rest_of_a_limit_is_left_to_others_until_it_begins_anew_by_oktas_clock(vendor: OktaVendor) -> None:
    vendor.limit = 20
    await vendor.happen(PAGE * 30)
    clock = Turning(datetime.now(UTC) - timedelta(hours=5))
    remote = remote_for(vendor, CONNECTOR, clock=clock, given={"api_token": TOKEN})
    one = Reader(CONNECTOR, remote, "system-log")
    with pytest.raises(Throttled) as caught:
        await one.take()
    assert 0 < caught.value.retry_after_seconds <= 61
    assert len(vendor.asked) == 18, "two are left"
    assert len(one.records) == PAGE * len(vendor.asked), "what was read is stored"


async def test_a_limit_that_is_used_up_by_others_is_waited_out(vendor: OktaVendor) -> None:
    vendor.limit = 0
    with pytest.raises(Throttled, match="E0000047") as caught:
        await reader(vendor).take()
    assert 0 < caught.value.retry_after_seconds <= 61


async def test_signing_in_is_done_once_an_hour_and_anew_with_a_new_key(vendor: OktaVendor) -> None:
    one = reader(vendor)
    for _ in range(3):
        await one.take()
    assert vendor.signed_in == 1
    vendor.keys["the-second-key"] = private_key()
    await reader(vendor, key_id="the-second-key").take()
    assert vendor.signed_in == 2


async def test_an_api_token_works_too_and_is_not_tried_again_when_it_is_revoked(vendor: OktaVendor) -> None:
    await vendor.happen(3)
    one = reader(vendor, api_token=TOKEN)
    await one.take()
    assert len(one.records) == 3
    assert vendor.signed_in == 0
    vendor.tokens.clear()
    asked = len(vendor.asked)
    with pytest.raises(Expired, match="E0000011") as caught:
        await one.take()
    assert "rotate" in str(caught.value.remedy)
    assert len(vendor.asked) == asked + 1


async def test_why_there_is_no_token_is_told_apart(vendor: OktaVendor) -> None:
    for status, word, kind, where in NO_TOKEN:
        vendor.sign_in_error = (status, word)
        with pytest.raises(kind) as caught:
            await reader(vendor).take()
        assert (type(caught.value), caught.value.where) == (kind, where), word
        assert caught.value.remedy or kind not in (Denied, Expired)


async def test_a_key_that_is_none_says_so_and_not_what_it_is(vendor: OktaVendor) -> None:
    text = "-----BEGIN PRIVATE KEY-----\n" + "c2VjcmV0" * 100
    with pytest.raises(Expired) as caught:
        await reader(vendor, private_key=text).take()
    assert "c2VjcmV0" not in f"{caught.value} {caught.value.remedy}"


async def test_a_window_of_the_past_ends_and_may_be_fetched_again(vendor: OktaVendor) -> None:
    now = datetime.now(UTC)
    inside = vendor.store([now - timedelta(days=3, minutes=number) for number in range(PAGE * 2)])
    vendor.store([now - timedelta(days=9), now - timedelta(minutes=1)])
    window = CONNECTOR.window("system-log", start=now - timedelta(days=4), end=now - timedelta(days=2))
    one = reader(vendor, window)
    await one.take()
    assert set(one.records) == set(inside)
    assert all("until" in asked.query for asked in vendor.asked)
    again = reader(vendor, window)
    await again.take(pages=1)
    other = reader(vendor, again.cursor)
    await other.take()
    assert set(again.records) | set(other.records) == set(inside)


def test_a_window_that_okta_does_not_keep_is_refused() -> None:
    now = datetime.now(UTC)
    with pytest.raises(Invalid, match="90 days"):
        CONNECTOR.window("system-log", start=now - timedelta(days=91), end=now)
    with pytest.raises(Invalid, match="ends before"):
        CONNECTOR.window("system-log", start=now, end=now - timedelta(days=1))


async def test_the_test_of_a_connector_names_what_is_missing(vendor: OktaVendor) -> None:
    await vendor.happen(1)
    remote = remote_for(vendor, CONNECTOR)
    assert all(finding.is_good for finding in await CONNECTOR.check(remote))
    vendor.forbid()
    (finding,) = await CONNECTOR.check(remote)
    assert not finding.is_good
    assert "okta.logs.read" in finding.remedy
    with_token = await CONNECTOR.check(remote_for(vendor, CONNECTOR, given={"api_token": TOKEN}))
    assert [finding.is_good for finding in with_token] == [False]


def test_the_steps_name_the_one_scope_and_the_console() -> None:
    steps = CONNECTOR.policies({"domain": "customer.okta.com"})
    text = "\n".join(f"{one.place}\n{one.text}" for one in steps)
    assert "okta.logs.read" in text
    assert "https://customer-admin.okta.com" in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("domain", "customer-admin.okta.com"),
        ("domain", "okta.com"),
        ("domain", "customer.okta.com.evil.example"),
        ("domain", "evil.example/customer.okta.com"),
        ("domain", "login.customer.example"),
        ("org_id", "customer"),
    ],
)
def test_what_is_no_domain_of_oktas_is_refused(name: str, value: str) -> None:
    with pytest.raises(Invalid):
        check_given(CONNECTOR.manifest, {**OktaVendor().given(), name: value})
