"""What a tenant changes about the shared rules, over HTTP: seen, changed, refused, and written down."""

from datetime import timedelta
from typing import Final

import pytest

from tests.api.running import Api, Voice
from tests.api.world import FILTER, World, narrow_filter
from watchfloor.access.roles import Role
from watchfloor.kernel.ids import new_uuid

BASE: Final = "/api/v1/tenants/alpha"
WHY: Final = "Agreed with the customer on the telephone."


@pytest.fixture
def lead(api: Api, world: World) -> Voice:
    return world.alpha.callers[Role.LEAD].by_session(api)


def wanted(world: World, **changes: object) -> dict[str, object]:
    """A request for an exception."""
    expires_at = (world.services.clock.now() + timedelta(days=30)).isoformat()
    written = narrow_filter().format(title=new_uuid().hex, user="kim")
    return {"filter": written, "owner": "kim", "reason": WHY, "expires_at": expires_at} | changes


def rule_line(voice: Voice, rule_id: str, tenant: str = "alpha") -> dict[str, object]:
    """A rule as the tenant sees it, found over all pages."""
    cursor = ""
    while True:
        page = voice.get(f"/api/v1/tenants/{tenant}/rules?limit=200{cursor}").json()
        for line in page["items"]:
            if line["id"] == rule_id:
                found: dict[str, object] = line
                return found
        assert page["next_cursor"], "the rule is on no page"
        cursor = f"&cursor={page['next_cursor']}"


def test_a_rule_is_switched_off_and_on_and_gets_a_level(api: Api, world: World, lead: Voice) -> None:
    rule = api.run(world.services.catalogue.rules())[3]
    path = f"{BASE}/rules/{rule.id}"
    before = rule_line(lead, rule.id)
    assert lead.post(f"{path}/disable", {"reason": WHY}).json()["changed"] is True
    assert lead.post(f"{path}/disable", {"reason": WHY}).json()["changed"] is False
    level = "low" if rule.level != "low" else "high"
    assert lead.post(f"{path}/level", {"level": level, "reason": WHY}).json()["changed"] is True
    line = rule_line(lead, rule.id)
    assert (line["state"], line["level"], line["shared_level"], line["reason"]) == ("disabled", level, rule.level, WHY)
    other = world.beta.callers[Role.VIEWER].by_session(api)
    assert rule_line(other, rule.id, "beta") == before
    assert lead.post(f"{path}/enable", {"reason": WHY}).json()["changed"] is True
    assert lead.post(f"{path}/level", {"level": None, "reason": WHY}).json()["changed"] is True
    assert rule_line(lead, rule.id) == before


def test_a_rule_is_named_by_its_title_as_well(api: Api, world: World, lead: Voice) -> None:
    rule = api.run(world.services.catalogue.rules())[4]
    assert lead.post(f"{BASE}/rules/{rule.title.upper()}/enable", {"reason": WHY}).status_code == 200
    assert lead.post(f"{BASE}/rules/nothing/enable", {"reason": WHY}).status_code == 404


