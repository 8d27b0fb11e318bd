"""What the API shows and does for those who may: incidents, alerts, feeds, quarantine, reports, audit."""

import base64
import hashlib

import pytest

from tests.api.running import Api, Voice
from tests.api.world import NOON, World
from watchfloor.access.roles import Role
from watchfloor.desk.table import TABLE
from watchfloor.feeds.unparsed.ledger import UnknownShape, count_unparsed
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import FeedId, new_uuid, parse, show

ALPHA = "/api/v1/tenants/alpha"


@pytest.fixture
def analyst(api: Api, world: World) -> Voice:
    return world.alpha.callers[Role.ANALYST].by_session(api)


@pytest.fixture
def incident(api: Api, world: World) -> str:
    """A new incident of Alpha."""
    return api.run(world.incident(world.alpha))


def test_an_incident_is_worked_from_new_to_closed(world: World, analyst: Voice, incident: str) -> None:
    path = f"{ALPHA}/incidents/{incident}"
    steps = [
        ("acknowledge", None, "acknowledged"),
        ("assign", {"assignee": "me"}, "acknowledged"),
        ("verdict", {"verdict": "true_positive", "reason": "seen on the host"}, "acknowledged"),
        ("contain", None, "contained"),
        ("resolve", None, "resolved"),
        ("close", None, "closed"),
        ("reopen", None, "acknowledged"),
    ]
    for action, body, state in steps:
        answer = analyst.post(f"{path}/{action}", body)
        assert (answer.status_code, answer.json()["incident"]["state"]) == (200, state), answer.text
    timeline = analyst.get(path).json()["timeline"]
    kinds = [entry["kind"] for entry in timeline]
    assert kinds[-6:] == ["acknowledged", "verdict", "contained", "resolved", "closed", "reopened"]
    me = show("per", world.alpha.callers[Role.ANALYST].person_id)
    assert all(entry["actor"] == me for entry in timeline[-6:])


def test_saying_it_again_changes_nothing_and_says_so(analyst: Voice, incident: str) -> None:
    answers = [analyst.post(f"{ALPHA}/incidents/{incident}/acknowledge").json() for _ in range(2)]
    assert [answer["changed"] for answer in answers] == [True, False]
    assert "already" in answers[1]["text"]


def test_what_the_state_does_not_allow_is_a_conflict_with_advice(analyst: Voice, incident: str) -> None:
    answer = analyst.post(f"{ALPHA}/incidents/{incident}/resolve")
    assert (answer.status_code, answer.json()["remedy"]) == (409, "Acknowledge it first.")


def test_an_incident_is_assigned_to_colleagues_of_this_tenant_only(world: World, analyst: Voice, incident: str) -> None:
    path = f"{ALPHA}/incidents/{incident}/assign"
    lead, viewer = world.alpha.callers[Role.LEAD], world.alpha.callers[Role.VIEWER]
    assert analyst.post(path, {"assignee": lead.email.upper()}).status_code == 200
    refused = [viewer.email, world.beta.callers[Role.ANALYST].email, "nobody@alpha.example", "no address"]
    answers = [analyst.post(path, {"assignee": name}) for name in refused]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.text for answer in answers}) == 1


def test_an_incident_is_found_by_id_and_by_reference_in_any_case(analyst: Voice, incident: str) -> None:
    shown = analyst.get(f"{ALPHA}/incidents/{incident}").json()
    for name in (shown["ref"], shown["ref"].lower(), incident):
        assert analyst.get(f"{ALPHA}/incidents/{name}").json()["id"] == incident


def test_an_incident_shows_what_it_concerns_and_what_the_caller_may_do(
    api: Api, world: World, analyst: Voice, incident: str
) -> None:
    shown = analyst.get(f"{ALPHA}/incidents/{incident}").json()
    values = [value for row in shown["rows"] for value in row["values"]]
    assert {"rule", "entity", "deadline"} <= {value["kind"] for value in values}
    assert any(value.get("entity") == "host" for value in values)
    assert "acknowledge" in shown["actions"]
    viewer = world.alpha.callers[Role.VIEWER].by_session(api)
    assert viewer.get(f"{ALPHA}/incidents/{incident}").json()["actions"] == []


def test_the_queue_shows_open_incidents_unless_other_states_are_asked_for(
    api: Api, world: World, analyst: Voice, incident: str
) -> None:
    closed = api.run(world.incident(world.alpha, "closed"))
    queue = {line["id"] for line in analyst.get(f"{ALPHA}/incidents?limit=200").json()["items"]}
    assert incident in queue
    assert closed not in queue
    others = analyst.get(f"{ALPHA}/incidents?limit=200&state=closed&state=resolved").json()["items"]
    assert closed in {line["id"] for line in others}
    assert {line["state"] for line in others} <= {"closed", "resolved"}
    assert analyst.get(f"{ALPHA}/incidents?state=everything").status_code == 400


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e9"])
def test_a_page_has_1_to_200_items(analyst: Voice, limit: str) -> None:
    assert analyst.get(f"{ALPHA}/incidents?limit={limit}").status_code == 400


