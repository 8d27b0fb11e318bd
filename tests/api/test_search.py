"""Searching over the API: the tenant's own events, by who may, each search logged, limits said."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.api.running import Api, Voice
from tests.api.world import World, kept_event
from watchfloor.access.roles import Role
from watchfloor.normalise.event import Entity, Event

ALPHA = "/api/v1/tenants/alpha"

RULE = """\
title: Failed logon
logsource: {product: windows, service: security}
detection:
  sel: {EventID: 4625}
  condition: sel
level: low
"""


def event_at(at: datetime, host: str) -> Event:
    """An event long ago: no other test sees it."""
    kept = kept_event("", 0)
    assert at < kept.time - timedelta(days=2)
    return msgspec.structs.replace(
        kept,
        key=hashlib.sha256(f"{at} {host}".encode()).digest()[:16],
        time=at,
        fields={"of": "timeline"},
        entities=(Entity(kind="host", value=host),),
    )


@pytest.fixture
def analyst(world: World, api: Api) -> Voice:
    """An analyst of alpha's."""
    return world.alpha.callers[Role.ANALYST].by_session(api)


def test_events_are_found_with_their_fields_newest_first(analyst: Voice, world: World) -> None:
    found = analyst.post(f"{ALPHA}/search", {"query": "EventID:4625 @host:dc-1"}).json()
    assert [event["fields"]["n"] for event in found["events"]] == [0, 1, 2, 3, 4]
    assert found["events"][0]["summary"] == f"logon failed: {world.alpha.canary}"
    assert found["events"][0]["entities"][0] == {"kind": "host", "value": "dc-1"}
    assert (found["looked"]["stopped"], found["looked"]["found"], found["next_cursor"]) == ("complete", 5, None)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"sigma": RULE}, 5),
        ({"query": "@ip:203.0.113[.]3"}, 1),
        ({"query": "n:(1 or 2) -n:2"}, 1),
        ({"query": "TargetUserName:* not nothing-like-this", "order": "oldest", "limit": 5}, 5),
        ({"query": "EventID:4625", "hours": 1}, 0),
    ],
)
def test_questions_of_every_kind(analyst: Voice, body: dict[str, object], found: int) -> None:
    answer = analyst.post(f"{ALPHA}/search", body)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["events"]) == found


def test_pages_go_on_by_a_cursor_that_is_the_tenants_own(analyst: Voice, world: World, api: Api) -> None:
    first = analyst.post(f"{ALPHA}/search", {"limit": 2}).json()
    rest = analyst.post(f"{ALPHA}/search", {"limit": 10, "cursor": first["next_cursor"]}).json()
    keys = [event["key"] for event in first["events"] + rest["events"]]
    assert len(keys) == len(set(keys)) == 5
    stranger = world.beta.callers[Role.ANALYST].by_session(api)
    answer = stranger.post("/api/v1/tenants/beta/search", {"cursor": first["next_cursor"]})
    assert answer.status_code == 400


def test_events_are_counted(analyst: Voice, world: World) -> None:
    found = analyst.post(f"{ALPHA}/search", {"count_by": ["TargetUserName"], "every": 86_400 * 7}).json()
    assert found["events"] == []
    assert {count["values"][0] for count in found["counts"]} == {world.alpha.canary}
    assert sum(count["events"] for count in found["counts"]) == 5


def test_a_stream_tells_events_and_ends_with_what_was_looked_at(analyst: Voice) -> None:
    answer = analyst.post(f"{ALPHA}/search/stream", {"query": "EventID:4625"})
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert sum("event" in line for line in lines) == 5
    assert lines[-1]["looked"]["stopped"] == "complete"


