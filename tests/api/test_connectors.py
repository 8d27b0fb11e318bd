"""Connectors through the API: added, tried, rotated, filled up; secrets go in and never come out."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.running import Api, Voice
from tests.api.world import World
from watchfloor.access.roles import Role
from watchfloor.kernel.ids import new_uuid

BETA = "/api/v1/tenants/beta/connectors"
SECRET = "nobody-may-see-this"


@pytest.fixture
def lead(api: Api, world: World) -> Voice:
    return world.beta.callers[Role.LEAD].by_session(api)


def add(lead: Voice) -> str:
    name = f"pulled-{new_uuid().hex}"
    told = {"connector": "made_up", "name": name, "settings": {"account": "mine"}, "secrets": {"key": SECRET}}
    answer = lead.request("POST", BETA, json=told)
    assert answer.status_code == 201, answer.text
    assert SECRET not in answer.text
    return name


def test_a_connector_is_added_tried_changed_and_shown_without_its_secret(lead: Voice) -> None:
    place = f"{BETA}/{add(lead)}"
    assert lead.request("POST", f"{place}/test").json()["is_green"]
    changed = lead.request("POST", f"{place}/settings", json={"settings": {"account": "a,b"}, "streams": ["side"]})
    assert changed.json()["settings"] == {"account": "a,b"}
    shown = lead.request("GET", place)
    assert SECRET not in shown.text
    assert {one["name"]: one["health"] for one in shown.json()["streams"]} == {"log": "off", "side": "waiting"}
    assert lead.request("POST", f"{place}/pause").json()["health"] == "paused"
    assert lead.request("POST", f"{place}/resume").json()["health"] == "waiting"
    assert lead.request("GET", f"{place}/policies").json()[0]["text"] == "Let the key read the log."


def test_secrets_that_do_not_work_are_refused_and_nothing_changes(lead: Voice) -> None:
    place = f"{BETA}/{add(lead)}"
    before = lead.request("GET", place).json()["secrets_at"]
    refused = lead.request("POST", f"{place}/rotate", json={"secrets": {"key": "bad"}})
    assert refused.status_code == 400
    assert refused.json()["remedy"] == "Give the key the permission log.read."
    assert lead.request("GET", place).json()["secrets_at"] == before
    done = lead.request("POST", f"{place}/rotate", json={"secrets": {"key": "good"}})
    assert done.json()["old_used_seconds"] == 180
    assert lead.request("GET", place).json()["secrets_at"] > before


def test_a_window_of_the_past_is_asked_for_with_a_zone(lead: Voice) -> None:
    place, start = f"{BETA}/{add(lead)}", datetime.now(UTC) - timedelta(days=2)
    assert lead.request("POST", f"{place}/backfill", json={"start": start.isoformat()}).json() == {"streams": ["log"]}
    for wrong in ("2026-11-20T00:00:00", (start + timedelta(days=9)).isoformat(), "2020-01-01T00:00:00Z"):
        assert lead.request("POST", f"{place}/backfill", json={"start": wrong}).status_code == 400


def test_the_kinds_say_what_they_ask_for(lead: Voice) -> None:
    (kind,) = lead.request("GET", f"{BETA}/kinds").json()
    assert (kind["connector"], kind["tier"]) == ("made_up", "gold")
    assert [one["name"] for one in kind["settings"] if one["is_secret"]] == ["key"]