def test_an_alert_shows_its_rule_entities_and_evidence(world: World, analyst: Voice) -> None:
    alert = analyst.get(f"{ALPHA}/alerts/{world.alpha.names['alert'][0]}").json()
    assert alert["alert"]["techniques"] == ["T1110.001"]
    assert alert["why"] == f"Because {world.alpha.canary}."
    assert alert["entities"][0]["kind"] == "host"
    assert alert["evidence"][0]["fields"] == {"EventID": 4625, "TargetUserName": world.alpha.canary}
    assert alert["alert"]["incident"].startswith("inc_")


def test_a_feed_shows_its_last_day(api: Api, world: World, analyst: Voice) -> None:
    feed_id = parse("feed", world.alpha.names["feed"][0])

    async def bring() -> None:
        async with tenant_tx(api.services.app, world.alpha.id) as tx:
            for hours in (1, 2, 30):
                await tx.execute(
                    "insert into wf.feed_hours (tenant_id, feed_id, hour, batches, events, raw_bytes, unparsed,"
                    " quarantined, matches, last_event_at) values ($1, $2, now() - make_interval(hours => $3), 1, 10,"
                    " 100, 2, 3, 4, $4) on conflict do nothing",
                    world.alpha.id,
                    feed_id,
                    hours,
                    NOON,
                )

    api.run(bring())
    (feed,) = [feed for feed in analyst.get(f"{ALPHA}/feeds").json() if feed["id"] == show("feed", feed_id)]
    assert (feed["events"], feed["unparsed"], feed["quarantined"], feed["matches"]) == (20, 4, 6, 8)
    assert feed["last_event_at"] == "2026-03-02T12:00:00Z"


def test_what_could_not_be_read_is_shown_with_its_bytes(world: World, analyst: Voice) -> None:
    shown = analyst.get(f"{ALPHA}/quarantine/{world.alpha.names['quarantine'][0]}").json()
    assert base64.b64decode(shown["body_base64"]).decode() == f"{{{world.alpha.canary}"
    assert shown["line"]["code"] == "not_json"
    assert analyst.get(f"{ALPHA}/quarantine/{show('qua', new_uuid())}").status_code == 404


def test_what_no_parser_knows_is_listed_with_samples(api: Api, world: World, analyst: Voice) -> None:
    feed = parse("feed", world.alpha.names["feed"][0])
    shape = UnknownShape(
        feed_id=FeedId(feed),
        fingerprint=bytes(16),
        sketch="a:value",
        events=4,
        seen_at=NOON,
        samples=(b"\xff" + b"x" * 2_000,),
    )

    async def bring() -> None:
        async with tenant_tx(api.services.app, world.alpha.id) as tx:
            await count_unparsed(tx, await api.services.keyring.cipher(tx), [shape])

    api.run(bring())
    (line,) = analyst.get(f"{ALPHA}/unparsed").json()
    assert (line["feed"], line["sketch"], line["events"]) == (show("feed", feed), "a:value", 4)
    assert line["samples"] == ["\ufffd" + "x" * 999]


def test_a_report_is_asked_for_followed_and_fetched(api: Api, world: World, analyst: Voice, incident: str) -> None:
    asked = [analyst.post(f"{ALPHA}/reports", {"incident": incident, "language": "de"}) for _ in range(2)]
    assert [answer.status_code for answer in asked] == [202, 202]
    report = asked[0].json()["report"]
    assert asked[1].json()["report"] == report
    shown = analyst.get(f"{ALPHA}/reports/{report}").json()
    assert (shown["state"], shown["language"], shown["incident"]) == ("queued", "de", incident)
    assert analyst.get(f"{ALPHA}/reports/{report}/file").status_code == 409
    ready = api.run(world.report(world.alpha))
    file = analyst.get(f"{ALPHA}/reports/{ready}/file")
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"] == f'attachment; filename="{ready}.pdf"'
    assert hashlib.sha256(file.content).hexdigest() == analyst.get(f"{ALPHA}/reports/{ready}").json()["sha256"]
    assert analyst.get(f"{ALPHA}/reports/{show('rpt', new_uuid())}/file").status_code == 404