def test_a_sweep_says_what_was_seen_and_what_names_nothing(analyst: Voice) -> None:
    indicators = ["203.0.113[.]1", "203.0.113.200", "hxxps://evil[.]example/x", "''"]
    found = analyst.post(f"{ALPHA}/search/sweep", {"indicators": indicators}).json()
    assert [(one["kind"], one["value"], one["events"]) for one in found["seen"]] == [("ip", "203.0.113.1", 1)]
    assert found["unknown"] == ["''"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"query": "a:"}, "No value is named for a"),
        ({"query": "x", "sigma": RULE}, "a query and a rule"),
        ({"sigma": "title: x"}, "logsource"),
        ({"sigma": "a: [\n"}, "rule:"),
        ({"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "begins before it ends"),
        ({"every": 1, "hours": 720}, "too short"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"limit": 0}, "limit"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(analyst: Voice, body: dict[str, object], said: str) -> None:
    answer = analyst.post(f"{ALPHA}/search", body)
    assert answer.status_code == 400, answer.text
    assert said in answer.text


def test_a_search_stands_in_the_access_log_with_its_words_and_reason(analyst: Voice, world: World, api: Api) -> None:
    analyst.post(f"{ALPHA}/search", {"query": "EventID:1102", "why": "a drill"})
    admin = world.alpha.callers[Role.ADMIN].by_session(api)
    entries = admin.get(f"{ALPHA}/audit/entries?limit=20").json()["items"]
    assert any(entry["action"] == "access.searched" and entry["object_kind"] == "events" for entry in entries)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER, Role.PRIVACY_OFFICER])
def test_who_may_not_search_is_refused(api: Api, world: World, role: Role) -> None:
    answer = world.alpha.callers[role].by_session(api).post(f"{ALPHA}/search", {})
    assert answer.status_code == 403


def test_times_outside_are_not_looked_at(analyst: Voice, world: World) -> None:
    newest = kept_event(world.alpha.canary, 0).time
    body = {"since": (newest - timedelta(minutes=2, seconds=40)).isoformat(), "until": datetime.now(UTC).isoformat()}
    assert len(analyst.post(f"{ALPHA}/search", body).json()["events"]) == 3


def test_around_an_alert_stands_what_its_hosts_and_users_did(analyst: Voice, world: World, api: Api) -> None:
    alert = analyst.get(f"{ALPHA}/alerts/{world.alpha.names['alert'][0]}").json()
    host = next(one["value"] for one in alert["entities"] if one["kind"] == "host")
    first, last = (datetime.fromisoformat(alert["alert"][name]) for name in ("first_seen", "last_seen"))
    near = [first - timedelta(minutes=14), last + timedelta(minutes=14)]
    far = [first - timedelta(minutes=16), last + timedelta(minutes=16)]
    api.run(world.keep(world.alpha, *(event_at(at, host) for at in (*near, *far)), event_at(first, "another")))
    body = {"alert": alert["alert"]["id"], "minutes": 15, "query": "of:timeline"}
    found = analyst.post(f"{ALPHA}/search/around", body).json()
    assert [datetime.fromisoformat(event["time"]) for event in found["events"]] == near
    answer = analyst.post(f"{ALPHA}/search/around", {**body, "kinds": ["hash"]})
    assert (answer.status_code, "It names: " in answer.text) == (400, True)


def test_a_search_across_tenants_is_of_those_that_one_may_search(world: World, api: Api) -> None:
    both = world.alpha.callers[Role.ANALYST].by_session(api).post("/api/v1/search", {"query": "EventID:4625"}).json()
    assert [one["tenant"] for one in both["tenants"]] == ["alpha"]
    [alpha] = both["tenants"]
    assert (len(alpha["found"]["events"]), alpha["problem"]) == (5, None)
    nobody = world.alpha.callers[Role.VIEWER].by_session(api).post("/api/v1/search", {})
    assert nobody.json() == {"tenants": []}
    strange = world.alpha.callers[Role.ANALYST].by_session(api).post("/api/v1/search", {"tenants": ["beta"]})
    assert strange.status_code == 404


def test_a_sweep_across_tenants_says_where_each_indicator_was_seen(analyst: Voice) -> None:
    body = {"indicators": ["203.0.113[.]1"], "tenants": ["alpha"]}
    [alpha] = analyst.post("/api/v1/search/sweep", body).json()["tenants"]
    assert [one["value"] for one in alpha["found"]["seen"]] == ["203.0.113.1"]


def test_tenants_that_the_time_does_not_reach_are_named(analyst: Voice) -> None:
    answer = analyst.post("/api/v1/search", {"seconds": 1e-6}).json()
    assert [one["problem"] for one in answer["tenants"]] == ["The time was up before this tenant was looked at."]