def test_the_pages_of_rules_hold_each_rule_once(api: Api, world: World, lead: Voice) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = lead.get(f"{BASE}/rules?limit=7{cursor}").json()
        seen += [line["id"] for line in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == sorted(rule.id for rule in api.run(world.services.catalogue.rules()))


def test_an_exception_is_previewed_made_listed_and_ended(world: World, lead: Voice) -> None:
    body = wanted(world)
    seen = lead.post(f"{BASE}/exceptions/preview", {"filter": body["filter"]})
    counted = {"days", "all_alerts", "alerts", "alerts_hidden", "events", "events_hidden", "hosts", "judged_true"}
    assert (seen.status_code, set(seen.json())) == (200, counted | {"second_person"})
    assert seen.json()["second_person"] is None
    made = lead.post(f"{BASE}/exceptions", body)
    assert made.status_code == 201
    exception = made.json()["exception"]
    assert (exception["state"], exception["owner"]) == ("active", "kim")
    assert made.json()["waiting"] is None
    assert made.json()["preview"] == seen.json()
    page = lead.get(f"{BASE}/exceptions?limit=1").json()
    assert [found["id"] for found in page["items"]] == [exception["id"]]
    for changed in (True, False):
        ended = lead.post(f"{BASE}/exceptions/{exception['id']}/end", {"reason": WHY})
        assert ended.json()["changed"] is changed
    (found,) = lead.get(f"{BASE}/exceptions?limit=1").json()["items"]
    assert found["state"] == "ended"


def test_what_needs_two_at_the_desk_needs_two_over_the_api(api: Api, world: World, lead: Voice) -> None:
    """A filter by hand for every rule of a log source: no one person makes it, not even with their key."""
    asked = wanted(world, filter=FILTER.format(title=new_uuid().hex, user="kim"))
    seen = lead.post(f"{BASE}/exceptions/preview", {"filter": asked["filter"]}).json()
    assert "it does not say what was done" in seen["second_person"]
    key = world.alpha.callers[Role.LEAD].by_key(api)
    before = lead.get(f"{BASE}/exceptions").json()["items"]
    for voice in (lead, key):
        alone = voice.post(f"{BASE}/exceptions", asked)
        assert alone.status_code == 409
        assert "A second person must agree" in alone.text
    incident = world.alpha.names["incident"][0]
    waits = key.post(f"{BASE}/exceptions", asked | {"incident": incident})
    assert (waits.status_code, waits.json()["exception"]) == (201, None)
    number = str(waits.json()["waiting"]["number"])
    assert lead.get(f"{BASE}/exceptions").json()["items"] == before

    path = f"{BASE}/incidents/{incident}/verbs/except-approve"
    answer = {"arguments": {"which": number}}
    for voice in (lead, key, world.alpha.callers[Role.ANALYST].by_session(api)):
        assert voice.post(path, answer).status_code == 403
    assert lead.get(f"{BASE}/exceptions").json()["items"] == before
    assert world.alpha.callers[Role.CONTENT_ENGINEER].by_session(api).post(path, answer).json()["changed"] is True
    (made, *_) = lead.get(f"{BASE}/exceptions").json()["items"]
    assert (made["state"], made["rules"], made["incident_id"]) == ("active", [], waits.json()["waiting"]["incident_id"])
    longer = {"which": "1", "lasts": "365d", "reason": WHY}
    again = lead.post(f"{BASE}/incidents/{incident}/verbs/except-extend", {"arguments": longer})
    assert "waits for a second person" in again.text
    foreign = lead.post(f"{BASE}/exceptions", asked | {"incident": world.beta.names["incident"][0]})
    assert foreign.status_code == 404


def test_one_person_makes_a_small_one_from_an_incident(world: World, lead: Voice) -> None:
    incident = world.alpha.names["incident"][-1]
    made = lead.post(f"{BASE}/exceptions", wanted(world, incident=incident))
    assert made.status_code == 201
    assert made.json()["exception"]["incident_id"] is not None
    shown = lead.get(f"{BASE}/incidents/{incident}").json()
    assert "exception_made" in [entry["kind"] for entry in shown["timeline"]]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"filter": "title: ["}, "YAML"),
        ({"filter": FILTER.format(title="x", user="'*'")}, "would hide every event"),
        ({"filter": FILTER.format(title="x", user="kim").replace("windows", "plan9")}, "No rule looks at"),
        ({"filter": FILTER.format(title="x", user="kim").replace("any", "[nothing]")}, "There is no rule"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "within a year"),
        ({"expires_at": "2099-01-01T00:00:00Z"}, "within a year"),
        ({"reason": "short"}, ""),
        ({"owner": ""}, ""),
    ],
)
def test_an_exception_that_is_wrong_is_refused_with_the_reason(
    world: World, lead: Voice, changes: dict[str, object], said: str
) -> None:
    answer = lead.post(f"{BASE}/exceptions", wanted(world, **changes))
    assert answer.status_code == 400
    assert said in answer.text


def test_a_list_is_made_shown_and_removed(lead: Voice) -> None:
    body = {"name": "jump_hosts", "entries": ["jump-*", "jump-*", "bastion"], "reason": WHY}
    assert lead.post(f"{BASE}/lists", body).json()["changed"] is True
    kept = {found["name"]: found["entries"] for found in lead.get(f"{BASE}/lists").json()}
    assert kept["jump_hosts"] == ["jump-*", "bastion"]
    assert lead.post(f"{BASE}/lists/jump_hosts/remove", {"reason": WHY}).json()["changed"] is True
    assert lead.post(f"{BASE}/lists/jump_hosts/remove", {"reason": WHY}).status_code == 404
    assert "jump_hosts" not in {found["name"] for found in lead.get(f"{BASE}/lists").json()}


def test_each_change_stands_in_the_tenants_log_under_the_person(api: Api, world: World, lead: Voice) -> None:
    content = world.alpha.callers[Role.CONTENT_ENGINEER]
    content.by_session(api).post(f"{BASE}/exceptions", wanted(world))
    entry = lead.get(f"{BASE}/audit/entries?limit=1").json()["items"][0]
    assert (entry["action"], entry["as_role"]) == ("exception.add", Role.CONTENT_ENGINEER)