@pytest.mark.parametrize("wrong", [{"language": "deu"}, {"language": "DE"}, {"incident": ""}])
def test_a_report_s_request_must_fit(analyst: Voice, wrong: dict[str, str]) -> None:
    assert analyst.post(f"{ALPHA}/reports", {"incident": "ALPHA-1"} | wrong).status_code == 400


def test_the_log_shows_its_newest_entries_first_with_details_opened(api: Api, world: World) -> None:
    lead = world.alpha.callers[Role.LEAD].by_session(api)
    entries = lead.get(f"{ALPHA}/audit/entries?limit=5").json()["items"]
    numbers = [entry["number"] for entry in entries]
    assert numbers == sorted(numbers, reverse=True)
    assert all(len(entry["hash"]) == 64 for entry in entries)


def test_a_tenant_without_a_signed_head_has_none_to_download(api: Api, world: World) -> None:
    tenant = api.run(world.tenant("delta", "DELTA", "customer"))
    admin = api.run(world.caller(tenant, Role.ADMIN)).by_session(api)
    assert admin.get("/api/v1/tenants/delta/audit/head").status_code == 404
    assert admin.get("/api/v1/tenants/delta/audit/entries").status_code == 200


def test_the_head_is_a_file_with_what_verifying_needs(api: Api, world: World) -> None:
    answer = world.alpha.callers[Role.ADMIN].by_session(api).get(f"{ALPHA}/audit/head")
    head = answer.json()
    assert answer.headers["content-disposition"] == f'attachment; filename="audit-head-{head["number"]}.json"'
    assert (len(head["hash"]), len(head["signature"])) == (64, 128)
    assert head["tenant"] == world.alpha.shown


def test_the_platform_s_staff_see_all_tenants_page_by_page_but_nothing_in_them(api: Api, world: World) -> None:
    staff = world.operator.callers[Role.PLATFORM_ADMIN].by_session(api)
    found: list[str] = []
    cursor = ""
    while True:
        page = staff.get(f"/api/v1/platform/tenants?limit=2{cursor}").json()
        found += [tenant["slug"] for tenant in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert {"mssp", "alpha", "beta"} <= set(found)
    assert len(found) == len(set(found))
    assert staff.get(f"{ALPHA}/incidents").status_code == 404


def test_every_verb_of_the_desk_is_listed_with_its_fields_and_can_be_used(
    api: Api, world: World, analyst: Voice
) -> None:
    verbs = {verb["name"]: verb for verb in analyst.get("/api/v1/verbs").json()}
    assert [*verbs] == [*TABLE]
    assert [field["name"] for field in verbs["verdict"]["fields"]] == ["verdict", "reason"]
    incident = api.run(world.incident(world.alpha, "acknowledged"))
    arguments = {"verdict": "benign", "reason": "a planned exercise"}
    verdict = analyst.post(f"{ALPHA}/incidents/{incident}/verbs/verdict", {"arguments": arguments})
    assert verdict.status_code == 200, verdict.text
    assert verdict.json()["incident"]["id"] == incident
    assert analyst.post("/api/v1/verbs/queue", {}).json()["text"].endswith("not acknowledged.")


def test_a_verb_under_one_idempotency_key_is_done_once(api: Api, world: World, analyst: Voice) -> None:
    lead = world.alpha.callers[Role.LEAD].by_session(api)
    incident = api.run(world.incident(world.alpha, "new"))
    path = f"{ALPHA}/incidents/{incident}/verbs/note"
    said = [
        voice.post(path, {"arguments": {"text": "seen"}}, Idempotency_Key="one") for voice in (analyst, analyst, lead)
    ]
    assert [(one.status_code, one.json()["changed"]) for one in said] == [(200, True), (200, False), (200, True)]


@pytest.mark.parametrize(
    ("path", "body", "status", "where"),
    [
        ("incidents/{}/verbs/dance", {}, 404, ""),
        ("incidents/{}/verbs/queue", {}, 404, ""),
        ("incidents/{}/verbs/note", {"arguments": {"words": "x"}}, 400, "words"),
        ("incidents/{}/verbs/note", {"arguments": {}}, 400, "text"),
        ("incidents/{}/verbs/verdict", {"arguments": {"verdict": "odd", "reason": "because of it"}}, 400, "verdict"),
    ],
)
def test_a_verb_that_is_used_wrongly_says_what_is_wrong_where(
    api: Api, world: World, analyst: Voice, *, path: str, body: dict[str, object], status: int, where: str
) -> None:
    incident = api.run(world.incident(world.alpha, "acknowledged"))
    answer = analyst.post(f"{ALPHA}/{path.format(incident)}", body)
    assert (answer.status_code, answer.json().get("where", "")) == (status, where), answer.text
