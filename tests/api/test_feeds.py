"""Feeds through the API: health, the trust ledger, alarms, and connecting a sender."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.running import Api, Voice
from tests.api.world import SYSTEM, World
from watchfloor.access.roles import Role
from watchfloor.feeds.alarms.watch import watch
from watchfloor.feeds.enrolment.clients import Client, read_client
from watchfloor.feeds.feed import FeedOptions
from watchfloor.feeds.hours import FeedHour, count
from watchfloor.feeds.registry import create_feed
from watchfloor.feeds.trust.histogram import tally
from watchfloor.feeds.trust.recent import RecentKeys
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import new_uuid, show
from watchfloor.web.api import feed_commands

BETA = "/api/v1/tenants/beta"
PAGE = """\
---
title: Test
door: {door}
---
```ini configuration
token={{{{token}}}}
```
"""


@pytest.fixture
def lead(api: Api, world: World) -> Voice:
    return world.beta.callers[Role.LEAD].by_session(api)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any client's name is that of a door."""

    def find(name: str) -> Client:
        return read_client(name, PAGE.format(door=name))

    monkeypatch.setattr(feed_commands, "find_client", find)


def bring(api: Api, world: World) -> tuple[str, str]:
    """A feed with an hour of events and an alarm; its id and name."""
    now, name = datetime.now(UTC), f"feed-{new_uuid().hex}"

    async def work() -> str:
        async with tenant_tx(api.services.app, world.beta.id) as tx:
            feed = await create_feed(tx, SYSTEM, name=name, door="hec", options=FeedOptions(expected_seconds=300))
            hour = FeedHour(
                feed_id=feed.id,
                received_at=now,
                events=40,
                raw_bytes=4000,
                unparsed=20,
                quarantined=0,
                matches=1,
                last_event_at=now,
                event_lag=tally([30.0] * 40),
            )
            await count(tx, [hour], worked_at=now, recent=RecentKeys())
            await watch(tx, at=now + timedelta(hours=1))
        return show("feed", feed.id)

    return api.run(work()), name


def test_a_feed_shows_its_health_its_hours_and_its_alarms(api: Api, world: World, lead: Voice) -> None:
    feed, name = bring(api, world)
    (listed,) = [one for one in lead.get(f"{BETA}/feeds").json() if one["id"] == feed]
    by_name = lead.get(f"{BETA}/feeds/{name}").json()
    assert listed == by_name
    assert (listed["health"], listed["events"], listed["options"]) == ("alarm", 40, {"expected_seconds": 300})
    assert 15 < listed["event_lag"]["p50"] <= 32
    assert listed["silent_since"] >= listed["last_received_at"]
    trust = lead.get(f"{BETA}/feeds/{feed}/trust?days=1").json()
    assert [hour["events"] for hour in trust["hours"]] == [40]
    assert sum(trust["event_lags"]) == 40
    assert (trust["usual_events"], trust["blind_hours"]) == (None, [])
    (alarm,) = [one for one in lead.get(f"{BETA}/feeds/alarms").json()["items"] if one["feed"] == feed]
    assert (alarm["kind"], alarm["state"], alarm["incident"]) == ("silent", "raised", None)
    assert name in alarm["text"]


def test_alarms_come_in_pages(api: Api, world: World, lead: Voice) -> None:
    for _ in range(2):
        bring(api, world)
    first = lead.get(f"{BETA}/feeds/alarms?limit=1").json()
    second = lead.get(f"{BETA}/feeds/alarms?limit=1&cursor={first['next_cursor']}").json()
    assert first["items"][0]["id"] > second["items"][0]["id"]


def test_a_sender_is_connected_and_its_credential_shown_once(lead: Voice, client: None) -> None:
    del client
    name = f"feed-{new_uuid().hex}"
    made = lead.post(f"{BETA}/feeds", {"client": "relp", "name": name, "options": {"zone": "Europe/Berlin"}})
    assert made.status_code == 201, made.text
    new = made.json()
    assert new["configuration"] == [{"language": "ini", "text": f"token={new['token']}\n"}]
    assert new["certificate_pem"].startswith("-----BEGIN CERTIFICATE")
    assert "PRIVATE KEY" in new["key_pem"]
    shown = lead.get(f"{BETA}/feeds/{name}")
    assert new["token"] not in shown.text
    assert (shown.json()["health"], shown.json()["options"]) == ("waiting", {"zone": "Europe/Berlin"})
    assert lead.post(f"{BETA}/feeds", {"client": "hec", "name": name}).status_code == 409
    rotated = lead.post(f"{BETA}/feeds/{name}/rotate", {"client": "relp"}).json()
    assert rotated["token"] != new["token"]
    for command, state in (("pause", "paused"), ("pause", "paused"), ("resume", "active"), ("remove", "paused")):
        assert lead.post(f"{BETA}/feeds/{name}/{command}", {}).json()["state"] == state
    assert lead.post(f"{BETA}/feeds/{name}/rotate", {}).status_code == 409


@pytest.mark.parametrize(
    "body",
    [{"client": "hec", "options": {"colour": "red"}}, {"client": "hec", "name": "No Name"}, {"name": "x"}],
)
def test_what_makes_no_feed_is_refused(lead: Voice, client: None, body: dict[str, object]) -> None:
    del client
    assert lead.post(f"{BETA}/feeds", body).status_code in (400, 422)


def test_a_client_that_nobody_knows_is_not_found(lead: Voice) -> None:
    assert lead.post(f"{BETA}/feeds", {"client": "fax"}).status_code == 404


def test_a_trial_says_what_is_wrong(api: Api, world: World, lead: Voice) -> None:
    feed, _ = bring(api, world)
    found = lead.post(f"{BETA}/feeds/{feed}/test", {"send": False, "wait_seconds": 0}).json()
    assert found["is_green"] is False
    assert "no_credential" in {one["code"] for one in found["findings"]}
